"""Expectations under a derivative by a parameter of a law.

With X ~ N(m, 1) the expectation E[X] is a function of m although m does not show in it.  Before a derivative binds m, expectations of
symbols whose declared law mentions m are written with that law, `E_{x ~ N(m, 1)}[x]`, so that the derivative sees the dependence.

Done for expectations, variances, covariances and probabilities without conditions, of one symbol or of symbols declared mutually
independent, whose laws depend on no other random symbol.  Everything else is left as it stands (and is not judged under the derivative).
A derivative by a member of a family, an entry or a defined quantity that a law may use in a way that can't be written out is marked.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from derivcheck.terms import build
from derivcheck.terms.term import Term, contains_op, fresh, map_children, mk, name_of, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.language.scope import Scope

MEANS = ("E", "Var", "Cov", "Pr")
SCOPES = (*MEANS, "law", "entropyrv", "MI")


def by_laws(scope: Scope, body: Term, variables: Collection[Term]) -> Term:
    """The body with expectations written with the laws that mention the variables."""
    if not contains_op(body, *MEANS):
        return body

    def walk(t: Term) -> Term:
        if not contains_op(t, *MEANS):
            return t
        new = map_children(t, walk)
        return written(scope, new, variables) or new

    return walk(body)


def written(scope: Scope, t: Term, variables: Collection[Term]) -> Term | None:
    """One expectation with its laws; `None` where it is left alone."""
    if t.op not in MEANS or t.data != 0 or any(a.sort.kind not in ("num", "bool") for a in t.args):
        return None
    symbols = [s for s in scope.declarations if s in t.free and scope.is_random(s)]
    laws = [scope.declarations[s].law for s in symbols]
    if not any(law is not None and not law.free.isdisjoint(variables) for law in laws):
        return None
    for s, law in zip(symbols, laws, strict=True):
        if law is None or law.sort.kind != "dist" or s.sort.kind == "fam" or scope.declarations[s].given:
            return None
        if any(scope.is_random(v) for v in law.free if v.op == "sym"):
            return None
    if len(symbols) > 1 and not any(not given and set(symbols) <= set(group) for group, given in scope.independent):
        return None

    def mean(b: Term) -> Term:
        for s, law in zip(symbols, laws, strict=True):
            assert law is not None
            if s in b.free:
                x = fresh(name_of(s), s.sort)
                b = build.expect_over([x], law, substitute(b, {s: x}))
        return b

    if t.op == "E":
        return mean(t.args[0])
    if t.op == "Pr":
        return mean(build.ind(t.args[0]) if len(t.args) == 1 else build.ind(build.and_(*t.args)))
    x, y = t.args if t.op == "Cov" else (t.args[0], t.args[0])
    return build.sub(mean(build.mul(x, y)), build.mul(mean(x), mean(y)))


def hidden(scope: Scope, body: Term, roots: Collection[Term]) -> bool:
    """Whether an expectation is left in the body of a random symbol whose law rests on one of the symbols."""
    for t in subterms(body):
        if t.op in SCOPES and any(_rests_on(scope, s, roots) for s in t.free if s.op == "sym" and scope.is_random(s)):
            return True
    return False


def at_value(scope: Scope, value: Term, symbols: Collection[Term]) -> Term:
    """A term whose symbols are about to be given values (`…|_{m=0}`), with the laws that mention them written out."""
    value = by_laws(scope, value, symbols)
    if hidden(scope, value, symbols):
        return mk("opaque", (value,), "a value at a point on which the law of a random symbol depends", value.sort)
    return value


def _rests_on(scope: Scope, symbol: Term, roots: Collection[Term]) -> bool:
    seen: set[Term] = set()
    stack = [symbol]
    while stack:
        s = stack.pop()
        if s in seen:
            continue
        seen.add(s)
        declaration = scope.declarations.get(s)
        if declaration is None:
            continue
        for u in (declaration.law, *declaration.given, declaration.domain, *declaration.index_ranges):
            if u is None:
                continue
            if not u.free.isdisjoint(roots):
                return True
            stack += [v for v in u.free if v.op == "sym" and v is not s]
    return False


def prepared(scope: Scope, body: Term, pairs: Collection[tuple[Term, Term, bool]]) -> Term:
    """The body of a derivative by variables, each given as (symbol, what it stands for, whether that is a quantity cut out of definitions):
    with the laws that mention them written out, or marked where a law may depend on them unseen."""
    roots = {s for symbol, point, _ in pairs for s in (symbol, *point.free) if s.op == "sym"}
    cut = {s for _, point, is_cut in pairs if is_cut for s in point.free if s.op == "sym"}
    if cut and hidden(scope, body, cut):
        return mk("opaque", (body,), "a derivative by a defined quantity that the law of a random symbol may use", body.sort)
    body = by_laws(scope, body, roots)
    members = {s for symbol, point, is_cut in pairs if point is not symbol and not is_cut for s in point.free if s.op == "sym"}
    if members and hidden(scope, body, members):
        return mk("opaque", (body,), "a derivative by a member or entry that the law of a random symbol uses", body.sort)
    return body
