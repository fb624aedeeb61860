"""Judge a document: derivations in file order, steps in order, then the claim.

A step is judged against what is written before it, whatever became of the step before, so that one mistake is reported once.
Proved steps without conditions are facts for later steps; refuted and undecided ones never are.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from derivcheck.chain.arrows import arrow_meant
from derivcheck.chain.claims import judge_claim
from derivcheck.chain.clash import NO_INSTANCE, clashing
from derivcheck.chain.established import Established, local_hypotheses
from derivcheck.chain.facts import Fact, fact_of, usable
from derivcheck.chain.memory import Memory
from derivcheck.kernel.check import Rejected
from derivcheck.kernel.judge import Judgement, judge
from derivcheck.kernel.obligation import Obligation
from derivcheck.language.document import ChainSource, DerivationSource, DocumentSource, Part, StepSource
from derivcheck.report.model import ClaimReport, DerivationReport, DiagnosticReport, FileReport, StepReport, worst
from derivcheck.report.positions import LineMap
from derivcheck.services.options import Monitor, Options
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.printer import to_latex
from derivcheck.terms.term import Term

RELATION_LATEX = {
    "≠": "\\ne", "≤": "\\le", "≥": "\\ge", "≈": "\\approx", "∝": "\\propto", "≐": "\\doteq", "in": "\\in", "notin": "\\notin",
    "subset": "\\subset", "to": "\\to", "sim": "\\sim", "perp": "\\perp", "pd": "\\succ", "psd": "\\succeq", "iff": "\\iff",
    "implies": "\\implies", "impliedby": "\\impliedby", "statement": "",
}  # fmt: skip
"""How a report writes the relation of a step; a chain that is one bare statement has none."""


@dataclass
class JudgedStep:
    """A step with its report and, where it was judged here, the conditions of its verdict as terms."""

    source: StepSource
    report: StepReport
    conditions: tuple[Term, ...] = ()

    @property
    def proved(self) -> bool:
        return self.report.verdict == "proved"


@dataclass
class _Run:
    """The state of one derivation being judged.  `facts` serve later steps; `general` are those of them that the claim may use: proved
    under nothing but its own hypotheses.  `unread`: a line of the derivation could not be read."""

    number: int
    derivation: DerivationSource
    options: Options
    monitor: Monitor
    lines: LineMap
    uses: tuple[Fact, ...]
    memory: Memory | None = None
    unread: bool = False
    index: int = 0
    chain: int = 0
    steps: list[JudgedStep] = field(default_factory=list)
    facts: list[Hypothesis] = field(default_factory=list)
    general: list[Hypothesis] = field(default_factory=list)
    diagnostics: list[DiagnosticReport] = field(default_factory=list)


def judge_document(
    document: DocumentSource,
    options: Options | None = None,
    monitor: Monitor | None = None,
    library: Mapping[str, Fact] | None = None,
    memory: Memory | None = None,
) -> FileReport:
    """The report on an elaborated file.  `library` holds the catalog's facts that it uses, proved in this run; `memory` knows verdicts
    of earlier runs."""
    options = options or Options()
    monitor = monitor or Monitor()
    start = time.monotonic()
    lines = LineMap(document.text)
    derivations: list[DerivationReport] = []
    extra: list[DiagnosticReport] = []
    verified: dict[str, Fact] = dict(library or {})
    starts = [d.span.start for d in document.derivations] + [len(document.text) + 1]
    broken = [d.span.start for d in document.diagnostics if d.severity == "error"]
    for number, source in enumerate(document.derivations):
        first = 0 if not source.explicit and number == 0 else starts[number]
        unread = any(first <= place < starts[number + 1] for place in broken)
        run = _Run(number, source, options, monitor, lines, tuple(verified[n] for n in source.uses if n in verified), memory, unread)
        report = _judge_derivation(run)
        verified.pop(source.name, None)  # a derivation of the file hides the catalog's of that name
        if gives_fact(report) and source.claim is not None:
            verified[source.name] = fact_of(source.name, source.claim, source.claim_context)
        derivations.append(report)
        extra.extend(run.diagnostics)
    diagnostics = [DiagnosticReport.of(d, lines) for d in document.diagnostics] + extra
    diagnostics.sort(key=lambda d: (d.line, d.column))
    verdicts = [d.verdict for d in derivations]
    if any(d.severity == "error" for d in diagnostics):
        verdicts.append("error")
    if options.strict and any(d.severity == "warning" for d in diagnostics):
        verdicts.append("error")
    verdict = worst(verdicts) if verdicts else "error"
    return FileReport(document.path, verdict, time.monotonic() - start, tuple(diagnostics), tuple(derivations), document.text)


def gives_fact(report: DerivationReport) -> bool:
    """Whether a derivation's claim can be used as a fact: it is verified, and holds without conditions."""
    return report.verdict == "verified" and report.claim is not None and not report.claim.conditions


def _judge_derivation(run: _Run) -> DerivationReport:
    source = run.derivation
    established = Established(source.claim_context)
    for part in source.parts:
        before = len(run.facts)
        for chain in part.chains:
            _judge_chain(run, part, chain, established)
        if part.kind not in ("main", "before"):
            # what is proved in a case or under a supposition ends with it
            del run.facts[before:]
    claim = _claim(run, established)
    _tell_clash(run)
    steps = tuple(s.report for s in run.steps)
    verdict, reason = _verdict(run, steps, claim)
    return DerivationReport(source.name, source.title, source.source, verdict, claim, steps, reason)


def _tell_clash(run: _Run) -> None:
    """Where a step has no instance, say which hypotheses contradict each other."""
    step = next((s for s in run.steps if s.report.reason is not None and s.report.reason.startswith(NO_INSTANCE)), None)
    if step is None or run.unread:
        return  # nothing clashes where a declaration or hypothesis could not be read
    found = clashing(step.source.context, run.options)
    place = step.source.span.start
    for h in found[-1:]:
        place = run.derivation.places[h].start if h in run.derivation.places else place
    line, column = run.lines.place(place)
    written = ["`" + to_latex(h) + "`" for h in found]
    if len(found) > 1:
        message = f"these hypotheses contradict each other: {', '.join(written[:-1])} and {written[-1]}"
    elif found:
        message = f"the hypothesis {written[0]} contradicts the declarations"
    else:
        message = "nothing that satisfies the declarations and hypotheses was found: they may contradict each other"
    run.diagnostics.append(DiagnosticReport("D311", "warning", line, column, message, "change or remove one of them"))


def _verdict(run: _Run, steps: tuple[StepReport, ...], claim: ClaimReport | None) -> tuple[str, str | None]:
    source = run.derivation
    kinds = [s.verdict for s in steps] + ([claim.verdict] if claim is not None else [])
    reason: str | None = None
    if source.claim_error is not None or run.unread:
        kinds.append("error")
    if claim is None and not steps:
        return ("error" if kinds else "undecided"), "nothing to verify: no step and no claim"
    if run.options.strict and any(c for s in steps for c in s.conditions):
        kinds.append("undecided")
        reason = "conditions are not allowed under --strict"
    return worst(kinds), reason


def _judge_chain(run: _Run, part: Part, chain: ChainSource, established: Established) -> None:
    run.chain += 1
    judged: list[JudgedStep] = []
    for step in chain.steps:
        judged.append(_judge_step(run, part, chain, step))
        hint = arrow_meant([s.source for s in judged], run.options) if judged[-1].report.verdict == "refuted" else None
        if hint is not None:
            judged[-1].report = replace(judged[-1].report, hint=hint)
    established.add_chain(part, chain, [(s.source, s.proved, s.conditions, s.report.certainty) for s in judged])


def _step_report(run: _Run, step: StepSource) -> StepReport:
    line, column = run.lines.place(step.span.start)
    end_line, end_column = run.lines.place(step.span.end)
    return StepReport(
        run.index, run.chain, line, column, RELATION_LATEX.get(step.relation, step.relation), step.lhs_latex, step.rhs_latex, step.by,
        end_line=end_line, end_column=end_column,
    )  # fmt: skip


def _judge_step(run: _Run, part: Part, chain: ChainSource, step: StepSource) -> JudgedStep:
    run.index += 1
    report = _step_report(run, step)
    key = (run.number, run.index)
    known = run.monitor.known.get(key)
    if isinstance(known, StepReport):
        judged = JudgedStep(step, known)
        _remember(run, part, chain, judged)
        return judged
    if step.error is not None or step.statement is None:
        message = step.error.message if step.error is not None else "the step could not be read"
        report = replace(report, verdict="error", reason=message)
        judged = JudgedStep(step, report)
        run.steps.append(judged)
        return judged
    lost = run.monitor.given_up(key)
    if lost is not None:
        judged = JudgedStep(step, report.undecided(lost))
        run.steps.append(judged)
        return judged
    run.monitor.begin(key)
    start = time.monotonic()
    context = step.context.with_hypotheses([*_used(run, step.context), *run.facts])
    judged = _from_memory_or_judge(run, step, context, report, start)
    run.monitor.end(key, judged.report)
    _remember(run, part, chain, judged)
    return judged


def _from_memory_or_judge(run: _Run, step: StepSource, context: Context, report: StepReport, start: float) -> JudgedStep:
    memory_key = None
    if run.memory is not None:
        # a condition of the step is a hypothesis of its obligation: it belongs to the key
        conditioned = context if step.condition is None else context.with_hypotheses([Hypothesis(step.condition, None, "assume")])
        memory_key = run.memory.key(conditioned, step.statement) if step.statement is not None else None
        recalled = run.memory.recall(memory_key, report)
        if recalled is not None:
            return JudgedStep(step, recalled)
    outcome = judge_step(step, context, run.options)
    report = report.with_verdict(outcome.verdict, time.monotonic() - start)
    if run.unread and report.reason is not None and report.reason.startswith(NO_INSTANCE):
        report = replace(report, reason="a declaration, definition or hypothesis above could not be read")
    if run.memory is not None:
        run.memory.remember(memory_key, report)
    return JudgedStep(step, report, outcome.conditions)


def judge_step(step: StepSource, context: Context, options: Options) -> Judgement:
    """Judge one step; both readings of a step with \\pm."""
    from derivcheck.kernel.judge import undecided

    if step.statement is None:
        return undecided("the step could not be read")
    if step.condition is not None:
        context = context.with_hypotheses([Hypothesis(step.condition, None, "assume")])
    try:
        return judge(Obligation(context, step.statement), options)
    except Rejected as why:
        return undecided(str(why))


def _remember(run: _Run, part: Part, chain: ChainSource, judged: JudgedStep) -> None:
    run.steps.append(judged)
    step = judged.source
    if not judged.proved or judged.conditions or judged.report.conditions or step.statement is None or step.condition is not None:
        return
    fact = Hypothesis(step.statement, step.label, "step")
    run.facts.append(fact)
    if part.kind in ("main", "before") and local_hypotheses(step.context, run.derivation.claim_context) == ():
        run.general.append(fact)


def _used(run: _Run, context: Context) -> tuple[Hypothesis, ...]:
    return tuple(fact.hypothesis for fact in run.uses if usable(fact, context))


def _claim(run: _Run, established: Established) -> ClaimReport | None:
    source = run.derivation
    if source.claim_latex is None:
        return None
    report = ClaimReport(source.claim_latex)
    if source.claim_span is not None:
        line, column = run.lines.place(source.claim_span.start)
        report = replace(report, line=line, column=column)
    if source.claim is None:
        message = source.claim_error.message if source.claim_error is not None else "the claim could not be read"
        return replace(report, verdict="error", reason=message)
    key = (run.number, 0)
    known = run.monitor.known.get(key)
    if isinstance(known, ClaimReport):
        return known
    lost = run.monitor.given_up(key)
    if lost is not None:
        return report.undecided(lost)
    run.monitor.begin(key)
    start = time.monotonic()
    outcome, warning = judge_claim(source, established, _used(run, source.claim_context), run.general, run.options)
    result = report.with_verdict(outcome.verdict, time.monotonic() - start)
    run.monitor.end(key, result)
    if warning is not None:
        line, column = (report.line or 1, report.column or 1)
        run.diagnostics.append(DiagnosticReport("D310", "warning", line, column, warning, "let the last step end in the claim"))
    return result
