"""Matrix equations among the hypotheses as rewriting rules on words, completed a little.

A hypothesis A = B is the relation A - B = 0: its leading word (longest first) is replaced by the rest, and so is its transpose; square
A B = I gives B A = I too.  Overlaps of leading words give further relations (Buchberger's algorithm in the free algebra, bounded): each
is a consequence of the hypotheses.  Source: Mora, An introduction to commutative and noncommutative Gröbner bases (1994).
"""

from __future__ import annotations

from dataclasses import dataclass

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.matrix_facts import invertible
from derivcheck.kernel.matrix_form import Form, Word, decode, flipped, monomial_key, put, times
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, num

GROUP, REVERSED, SOLVED = "matrix-hypotheses", "matrix-hypotheses-reversed", "matrix-hypotheses-solved"
MAX_RELATIONS = 24
MAX_LENGTH = 8


@dataclass(frozen=True)
class Relation:
    """`lead` equals the combination `rest`."""

    lead: Word
    rest: tuple[tuple[Word, Term], ...]


def relations(rw: Rewriter) -> tuple[Relation, ...]:
    """The relations that the hypotheses of a rewriter's context give."""
    memo = rw.oracle.__dict__
    key = "_matrix_relations_reversed" if REVERSED in rw.groups else "_matrix_relations_solved" if SOLVED in rw.groups else "_matrix_relations"
    got: tuple[Relation, ...] | None = memo.get(key)
    if got is None:
        memo[key] = ()
        got = memo[key] = _gather(rw)
    return got


def _gather(rw: Rewriter) -> tuple[Relation, ...]:
    from derivcheck.kernel.randomness import randomness

    reverse: bool | None = None if SOLVED in rw.groups else REVERSED in rw.groups
    plain = Rewriter(rw.oracle, rw.groups - {GROUP, REVERSED, SOLVED}, rw.budget, rw.used, rw.conditions, rw.depth, rw.skip)
    random = randomness(rw.oracle)
    found: list[Relation] = []
    for h in rw.oracle.context.hypotheses:
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "mat" or random.atoms(p):
                continue
            x = plain.nf(b.add(p.args[0], b.neg(p.args[1])))
            form = decode(x, plain)
            for f in (form, flipped(form, plain)):
                _note(found, f, plain, reverse)
            _other_side(found, p, plain, reverse)
    if reverse is not None:
        _complete(found, plain, reverse)
    return tuple(found)


def _other_side(found: list[Relation], p: Term, rw: Rewriter, reverse: bool | None) -> None:
    # A B = c I with c ≠ 0 for square A, B gives B A = c I
    form = decode(rw.nf(b.add(p.args[0], b.neg(p.args[1]))), rw)
    words = [w for w in form if w]
    if len(form) == 2 and () in form and len(words) == 1 and _usable(form[()], rw) and all(f.sort.rows is f.sort.cols for f in words[0]):
        w = words[0]
        for i in range(1, len(w)):
            turned = w[i:] + w[:i]
            f: Form = {turned: form[w], (): form[()]}
            _note(found, f, rw, reverse)


def _note(found: list[Relation], form: Form, rw: Rewriter, reverse: bool | None) -> None:
    words = [w for w in form if w]
    if not words or len(found) >= MAX_RELATIONS:
        return
    if reverse is None:
        # what is solved for already is put in first: no rule leads back to an earlier one
        solved = _solved(reduced(form, found, rw), rw)
        if solved is not None:
            found.append(solved)
        return
    # of the longest words the largest, or with `reverse` the smallest
    # outer products count as small: what stands beside them takes them apart into numbers
    pool = [w for w in words if not any(f.sort.cols is b.ONE for f in w[:-1])] or words
    # what a power with a symbol above is said to be stands for it
    powers: list[Word] = [w for w in words if len(w) == 1 and w[0].op == "mpow" and w[0].args[1].op != "num"]
    pool = powers if len(powers) == 1 else pool
    lead = max(pool, key=lambda w: monomial_key(w, bool(reverse)))
    if not _usable(form[lead], rw):
        # what stands for itself is given by the others
        alone = [w for w in words if len(w) == 1 and _usable(form[w], rw) and not any(w[0] in v for v in words if v != w)]
        if not alone:
            return
        lead = max(alone, key=lambda w: monomial_key(w, bool(reverse)))
    c = form[lead]
    if len(lead) > MAX_LENGTH or (len(lead) == 1 and lead[0].op == "sym" and any(lead[0] in d.free for d in form.values())):
        return  # a vector in its own coefficient would be put in for ever
    factor = rw.nf(b.div(b.MINUS_ONE, c))
    rest = tuple((w, times(factor, d, rw)) for w, d in form.items() if w != lead)
    if any(r.lead == lead and r.rest == rest for r in found):
        return
    found.append(Relation(lead, rest))


def _solved(form: Form, rw: Rewriter) -> Relation | None:
    """From c S y + … = 0 with an invertible S and a vector or matrix y that stands nowhere else: y = -S^{-1} (…)/c."""
    for word in sorted((w for w in form if w), key=lambda w: monomial_key(w)):
        c = form[word]
        if not _usable(c, rw):
            continue
        for k in range(len(word)):
            y = word[k:]
            if len(y) != 1 or y[0].op != "sym" or any(y[0] in f.free for w in form if w is not word for f in w) or any(y[0] in d.free for d in form.values()):
                continue
            s = b.matmul(*word[:k]) if k > 1 else word[0] if k else None
            if s is not None and (s.sort.rows is not s.sort.cols or y[0] in s.free or not invertible(s, rw.oracle)):
                continue
            rest: Form = {}
            for w, d in form.items():
                if w is not word:
                    part = b.matmul(*([b.inv(s)] if s is not None else []), *(w if w else (b.eye(y[0].sort.rows),)))
                    for v, e in decode(rw.nf(part), rw).items():
                        put(rest, v, times(rw.nf(b.div(b.neg(d), c)), e, rw), rw)
            return Relation(y, tuple(rest.items()))
    return None


def _usable(c: Term, rw: Rewriter) -> bool:
    return c.op == "num" or rw.oracle.nonzero(c)


def reduce_once(w: Word, rules: list[Relation] | tuple[Relation, ...], rw: Rewriter) -> list[tuple[Term, Word]] | None:
    """One replacement of a leading word in w; A^m X = Y at A^{m+j} X gives A^j Y (j = 1, 2, …), and on the right."""
    for r in rules:
        n = len(r.lead)
        for i in range(len(w) - n + 1):
            part = w[i : i + n]
            if part == r.lead:
                return [(c, w[:i] + v + w[i + n :]) for v, c in r.rest]
            for left in (True, False):
                more = _surplus(part, r.lead, left, rw)
                if more is not None:
                    return [
                        (times(c, d, rw), w[:i] + (u + v if left else v + u) + w[i + n :])
                        for u, d in decode(more, rw).items()
                        for v, c in r.rest
                    ]
    return None


def _surplus(part: Word, lead: Word, left: bool, rw: Rewriter) -> Term | None:
    """A^j where `part` begins (ends) with A^{m+j}, `lead` with A^m, and they are else the same."""
    at = 0 if left else -1
    x, y = part[at], lead[at]
    if x.op != "mpow" or y.op != "mpow" or x.args[0] is not y.args[0] or (part[1:] != lead[1:] if left else part[:-1] != lead[:-1]):
        return None
    j = integer_value(rw.nf(b.sub(x.args[1], y.args[1])))
    if j is None or j <= 0 or not rw.oracle.natural(y.args[1]):
        return None
    return rw.nf(mk("mpow", (x.args[0], num(j)), None, x.sort))


def reduced(form: Form, rules: list[Relation] | tuple[Relation, ...], rw: Rewriter) -> Form:
    """A form with every leading word replaced."""
    out: Form = {}
    stack = [(c, w) for w, c in form.items()]
    while stack:
        rw.budget.spend(1)
        c, w = stack.pop()
        step = reduce_once(w, rules, rw) if w else None
        if step is None or len(stack) > 200:
            put(out, w, c, rw)
        else:
            stack.extend((times(c, d, rw), v) for d, v in step)
    return out


def _complete(found: list[Relation], rw: Rewriter, reverse: bool | None) -> None:
    tried: set[tuple[Word, Word, int]] = set()
    for _ in range(3):
        size = len(found)
        for r in list(found):
            for s in list(found):
                for k in range(1, min(len(r.lead), len(s.lead)) + 1):
                    if r.lead[-k:] != s.lead[:k] or (r is s and k == len(r.lead)) or (r.lead, s.lead, k) in tried:
                        continue
                    tried.add((r.lead, s.lead, k))
                    form: Form = {}
                    for w, c in r.rest:
                        put(form, w + s.lead[k:], c, rw)
                    for w, c in s.rest:
                        put(form, r.lead[:-k] + w, times(b.MINUS_ONE, c, rw), rw)
                    form = reduced(form, found, rw)
                    if form and len(found) < MAX_RELATIONS and len(form) <= 8:
                        _note(found, form, rw, reverse)
        if len(found) == size:
            return
