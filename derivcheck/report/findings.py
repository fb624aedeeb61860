"""What a report has to say at a place in a file: diagnostics, and steps and claims that are not proved, in one form.

Every printer that points at lines (text, SARIF, GitHub annotations) prints findings, so that all of them say the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from derivcheck.report.model import ClaimReport, DerivationReport, DiagnosticReport, FileReport, StepReport

REFUTED_STEP, UNDECIDED_STEP, UNREAD_STEP = "D201", "D202", "D205"
REFUTED_CLAIM, UNDECIDED_CLAIM, UNREAD_CLAIM = "D203", "D204", "D206"
NOTHING_SHOWN = "D207"
CONDITIONAL_STEP = "D390"

LEVELS = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Finding:
    """`message` is one sentence, `notes` are further lines (`label: text`), `help` is the edit to make."""

    code: str
    level: str
    line: int
    column: int
    message: str
    notes: tuple[str, ...] = ()
    help: str | None = None
    end_line: int | None = None
    end_column: int | None = None
    cell: int | None = None

    @property
    def whole(self) -> str:
        """Message, notes and help as one text."""
        return "\n".join([self.message, *self.notes, *([f"help: {self.help}"] if self.help else [])])


def findings(file: FileReport) -> list[Finding]:
    """The findings of a file, in the order of its lines (errors first within a line).  Conditions are told at the first step of a
    derivation that has them."""
    found = [_of_diagnostic(d) for d in file.diagnostics]
    said = {(d.cell, d.line) for d in file.diagnostics if d.severity == "error"}
    messages = {d.message for d in file.diagnostics if d.severity == "error"}
    conditional = {(d.cell, d.line) for d in file.diagnostics if d.code == CONDITIONAL_STEP}
    for derivation in file.derivations:
        mentioned: set[str] = set()
        for step in derivation.steps:
            if step.verdict == "error":
                lines = range(step.line, (step.end_line or step.line) + 1)
                if step.reason not in messages and not any((step.cell, n) in said for n in lines):
                    found.append(_of_step(step))  # else its diagnostic is listed
            elif step.verdict != "proved":
                found.append(_of_step(step))
            elif not mentioned.issuperset(step.conditions) and (step.cell, step.line) not in conditional:
                mentioned.update(step.conditions)
                found.append(conditional_step(step))
        about_claim = _of_claim(derivation, said)
        if about_claim is not None:
            found.append(about_claim)
    return sorted(found, key=lambda f: (f.cell or 0, f.line, f.column, LEVELS.get(f.level, 3)))


def _of_diagnostic(d: DiagnosticReport) -> Finding:
    return Finding(d.code, d.severity, d.line, d.column, d.message, (), d.help, d.end_line, d.end_column, d.cell)


def conditional_step(step: StepReport) -> Finding:
    """That a proved step leaves points out."""
    message = f"step {step.index} holds only where {' and '.join(step.conditions)}"
    help = "declare the symbols so that this always holds, or assume it"
    return Finding(CONDITIONAL_STEP, "warning", step.line, step.column, message, (), help, step.end_line, step.end_column, step.cell)


def verdict_notes(part: StepReport | ClaimReport) -> tuple[str, ...]:
    """The counterexample and the reason, as lines."""
    notes = []
    found = part.counterexample
    if found is not None:
        values = ", ".join(f"{name} = {value}" for name, value in found.values.items())
        where = f"at {values}: " if values else ""
        if (found.lhs, found.rhs) == ("false", "true") and not getattr(part, "relation", "="):
            notes.append(f"counterexample: {where}the statement is false")
        elif found.lhs or found.rhs:
            notes.append(f"counterexample: {where}the left side is {found.lhs}, the right side is {found.rhs}")
        else:
            notes.append(f"counterexample: {values}")
    if part.reason:
        notes.append(f"reason: {part.reason}")
    return tuple(notes)


def _of_step(step: StepReport) -> Finding:
    code, level, message = {
        "refuted": (REFUTED_STEP, "error", f"step {step.index} is false"),
        "undecided": (UNDECIDED_STEP, "warning", f"step {step.index} is neither proved nor refuted"),
    }.get(step.verdict, (UNREAD_STEP, "error", f"step {step.index} cannot be read"))
    return Finding(code, level, step.line, step.column, message, verdict_notes(step), step.hint, step.end_line, step.end_column, step.cell)


def _of_claim(derivation: DerivationReport, said: set[tuple[int | None, int]]) -> Finding | None:
    claim = derivation.claim
    last = derivation.steps[-1] if derivation.steps else None
    if claim is None or claim.verdict == "proved":
        # verified steps, and still not a verified derivation: say why once
        if derivation.verdict == "undecided" and all(s.verdict == "proved" for s in derivation.steps):
            line, column = (last.line, last.column) if last else (1, 1)
            why = derivation.reason or "there is nothing to verify: it has neither a claim nor steps"
            return Finding(NOTHING_SHOWN, "warning", line, column, f"derivation {derivation.name} is not verified: {why}", cell=last.cell if last else None)
        return None
    line = claim.line if claim.line is not None else (last.line if last else 1)
    column = claim.column if claim.column is not None else 1
    if claim.verdict == "error" and (claim.cell, line) in said:
        return None
    steps_stand = all(s.verdict == "proved" for s in derivation.steps) and bool(derivation.steps)
    code, level, message = {
        "refuted": (REFUTED_CLAIM, "error", f"the claim of {derivation.name} is false"),
        "undecided": (UNDECIDED_CLAIM, "warning", f"the claim of {derivation.name} is not established" + (" by its steps, which are all proved" if steps_stand else "")),
    }.get(claim.verdict, (UNREAD_CLAIM, "error", f"the claim of {derivation.name} cannot be read"))
    return Finding(code, level, line, column, message, verdict_notes(claim), claim.hint, claim.end_line, claim.end_column, claim.cell)
