"""When a term has a value: the condition, read off the tree, less what the context already gives.

`conditions(t, oracle)` lists statements that together suffice for `t` to have a value and that the oracle does not show.  Under a
binder they are closed with `forall`.  Two kinds can't be written as a plain condition and are given as `opaque` statements:
convergence of a series, integral or limit that is written out (`converges`), and integrability of a term with an abstract symbol.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derivcheck.terms import build as b
from derivcheck.terms.sorts import BOOL
from derivcheck.terms.term import Term, mk

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle

_POLES = {"gamma": True, "digamma": True, "factorial": True, "loggamma": True}


def conditions(t: Term, oracle: Oracle) -> list[Term]:
    """Statements still to be required for `t` to have a value, without repetition, in the order of the tree."""
    out: dict[Term, None] = {}
    _walk(t, oracle, out, {})
    return list(out)


def _walk(t: Term, oracle: Oracle, out: dict[Term, None], seen: dict[Term, None]) -> None:
    if t in seen or not t.args:
        return
    seen[t] = None
    if t.bound:
        for a in t.args[:-1]:
            _walk(a, oracle, out, seen)
        _binder(t, oracle, out)
        return
    if t.op == "cases":
        _cases(t, oracle, out)
        return
    if t.op in ("Pr", "E", "Var", "Cov") and not t.data:
        inside: dict[Term, None] = {}
        for a in t.args:
            _walk(a, oracle, inside, seen)
        # without conditions, single values of a continuous variable have no probability
        out.update((c, None) for c in inside if not (c.op == "rel" and c.data == "≠" and c.args[1] is b.ZERO and _continuous_variable(c.args[0], oracle)))
        return
    for a in t.args:
        _walk(a, oracle, out, seen)
    own = _own(t, oracle)
    if own is not None and not oracle.holds(own):
        out[own] = None


_CONTINUOUS = frozenset({"N", "U", "Exp", "Ga", "Beta", "LogN", "InvGa", "Laplace", "t"})


def _continuous_variable(u: Term, oracle: Oracle) -> bool:
    from derivcheck.kernel.randomness import randomness

    d = randomness(oracle).declaration(u) if u.op in ("sym", "idx") else None
    return d is not None and d.law is not None and d.law.op == "dist" and d.law.data in _CONTINUOUS


def nonzero(u: Term) -> Term:
    """u ≠ 0, written for what must not vanish."""
    # |u|, -u and u^n vanish where u does
    while (u.op == "fn" and u.data == "abs") or u.op == "neg" or (u.op == "pow" and u.args[1].op == "num" and u.args[1].data > 0):
        u = u.args[0]
    return b.rel(u, "≠", b.ZERO)


def _own(t: Term, oracle: Oracle) -> Term | None:
    """The condition that this node adds to those of its children."""
    real = "real" in oracle.context.conventions
    if t.op == "div":
        return None if oracle.nonzero(t.args[1]) else nonzero(t.args[1])
    if t.op == "pow":
        base, exponent = t.args
        from derivcheck.kernel.literals import integer_value, rational_value

        n = integer_value(exponent)
        if n is not None:
            return nonzero(base) if n < 0 and not oracle.nonzero(base) else None
        if real and not oracle.integer(exponent) and not oracle.nonnegative(base):
            return b.rel(base, "≥", b.ZERO)
        q = rational_value(exponent)
        if (q is not None and q > 0) or oracle.positive(exponent) or oracle.natural(exponent) or oracle.nonzero(base):
            return None
        return nonzero(base)
    if t.op == "inv" or (t.op == "mpow" and not oracle.natural(t.args[1])):
        from derivcheck.kernel.matrix_facts import invertible

        return None if invertible(t.args[0], oracle) else nonzero(b.det(t.args[0]))
    if t.op == "apply" and t.args[0].op == "sym":
        # a declared function has values on its domain only
        d = oracle.context.declarations.get(t.args[0])
        if d is not None and len(d.arg_domains) == len(t.args) - 1:
            outside = [b.rel(u, "in", s) for u, s in zip(t.args[1:], d.arg_domains, strict=True) if u.sort.kind == "num" and not oracle.member(u, s)]
            if outside:
                return b.and_(*outside)
        return None
    if t.op == "fn":
        u = t.args[0]
        name = str(t.data)
        if name == "log":
            if real:
                return None if oracle.positive(u) else b.rel(u, ">", b.ZERO)
            return None if oracle.nonzero(u) else nonzero(u)
        if name in ("tan", "sec"):
            return nonzero(b.fn("cos", u)) if u.op != "num" else None
        if name in ("cot", "csc"):
            return nonzero(b.fn("sin", u))
        if name in ("coth", "csch", "arg"):
            return None if oracle.nonzero(u) else nonzero(u)
        if name in _POLES:
            return _off_poles(u, name == "factorial", oracle)
        if real and name in ("arcsin", "arccos"):
            return b.rel(b.fn("abs", u), "≤", b.ONE)
    return None


def _off_poles(u: Term, shifted: bool, oracle: Oracle) -> Term | None:
    """Γ(u) and its kin have a value off 0, -1, -2, …; u! off -1, -2, …."""
    if oracle.positive(b.add(u, b.ONE) if shifted else u):
        return None
    right = b.rel(u, "≥" if shifted and oracle.integer(u) else ">", b.ZERO if oracle.integer(u) or not shifted else b.MINUS_ONE)
    if oracle.integer(u):
        return right
    off = b.rel(u, "notin", b.INTEGERS)
    return None if oracle.holds(right) or _apart(off, oracle) else b.or_(off, right)


def implied(c: Term, given: list[Term], oracle: Oracle) -> bool:
    """Whether a condition follows from others, one alternative among them taken apart."""
    from derivcheck.terms.context import Hypothesis

    def under(*facts: Term) -> bool:
        return oracle.extend((), tuple(Hypothesis(f, None, "domain") for f in facts)).holds(c)

    if under(*given):
        return True
    return any(g.op == "or" and g.free == c.free and all(under(*given, part) for part in g.args) for g in given)


def _cases(t: Term, oracle: Oracle, out: dict[Term, None]) -> None:
    from derivcheck.kernel.rewrite import negation
    from derivcheck.terms.context import Hypothesis

    inner = oracle
    for i in range(len(t.args) // 2):
        p, v = t.args[2 * i], t.args[2 * i + 1]
        # which branch is meant is not settled where a side of a relation has no value
        _walk(p, inner, out, {})
        branch = inner.extend((), (Hypothesis(p, None, "domain"),))
        for c in conditions(v, branch):
            out[b.implies(p, c)] = None
        inner = inner.extend((), (Hypothesis(negation(p), None, "domain"),))
    if len(t.args) % 2:
        for c in conditions(t.args[-1], inner):
            out[c] = None


def _binder(t: Term, oracle: Oracle, out: dict[Term, None]) -> None:
    from derivcheck.kernel.rewrite import binder_facts, level_symbol
    from derivcheck.terms.context import Hypothesis
    from derivcheck.terms.term import binder_names, substitute

    if t.op == "deriv" and t.sort.kind == "num":
        _derivative(t, oracle, out)
        return
    if t.op in ("forall", "exists", "setof", "argmax", "argmin", "maxover", "minover", "supover", "infover", "deriv", "nderiv", "antideriv", "grad", "jac", "hess"):
        return
    symbols = tuple(level_symbol(n, v.sort, 800) for n, v in zip(binder_names(t), t.bound, strict=True))
    body = substitute(t.args[-1], dict(zip(t.bound, symbols, strict=True)))
    declarations, hypotheses = binder_facts(t, symbols, oracle)
    inner = oracle.extend(declarations, tuple(Hypothesis(h, None, "domain") for h in hypotheses))
    if t.op in ("E", "Eover"):
        return
    for c in conditions(body, inner):
        if not (set(symbols) & c.free):
            out[c] = None
        elif t.op in ("lim", "int", "intset"):
            # a limit and an integral pass over single points; what does not depend on the variable must hold
            for factor in _factors(c):
                if not (set(symbols) & factor.free) and not oracle.nonzero(factor):
                    out[nonzero(factor)] = None
        elif declarations and len(declarations) == len(symbols):
            out[b.over("forall", symbols, [d.domain for d in declarations], c)] = None


def _factors(c: Term) -> tuple[Term, ...]:
    """The factors u, v, … of a condition u v … ≠ 0."""
    if c.op == "rel" and c.data == "≠" and c.args[1] is b.ZERO and c.args[0].op == "mul":
        return c.args[0].args
    return ()


def _derivative(t: Term, oracle: Oracle, out: dict[Term, None]) -> None:
    """A derivative has a value where the function has and the rules of differentiation apply: off kinks, jumps and cuts."""
    from derivcheck.semantics.differentiate import derivative
    from derivcheck.terms.term import open_binder, substitute

    if any(v.op == "bvar" for v in t.free):
        return
    symbols, body = open_binder(t)
    at = {symbols[0]: t.args[0]}
    for _ in range(min(int(t.data), 4)):
        got = derivative(body, symbols[0])
        if not got.complete:
            return
        for c in got.conditions:
            for p in _parts(substitute(c, at), oracle):
                if p.op == "opaque" or oracle.holds(p) or _apart(p, oracle):
                    continue
                if p.op == "rel" and p.data == "≠" and _smooth_product(body, symbols[0], p, at):
                    continue
                out[p] = None
        for p in conditions(substitute(body, at), oracle):
            out[p] = None
        body = got.term


def _parts(c: Term, oracle: Oracle) -> list[Term]:
    """A condition in plain relations: off the cut is > 0 for real arguments."""
    if c.op == "and":
        return [p for a in c.args for p in _parts(a, oracle)]
    if c.op == "rel" and c.data == "notin" and c.args[1].op == "interval" and oracle.real(c.args[0]):
        lo, hi = c.args[1].args
        if lo is b.neg(b.INF):
            return [b.rel(c.args[0], ">", hi)]
        if hi is b.INF:
            return [b.rel(c.args[0], "<", lo)]
    if c.op == "or" and any(p.op == "rel" and p.data == "in" and oracle.member(p.args[0], p.args[1]) for p in c.args):
        return []
    if c.op == "or" and len(c.args) == 2 and c.args[0].op == "rel" and c.args[0].data == "in" and c.args[0].args[1] is b.INTEGERS:
        return _parts(c.args[1], oracle)
    return [c]


def _apart(p: Term, oracle: Oracle) -> bool:
    if p.op == "rel" and p.data == "notin" and p.args[1] is b.INTEGERS:
        info = oracle.info(p.args[0])
        if info.real and info.lo is not None and info.hi is not None:
            low = info.lo.numerator // info.lo.denominator
            return (info.lo > low or info.lo_strict) and (info.hi < low + 1 or (info.hi == low + 1 and info.hi_strict))
    return False


def _smooth_product(body: Term, x: Term, p: Term, at: dict[Term, Term]) -> bool:
    """Whether a kink u = 0 of |u| is smoothed by a factor u (u|u| and its multiples and powers of |u|)."""
    from derivcheck.terms.term import substitute

    found = False
    for s in _terms(body):
        factors = s.args if s.op == "mul" else (s,)
        kinks = [f for f in factors if f.op == "fn" and f.data == "abs" and b.rel(substitute(f.args[0], at), "≠", b.ZERO) is p]
        if kinks:
            found = True
            u = kinks[0].args[0]
            if not any(f is u or (f.op == "pow" and f.args[0] is u and f.args[1].op == "num" and f.args[1].data >= 1) for f in factors):
                return False
        elif any(f.op == "fn" and f.data == "abs" and b.rel(substitute(f.args[0], at), "≠", b.ZERO) is p for f in _below(s)):
            return False
    return found


def _terms(t: Term) -> tuple[Term, ...]:
    return t.args if t.op == "add" else (t,)


def _below(t: Term) -> list[Term]:
    from derivcheck.terms.term import subterms

    return list(subterms(t))


def opaque_condition(text: str, t: Term) -> Term:
    """A condition that can only be named: integrability of an abstract term."""
    return mk("opaque", (t,), text, BOOL)


def consequences(p: Term, oracle: Oracle) -> list[Term]:
    """What follows from p holding by the mere fact that the sides of its relations have (real) values.

    Only conditions that are necessary: denominators, logarithms' arguments and the like that occur outside binders and branches; and for
    real symbols the radicand of a side's only square root (or log's argument), since the side is real only if that is.
    """
    if p.op == "and":
        return [c for q in p.args for c in consequences(q, oracle)]
    if p.op != "rel":
        return []
    out: dict[Term, None] = {}
    for side in p.args[:2]:
        if side.sort.kind == "num":
            _necessary(side, oracle, out)
            if p.data in ("=", "<", "≤", ">", "≥", "≠") and all(oracle.real(s) for s in side.free if s.op == "sym" and s.sort.kind == "num"):
                _real_side(side, oracle, out)
    return [c for c in out if not oracle.holds(c)]


def _necessary(t: Term, oracle: Oracle, out: dict[Term, None]) -> None:
    stack, seen = [t], {t}
    while stack:
        x = stack.pop()
        if x.bound or x.op in ("cases", "ind"):
            continue
        if x.op == "div":
            out[nonzero(x.args[1])] = None
        elif x.op == "pow":
            from derivcheck.kernel.literals import integer_value

            n = integer_value(x.args[1])
            if n is not None and n < 0:
                out[nonzero(x.args[0])] = None
        elif x.op == "fn" and x.data == "log":
            out[nonzero(x.args[0])] = None
        elif x.op == "fn" and x.data in ("tan", "sec"):
            out[nonzero(b.fn("cos", x.args[0]))] = None
        elif x.op == "fn" and x.data in ("cot", "csc"):
            out[nonzero(b.fn("sin", x.args[0]))] = None
        for a in x.args:
            if a not in seen and a.sort.kind == "num":
                seen.add(a)
                stack.append(a)


def _real_side(side: Term, oracle: Oracle, out: dict[Term, None]) -> None:
    """A side r + ∑ c_k f_k, the f_k square roots or logarithms of real u_k, r and c_k real, all c_k of one strict sign, is real only
    where all u_k ≥ 0 (> 0 for logarithms): the imaginary parts √(-u_k) and π are not negative and can't cancel."""
    from derivcheck.kernel.literals import linear_terms, rational_value

    gained: list[Term] = []
    signs: set[bool] = set()
    for c, m in linear_terms(side):
        if oracle.real(m):
            continue
        factors = m.args if m.op == "mul" else (m.args[0],) if m.op == "div" and oracle.positive(m.args[1]) else (m,)
        bad = [f for f in factors if not oracle.real(f)]
        good = b.mul(*(f for f in factors if f not in bad))
        if len(bad) != 1:
            return
        if oracle.positive(good):
            signs.add(c > 0)
        elif oracle.negative(good):
            signs.add(c < 0)
        else:
            return
        f = bad[0]
        q = rational_value(f.args[1]) if f.op == "pow" else None
        if q is not None and abs(q) == Fraction(1, 2) and oracle.real(f.args[0]):
            if q < 0:
                signs.add(c < 0)  # 1/√u has the opposite imaginary part
            gained.append(b.rel(f.args[0], "≥", b.ZERO))
        elif f.op == "fn" and f.data == "log" and oracle.real(f.args[0]):
            gained.append(b.rel(f.args[0], ">", b.ZERO))
        else:
            return
    if len(signs) == 1:
        for g in gained:
            out[g] = None
