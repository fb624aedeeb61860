"""Inequalities of means, variances and covariances.

The difference of the sides is read as a quadratic form: `∑ M_ij Cov(v_i, v_j)` over the random factors that occur in it plus a quadratic
polynomial in their means and in numbers.  Where a conditional expectation m = E[u | C] occurs beside u, the form is taken in u - m and m,
which are uncorrelated.  Both forms are diagonalised over the rationals; nonnegative pivots are a certificate that the kernel checks.
Missing diagonal entries are filled up where a hypothesis may supply variances, and by `(v - a)(c - v) ≥ 0` for v in an interval [a, c].
Other ways: one gap of the Cauchy-Schwarz inequality; an inequality for all values of the random symbols.

Limits: rational coefficients at the quadratic random terms; sums of families only as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.inferences.probability import LINEAR
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.kernel.monomials import factors
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.randomness import Randomness, randomness
from derivcheck.provers import scalar
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, contains_op, num, subterms

METHODS = ("quadratic forms of moments", "pointwise comparison of expectations")
Part = tuple[Term, str, tuple[Term, ...]]
Key = tuple[str, Term]
ONE: Key = ("1", b.ONE)


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of a relation between moments."""
    p = ob.statement
    if p.op != "rel" or p.data not in ("≤", "≥", "=") or p.args[0].sort.kind != "num":
        return None
    if p.data != "=" and contains_op(p, "Eover", "KL", "JSD"):
        return _by_law(ob, session)
    if not contains_op(p, "E", "Var", "Cov", "Pr"):
        return None
    if p.data != "=":
        for params in _forms(ob, session):
            if attempt(ob, "moment-form", params, session) == []:
                return Proof("moment-form", params)
    rest = attempt(ob, "mean-pointwise", (), session)
    if rest:
        inner = _pointwise(rest[0], session)
        if inner is not None:
            return Proof("mean-pointwise", (), (inner,))
    return _by_sides(ob, session)


def _pointwise(ob: Obligation, session: Session, depth: int = 3) -> Proof | None:
    """A relation of numbers; indicators by cases."""
    from derivcheck.provers import logic, order

    events = [t.args[0] for t in subterms(ob.statement) if t.op == "ind" and t.args[0].op in ("rel", "and", "or")]
    for event in events if depth else ():
        while event.op != "rel":
            event = event.args[0]
        rest = attempt(ob, "cases", ("statement", event), session)
        if rest is None:
            continue
        # the event is settled in each case: what is left is seen in the normal form
        proofs: list[Proof] = []
        for goal in rest:
            plain = attempt(goal, "rewrite", (), session)
            inner = _pointwise(plain[0] if plain else goal, session, depth - 1)
            if inner is None:
                return None
            proofs.append(Proof("rewrite", (), (inner,)) if plain else inner)
        return Proof("cases", ("statement", event), tuple(proofs))
    return scalar.prove(ob, session) or order.prove(ob, session) or logic.prove(ob, session)


def _by_law(ob: Obligation, session: Session) -> Proof | None:
    rest = attempt(ob, "means-by-law", (), session)
    if not rest:
        return None
    proofs: list[Proof] = []
    for goal in rest:
        inner = _pointwise(goal, session)
        if inner is None:
            return None
        proofs.append(inner)
    return Proof("means-by-law", (), tuple(proofs))


def _by_sides(ob: Obligation, session: Session) -> Proof | None:
    """`max(A, B) ≤ C` from both; `C ≤ min(A, B)` likewise; roots by squares."""
    p = ob.statement
    low, high = (p.args[0], p.args[1]) if p.data == "≤" else (p.args[1], p.args[0])
    if p.data == "=":
        return None
    for rule, side, name in (("below-max", low, "max"), ("above-min", high, "min")):
        if side.op == "fn" and side.data == name:
            rest = attempt(ob, rule, (), session)
            if rest:
                inner = [prove(goal, session) for goal in rest]
                if all(one is not None for one in inner):
                    return Proof(rule, (), tuple(one for one in inner if one is not None))
    if any(t.op == "pow" and t.args[1].op == "num" and t.args[1].data == Fraction(1, 2) for t in subterms(low)):
        rest = attempt(ob, "by-squares", (), session)
        if rest and rest[0].statement is not p:
            for params in _forms(rest[0], session):
                if attempt(rest[0], "moment-form", params, session) == []:
                    return Proof("by-squares", (), (Proof("moment-form", params),))
    return None


@dataclass
class Form:
    """`∑ M Cov(v, w)` and a quadratic polynomial over means of factors (`m`), numbers (`n`) and 1."""

    conds: tuple[Term, ...] = ()
    random: dict[tuple[Term, Term], Fraction] = field(default_factory=dict)
    plain: dict[tuple[Key, Key], Fraction] = field(default_factory=dict)
    roots: list[tuple[Fraction, Term]] = field(default_factory=list)

    def add_random(self, v: Term, w: Term, c: Fraction) -> None:
        """c E[v w] = c Cov(v, w) + c E[v] E[w]."""
        for pair in ((v, w), (w, v)):
            self.random[pair] = self.random.get(pair, Fraction(0)) + c / 2
        self.add_plain(("m", v), ("m", w), c)

    def add_plain(self, x: Key, y: Key, c: Fraction) -> None:
        for pair in ((x, y), (y, x)):
            self.plain[pair] = self.plain.get(pair, Fraction(0)) + c / 2


def _forms(ob: Obligation, session: Session) -> list[tuple[object, ...]]:
    """Candidates for the parameters of `moment-form`."""
    from derivcheck.kernel.inferences.probability import gap

    rw = session.rewriter(ob.context, LINEAR)
    random = randomness(rw.oracle)
    form = _read(rw.nf(gap(ob)), random)
    if form is None:
        return []
    out: list[tuple[object, ...]] = []
    if form.roots:
        out += _gaps(form)
    if len(form.roots) == 0:
        _residuals(form, random)
        for extra in _completions(form, ob, random):
            got = _diagonal(form, extra)
            if got is not None:
                out.append((form.conds, *extra_parts(extra), *got))
    return out


def _read(difference: Term, random: Randomness) -> Form | None:
    """The difference as a form; `None` where it is none."""
    form: Form | None = None
    for c, m in linear_terms(difference):
        top, bottom = factors(m)
        if any(f.op == "pow" and f.args[1].op == "num" and f.args[1].data == Fraction(1, 2) for f in top):
            form = form or Form()
            form.roots.append((c, m))
            continue
        if bottom:
            return None
        keys: list[Key] = []
        pair: tuple[Term, Term] | None = None
        for f in top:
            base, power = (f.args[0], integer_value(f.args[1]) or 0) if f.op == "pow" else (f, 1)
            if power not in (1, 2):
                return None
            if base.op == "E" and not (random.atoms(base) and form is not None and not form.conds):
                conds = base.args[1:]
                if form is None:
                    form = Form(conds)
                if conds != form.conds:
                    return None
                inner = _inner_factors(base.args[0])
                if inner is None:
                    return None
                if len(inner) == 2:
                    if power != 1 or pair is not None:
                        return None
                    pair = (inner[0], inner[1])
                else:
                    keys += [("m", inner[0])] * power
            elif base.op in ("Var", "Cov", "Pr"):
                return None
            else:
                keys += [("n", base)] * power
        form = form or Form()
        if pair is not None:
            if keys:
                return None
            form.add_random(*pair, c)
        elif len(keys) > 2:
            return None
        else:
            keys += [ONE] * (2 - len(keys))
            form.add_plain(keys[0], keys[1], c)
    return form


def _inner_factors(body: Term) -> list[Term] | None:
    """One or two factors of what a mean is of."""
    top, bottom = factors(body)
    if bottom:
        return None
    out: list[Term] = []
    for f in top:
        base, power = (f.args[0], integer_value(f.args[1]) or 0) if f.op == "pow" else (f, 1)
        if power < 1 or power > 2:
            return None
        out += [base] * power
    return out if len(out) in (1, 2) else None


def _gaps(form: Form) -> list[tuple[object, ...]]:
    """`c (√Var f √Var g ∓ Cov(f, g))` and its kin for the pairs of random factors."""
    out: list[tuple[object, ...]] = []
    scale = num(abs(form.roots[0][0]))
    for (v, w), c in form.random.items():
        if v is w or c == 0:
            continue
        other = b.neg(w) if c > 0 else w
        for kind in ("deviations", "lengths"):
            out.append((form.conds, (scale, kind, (v, other))))
            out.append((form.conds, (num(2 * abs(c)), kind, (v, other))))
    return out


def _residuals(form: Form, random: Randomness) -> None:
    """In place of u its residual u - m and m = E[u | C], where m occurs."""
    basis = sorted({v for pair in form.random for v in pair}, key=order_key)
    for m in basis:
        if m.op != "E" or not m.args[1:] or (m.args[0] not in basis and not any(("m", m.args[0]) in pair for pair in form.plain)):
            continue
        u, known = m.args[0], random.fixed(m.args[1:])
        r = b.sub(u, m)
        old, form.random = form.random, {}
        for (v, w), c in old.items():
            for x, y in ((x, y) for x in ((r, m) if v is u else (v,)) for y in ((r, m) if w is u else (w,))):
                if (x is r and y is not r and random.atoms(y) <= known) or (y is r and x is not r and random.atoms(x) <= known):
                    continue
                form.random[(x, y)] = form.random.get((x, y), Fraction(0)) + c
        plain, form.plain = form.plain, {}
        for (p, q), c in plain.items():
            p, q = (("m", m) if k == ("m", u) else k for k in (p, q))
            form.plain[(p, q)] = form.plain.get((p, q), Fraction(0)) + c
        basis = sorted({v for pair in form.random for v in pair}, key=order_key)


Extra = tuple[tuple[Fraction, Term, Fraction, Fraction], ...]


def _completions(form: Form, ob: Obligation, random: Randomness) -> list[object]:
    """Nothing; bounded symbols; diagonal entries that hypotheses may supply."""
    out: list[object] = [()]
    bounded: list[tuple[Fraction, Term, Fraction, Fraction]] = []
    for (v, w), c in form.random.items():
        if v is w and c < 0 and v.op in ("sym", "idx"):
            d = random.declaration(v)
            ends = [_rational(e) for e in d.domain.args] if d is not None and d.domain is not None and d.domain.op == "interval" else []
            if len(ends) == 2 and ends[0] is not None and ends[1] is not None:
                bounded.append((-c, v, ends[0], ends[1]))
    if bounded:
        out.append(tuple(bounded))
    if any(v is not w and c != 0 for (v, w), c in form.random.items()) and ob.context.hypotheses:
        out.append("fill")
    return out


def _rational(t: Term) -> Fraction | None:
    """The value of a number, with or without a sign before it."""
    if t.op == "neg" and t.args[0].op == "num":
        return Fraction(-t.args[0].data)
    return Fraction(t.data) if t.op == "num" else None


def extra_parts(extra: object) -> list[Part]:
    """The parts `E[(v - a)(c - v)]`."""
    if not isinstance(extra, tuple):
        return []
    return [(num(c), "mean", (b.mul(b.sub(v, num(low)), b.sub(num(high), v)),)) for c, v, low, high in extra]


def _diagonal(form: Form, extra: object) -> list[Part] | None:
    """The form as a sum of squares; `None` where a pivot is negative."""
    table, plain = dict(form.random), dict(form.plain)
    if isinstance(extra, tuple):
        for c, v, low, high in extra:
            # c (v - a)(e - v) = -c v² + c (a + e) v - c a e has been taken away
            table[(v, v)] = table.get((v, v), Fraction(0)) + c
            work = Form(random={}, plain=plain)
            work.add_plain(("m", v), ("m", v), c)
            work.add_plain(("m", v), ONE, -c * (low + high))
            work.add_plain(ONE, ONE, c * low * high)
    else:
        for (v, w), c in form.random.items():
            if v is not w:
                table[(v, v)] = table.get((v, v), Fraction(0)) + abs(c)
    basis = sorted({v for pair in table for v in pair}, key=order_key)
    squares = pivots([[table.get((v, w), Fraction(0)) for w in basis] for v in basis])
    if squares is None:
        return None
    out: list[Part] = [(num(c), "variance", (combined(row, basis),)) for c, row in squares]
    keys = sorted({k for pair in plain for k in pair}, key=lambda k: (k[0] == "1", k[0], order_key(k[1])))
    if extra == "fill":
        return out
    means = [b.expect(t, *form.conds) if kind == "m" else t for kind, t in keys]
    rest = pivots([[plain.get((x, y), Fraction(0)) for y in keys] for x in keys])
    if rest is None:
        return None
    return out + [(num(c), "square", (combined(row, means),)) for c, row in rest]


def pivots(table: list[list[Fraction]]) -> list[tuple[Fraction, list[Fraction]]] | None:
    """A symmetric matrix as ∑ d ℓ ℓᵀ with d > 0; `None` if it is not positive semidefinite."""
    a = [list(row) for row in table]
    n = len(a)
    out: list[tuple[Fraction, list[Fraction]]] = []
    for i in range(n):
        d = a[i][i]
        if d < 0 or (d == 0 and any(a[i][j] != 0 for j in range(n))):
            return None
        if d == 0:
            continue
        row = [a[i][j] / d for j in range(n)]
        out.append((d, row))
        for j, k in [(j, k) for j in range(n) for k in range(n)]:
            a[j][k] -= d * row[j] * row[k]
    return out


def combined(row: list[Fraction], terms: list[Term]) -> Term:
    """∑ c t."""
    parts = [t if c == 1 else b.mul(num(c), t) for c, t in zip(row, terms, strict=True) if c != 0]
    return b.add(*parts) if len(parts) > 1 else parts[0]
