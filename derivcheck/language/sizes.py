"""Sizes of vectors and matrices: comparing them, and finding the ones that a formula leaves open.

`I`, `\\mathbf 1`, `\\mathbf 0` and a literal `0` next to a matrix have no size of their own.  They get an unknown (a fresh symbol
called `?`), which `Sizes.unify` binds to what stands beside them; `Sizes.settle` then puts the sizes found in place of the
unknowns, in terms and in their sorts.  Two sizes are equal when their normal forms as polynomials over the declared symbols are;
that `m = n` is a hypothesis is not used.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from derivcheck.terms.sorts import NUM, Sort
from derivcheck.terms.term import Term, binder_names, debug, fresh, mk, name_of, num, open_binder, rebind, substitute

Monomial = tuple[tuple[int, int], ...]
_UNKNOWN = "?"
_ONE = num(1)


def normal(size: Term) -> dict[tuple[tuple[Term, int], ...], Fraction] | None:
    """The size as a polynomial over its symbols and other atoms."""
    op = size.op
    if op == "num":
        value = size.data
        assert isinstance(value, Fraction)
        return {(): value} if value else {}
    if op == "add":
        total: dict[tuple[tuple[Term, int], ...], Fraction] = {}
        for a in size.args:
            part = normal(a)
            if part is None:
                return None
            for m, c in part.items():
                total[m] = total.get(m, Fraction(0)) + c
        return {m: c for m, c in total.items() if c}
    if op == "neg":
        part = normal(size.args[0])
        return None if part is None else {m: -c for m, c in part.items()}
    if op == "mul":
        product: dict[tuple[tuple[Term, int], ...], Fraction] = {(): Fraction(1)}
        for a in size.args:
            part = normal(a)
            if part is None or len(part) * len(product) > 400:
                return None
            merged: dict[tuple[tuple[Term, int], ...], Fraction] = {}
            for m, c in product.items():
                for n, d in part.items():
                    powers = dict(m)
                    for s, k in n:
                        powers[s] = powers.get(s, 0) + k
                    key = tuple(sorted(powers.items(), key=lambda p: debug(p[0])))
                    merged[key] = merged.get(key, Fraction(0)) + c * d
            product = {m: c for m, c in merged.items() if c}
        return product
    if op == "pow" and size.args[1].op == "num":
        exponent = size.args[1].data
        assert isinstance(exponent, Fraction)
        if exponent.denominator == 1 and 0 <= exponent <= 6:
            return normal(mk("mul", (size.args[0],) * int(exponent))) if exponent else {(): Fraction(1)}
    return {((size, 1),): Fraction(1)}


def from_normal(form: dict[tuple[tuple[Term, int], ...], Fraction]) -> Term:
    """A size with this normal form."""
    parts: list[Term] = []
    for m, c in sorted(form.items(), key=lambda p: [(debug(s), k) for s, k in p[0]], reverse=True):
        factors = [s for s, k in m for _ in range(k)]
        if not factors:
            parts.append(num(c))
            continue
        product = factors[0] if len(factors) == 1 else mk("mul", factors)
        if abs(c) != 1:
            product = mk("mul", (num(abs(c)), *factors))
        parts.append(mk("neg", (product,)) if c < 0 else product)
    return parts[0] if len(parts) == 1 else mk("add", parts)


def same_size(a: Term, b: Term) -> bool:
    """Whether two sizes without unknowns are certainly equal."""
    if a is b:
        return True
    left, right = normal(a), normal(b)
    return left is not None and left == right


def is_unknown(size: Term) -> bool:
    """Whether this size is still to be found."""
    return size.op == "sym" and size.data[0] == _UNKNOWN


def show_size(size: Term) -> str:
    """A size for messages."""
    if size.op == "sym":
        return name_of(size)
    if size.op == "add":
        parts = [("-" + show_size(a.args[0])) if a.op == "neg" else ("+" + show_size(a)) for a in size.args]
        return "".join(parts).lstrip("+")
    if size.op == "mul":
        return " ".join(show_size(a) for a in size.args)
    return debug(size)


class Sizes:
    """The unknown sizes of one statement or chain."""

    def __init__(self) -> None:
        self.found: dict[Term, Term] = {}
        self.open = False

    def new(self) -> Term:
        """An unknown size."""
        self.open = True
        return fresh(_UNKNOWN)

    def look(self, size: Term) -> Term:
        """What is known about a size now."""
        while size in self.found:
            size = self.found[size]
        return size

    def unify(self, a: Term, b: Term) -> bool:
        """Make two sizes equal; false if they can't be."""
        a, b = self.look(a), self.look(b)
        if a is b:
            return True
        if is_unknown(a):
            self.found[a] = b
            return True
        if is_unknown(b):
            self.found[b] = a
            return True
        a, b = self.settle_size(a), self.settle_size(b)
        return same_size(a, b) or self.solve(a, b)

    def solve(self, a: Term, b: Term) -> bool:
        """Bind the unknown of `? + 1 = n` and its kin: one that stands alone with coefficient ±1."""
        left, right = normal(a), normal(b)
        if left is None or right is None:
            return False
        difference = {m: left.get(m, Fraction(0)) - right.get(m, Fraction(0)) for m in {*left, *right}}
        for m, c in difference.items():
            if len(m) != 1 or m[0][1] != 1 or not is_unknown(m[0][0]) or abs(c) != 1:
                continue
            if any(m[0][0] is s for n, d in difference.items() if n != m and d for s, _ in n):
                continue
            rest = {n: -d / c for n, d in difference.items() if n != m and d}
            if all(d.denominator == 1 for d in rest.values()) and not (len(rest) == 1 and () in rest and rest[()] <= 0) and rest:
                self.found[m[0][0]] = from_normal(rest)
                return True
        return False

    def settle_size(self, size: Term) -> Term:
        """A size with everything found put in."""
        if not self.found:
            return size
        known = {s: self.look(s) for s in size.free if s in self.found}
        return self.settle_size(substitute(size, known)) if known else size

    def settle_sort(self, sort: Sort) -> Sort:
        """A sort with its sizes settled."""
        if not sort.params or sort is NUM:
            return sort
        params = tuple(
            self.settle_sort(p) if isinstance(p, Sort) else self.settle_size(p) if isinstance(p, Term) else p for p in sort.params
        )
        if params == sort.params:
            return sort
        if sort.kind == "mat" and len(params) == 3 and is_unknown(sort.cols) and params[1] is _ONE:
            params = (*params[:2], True)  # what turns out to be a column is a vector
        return Sort(sort.kind, params)

    def settle(self, term: Term) -> Term:
        """The term with the sizes found, in sorts too."""
        if not self.found:
            return term
        memo: dict[Term, Term] = {}

        def go(t: Term) -> Term:
            got = memo.get(t)
            if got is not None:
                return got
            if is_unknown(t):
                new = self.settle_size(self.look(t))
            elif not t.args:
                sort = self.settle_sort(t.sort)
                new = t if sort == t.sort else mk(t.op, (), t.data, sort)
            elif not t.bound:
                args = tuple([go(a) for a in t.args])
                sort = self.settle_sort(t.sort)
                new = t if args == t.args and sort == t.sort else mk(t.op, args, t.data, sort)
            else:
                new = go_binder(t)
            memo[t] = new
            return new

        def go_binder(t: Term) -> Term:
            symbols, body = open_binder(t)
            settled = tuple(
                s if self.settle_sort(s.sort) == s.sort else fresh(n, self.settle_sort(s.sort))
                for s, n in zip(symbols, binder_names(t), strict=True)
            )
            if settled != symbols:
                body = substitute(body, dict(zip(symbols, settled, strict=True)))
            outer = tuple([go(a) for a in t.args[:-1]])
            new_body = go(body)
            new = rebind(t, settled, outer, new_body)
            sort = self.settle_sort(t.sort)
            return new if sort == new.sort else mk(new.op, new.args, new.data, sort, new.bound)

        return go(term)


def unsettled(terms: Iterable[Term]) -> bool:
    """Whether an unknown size is left in one of these terms."""
    return any(is_unknown(s) for t in terms for s in t.free)
