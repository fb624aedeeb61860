"""Whether a term is shown to have a finite value.

`total(t, oracle)` says True only for terms built from operations that the table below knows, with every side condition (nonzero
denominators, positive arguments of logarithms, indices inside the declared range, …) shown by the oracle.  Rules that evaluate a body
at a place where the original did not (an added end of a sum, a skipped index) ask it first.

Limits: infinite sums, integrals, limits and expectations count as not shown, derivatives of more than arithmetic, exp, sin and cos too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.literals import integer_value, rational_value
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, binder_names, open_binder, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle

_ENTIRE = frozenset("exp sin cos sinh cosh tanh sech arctan arcsinh erf erfc abs sign re im conj max min floor ceil".split())
_REAL_ONLY = frozenset("tanh sech arctan arcsinh floor ceil sign max min".split())


def total(t: Term, oracle: Oracle) -> bool:
    """Whether `t` (a scalar, a statement or a matrix of such) is shown to have a finite value."""
    op = t.op
    if op in ("num", "true", "false"):
        return True
    if op == "const":
        return t.data not in ("inf", "undefined")
    if op == "sym":
        return t.sort.kind in ("num", "mat", "fun", "fam", "dist")
    if op in ("add", "mul", "neg", "smul", "transpose", "trace", "matmul", "inner", "hadamard", "eye", "ones", "zeros", "tonum", "kron",
              "vecop", "det", "diag", "diagof", "bmat", "norm"):
        return all(total(a, oracle) for a in t.args)
    if op == "div":
        return total(t.args[0], oracle) and total(t.args[1], oracle) and oracle.nonzero(t.args[1])
    if op == "pow":
        return _power(t, oracle)
    if op == "unit":
        n, i = t.args
        return oracle.integer(i) and oracle.less_equal(b.ONE, i) and oracle.less_equal(i, n)
    if op == "mpow":
        return total(t.args[0], oracle) and oracle.natural(t.args[1])
    if op == "inv":
        from derivcheck.kernel.matrix_facts import invertible

        return total(t.args[0], oracle) and invertible(t.args[0], oracle)
    if op == "fn":
        return all(total(a, oracle) for a in t.args) and _function(t, oracle)
    if op == "idx":
        return all(total(a, oracle) for a in t.args[1:]) and _member(t, oracle)
    if op == "apply":
        return all(total(a, oracle) for a in t.args[1:]) and _application(t, oracle)
    if op in ("sum", "prod"):
        return _finite_sum(t, oracle)
    if op == "ind":
        return total_statement(t.args[0], oracle)
    if op == "cases":
        return _cases(t, oracle)
    if op == "pdf":
        return _density(t, oracle)
    if op == "deriv" and t.sort.kind == "num":
        return _derivative(t, oracle)
    if op == "E" and len(t.args) == 1 and t.sort.kind == "num":
        return _polynomial_mean(t.args[0], oracle)
    return False


_MOMENTS = frozenset({"N", "Po", "Exp", "Ga", "Beta", "Bern", "Bin", "U", "Laplace"})


def _polynomial_mean(t: Term, oracle: Oracle) -> bool:
    """The mean of a polynomial in random symbols whose laws have all moments (so that any product of them has a mean, Hölder)."""
    from derivcheck.kernel.randomness import randomness
    from derivcheck.kernel.satisfiable import admissible

    random = randomness(oracle)
    stack = [t]
    while stack:
        u = stack.pop()
        if not random.atoms(u):
            if not total(u, oracle):
                return False
        elif u.op in ("sym", "idx") and u.sort.kind == "num":
            d = oracle.context.declarations.get(u if u.op == "sym" else u.args[0])
            law = d.law if d is not None else None
            if d is None or law is None or law.op != "dist" or law.data not in _MOMENTS or d.given or random.atoms(law) or not admissible(law, oracle):
                return False
            if u.op == "idx" and not (all(total(a, oracle) for a in u.args[1:]) and _member(u, oracle)):
                return False
        elif u.op in ("add", "mul", "neg") or (u.op == "pow" and (integer_value(u.args[1]) or 0) > 0):
            stack.extend(u.args if u.op != "pow" else u.args[:1])
        else:
            return False
    return True


def _derivative(t: Term, oracle: Oracle) -> bool:
    """A derivative at a point of what is put together from the variable by arithmetic, exp, sin and cos, and has a value there."""
    if not isinstance(t.data, int) or len(t.args) != 2 or len(t.bound) != 1:
        return False
    (x,), body = open_binder(t)
    for u in subterms(body):
        if x not in u.free or u is x or u.op in ("add", "mul", "neg", "div") or (u.op == "fn" and u.data in ("exp", "sin", "cos")):
            continue
        n = integer_value(u.args[1]) if u.op == "pow" else None
        if n is None or n < 0:
            return False
    return total(t.args[0], oracle) and oracle.real(t.args[0]) and total(substitute(body, {x: t.args[0]}), oracle)


def _power(t: Term, oracle: Oracle) -> bool:
    base, exponent = t.args
    if not (total(base, oracle) and total(exponent, oracle)):
        return False
    n = integer_value(exponent)
    if n is not None:
        return n >= 0 or oracle.nonzero(base)
    q = rational_value(exponent)
    if q is not None and q > 0:
        return True
    return oracle.nonzero(base) or oracle.natural(exponent)


def _function(t: Term, oracle: Oracle) -> bool:
    name, u = str(t.data), t.args[0]
    if name in _ENTIRE:
        return name not in _REAL_ONLY or all(oracle.real(a) for a in t.args)
    if name == "log":
        return oracle.nonzero(u)
    if name in ("gamma", "loggamma", "digamma"):
        return oracle.positive(u)
    if name == "polygamma":
        return oracle.natural(u) and oracle.positive(t.args[1])
    if name == "factorial":
        return oracle.natural(u)
    if name == "beta":
        return all(oracle.positive(a) for a in t.args)
    if name == "binom":
        return oracle.natural(u) and oracle.integer(t.args[1])
    return False


def _member(t: Term, oracle: Oracle) -> bool:
    declaration = oracle.context.declarations.get(t.args[0])
    if declaration is None or len(declaration.index_ranges) != len(t.args) - 1:
        return False
    return all(oracle.member(i, s) for i, s in zip(t.args[1:], declaration.index_ranges, strict=True))


def _application(t: Term, oracle: Oracle) -> bool:
    f = t.args[0]
    if f.op == "dfun":
        # functions are smooth unless the declaration says otherwise; on a discrete domain there is no derivative
        f = f.args[0]
        declaration = oracle.context.declarations.get(f)
        if declaration is None or any(s.op != "set" or s.data not in ("R", "Rpos") for s in declaration.arg_domains):
            return False
        if declaration.attributes & {"continuous", "differentiable", "measurable", "bounded"}:
            return False
    else:
        declaration = oracle.context.declarations.get(f)
    if declaration is None or len(declaration.arg_domains) != len(t.args) - 1:
        return False
    for a, s in zip(t.args[1:], declaration.arg_domains, strict=True):
        if a.sort.kind == "mat":
            if s.op not in ("rn", "rmn"):
                return False
        elif not oracle.member(a, s):
            return False
    return True


def _finite_sum(t: Term, oracle: Oracle) -> bool:
    lo, hi = t.args[0], t.args[1]
    if not (oracle.integer(lo) and oracle.integer(hi) and total(lo, oracle) and total(hi, oracle)):
        return False
    body, inner = _open(t, oracle)
    return total(body, inner)


def _open(t: Term, oracle: Oracle) -> tuple[Term, Oracle]:
    from derivcheck.kernel.rewrite import binder_facts, level_symbol
    from derivcheck.terms.context import Hypothesis

    symbols = tuple(level_symbol(n, v.sort, 850) for n, v in zip(binder_names(t), t.bound, strict=True))
    body = substitute(t.args[-1], dict(zip(t.bound, symbols, strict=True)))
    declarations, hypotheses = binder_facts(t, symbols, oracle)
    return body, oracle.extend(declarations, tuple(Hypothesis(h, None, "domain") for h in hypotheses))


def total_statement(p: Term, oracle: Oracle) -> bool:
    """Whether all sides of the relations in a statement are shown to have values (real ones, where it is of order)."""
    if p.op in ("true", "false"):
        return True
    if p.op in ("and", "or", "not"):
        return all(total_statement(a, oracle) for a in p.args)
    if p.op == "rel" and p.args[0].sort.kind == "num" and p.data in ("=", "≠", "<", "≤", ">", "≥"):
        order = p.data in ("<", "≤", ">", "≥")
        return all(total(a, oracle) and (not order or oracle.real(a)) for a in p.args[:2])
    if p.op == "rel" and p.data in ("in", "notin"):
        return total(p.args[0], oracle)
    return False


def _cases(t: Term, oracle: Oracle) -> bool:
    from derivcheck.kernel.rewrite import negation
    from derivcheck.terms.context import Hypothesis

    if len(t.args) % 2 == 0:
        return False
    inner = oracle
    for i in range(len(t.args) // 2):
        p, v = t.args[2 * i], t.args[2 * i + 1]
        if not total_statement(p, inner) or not total(v, inner.extend((), (Hypothesis(p, None, "domain"),))):
            return False
        inner = inner.extend((), (Hypothesis(negation(p), None, "domain"),))
    return total(t.args[-1], inner)


def _density(t: Term, oracle: Oracle) -> bool:
    d = t.args[0]
    if not all(total(a, oracle) for a in t.args[1:]):
        return False
    if d.op == "sym" and len(t.args) == 2:
        domain = oracle.context.domain_of(d)
        if domain is None:
            return False
        x = t.args[1]
        return domain.op == "rn" if x.sort.kind == "mat" else oracle.member(x, domain)
    return False


__all__ = ["b", "total"]
