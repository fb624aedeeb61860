"""The report: what SPEC section 8 prints as JSON, as frozen dataclasses.

    Report ── files ──▶ FileReport ── derivations ──▶ DerivationReport ── steps ──▶ StepReport
                            └─ diagnostics ──▶ DiagnosticReport     └─ claim ──▶ ClaimReport

Lines and columns are counted from 1, columns in characters.  Keys beyond the schema (`end_line`, `end_column`, `cell`) are
extensions: they are written only where they say something.  Nothing here imports the rest of the program, so that a report
from the cache is shown without loading a prover.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derivcheck.kernel.obligation import Verdict
    from derivcheck.language.diagnostics import Diagnostic
    from derivcheck.report.positions import LineMap

SCHEMA = 1

_FILE_ORDER = ("verified", "undecided", "refuted", "error")


def worst(verdicts: Iterable[str]) -> str:
    """The verdict of a whole from those of its parts (`verified` for none): error beats refuted beats undecided."""
    found = {"proved": 0, "verified": 0, "undecided": 1, "refuted": 2, "error": 3}
    return _FILE_ORDER[max((found[v] for v in verdicts), default=0)]


@dataclass(frozen=True)
class DiagnosticReport:
    """A diagnostic at its place in the original file; `cell` is the notebook cell (from 1) that the lines count in."""

    code: str
    severity: str
    line: int
    column: int
    message: str
    help: str | None = None
    end_line: int | None = None
    end_column: int | None = None
    cell: int | None = None

    @classmethod
    def of(cls, diagnostic: Diagnostic, lines: LineMap) -> DiagnosticReport:
        """The diagnostic with its span as lines and columns."""
        (line, column), (end_line, end_column) = lines.place(diagnostic.span.start), lines.place(diagnostic.span.end)
        return cls(
            diagnostic.code, diagnostic.severity, line, column, diagnostic.message, diagnostic.help, end_line, end_column
        )

    def to_json(self) -> dict[str, Any]:
        """As in SPEC section 8."""
        head = {
            "code": self.code,
            "severity": self.severity,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "help": self.help,
        }
        return head | _extras(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DiagnosticReport:
        """The inverse of `to_json`."""
        return cls(**data)


@dataclass(frozen=True)
class CounterexampleReport:
    """Values of the symbols and the two sides there, as printed."""

    values: Mapping[str, str]
    lhs: str
    rhs: str

    def to_json(self) -> dict[str, Any]:
        """As in SPEC section 8."""
        return {"values": dict(self.values), "lhs": self.lhs, "rhs": self.rhs}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CounterexampleReport:
        """The inverse of `to_json`."""
        return cls(dict(data["values"]), data["lhs"], data["rhs"])


def _verdict_fields(verdict: Verdict) -> dict[str, Any]:
    """What a kernel verdict contributes to a step's or claim's report."""
    found = verdict.counterexample
    return {
        "verdict": verdict.kind,
        "method": verdict.method,
        "certainty": verdict.certainty,
        "error_bound": verdict.error_bound,
        "conditions": tuple(verdict.conditions),
        "counterexample": CounterexampleReport(dict(found.values), found.lhs, found.rhs) if found else None,
        "hint": verdict.hint,
        "reason": verdict.reason,
    }


@dataclass(frozen=True)
class StepReport:
    """One step.  `index` counts in the derivation, `chain` is the number of its chain; both from 1."""

    index: int
    chain: int
    line: int
    column: int
    relation: str
    lhs: str
    rhs: str
    by: str | None = None
    verdict: str = "undecided"
    method: str | None = None
    certainty: str | None = None
    error_bound: float | None = None
    conditions: tuple[str, ...] = ()
    counterexample: CounterexampleReport | None = None
    hint: str | None = None
    reason: str | None = None
    seconds: float = 0.0
    cached: bool = False
    end_line: int | None = None
    end_column: int | None = None
    cell: int | None = None

    def with_verdict(self, verdict: Verdict, seconds: float = 0.0, cached: bool = False) -> StepReport:
        """This step with what the kernel said."""
        return replace(self, seconds=seconds, cached=cached, **_verdict_fields(verdict))

    def undecided(self, reason: str, seconds: float = 0.0) -> StepReport:
        """This step, not decided, and why."""
        return replace(self, verdict="undecided", reason=reason, seconds=seconds)

    def to_json(self) -> dict[str, Any]:
        """As in SPEC section 8."""
        head = {
            "index": self.index,
            "chain": self.chain,
            "line": self.line,
            "column": self.column,
            "relation": self.relation,
            "lhs": self.lhs,
            "rhs": self.rhs,
            "by": self.by,
        }
        return head | _judged(self) | _extras(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StepReport:
        """The inverse of `to_json`."""
        return cls(**_unjudged(data))

    def _repr_html_(self) -> str:
        from derivcheck.report.html import step_fragment

        return step_fragment(self)


@dataclass(frozen=True)
class ClaimReport:
    """The claim of a derivation (`statement` is LaTeX).  `method` is `steps` where it follows from the steps."""

    statement: str
    verdict: str = "undecided"
    method: str | None = None
    certainty: str | None = None
    error_bound: float | None = None
    conditions: tuple[str, ...] = ()
    counterexample: CounterexampleReport | None = None
    hint: str | None = None
    reason: str | None = None
    seconds: float = 0.0
    cached: bool = False
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    cell: int | None = None

    def with_verdict(self, verdict: Verdict, seconds: float = 0.0, cached: bool = False) -> ClaimReport:
        """This claim with what the kernel said."""
        return replace(self, seconds=seconds, cached=cached, **_verdict_fields(verdict))

    def undecided(self, reason: str, seconds: float = 0.0) -> ClaimReport:
        """This claim, not decided, and why."""
        return replace(self, verdict="undecided", reason=reason, seconds=seconds)

    def to_json(self) -> dict[str, Any]:
        """As in SPEC section 8, with the fields of a step's verdict."""
        data: dict[str, Any] = {"statement": self.statement} | _judged(self)
        if self.line is not None:
            data |= {"line": self.line, "column": self.column}
        return data | _extras(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClaimReport:
        """The inverse of `to_json`."""
        return cls(**_unjudged(data))

    def _repr_html_(self) -> str:
        from derivcheck.report.html import claim_fragment

        return claim_fragment(self)


@dataclass(frozen=True)
class DerivationReport:
    """One derivation; its verdict is `verified`, `refuted`, `undecided` or `error`."""

    name: str
    title: str | None = None
    source: str | None = None
    verdict: str = "undecided"
    claim: ClaimReport | None = None
    steps: tuple[StepReport, ...] = ()
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As in SPEC section 8; `reason` says why a derivation whose steps are all proved is not verified."""
        return {
            "name": self.name,
            "title": self.title,
            "source": self.source,
            "verdict": self.verdict,
            "claim": self.claim.to_json() if self.claim else None,
            "steps": [s.to_json() for s in self.steps],
        } | ({"reason": self.reason} if self.reason else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DerivationReport:
        """The inverse of `to_json`."""
        claim = data["claim"]
        return cls(
            data["name"],
            data["title"],
            data["source"],
            data["verdict"],
            ClaimReport.from_json(claim) if claim else None,
            tuple(StepReport.from_json(s) for s in data["steps"]),
            data.get("reason"),
        )

    def _repr_html_(self) -> str:
        from derivcheck.report.html import derivation_fragment

        return derivation_fragment(self)


@dataclass(frozen=True)
class FileReport:
    """One file.  `text` is the source that the diagnostics quote, `reads` the further files that it was made from (relative
    to its folder): neither is part of the JSON of SPEC section 8 (`reads` is written where there are any).  `grades` and `evidence`
    carry what a grading worker and a worker of the catalog's certificates have to say besides.  `unhindered`: its worker had the
    processor nearly all the time, so that a limit that stopped a step would stop it again (not part of the JSON either)."""

    path: str
    verdict: str
    seconds: float = 0.0
    diagnostics: tuple[DiagnosticReport, ...] = ()
    derivations: tuple[DerivationReport, ...] = ()
    text: str | None = field(default=None, compare=False, repr=False)
    reads: tuple[str, ...] = ()
    grades: tuple[Mapping[str, Any], ...] = ()
    evidence: tuple[Mapping[str, Any], ...] = ()
    unhindered: bool = field(default=False, compare=False, repr=False)

    @property
    def steps(self) -> tuple[StepReport, ...]:
        """The steps of all derivations, in file order."""
        return tuple(s for d in self.derivations for s in d.steps)

    def to_json(self) -> dict[str, Any]:
        """As in SPEC section 8."""
        return {
            "path": self.path,
            "verdict": self.verdict,
            "seconds": round(self.seconds, 4),
            "diagnostics": [d.to_json() for d in self.diagnostics],
            "derivations": [d.to_json() for d in self.derivations],
        } | ({"reads": list(self.reads)} if self.reads else {}) | ({"grades": [dict(g) for g in self.grades]} if self.grades else {}) | ({"evidence": [dict(e) for e in self.evidence]} if self.evidence else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any], text: str | None = None) -> FileReport:
        """The inverse of `to_json`."""
        return cls(
            data["path"],
            data["verdict"],
            data["seconds"],
            tuple(DiagnosticReport.from_json(d) for d in data["diagnostics"]),
            tuple(DerivationReport.from_json(d) for d in data["derivations"]),
            text,
            tuple(data.get("reads", ())),
            tuple(data.get("grades", ())),
            tuple(data.get("evidence", ())),
        )

    def _repr_html_(self) -> str:
        from derivcheck.report.html import file_fragment

        return file_fragment(self)


@dataclass(frozen=True)
class Summary:
    """The counts over all files; `errors` are steps that could not be read and files that could not be read at all."""

    files: int
    derivations: int
    verified: int
    steps: int
    proved: int
    refuted: int
    undecided: int
    errors: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As in SPEC section 8."""
        return {k: getattr(self, k) for k in self.__dataclass_fields__} | {"seconds": round(self.seconds, 4)}


@dataclass(frozen=True)
class Report:
    """The report on a run."""

    files: tuple[FileReport, ...]
    seconds: float = 0.0

    @property
    def verdict(self) -> str:
        """The worst verdict of the files."""
        return worst(f.verdict for f in self.files)

    @property
    def summary(self) -> Summary:
        """The counts over all files."""
        derivations = [d for f in self.files for d in f.derivations]
        steps = [s for d in derivations for s in d.steps]
        kinds = [s.verdict for s in steps]
        unread = sum(1 for f in self.files if f.verdict == "error" and not f.derivations)
        return Summary(
            len(self.files),
            len(derivations),
            sum(d.verdict == "verified" for d in derivations),
            len(steps),
            kinds.count("proved"),
            kinds.count("refuted"),
            kinds.count("undecided"),
            kinds.count("error") + unread,
            self.seconds,
        )

    @property
    def exit_status(self) -> int:
        """0 all verified; 1 something refuted; 2 something could not be read; 3 something undecided.  2 beats 1 beats 3."""
        return {"verified": 0, "refuted": 1, "error": 2, "undecided": 3}[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """As in SPEC section 8."""
        from derivcheck import __version__

        return {
            "schema": SCHEMA,
            "version": __version__,
            "files": [f.to_json() for f in self.files],
            "summary": self.summary.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Report:
        """The inverse of `to_json`."""
        return cls(tuple(FileReport.from_json(f) for f in data["files"]), data["summary"]["seconds"])

    def _repr_html_(self) -> str:
        from derivcheck.report.html import report_fragment

        return report_fragment(self)


def _extras(part: DiagnosticReport | StepReport | ClaimReport) -> dict[str, Any]:
    return {k: v for k in ("end_line", "end_column", "cell") if (v := getattr(part, k)) is not None}


def _judged(part: StepReport | ClaimReport) -> dict[str, Any]:
    return {
        "verdict": part.verdict,
        "method": part.method,
        "certainty": part.certainty,
        "error_bound": part.error_bound,
        "conditions": list(part.conditions),
        "counterexample": part.counterexample.to_json() if part.counterexample else None,
        "hint": part.hint,
        "reason": part.reason,
        "seconds": round(part.seconds, 4),
        "cached": part.cached,
    }


def _unjudged(data: Mapping[str, Any]) -> dict[str, Any]:
    found = data.get("counterexample")
    return dict(data) | {
        "conditions": tuple(data.get("conditions", ())),
        "counterexample": CounterexampleReport.from_json(found) if found else None,
    }
