"""Chains: the links of a run of lines to steps.

A chain with n relations gives n steps, whatever can be read.  Links are elaborated first, all under one table of unknown sizes,
then related pair by pair.  `\\pm` stands for two chains; an integral without bounds is an antiderivative where the step says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from derivcheck.language import assumptions, constants, define, relations, statements
from derivcheck.language.diagnostics import Diagnostic, ReadError
from derivcheck.language.document import ChainSource, StepSource
from derivcheck.language.expressions import Elaborator
from derivcheck.language.items import ARROWS, Items, base_leaf, drop_spaces, is_comma, is_relation, pair_bars, span_of
from derivcheck.language.syntax import Chain, ChainLink, Item, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.term import Term, contains_op, sym

_REF = re.compile(r"\\(?:eq|c|C|auto)?ref\s*\{([^{}]*)\}")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:\-]*")


@dataclass
class Link:
    """One side as terms (upper signs, lower signs), or the error that it is."""

    upper: Term | None = None
    lower: Term | None = None
    signed: bool = False
    error: Diagnostic | None = None
    indefinite: list[tuple[Term, str, Span]] = field(default_factory=list)
    unfolds: tuple[str, ...] = ()


def read_chain(e: Elaborator, chain: Chain, text: str) -> ChainSource:
    """The steps of a chain."""
    if chain.arrows:
        return _statement_chain(e, chain, text)
    if len(chain.links) < 2:
        raise ReadError("D066", "a chain needs a relation", chain.span, "write A = B")
    return _expression_chain(e, chain, text)


def failed_chain(chain: Chain, diagnostic: Diagnostic, text: str) -> ChainSource:
    """A chain whose steps are all this error."""
    steps = []
    for k in range(1, max(2, len(chain.links))):
        left = chain.links[k - 1] if len(chain.links) > 1 else None
        right = chain.links[min(k, len(chain.links) - 1)]
        sign = base_leaf(right.relation)
        relation = "statement" if sign is None else sign.text.lstrip("\\") if chain.arrows else relations.RELATIONS.get(sign.text, sign.text)
        latex = _latex(text, left) if left is not None else ""
        steps.append(StepSource(relation, latex, _latex(text, right), right.span, by=right.by, label=right.label, error=diagnostic))
    return ChainSource(steps, chain.arrows, chain.span)


def cited(e: Elaborator, by: str | None) -> tuple[str, ...]:
    """Labels and names in a justification."""
    if not by:
        return ()
    out = []
    for match in _REF.finditer(by):
        out += [x.strip() for x in match.group(1).split(",") if x.strip()]
    for word in _WORD.findall(_REF.sub(" ", by)):
        name = word.rstrip(".:,")
        if name in e.scope.labels and name not in out:
            out.append(name)
    return tuple(out)


def source_slice(text: str, span: Span) -> str:
    """What stands at a span.  The span of a braced argument ends before its brace: the braces still open are taken too."""
    end = span.end
    still_open = text.count("{", span.start, end) - text.count("\\{", span.start, end)
    still_open -= text.count("}", span.start, end) - text.count("\\}", span.start, end)
    while still_open > 0 and text[end : end + 1] == "}":
        end, still_open = end + 1, still_open - 1
    return text[span.start : end].strip()


def _latex(text: str, link: ChainLink) -> str:
    return source_slice(text, span_of(drop_spaces(link.body.items), link.body.span))


def _step(e: Elaborator, relation: str, left: ChainLink | None, right: ChainLink, text: str) -> StepSource:
    step = StepSource(
        relation,
        _latex(text, left) if left is not None else "",
        _latex(text, right),
        right.span if right.span.end else right.body.span,
        by=right.by,
        label=right.label,
        cites=cited(e, right.by),
        note=right.note,
    )
    return step


def _finish(e: Elaborator, chain: Chain, steps: list[StepSource]) -> None:
    """What belongs to all steps: the context, the parts of the first link, conditions."""
    context = e.scope.context()
    first = chain.links[0]
    if steps and len(chain.links) > 1:
        if steps[0].by is None and first.by is not None:
            steps[0].by, steps[0].cites = first.by, cited(e, first.by)
        steps[0].label = steps[0].label or first.label
        steps[0].note = steps[0].note or first.note
    links = chain.links[1:] if len(chain.links) > 1 else chain.links
    # a condition behind the first expression belongs to the whole chain
    shared = [first] if len(chain.links) > 1 and first.condition is not None else []
    for step, link in zip(steps, links, strict=True):
        step.context = context
        conditions = []
        for place in (*shared, link):
            if place.condition is not None and step.error is None:
                try:
                    conditions.append(e.settle(e.statement(place.condition.items, place.condition.span), place.condition.span))
                except ReadError as error:
                    _fail(step, error.diagnostic)
        if conditions:
            step.condition = conditions[0] if len(conditions) == 1 else build.and_(*conditions)
    if any(s.condition is not None for s in steps):
        context = e.scope.context()
        for step in steps:
            step.context = context


def _fail(step: StepSource, diagnostic: Diagnostic) -> None:
    step.error = diagnostic
    step.lhs = step.rhs = step.statement = None
    step.variants = ()


# --- expression chains ------------------------------------------------------------------------------------------------------


def _is_set_place(chain: Chain, k: int) -> bool:
    """Whether link k is a set by the relation beside it."""
    before = chain.links[k].relation
    if before is not None and relations.relation_name(before) in ("in", "notin", "subset"):
        return True
    after = chain.links[k + 1].relation if k + 1 < len(chain.links) else None
    return after is not None and relations.relation_name(after) in ("subset", "ni")


def _approximate(chain: Chain, k: int) -> bool:
    """Whether link k stands beside `\\approx`, where the digits that are written count."""
    return any(
        link.relation is not None and relations.relation_name(link.relation) == "≈" for link in chain.links[k : k + 2]
    )


def _read_link(e: Elaborator, chain: Chain, k: int) -> Link:
    link = chain.links[k]
    if link.error is not None:
        return Link(error=link.error)
    out = Link()
    e.indefinite = []
    e.unfolded = set()
    e.sign, e.saw_sign = 1, False
    e.points.clear()
    e.derivative_stack.clear()
    e.scope.frames.clear()
    e.scope.cuts = {}
    e.depth = e.in_expectation = e.open_integrals = 0

    def read() -> Term:
        items = link.body.items
        if _is_set_place(chain, k):
            return relations.read_set_or_growth(e, pair_bars(items), link.body.span)
        value = e.value(items, link.body.span)
        return constants.with_digits(items, value) if _approximate(chain, k) else value

    try:
        out.upper = read()
        if e.saw_sign:
            out.signed = True
            e.sign = -1
            out.lower = read()
    except ReadError as error:
        out.error = error.diagnostic
        e.depth = e.in_expectation = e.open_integrals = 0
        e.points.clear()
        e.derivative_stack.clear()
    finally:
        e.sign = 1
    out.indefinite = list(e.indefinite)
    out.unfolds = tuple(sorted(e.unfolded))
    return out


def _defining(e: Elaborator, chain: Chain) -> bool:
    """In a chain `:=` with a fresh left side defines; true where it did."""
    sign = base_leaf(chain.links[1].relation)
    if sign is None or sign.text != ":=":
        return False
    left = drop_spaces(chain.links[0].body.items)
    body = chain.links[1].body.items
    try:
        found = define.read_left(e, left, body, chain.links[0].body.span)
    except ReadError:
        return False
    entry = e.scope.find(found.key)
    if entry is not None or sym(found.key) in e.scope.seen:
        return False
    define.enter(e, found, body, chain.links[1].body.span)
    return True


_BETWEEN_VALUES = frozenset(("=", "≠", "<", "≤", ">", "≥", "≈", "∝", "≐"))


def claim_chain(e: Elaborator, items: Items, span: Span, text: str) -> Term | None:
    """A claim that relates expressions, read as a chain; None where it is a statement of another kind."""
    items = drop_spaces(items)
    places = [k for k, item in enumerate(items) if is_relation(item)]
    if not places or any(relations.relation_name(items[k]) not in _BETWEEN_VALUES for k in places):
        return None
    for i in items:
        head = base_leaf(i)
        if is_comma(i) or (head is not None and (head.text in _LOGIC or head.text in ARROWS or head.kind == "text" or head.text == "\\mid")):
            return None
    bounds = [-1, *places, len(items)]
    links = []
    for k, place in enumerate(bounds[:-1]):
        body = items[place + 1 : bounds[k + 1]]
        where = span_of(body, span)
        links.append(ChainLink(items[place] if k else None, Seq(body, where), span=where))
    made = _expression_chain(e, Chain(tuple(links), False, span), text, claim=True)
    for step in made.steps:
        if step.error is not None:
            raise ReadError(step.error.code, step.error.message, step.error.span, step.error.help)
    return build.and_(*(s.statement for s in made.steps if s.statement is not None))


_LOGIC = frozenset(("\\land", "\\lor", "\\lnot", "\\forall", "\\exists", ":", ";"))


def _expression_chain(e: Elaborator, chain: Chain, text: str, claim: bool = False) -> ChainSource:
    if chain.goes is None:
        return _linked(e, chain, text, claim)
    before = e.scope.growth
    e.scope.growth = []
    try:
        assumptions.growth(e, chain.goes)
        return _linked(e, chain, text, claim)
    finally:
        e.scope.growth = before


def _linked(e: Elaborator, chain: Chain, text: str, claim: bool) -> ChainSource:
    e.begin()
    defines = False
    failed: Diagnostic | None = None
    try:
        defines = not claim and _defining(e, chain)
    except ReadError as error:
        failed = error.diagnostic
    e.begin()
    links = [_read_link(e, chain, k) for k in range(len(chain.links))]
    if failed is not None:
        links[1].error = failed
    wanted, problems = _antiderivatives(e, chain, links)
    if wanted:
        e.antiderivatives = frozenset(wanted)
        links = [_read_link(e, chain, k) for k in range(len(chain.links))]
    steps: list[StepSource] = []
    pairs: list[list[tuple[Term, Term, Term]]] = []
    for k in range(1, len(chain.links)):
        sign = chain.links[k].relation
        assert sign is not None
        step = _step(e, relations.relation_name(sign), chain.links[k - 1], chain.links[k], text)
        steps.append(step)
        pairs.append([])
        problem = links[k - 1].error or links[k].error or problems.get(k)
        if problem is not None:
            _fail(step, problem)
            continue
        try:
            pairs[-1] = _related(e, links[k - 1], links[k], sign, step.span)
            step.unfolds = tuple(sorted({*links[k - 1].unfolds, *links[k].unfolds}))
        except ReadError as failure:
            _fail(step, failure.diagnostic)
    for step, variants in zip(steps, pairs, strict=True):
        if step.error is None:
            _settle_step(e, step, variants)
    _finish(e, chain, steps)
    start = None
    if links[0].upper is not None:
        try:
            start = e.settle(links[0].upper, chain.links[0].body.span)
        except ReadError:
            start = None
    return ChainSource(steps, False, chain.span, start, defines)


def _related(e: Elaborator, left: Link, right: Link, sign: Item, span: Span) -> list[tuple[Term, Term, Term]]:
    """(lhs, rhs, statement) for the upper signs and, where there are signs, for the lower ones."""
    assert left.upper is not None and right.upper is not None
    out = [_pair(e, left.upper, right.upper, sign, span)]
    if left.signed or right.signed:
        out.append(_pair(e, left.lower or left.upper, right.lower or right.upper, sign, span))
    return out


def _pair(e: Elaborator, a: Term, b: Term, sign: Item, span: Span) -> tuple[Term, Term, Term]:
    statement = relations.make_relation(e, a, sign, b, span)
    if statement.op == "rel" and statement.data == "=":
        statement = constants.up_to(e, statement, span)
    if statement.op == "rel" and len(statement.args) >= 2:
        return statement.args[0], statement.args[1], statement
    return a, b, statement


def _settle_step(e: Elaborator, step: StepSource, variants: list[tuple[Term, Term, Term]]) -> None:
    try:
        done = [tuple(e.settle(t, step.span) for t in v) for v in variants]
    except ReadError as failure:
        _fail(step, failure.diagnostic)
        return
    step.lhs, step.rhs = done[0][0], done[0][1]
    step.statement = build.and_(*(v[2] for v in done))
    if len(done) > 1:
        step.variants = tuple((v[0], v[1]) for v in done)
    if step.relation == "sim":
        step.relation = "sim"


def _antiderivatives(e: Elaborator, chain: Chain, links: list[Link]) -> tuple[set[str], dict[int, Diagnostic]]:
    """Variables by which integrals without bounds are antiderivatives, and the steps where that is not said."""
    wanted: set[str] = set()
    problems: dict[int, Diagnostic] = {}
    waiting: list[tuple[int, str, Span]] = []
    for k, link in enumerate(links):
        for symbol, key, span in link.indefinite:
            for j in (k, k + 1):
                if j < 1 or j >= len(links):
                    continue
                other = links[j - 1] if j == k else links[j]
                if other.upper is None:
                    continue
                sign = chain.links[j].relation
                assert sign is not None
                relation = relations.relation_name(sign)
                if relation == "≐":
                    try:
                        names = {str(v.data[0]) for v in relations.relation_variables(e, sign, span) if v.op == "sym"}
                    except ReadError:
                        names = set()
                    if key in names:
                        wanted.add(key)
                    continue
                free_there = any(s is symbol or (s.op == "sym" and s.data == (key, 0)) for s in other.upper.free)
                if not free_there:
                    continue
                if _has_constant(e, other.upper) or (link.upper is not None and _has_constant(e, link.upper)):
                    wanted.add(key)
                elif other.indefinite and any(k == key for _, k, _ in other.indefinite):
                    waiting.append((j, key, span))  # by parts: fine where the chain ends in a constant
                else:
                    problems[j] = _unclear(key, span)
    for j, key, span in waiting:
        if key not in wanted and j not in problems:
            problems[j] = _unclear(key, span)
    return wanted, problems


def _unclear(key: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "D111",
        "error",
        f"this integral is over all {key}, but {key} is free on the other side",
        span,
        f"for an antiderivative write \\doteq_{key}, or + C; for an integral write its bounds",
    )


def _has_constant(e: Elaborator, term: Term) -> bool:
    """Whether a term holds `\\const`, or a symbol that may be any constant."""
    return contains_op(term, "anyconst") or any(constants.is_constant_symbol(e, t) for t in term.free)


# --- chains of statements ---------------------------------------------------------------------------------------------------


def _statement_link(e: Elaborator, link: ChainLink) -> Link:
    if link.error is not None:
        return Link(error=link.error)
    out = Link()
    e.unfolded = set()
    e.points.clear()
    e.scope.frames.clear()
    e.depth = e.in_expectation = e.open_integrals = 0
    try:
        span = link.body.span
        term = statements.signed(e, lambda: e.statement(link.body.items, span))
        out.upper = e.settle(term, span)
    except ReadError as error:
        out.error = error.diagnostic
        e.points.clear()
    out.unfolds = tuple(sorted(e.unfolded))
    return out


def _statement_chain(e: Elaborator, chain: Chain, text: str) -> ChainSource:
    e.begin()
    links = []
    for link in chain.links:
        e.begin()
        links.append(_statement_link(e, link))
    steps: list[StepSource] = []
    if len(chain.links) == 1:
        step = _step(e, "statement", None, chain.links[0], text)
        if links[0].error is not None:
            _fail(step, links[0].error)
        else:
            step.rhs = step.statement = links[0].upper
            step.unfolds = links[0].unfolds
        steps.append(step)
        _finish(e, chain, steps)
        return ChainSource(steps, True, chain.span, links[0].upper)
    for k in range(1, len(chain.links)):
        sign = base_leaf(chain.links[k].relation)
        assert sign is not None
        step = _step(e, sign.text.lstrip("\\"), chain.links[k - 1], chain.links[k], text)
        steps.append(step)
        error = links[k - 1].error or links[k].error
        if error is not None:
            _fail(step, error)
            continue
        a, b = links[k - 1].upper, links[k].upper
        assert a is not None and b is not None
        step.lhs, step.rhs = a, b
        step.statement = statements.arrow(sign.text, a, b)
        step.unfolds = tuple(sorted({*links[k - 1].unfolds, *links[k].unfolds}))
    _finish(e, chain, steps)
    return ChainSource(steps, True, chain.span, links[0].upper)
