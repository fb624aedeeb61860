"""Limits, integrals, series and derivatives of a statement whose values are not shown to exist.

A proof may cancel a term without asking whether it has a value (`∑ 1/n - ∑ 1/n = 0` in the ring).  Where no model could be evaluated
either, the step might be about nothing; `unestablished` then names what is in doubt.

A rule that replaces such a term by its value shows that the value exists, so a term is established if its normal form is free of the
operator and of the constant that stands for no value.  Terms with abstract symbols are left out: their integrability is a condition that is reported (SPEC section 6).
"""

from __future__ import annotations

from derivcheck.kernel.rewrite import Rewriter
from derivcheck.kernel.totality import total
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.term import Term, contains_op, open_binder, subterms

_LIMITS = frozenset({"lim", "int", "intset", "sumset"})


def unestablished(p: Term, rw: Rewriter) -> Term | None:
    """A term of the statement with a limit process that is not shown to have a value; None if there is none."""
    for s in subterms(p):
        if any(v.op == "bvar" for v in s.free):
            continue
        if s.op in _EXTREMA and s.bound[0].sort.kind == "num" and rw.under(s)[2].oracle.undefinedness(rw.under(s)[1]):
            return s
        if not _process(s) or _abstract(s):
            continue
        if _ordinary(s, rw) or (s.op in _MEANS and (_any_law(s, rw) or _bounded_mean(s, rw))):
            continue
        value = rw.nf(s)
        if any((t.op == "const" and t.data == "undefined") or (_left_over(t, s) and _process(t)) for t in subterms(value)):
            return s
    return None


_EXTREMA = frozenset({"maxover", "minover", "supover", "infover"})
_MEANS = frozenset({"E", "Var", "Cov", "Eover", "Varover", "Covover"})
_INTEGRALS = frozenset({"int", "intset", "sumset", "entropy", "crossent", "entropyrv", "MI"})


def without_shown_value(side: Term, rw: Rewriter) -> tuple[list[Term], list[Term]]:
    """Means, integrals and series in a side of a relation within a statement that are not shown to have a value: those with an abstract
    symbol, whose integrability is a condition, and the others.  What stands in a relation that is given has a value."""
    given = _given_parts(rw.oracle.context)
    abstract: list[Term] = []
    concrete: list[Term] = []
    for s in subterms(side):
        series = s.op in ("sum", "prod") and (s.args[1] is b.INF or s.args[0].op == "neg")
        if not (series or s.op in _MEANS or s.op in _INTEGRALS) or s in given or any(v.op == "bvar" for v in s.free):
            continue
        if _ordinary(s, rw) if s.op not in _MEANS else _bounded_mean(s, rw):
            continue
        if _abstract(s) or (s.op in _MEANS | _INTEGRALS and _any_law(s, rw)):
            if not (s.op == "int" and _smooth_between(s, rw)):
                abstract.append(s)
        elif any(_left_over(t, s) or (t.op == "const" and t.data == "undefined") for t in subterms(rw.nf(s))):
            concrete.append(s)
    return abstract, concrete


def _left_over(t: Term, s: Term) -> bool:
    """A part of the normal form of `s` that shows that no value has been found (a mean is an integral by the law of its variable)."""
    return t.op == s.op or (s.op in _MEANS and (t.op in _MEANS or t.op in ("int", "intset")))


def _given_parts(context: Context) -> set[Term]:
    from derivcheck.kernel.inferences.operators import strict

    found: set[Term] = set()
    for h in context.hypotheses:
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            if p.op == "rel":
                for a in p.args[:2]:
                    found |= strict(a)
    return found


def _any_law(s: Term, rw: Rewriter) -> bool:
    """Whether a random symbol in the term has no law with a name."""
    from derivcheck.kernel.randomness import randomness

    random = randomness(rw.oracle)
    laws = [rw.oracle.context.declarations[v].law for v in s.free if v in rw.oracle.context.declarations and random.is_random(v)]
    return any(law is None or law.op != "dist" for law in laws)


def _bounded_mean(s: Term, rw: Rewriter) -> bool:
    """A mean of a bounded term that has a value everywhere."""
    if s.op != "E" or s.args[0].sort.kind != "num":
        return False
    info = rw.oracle.info(s.args[0])
    return info.real and info.lo is not None and info.hi is not None and total(s.args[0], rw.oracle)


def _smooth_between(s: Term, rw: Rewriter) -> bool:
    """An integral between finite ends of sums and products of smooth functions of real numbers."""
    if any(t is b.INF for a in s.args[:2] for t in subterms(a)):
        return False
    for t in subterms(s.args[-1]):
        if t.op == "apply" and t.args[0].op == "sym":
            d = rw.oracle.context.declarations.get(t.args[0])
            if d is None or any(a is not b.REALS for a in d.arg_domains) or d.attributes & {"measurable", "bounded"}:
                return False
        elif t.op not in ("add", "mul", "neg", "num", "const", "sym", "bvar", "apply", "dfun") and not (t.op == "fn" and t.data in ("exp", "sin", "cos")):
            if not (t.op == "pow" and t.args[1].op == "num" and t.args[1].data > 0 and t.args[1].data.denominator == 1):
                return False
    return True


def stray_series(conditions: list[Term], p: Term, rw: Rewriter) -> Term | None:
    """A series whose convergence is a condition although neither side asks for it: `∑ (f(k) - f(k+1)) = f(0)` is false for f = 1, where `∑ f(k)`
    has no value.  Series that a side or a hypothesis holds, up to a constant factor, have values where the step is claimed.  What says that a
    number exists (`E[X²] ∈ ℝ`) can't have that for its condition either."""
    conditions = [c for c in conditions if c.op == "opaque" and c.args and c.data == "integrability of"]
    if conditions and (p.op == "exists" or (p.op == "rel" and p.data == "in")):
        return conditions[0].args[0]
    series = [c.args[0] for c in conditions if c.args[0].op == "sum" and any(b.is_infinite(end) for end in c.args[0].args[:2])]
    if not series:
        return None
    seen = [p, *(h.statement for h in rw.oracle.context.hypotheses)]
    asked = [rw.nf(s) for q in seen for s in subterms(q) if s.op == "sum" and not any(v.op == "bvar" for v in s.free)]
    known = {s for t in asked for s in subterms(t) if s.op != "num"}

    def had(s: Term) -> bool:
        value = rw.nf(s)
        return s in known or value in known or any(t in known for t in subterms(value) if t.op == "sum")

    return next((s for s in series if not had(s)), None)


def unordered(p: Term, rw: Rewriter) -> Term | None:
    """A side of an inequality that is not shown to be real (the order of other numbers is undefined); None if there is none."""
    if p.op != "rel" or p.data not in ("<", "≤", ">", "≥"):
        return None
    for side in p.args:
        if side.sort.kind == "num" and not b.is_infinite(side) and not _abstract(side) and not rw.oracle.real(side) and not rw.oracle.real(rw.nf(side)):
            return side
    return None


def not_holomorphic(p: Term, context: Context) -> Term | None:
    """A derivative by a complex variable of what the rules of differentiation take to depend on a real one; None if there is none."""
    for s in subterms(p) if contains_op(p, "deriv", "nderiv") else ():
        if s.op in ("deriv", "nderiv") and any(context.domain_of(v) is b.COMPLEX for v in s.args[0].free):
            symbols, body = open_binder(s)
            for t in subterms(body):
                if symbols[0] in t.free and (t.op in _REAL_OPS or (t.op == "fn" and t.data in _REAL_FUNCTIONS)):
                    return s
    return None


_REAL_OPS = frozenset({"oddroot", "cases", "ind", "norm", "inner", "maxover", "minover", "supover", "infover"})
_REAL_FUNCTIONS = frozenset({"re", "im", "conj", "arg", "abs", "sign", "floor", "ceil", "max", "min", "mod"})


def _process(s: Term) -> bool:
    return s.op in _LIMITS or (s.op in _MEANS and s.sort.kind == "num") or (s.op in ("sum", "prod") and (s.args[1] is b.INF or s.args[0].op == "neg")) or (s.op == "deriv" and s.sort.kind == "num")


_FREE_OF_SHAPE = frozenset("add mul neg div pow fn num const sym bvar cases ind rel and or not".split())


def _abstract(s: Term) -> bool:
    """Whether a term holds an abstract symbol; under an integral or a series one that changes with the variable: `f(0)/t` is as concrete as `1/t`."""
    if not any(v.sort.kind in _ABSTRACT for v in s.free):
        return False
    if s.op not in ("sum", "prod", "int", "intset", "sumset", "prodset"):
        return True
    variables = set(s.bound)
    return any(
        u.op not in _FREE_OF_SHAPE and variables & u.free and any(v.sort.kind in _ABSTRACT for v in u.free) for u in subterms(s.args[-1])
    ) or any(v.sort.kind in _ABSTRACT for a in s.args[:-1] for v in a.free)


_ABSTRACT = ("fun", "fam", "dist")


def _ordinary(s: Term, rw: Rewriter) -> bool:
    """A proper integral of what has a value at every point between finite bounds, or a finite set."""
    if s.op == "sumset":
        return s.args[0].op in ("finset", "range")
    if s.op == "deriv":
        return not rw.oracle.undefinedness(s)
    if s.op != "int" or any(t is b.INF for a in s.args[:2] for t in subterms(a)):
        return False
    symbols, body, inner = rw.under(s)
    from derivcheck.terms.context import Declaration

    closed = rw.child(((Declaration(symbols[0], b.interval(s.args[0], s.args[1], "[]")),), ()))
    del inner
    return rw.oracle.less_equal(s.args[0], s.args[1]) and not closed.oracle.undefinedness(body) and all(
        t.op in ("add", "mul", "neg", "div", "pow", "num", "sym", "const") or (t.op == "fn" and t.data not in ("gamma", "digamma", "zeta")) for t in subterms(body)
    )
