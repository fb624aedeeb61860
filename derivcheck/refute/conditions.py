"""Hints that name a condition under which a refuted step holds: a sign or an order of its symbols, an integer, a symmetric matrix,
independent random symbols.

A condition is a candidate where the step holds at all models that satisfy it; it is printed as `tester.assured` finds it.
"""

from __future__ import annotations

import time
from dataclasses import replace

from flint import fmpq

from derivcheck.refute import critical
from derivcheck.refute.examine import examine, seen_to_hold
from derivcheck.refute.screen import Screen
from derivcheck.refute.tester import ENOUGH, WORK, Tester, assured
from derivcheck.semantics.evaluate import Evaluator, Model
from derivcheck.semantics.models import Builder
from derivcheck.semantics.values import compare, is_real
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.term import Term, name_of, num


def condition(p: Term, context: Context, tester: Tester, counterexample: Model | None = None) -> str | None:
    """A condition under which the step holds, and which leaves the counterexample out."""
    if tester.over and len(tester.models(4)) < 4:
        return None
    tester.end, tester.work = max(tester.end, time.monotonic() + 0.5), WORK
    screen = Screen(p, context)
    results: list[tuple[Model, bool]] = [] if counterexample is None else [(counterexample, False)]

    def note(m: Model) -> None:
        held = tester.truth(p, Evaluator(m), screen)
        if held is not None:
            results.append((m, held))

    for drawn, m in enumerate(Builder(context, [p], seed=9).models(attempts=60, count=40), 1):
        note(m)
        if tester.over or (drawn == 20 and not any(held for _, held in results)):
            break
    zero, one = fmpq(0), fmpq(1)
    numbers = [s for s in tester.builder.plain if s.sort.kind == "num" and s in p.free]
    for m in tester.models(4):
        for s in critical.scalars(p, tester.builder, m):
            still = critical.moved(m, s, zero)
            if critical.allowed(still, s, tester.builder):
                note(still)
    if sum(held for _, held in results) < 5:
        return attribute_condition(p, context, tester)
    tests: list[tuple[str, list[bool | None], tuple[Term, ...]]] = []
    for s in numbers:
        values = [m.values.get(s) for m, _ in results]
        against = {point: [None if v is None else compare(v, point) for v in values] for point in (zero, one)}
        for text, relation, point, signs in (
            ("{} > 0", ">", zero, (1,)),
            ("{} \\ge 0", "≥", zero, (0, 1)),
            ("{} < 0", "<", zero, (-1,)),
            ("{} \\le 0", "≤", zero, (-1, 0)),
            ("{} \\ne 0", "≠", zero, (-1, 1)),
            ("{} > 1", ">", one, (1,)),
            ("{} = 1", "=", one, (0,)),
            ("{} \\ne 1", "≠", one, (-1, 1)),
        ):
            verdicts = [None if sign is None else sign in signs for sign in against[point]]
            tests.append((text.format(name_of(s)), verdicts, (b.rel(s, relation, num(0 if point == zero else 1)),)))
        on_line = [None if v is None else is_real(v) for v in values]
        if any(w is False for w in on_line):
            tests.append((f"{name_of(s)} \\in \\R", on_line, (b.rel(s, "in", b.REALS),)))
        whole = [None if not isinstance(v, fmpq) else v.q == 1 for v in values]
        if any(w is False for w in whole):
            tests.append((f"{name_of(s)} \\notin \\Z", [None if w is None else not w for w in whole], (b.rel(s, "notin", b.INTEGERS),)))
            tests.append((f"{name_of(s)} \\in \\Z", whole, (b.rel(s, "in", b.INTEGERS),)))
    for i, s in enumerate(numbers):
        for u in numbers[i + 1 :]:
            order = [compare(m.values.get(s, zero), m.values.get(u, zero)) for m, _ in results]
            both_signs = [(compare(m.values.get(s, zero), zero), compare(m.values.get(u, zero), zero)) for m, _ in results]
            for text, relation, signs in (
                ("{} \\ge {}", "≥", (0, 1)),
                ("{} \\le {}", "≤", (0, -1)),
                ("{} \\ne {}", "≠", (1, -1)),
                ("{} = {}", "=", (0,)),
            ):
                agree: list[bool | None] = [c in signs for c in order]
                tests.append((text.format(name_of(s), name_of(u)), agree, (b.rel(s, relation, u),)))
            for text, relation, signs in (
                ("{} > 0 \\text{{ and }} {} > 0", ">", (1,)),
                ("{} \\ge 0 \\text{{ and }} {} \\ge 0", "≥", (0, 1)),
            ):
                both: list[bool | None] = [first in signs and second in signs for first, second in both_signs]
                tests.append((text.format(name_of(s), name_of(u)), both, (b.rel(s, relation, num(0)), b.rel(u, relation, num(0)))))
    fitting: list[tuple[int, str, tuple[Term, ...]]] = []
    for text, verdicts, terms in tests:
        chosen = [ok for (_, ok), v in zip(results, verdicts) if v]
        if len(chosen) >= 5 and all(chosen) and len(chosen) < len(results):
            fitting.append((len(chosen), text, terms))
    fitting.sort(key=lambda t: -t[0])  # stable: of equals the first
    for _, text, terms in fitting[:4]:
        hint = assured(f"the step holds under the extra condition {text}", p, context.with_hypotheses([Hypothesis(t, None, "domain") for t in terms]))
        if hint is not None:
            return hint
    return attribute_condition(p, context, tester)


def attribute_condition(p: Term, context: Context, tester: Tester) -> str | None:
    """A matrix that should be symmetric, random symbols that should be independent."""
    for s in sorted((s for s in p.free if s.op == "sym" and s.sort.kind == "mat" and s.sort.rows is s.sort.cols), key=lambda s: s.key):
        d = context.declarations.get(s)
        if d is None or d.random or "symmetric" in d.attributes:
            continue
        narrower = context.with_declaration(replace(d, attributes=d.attributes | {"symmetric"}))
        if holds_in(p, narrower):
            return assured(f"the step holds if {name_of(s)} is symmetric", p, narrower)
    random = [s for s in p.free if (d := context.declarations.get(s)) is not None and d.random and d.law is None]
    if len(random) == 2 and not context.independent:
        ordered = tuple(sorted(random, key=lambda s: s.key))
        apart = replace(context, independent=((ordered, ()),))
        if holds_in(p, apart):
            return assured(f"the step holds if {name_of(ordered[0])} and {name_of(ordered[1])} are independent", p, apart)
    return None


def holds_in(p: Term, context: Context) -> bool:
    """The statement holds at several models of another context."""
    good = 0
    end = time.monotonic() + 0.7
    for m in Builder(context, [p], seed=11).models(attempts=40, count=12):
        found = examine(p, m, deep=False, work=60_000)
        if found.kind == "fails":
            return False
        good += seen_to_hold(found)
        if time.monotonic() > end:
            break
    return good >= ENOUGH
