"""Is a term a continuous (or smooth) function of a symbol on its declared domain?

`continuous(t, x, oracle)` says True for terms that have a finite value wherever x lies in its domain (`totality.total`) and in which x
stands only below operations that are continuous where they have values.  `smooth` asks for continuous derivatives of every order.
Domains of the other symbols are taken as a whole, so continuity in one symbol is here also joint continuity.

Limits: piecewise terms, signs and floors count as discontinuous; abstract functions by their declaration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.kernel.literals import integer_value
from derivcheck.kernel.totality import total
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle

_SMOOTH = frozenset("exp sin cos sinh cosh tanh sech arctan arcsinh erf erfc gamma digamma loggamma polygamma beta re im conj factorial".split())
_CONTINUOUS = _SMOOTH | frozenset("abs max min".split())
_ROUGH = frozenset({"measurable", "bounded", "integrable"})


def continuous(t: Term, x: Term, oracle: Oracle) -> bool:
    """Whether t is shown to be a continuous function of x on the domain of x, with finite values."""
    return total(t, oracle) and _made(t, x, oracle, False)


def smooth(t: Term, x: Term, oracle: Oracle) -> bool:
    """Whether t is shown to be a smooth function of x on the (open) domain of x."""
    return total(t, oracle) and _made(t, x, oracle, True)


def _made(t: Term, x: Term, oracle: Oracle, differentiable: bool) -> bool:
    if x not in t.free or t is x:
        return True
    op = t.op
    if op in ("add", "mul", "neg", "div"):
        # total: the denominator does not vanish
        return all(_made(a, x, oracle, differentiable) for a in t.args)
    if op == "pow":
        base, exponent = t.args
        if not all(_made(a, x, oracle, differentiable) for a in t.args):
            return False
        n = integer_value(exponent)
        if n is not None:
            return True
        # principal powers are continuous off the cut, and at 0 for positive exponents and nonnegative bases
        return oracle.positive(base) or (not differentiable and x not in exponent.free and oracle.nonnegative(base) and oracle.positive(exponent))
    if op == "fn":
        name = str(t.data)
        if not all(_made(a, x, oracle, differentiable) for a in t.args):
            return False
        if name == "log":
            return oracle.positive(t.args[0])
        if name == "polygamma" and x in t.args[0].free:
            return False
        if name in ("tanh", "sech", "arctan", "arcsinh", "erf", "erfc", "max", "min"):
            return name in (_SMOOTH if differentiable else _CONTINUOUS) and all(oracle.real(a) for a in t.args)
        return name in (_SMOOTH if differentiable else _CONTINUOUS)
    if op == "apply":
        return all(_made(a, x, oracle, differentiable) for a in t.args[1:]) and _declared(t.args[0], x, oracle, differentiable)
    if op == "sum":
        from derivcheck.kernel.totality import _open

        if any(x in a.free for a in t.args[:2]):
            return False
        body, inner = _open(t, oracle)
        return _made(body, x, inner, differentiable)
    return False


def _declared(f: Term, x: Term, oracle: Oracle, differentiable: bool) -> bool:
    """A declared function (or a derivative of one) of numbers, smooth unless its attributes say otherwise."""
    if f.op == "dfun":
        f = f.args[0]
    declaration = oracle.context.declarations.get(f)
    if declaration is None or x in f.free or declaration.random:
        return False
    if declaration.attributes & _ROUGH:
        return False
    if differentiable and declaration.attributes & {"continuous"}:
        return False
    return all(s.op in ("interval", "rn") or (s.op == "set" and s.data in ("R", "Rpos", "Rnn")) for s in declaration.arg_domains)
