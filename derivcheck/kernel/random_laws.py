"""Whether the laws of random symbols can depend on the variable of a derivative.

A law may mention a symbol that does not show in E[X]: with X ~ N(μ, 1) the derivative of E[X] by μ is 1.  Laws are fixed for the derivative
if neither the declarations of the random symbols in it, nor those that these rest on, nor hypotheses about them mention its variable (by any
of the names under which it goes).  A hypothesis tells nothing about a symbol whose law is declared outright, and one that mentions the variable
only as the place of a derivative (`∂/∂σ E[h(σ ε)] = E[∂/∂σ h(σ ε)]`) says nothing about a law.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from derivcheck.terms.term import Term, binder_names, contains_op, name_of, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle
    from derivcheck.terms.context import Context

SCOPES = ("E", "Var", "Cov", "Pr", "entropyrv", "MI", "law")


def laws_fixed(t: Term, oracle: Oracle) -> bool:
    """Whether the derivative `t` may treat expectations without its variable as constants."""
    return _fixed(t, {*binder_names(t), *(name_of(s) for s in t.args[0].free if s.op == "sym")}, oracle.context)


def laws_free_of(t: Term, x: Term, oracle: Oracle) -> bool:
    """Whether the laws of the random symbols of a term depend on no symbol that goes by the name of x."""
    return _fixed(t, {name_of(x)}, oracle.context)


def depends(t: Term, variables: Collection[Term], context: Context) -> bool:
    """Whether a term may depend on one of the variables (members of families: on any member), seen or through the law of a random symbol."""
    roots = [w.args[0] if w.op == "idx" else w for w in variables]
    if not t.free.isdisjoint(roots):
        return True
    return not _fixed(t, {name_of(w) for w in roots if w.op == "sym"}, context)


def entangled(t: Term, context: Context) -> Term | None:
    """A part of the term that binds a name which the law of a random symbol under it mentions, or the name of a random symbol whose mean is
    taken there (`\\frac{d}{dX} E[X]`): what varies with it can't be told."""
    declarations = context.declarations
    random = {name_of(s) for s, d in declarations.items() if d.random or d.law is not None}
    if not random:
        return None
    for u in subterms(t):
        for v, name in zip(u.bound, binder_names(u)) if u.bound and u.op != "lam" else ():
            if name in random and any(s.op in SCOPES and v in s.free for s in subterms(u.args[-1])):
                return u
    if not any(s in declarations and (declarations[s].random or declarations[s].law is not None) for s in t.free):
        return None
    for u in subterms(t):
        if u.bound and u.op != "lam" and contains_op(u.args[-1], *SCOPES) and not _fixed(u, set(binder_names(u)), context):
            return u
    return None


def _fixed(t: Term, names: set[str], context: Context) -> bool:
    """Whether nothing that the laws of the random symbols of a term rest on goes by one of these names."""
    declarations = context.declarations
    todo = [s for s in t.free if s in declarations and (declarations[s].random or declarations[s].law is not None)]
    seen: set[Term] = set()
    while todo:
        s = todo.pop()
        if s in seen:
            continue
        seen.add(s)
        d = declarations.get(s)
        if d is None or (name_of(s) in names and not d.random and d.law is None):
            return False
        for u in (d.law, *d.given, d.domain, *d.index_ranges):
            if u is not None:
                if any(v.op == "sym" and name_of(v) in names for v in u.free):
                    return False
                todo += [v for v in u.free if v.op == "sym" and v in declarations]
    told = {s for s in seen if (d := declarations.get(s)) is not None and d.law is not None and d.law.op == "dist"}
    return not any(mentions(h.statement, seen - told, names) for h in context.hypotheses)


PLACED = frozenset("deriv grad jac hess".split())


def mentions(statement: Term, symbols: Collection[Term], names: Collection[str]) -> bool:
    """Whether a hypothesis about some symbols mentions one of the names otherwise than as the place of a derivative."""
    if statement.free.isdisjoint(symbols):
        return False
    seen: set[Term] = set()
    stack = [statement]
    while stack:
        t = stack.pop()
        if t in seen:
            continue
        seen.add(t)
        if t.op == "sym" and name_of(t) in names:
            return True
        stack += t.args[1:] if t.op in PLACED and t.args[0].op == "sym" else t.args
    return False
