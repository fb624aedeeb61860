"""Antiderivatives: candidates found by undetermined coefficients (and, if asked, by SymPy), certified by differentiation.

`find(f, x, rw)` gives F with F' = f shown by the exact zero test; where the candidates come from does not matter.  Continuity of F on the
range of integration is the caller's business (`rules/integrals.py`).
Limits: products of powers of x and of linear expressions, exponentials of polynomials of degree 1 and 2, sin, cos, log, rational
functions; SymPy's `manualintegrate` beyond that.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derivcheck.kernel import algebra
from derivcheck.kernel.branch_cuts import off_cut
from derivcheck.kernel.budget import OutOfBudget
from derivcheck.kernel.literals import integer_value, linear_terms
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.rewrite import Rewriter


def certified(candidate: Term, f: Term, x: Term, rw: Rewriter) -> bool:
    """Whether the derivative of the candidate is f, by the exact zero test."""
    from derivcheck.kernel.rules.derivatives import harmless
    from derivcheck.semantics.differentiate import derivative

    got = derivative(candidate, x)
    if not got.complete:
        return False
    for c in got.conditions:
        if not (rw.oracle.holds(c) or (c.op != "opaque" and off_cut(c, rw.oracle))):
            del harmless
            return False
    return algebra.is_zero(b.sub(got.term, f), rw)


def find(f: Term, x: Term, rw: Rewriter, engine: bool = True) -> Term | None:
    """A certified antiderivative of f by x in the context of rw (x ranges over the interval of integration); `engine`: SymPy may be asked."""
    if x not in f.free:
        return b.mul(f, x)
    summed = _product_to_sum(f, x, rw)
    if summed is not None:
        F = find(summed, x, rw, engine)
        return F if F is not None and certified(F, f, x, rw) else None
    parts: list[Term] = []
    by_kernel: dict[Term, list[Term]] = {}
    bottom: Term | None = None
    if f.op == "div" and x in f.args[1].free:
        bottom = f.args[1]
    if bottom is None:
        for c, m in linear_terms(f):
            fixed, kernel = split_factors(m, x)
            by_kernel.setdefault(_shape(kernel, x), []).append(b.mul(num(c), *fixed, kernel))
        for group in by_kernel.values():
            total = b.add(*group)
            F = _group(total, x, rw)
            if F is None:
                return _engine(f, x, rw) if engine else None
            parts.append(F)
        return b.add(*parts)
    F = _group(f, x, rw)
    return F if F is not None or not engine else _engine(f, x, rw)


def _product_to_sum(f: Term, x: Term, rw: Rewriter) -> Term | None:
    """Products of sin and cos of different arguments (and higher powers) as sums; None where there are none (or too many)."""
    out: list[Term] = []
    found = False
    for c, m in linear_terms(f):
        bottom: Term | None = None
        top = m
        if m.op == "div":
            top, bottom = m.args
        waves: list[tuple[str, Term]] = []
        rest: list[Term] = []
        for g in top.args if top.op == "mul" else (top,):
            base, k = (g.args[0], integer_value(g.args[1]) or 0) if g.op == "pow" else (g, 1)
            if base.op == "fn" and base.data in ("sin", "cos") and x in base.free and 1 <= k <= 8:
                waves += [(str(base.data), base.args[0])] * k
            else:
                rest.append(g)
        if (len({u for _, u in waves}) < 2 and len(waves) < 3) or len(waves) > 8:
            out.append(b.mul(num(c), m))
            continue
        found = True
        terms: list[tuple[Fraction, str, Term]] = [(c, *waves[0])]
        for name, v in waves[1:]:
            more: list[tuple[Fraction, str, Term]] = []
            for q, other, u in terms:
                plus, minus = rw.nf(b.add(u, v)), rw.nf(b.sub(u, v))
                half = q / 2
                if (other, name) == ("sin", "sin"):
                    more += [(half, "cos", minus), (-half, "cos", plus)]
                elif (other, name) == ("cos", "cos"):
                    more += [(half, "cos", minus), (half, "cos", plus)]
                elif (other, name) == ("sin", "cos"):
                    more += [(half, "sin", plus), (half, "sin", minus)]
                else:
                    more += [(half, "sin", plus), (-half, "sin", minus)]
            terms = more
        for q, name, u in terms:
            whole = b.mul(num(q), *rest, b.fn(name, u))
            out.append(whole if bottom is None else b.div(whole, bottom))
    return rw.nf(b.add(*out)) if found else None


def _engine(f: Term, x: Term, rw: Rewriter) -> Term | None:
    from derivcheck.services.interrupt import TimeUp
    from derivcheck.services.sympy_bridge import antiderivative

    try:
        candidate = antiderivative(f, x, rw.oracle, rw.budget.seconds_left)
    except TimeUp:
        raise OutOfBudget("time") from None
    if candidate is not None and certified(candidate, f, x, rw):
        return candidate
    return None


def split_factors(m: Term, x: Term) -> tuple[list[Term], Term]:
    """The factors of a monomial free of x, and the rest."""
    if x not in m.free:
        return [m], b.ONE
    if m.op == "div":
        fixed, kernel = split_factors(m.args[0], x)
        below, bottom = split_factors(m.args[1], x)
        if below:
            fixed = [b.div(b.ONE, b.mul(*below)), *fixed]
        return fixed, kernel if bottom is b.ONE else b.div(kernel, bottom)
    if m.op != "mul":
        return [], m
    return [f for f in m.args if x not in f.free], b.mul(*(f for f in m.args if x in f.free))


def _shape(kernel: Term, x: Term) -> Term:
    """Groups what must be integrated together: everything but the power of x."""
    factors = kernel.args if kernel.op == "mul" else (kernel,)
    rest = [f for f in factors if f is not x and not (f.op == "pow" and f.args[0] is x)]
    names = sorted({str(s.data) for f in rest for s in subterms(f) if s.op == "fn"})
    return b.mul(*(rest or [b.ONE]), b.ONE) if names else b.ONE


def _group(f: Term, x: Term, rw: Rewriter) -> Term | None:
    direct = _power(f, x, rw)
    if direct is not None:
        return direct
    candidates = _candidates(f, x, rw)
    if not candidates or len(candidates) > 40:
        return None
    solution = _undetermined(f, candidates, x, rw)
    if solution is not None and certified(solution, f, x, rw):
        return solution
    return None


def _power(f: Term, x: Term, rw: Rewriter) -> Term | None:
    """c x^p and c (a x + e)^p."""
    total: list[Term] = []
    for c, m in linear_terms(f):
        fixed, kernel = split_factors(m, x)
        base, p = (kernel.args[0], kernel.args[1]) if kernel.op == "pow" else (kernel, b.ONE)
        if kernel is b.ONE:
            total.append(b.mul(num(c), *fixed, x))
            continue
        if kernel.op == "div" and kernel.args[0] is b.ONE:
            base, p = kernel.args[1], b.MINUS_ONE
        if x in p.free or x not in base.free:
            return None
        slope = linear_slope(base, x, rw)
        if slope is None or not rw.oracle.nonzero(slope):
            return None
        q = rw.nf(b.add(p, b.ONE))
        if q is b.ZERO:
            inside = base if rw.oracle.positive(base) else (b.neg(base) if rw.oracle.negative(base) else None)
            if inside is None:
                return None
            F = b.div(b.log(inside), slope)
        elif rw.oracle.nonzero(q):
            F = b.div(b.pow_(base, q), b.mul(q, slope))
        else:
            return None
        total.append(b.mul(num(c), *fixed, F))
    F = b.add(*total)
    return F if certified(F, f, x, rw) else None


def linear_slope(base: Term, x: Term, rw: Rewriter) -> Term | None:
    """a in a x + e; None if base is not affine in x."""
    from derivcheck.semantics.differentiate import differentiate

    if base is x:
        return b.ONE
    if any(s.op not in ("add", "mul", "neg", "num", "sym", "div", "const", "pow") for s in subterms(base) if x in s.free):
        return None
    slope = rw.nf(differentiate(base, x))
    return slope if x not in slope.free else None


def _candidates(f: Term, x: Term, rw: Rewriter) -> list[Term]:
    out: dict[Term, None] = {}
    tops = linear_terms(f)
    for _, m in tops:
        _, kernel = split_factors(m, x)
        bottom: Term | None = None
        if kernel.op == "div":
            kernel, bottom = kernel.args
        factors = list(kernel.args) if kernel.op == "mul" else [kernel]
        degree = 0
        rest: list[Term] = []
        for g in factors:
            n = 1 if g is x else (integer_value(g.args[1]) if g.op == "pow" and g.args[0] is x else None)
            if n is not None:
                degree += n
            elif g is not b.ONE:
                rest.append(g)
        if bottom is not None:
            _rational(kernel, bottom, x, rw, out)
            continue
        closures: list[list[Term]] = [[]]
        gauss: Term | None = None
        for g in rest:
            choices = [[g]]
            base, k = (g.args[0], integer_value(g.args[1]) or 0) if g.op == "pow" else (g, 1)
            if base.op == "fn" and base.data in ("sin", "cos"):
                u = base.args[0]
                sin, cos = b.fn("sin", u), b.fn("cos", u)
                choices = [[b.pow_(sin, i), b.pow_(cos, j)] for i in range(k + 2) for j in range(k + 2) if i + j <= k + 1]
            elif base.op == "fn" and base.data == "log" and 1 <= k <= 4:
                choices = [[b.pow_(base, i)] for i in range(k + 1)]
            elif base.op == "fn" and base.data in ("arctan", "arcsin", "erf"):
                choices = [[base], []]
                out[b.log(b.add(b.ONE, b.pow_(base.args[0], 2)))] = None
            elif base.op == "fn" and base.data == "exp":
                slope = linear_slope(base.args[0], x, rw)
                if slope is None:
                    gauss = _complete_square(base.args[0], x, rw)
            closures = [c + choice for c in closures for choice in choices]
        for c in closures:
            for n in range(min(degree, 0), max(degree, 0) + 2):
                if n > 30 or n < -20:
                    continue
                out[b.mul(b.pow_(x, n), *c, b.ONE)] = None
        if gauss is not None:
            out[gauss] = None
    return list(out)


def _complete_square(u: Term, x: Term, rw: Rewriter) -> Term | None:
    """erf of the completed square for u = -a x² + e x + g with a > 0."""
    from derivcheck.semantics.differentiate import differentiate

    first = rw.nf(differentiate(u, x))
    second = rw.nf(differentiate(first, x))
    if x in second.free or not rw.oracle.negative(second):
        return None
    a = rw.nf(b.div(b.neg(second), b.TWO))
    centre = rw.nf(b.div(substitute(first, {x: b.ZERO}), b.neg(second)))
    peak = rw.nf(substitute(u, {x: centre}))
    return b.mul(b.exp(peak), b.fn("erf", b.mul(b.sqrt(a), b.sub(x, centre))))


def _rational(top: Term, bottom: Term, x: Term, rw: Rewriter, out: dict[Term, None]) -> None:
    for n in range(4):
        out[b.pow_(x, n)] = None
    for base, k in _irreducible(bottom, rw):
        if x not in base.free:
            continue
        if rw.oracle.positive(base):
            out[b.log(base)] = None
        elif rw.oracle.negative(base):
            out[b.log(b.neg(base))] = None
        for j in range(1, k):
            for n in range(3):
                out[b.div(b.pow_(x, n), b.pow_(base, j))] = None
        from derivcheck.semantics.differentiate import differentiate

        first = rw.nf(differentiate(base, x))
        second = rw.nf(differentiate(first, x))
        if x not in second.free and second is not b.ZERO:
            # a quadratic without real roots: arctan((2 a x + e)/√(4 a g - e²))
            g0, g1 = rw.nf(substitute(base, {x: b.ZERO})), rw.nf(substitute(first, {x: b.ZERO}))
            disc = rw.nf(b.sub(b.mul(b.TWO, second, g0), b.pow_(g1, 2)))
            if rw.oracle.positive(disc):
                out[b.fn("arctan", b.div(first, b.sqrt(disc)))] = None


def _irreducible(bottom: Term, rw: Rewriter) -> list[tuple[Term, int]]:
    """The irreducible factors of a denominator with their multiplicities."""
    out: list[tuple[Term, int]] = []
    for g in bottom.args if bottom.op == "mul" else (bottom,):
        base, k = (g.args[0], integer_value(g.args[1]) or 1) if g.op == "pow" else (g, 1)
        if base.op != "add":
            out.append((base, k))
            continue
        region, [(top, below)] = algebra.numerator_polynomials([base], rw)
        if not below.is_constant() or len(top) > 40:
            out.append((base, k))
            continue
        found = top.factor()[1]
        out += [(region.to_term(f, region.one), int(e) * k) for f, e in found] if len(found) > 1 or int(found[0][1]) > 1 else [(base, k)]
    return out


def _undetermined(f: Term, candidates: list[Term], x: Term, rw: Rewriter) -> Term | None:
    from derivcheck.semantics.differentiate import differentiate

    derivatives = [differentiate(g, x) for g in candidates]
    region, fractions = algebra.numerator_polynomials([f, *derivatives], rw)
    common = region.one
    for _, q in fractions:
        g = common.gcd(q)
        common = common * (q / g if not g.is_constant() else q)
    numerators = [p * (common / q) for p, q in fractions]
    moving = {i for key, i in region.index.items() if any(isinstance(part, Term) and x in part.free for part in key[1:])}
    rows: dict[tuple[int, ...], list[dict[tuple[int, ...], Any]]] = {}
    for column, p in enumerate(numerators):
        for exps, c in region.reduce(p).to_dict().items():
            head = tuple(int(e) if i in moving else 0 for i, e in enumerate(exps))
            tail = tuple(0 if i in moving else int(e) for i, e in enumerate(exps))
            row = rows.setdefault(head, [{} for _ in numerators])
            row[column][tail] = row[column].get(tail, 0) + c
    system = [[region.to_term(region.context.from_dict(cell), region.one) if cell else b.ZERO for cell in row] for row in rows.values()]
    solution = _solve(system, len(candidates), rw)
    if solution is None:
        return None
    return b.add(*(b.mul(c, g) for c, g in zip(solution, candidates, strict=True) if c is not b.ZERO)) if any(c is not b.ZERO for c in solution) else None


def _solve(system: list[list[Term]], n: int, rw: Rewriter) -> list[Term] | None:
    """Solve sum_k a_k c_k = rhs with rows [rhs, a_1, …, a_n] by elimination; free unknowns are 0."""
    rows = [r[:] for r in system]
    pivots: list[tuple[int, list[Term]]] = []
    for column in range(1, n + 1):
        pivot = next((r for r in rows if r[column] is not b.ZERO and rw.oracle.nonzero(r[column])), None)
        if pivot is None:
            continue
        rows = [r for r in rows if r is not pivot]
        lead = pivot[column]
        pivot = [rw.nf(b.div(v, lead)) if v is not b.ZERO else v for v in pivot]
        def cleared(r: list[Term], pivot: list[Term] = pivot, column: int = column) -> list[Term]:
            if r[column] is b.ZERO:
                return r
            factor = r[column]
            return [rw.nf(b.sub(v, b.mul(factor, w))) if w is not b.ZERO else v for v, w in zip(r, pivot, strict=True)]
        rows = [cleared(r) for r in rows]
        pivots = [(k, cleared(r)) for k, r in pivots]
        pivots.append((column, pivot))
    if any(r[0] is not b.ZERO or any(v is not b.ZERO for v in r[1:]) for r in rows if r[0] is not b.ZERO):
        return None
    out: list[Term] = [b.ZERO] * n
    for column, row in pivots:
        out[column - 1] = row[0]
    return out


__all__ = ["Fraction", "certified", "find", "linear_slope", "split_factors"]
