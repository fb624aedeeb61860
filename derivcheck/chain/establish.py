"""What proved steps establish: a relation or statement by a walk over them, up to trivially equal writing, with its conditions."""

from __future__ import annotations

from dataclasses import replace

from derivcheck.chain.compose import Edge, Walk, stronger, walks
from derivcheck.kernel.check import Rejected, Session
from derivcheck.kernel.densities import domains, full, given_count, normalised
from derivcheck.kernel.inferences.values import exact_conditions, facts_of
from derivcheck.kernel.judge import Judgement, composed, judge, undecided
from derivcheck.kernel.obligation import Obligation
from derivcheck.services.options import Options
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.term import Term


def holding(edges: list[Edge], context: Context, options: Options) -> list[Edge]:
    """The edges whose local hypotheses hold in a context."""
    memo: dict[Term, bool] = {}

    def holds(p: Term) -> bool:
        if p not in memo:
            if any(h.statement is p for h in context.hypotheses):
                memo[p] = True
            else:
                found = judge(Obligation(context, p), options, hints=False)
                memo[p] = found.verdict.kind == "proved" and not found.conditions
        return memo[p]

    return [e for e in edges if all(holds(p) for p in e.under)]


def as_direct(found: Judgement) -> Judgement:
    return composed("direct", found.verdict.certainty or "exact", found.conditions)


def joined(method: str, outcomes: list[Judgement]) -> Judgement:
    conditions = tuple(dict.fromkeys(c for o in outcomes for c in o.conditions))
    return composed(method, weakest([o.verdict.certainty or "exact" for o in outcomes]), conditions)


def weakest(certainties: list[str]) -> str:
    """The weakest of several certainties (`exact` for none)."""
    return max(certainties, key=["exact", "probabilistic", "cas"].index, default="exact")


def from_edges(claim: Term, edges: list[Edge], context: Context, options: Options) -> Judgement | None:
    """The claim by a walk over proved steps, up to trivially equal writing of its ends."""
    same = Same(context)
    if claim.op == "and":
        parts = [from_edges(p, edges, context, options) for p in claim.args]
        if all(p is not None for p in parts):
            conditions = tuple(dict.fromkeys(c for p in parts if p is not None for c in p.conditions))
            certainties = [p.verdict.certainty or "exact" for p in parts if p is not None]
            return composed("steps", weakest(certainties), conditions)
        return None
    wanted: tuple[Term, str, Term] | None = None
    if claim.op == "rel" and len(claim.args) >= 2:
        wanted = (claim.args[0], str(claim.data), claim.args[1])
    elif claim.op in ("iff", "implies"):
        wanted = (claim.args[0], claim.op, claim.args[1])
    nodes = list(dict.fromkeys(x for e in edges for x in (e.left, e.right)))
    if wanted is not None:
        left, relation, right = wanted
        halves: dict[str, Walk] = {}
        for node in nodes:
            if not same.terms(node, left):
                continue
            for (end, found), walk in walks(edges, node).items():
                if found not in _HALVES and not (stronger(found, relation) and _same_variables(claim, walk)):
                    continue
                if not same.terms(end, right):
                    continue
                if not stronger(found, relation):
                    halves.setdefault(found, walk)
                    continue
                if relation == "≈" and judge(Obligation(context, claim), options, hints=False).verdict.kind != "proved":
                    continue  # the number of digits counts: 3/10 = 0.3 ≈ 0.34 says nothing of 3/10
                return _with_exceptions(claim, walk, context, options)
        if relation == "=" and left.op == right.op == "pdf":
            found_density = _normalised(left, right, edges, nodes, same)
            if found_density is not None:
                return found_density
        both = _both_ways(relation, halves)
        if both is not None and (relation == "iff" or all(same.session.oracle(context).real(t) for t in (left, right))):
            return _with_exceptions(claim, both, context, options)
    # a statement chain that ends in the claim and starts from something proved
    statements = [n for n in nodes if n.sort.kind == "bool"]
    for end in statements:
        if not same.terms(end, claim):
            continue
        for start in statements:
            for (node, found), walk in walks(edges, start).items():
                if node is end and found in ("iff", "implies", "="):
                    if start is b.TRUE:
                        return _with_exceptions(claim, walk, context, options)
                    if start is not end:
                        known = judge(Obligation(context, start), options, hints=False)
                        if known.verdict.kind == "proved" and not known.conditions:
                            return _with_exceptions(claim, walk, context, options)
    return None


def _normalised(left: Term, right: Term, edges: list[Edge], nodes: list[Term], same: Same) -> Judgement | None:
    """Two densities of one variable that are proportional in it, everywhere on their common domain, are equal: both have total mass 1."""
    oracle = same.session.oracle(same.context)
    laws, points = [], []
    for side in (left, right):
        law, at = side.args[0], side.args[1:]
        own = len(at) - given_count(law, oracle)
        found = domains(law, oracle)
        if own != 1 or found is None or len(found) != 1 or not normalised(law, oracle):
            return None
        if at[0].op != "sym" or any(at[0] in t.free for t in (law, *at[1:])):
            return None
        laws.append(found[0])
        points.append(at[0])
    x = points[0]
    declared = same.context.domain_of(x)
    declaration = same.context.declarations.get(x)
    if points[1] is not x or declared is None or declaration is None or declaration.random:
        return None
    if not all(d is declared or (full(d) and full(declared)) for d in laws):
        return None
    for node in nodes:
        if not same.terms(node, left):
            continue
        for (end, relation), walk in walks(edges, node).items():
            if relation == "∝" and walk.variables == (x,) and not walk.conditions and same.terms(end, right):
                return composed("normalising", walk.certainty, ())
    return None


_HALVES = {"≤": "=", "≥": "=", "implies": "iff", "impliedby": "iff"}


def _both_ways(relation: str, halves: dict[str, Walk]) -> Walk | None:
    """`=` from `≤` and `≥`, `⟺` from both arrows."""
    wanted = [half for half, whole in _HALVES.items() if whole == relation]
    if not wanted or any(half not in halves for half in wanted):
        return None
    first, second = (halves[half] for half in wanted)
    return Walk(relation, tuple(dict.fromkeys((*first.conditions, *second.conditions))), weakest([first.certainty, second.certainty]))


def _same_variables(claim: Term, walk: Walk) -> bool:
    if claim.op != "rel" or claim.data not in ("∝", "≐"):
        return True
    return walk.relation == "=" or set(walk.variables) == set(claim.args[2:])


def _with_exceptions(claim: Term, walk: Walk, context: Context, options: Options) -> Judgement | None:
    """The composed claim with its conditions; points that these leave out are one more obligation."""
    plain = [c for c in walk.conditions if c.op != "opaque"]
    conditions = walk.conditions
    if plain:
        session = Session()
        oracle = session.oracle(context)
        own: list[Term] = []
        if claim.op == "rel":
            for side in claim.args[:2]:
                needed, _ = exact_conditions(side, session.rewriter(context))
                own.extend(c for c in oracle.undefinedness(side) if c in needed or not _mere_sufficiency(c))
        forced = _forced(context, session)
        missing = [c for c in plain if c not in own and c not in forced and not oracle.holds(c)]
        if len(missing) <= 4:
            brief = replace(options, timeout=min(options.timeout / 8, 3.0))
            missing = [c for c in missing if not _holds(c, context, brief)]
        conditions = tuple(c for c in conditions if c not in plain or c in own or c in missing)
        if missing:
            from derivcheck.kernel.rewrite import negation

            outside = context.with_hypotheses([Hypothesis(b.or_(*(negation(c) for c in missing)), None, "assume")])
            # the parts of one claim share its time
            half = replace(options, timeout=options.timeout / 4)
            rest = judge(Obligation(outside, claim), half, hints=False)
            if rest.verdict.kind != "proved":
                whole = judge(Obligation(context, claim), half)
                if whole.verdict.kind in ("refuted", "proved"):
                    return whole if whole.verdict.kind == "refuted" else as_direct(whole)
                return undecided("the steps leave out points at which the claim has a meaning")
    return composed("steps", walk.certainty, conditions)


def _forced(context: Context, session: Session) -> set[Term]:
    """What must hold for the sides of the assumed relations to have values: an assumption without a value is met by nothing."""
    rw = session.rewriter(context)
    out: set[Term] = set()
    for h in context.hypotheses:
        p = h.statement
        if h.kind == "assume" and p.op == "rel" and p.data in ("=", "≠", "<", "≤", ">", "≥") and p.args[0].sort.kind == "num":
            for side in p.args[:2]:
                out.update(facts_of(side, rw))
    return out


def _mere_sufficiency(c: Term) -> bool:
    """A condition under which a derivative, a power or Γ surely has a value, and without which it may have one as well."""
    return c.op == "rel" and c.data in ("≠", "<", "≤", ">", "≥", "notin") and c.args[0].op != "det"


def _holds(c: Term, context: Context, options: Options) -> bool:
    found = judge(Obligation(context, c), options, hints=False)
    return found.verdict.kind == "proved" and not found.conditions


class Same:
    """Trivially equal writing: identical terms, or identical normal forms."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.session = Session()
        self.rewriter = self.session.rewriter(context)
        self.memo: dict[tuple[Term, Term], bool] = {}

    def terms(self, x: Term, y: Term) -> bool:
        if x is y:
            return True
        if x.sort.kind != y.sort.kind:
            return False
        key = (x, y)
        got = self.memo.get(key)
        if got is None:
            got = self._terms(x, y)
            self.memo[key] = got
        return got

    def _terms(self, x: Term, y: Term) -> bool:
        try:
            if x.sort.kind == "bool":
                return self._statement(x) is self._statement(y)
            if x.sort.kind == "num":
                from derivcheck.kernel import algebra

                if algebra.is_zero(b.sub(x, y), self.rewriter):
                    return True
            return self.rewriter.nf(x) is self.rewriter.nf(y)
        except (Rejected, ZeroDivisionError, RecursionError):
            return False

    def _statement(self, p: Term) -> Term:
        """Relations with a fixed direction and order of sides, sides normalised."""
        from derivcheck.kernel.ordering import order_key
        from derivcheck.terms.term import mk

        if p.op == "rel" and len(p.args) >= 2:
            x, y = self.rewriter.nf(p.args[0]), self.rewriter.nf(p.args[1])
            data = str(p.data)
            if data in (">", "≥"):
                x, y, data = y, x, {">": "<", "≥": "≤"}[data]
            if data in ("=", "≠") and order_key(y) < order_key(x):
                x, y = y, x
            return mk("rel", (x, y, *p.args[2:]), data, p.sort)
        if p.op in ("and", "or"):
            return mk(p.op, sorted((self._statement(a) for a in p.args), key=order_key), None, p.sort)
        if p.op in ("not", "implies", "iff"):
            return mk(p.op, tuple(self._statement(a) for a in p.args), None, p.sort)
        return self.rewriter.nf(p)
