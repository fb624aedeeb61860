"""What a worker does for certificates: judge a file and record the evidence, or judge it by the evidence on record.

Both run the ordinary pipeline under a ledger (`kernel/judge.py`): every obligation that the judge meets, those of claims and of
used entries too, is written down under a hash of its statement and whole context, with the proof that the kernel accepted.
Replaying, a proof on record is checked and cross-examined again; an obligation recorded as undecided stays so without a
search, and so does one that is not on record.  The model at which a statement was found to hold, and the one that is a counterexample,
are recorded by their origin (`refute/revisit.py`): the statement is evaluated there again.  Judged anew, by search, are proved obligations whose
proof could not be written (`evidence.py`), and refuted ones whose counterexample did not come from such a model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from derivcheck.catalog.evidence import Json, Reader, Unreadable, Unwritable, Writer, rules
from derivcheck.kernel.check import Proof
from derivcheck.kernel.judge import Judgement, Known, keeping
from derivcheck.kernel.obligation import Obligation
from derivcheck.refute.revisit import Seen
from derivcheck.report.model import FileReport
from derivcheck.semantics.evaluate import Origin
from derivcheck.services.fingerprint import Fingerprints, obligation_key
from derivcheck.services.options import Monitor, Options
from derivcheck.services.pipeline import judge_text

UNRECORDED = "not on record"


class _Keys:
    """The hash of an obligation."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._prints = Fingerprints()

    def of(self, ob: Obligation) -> str | None:
        key = obligation_key(ob.context, ob.statement, self._options, self._prints)
        return None if key is None else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Recorder:
    """Writes down what the judge finds, by derivation and step (0: the claim).  Proofs of earlier certificates are tried first."""

    def __init__(self, options: Options, monitor: Monitor, lines: list[Mapping[str, Json]]) -> None:
        self._keys = _Keys(options)
        self._monitor = monitor
        self._earlier = Replayer(options, lines)
        self._found: dict[int, dict[int, dict[str, Json]]] = {}
        self._writers: dict[int, Writer] = {}

    def recall(self, ob: Obligation) -> Known | None:
        """A proof that an earlier certificate holds."""
        known = self._earlier.recall(ob)
        return replace(known, thorough=True) if known is not None and known.proof is not None else None

    def record(self, ob: Obligation, found: Judgement) -> None:
        """Keep the evidence under the step that the judge is at."""
        at = getattr(self._monitor, "current", None)
        key = self._keys.of(ob)
        if at is None or key is None:
            return
        item: dict[str, Json] = {"of": key, "verdict": found.verdict.kind}
        if found.proof is not None:
            item["rules"] = rules(found.proof)
            writer = self._writers.setdefault(at[0], Writer())
            try:
                item["proof"] = writer.proof(found.proof)
            except (Unwritable, RecursionError):
                item.pop("proof", None)
            if found.seen is not None:
                item["seen"] = {"at": found.seen.at, "held": found.seen.held}
        elif found.verdict.kind == "refuted":
            if found.at is not None:
                item["at"] = found.at
        elif found.verdict.kind == "undecided":
            item["reason"] = found.verdict.reason
        self._found.setdefault(at[0], {}).setdefault(at[1], {}).setdefault(key, item)

    def evidence(self) -> tuple[Mapping[str, Json], ...]:
        """What was recorded, a row for each derivation."""
        return tuple(
            {
                "derivation": n,
                "terms": self._writers[n].terms if n in self._writers else [],
                "steps": {str(i): list(items.values()) for i, items in sorted(steps.items())},
            }
            for n, steps in sorted(self._found.items())
        )


class Replayer:
    """Knows the evidence of certificates, and counts what was done with it."""

    def __init__(self, options: Options, lines: list[Mapping[str, Json]]) -> None:
        self._keys = _Keys(options)
        self._known: dict[str, Known | None] = {}
        self.replayed = 0
        self.searched = 0
        for line in lines:
            reader: Reader | None = None
            for step in [*line.get("steps", []), *([line["claim"]] if line.get("claim") else [])]:
                for item in step.get("evidence", []):
                    proof = None
                    if "proof" in item:
                        try:
                            reader = reader or Reader(line["terms"])
                            proof = reader.proof(item["proof"])
                        except Unreadable:
                            proof = None
                    self._known[item["of"]] = _known(item, proof)
        self._asked: dict[int, Known | None] = {}

    def recall(self, ob: Obligation) -> Known | None:
        """What is on record."""
        known = self._known.get(self._keys.of(ob) or "", Known(reason=UNRECORDED))
        self._asked[id(ob)] = known
        return known

    def record(self, ob: Obligation, found: Judgement) -> None:
        """Count how the judge got there."""
        known = self._asked.pop(id(ob), None)
        if known is not None and known.reason is not None:
            return
        if known is not None and (found.proof is known.proof if known.proof is not None else known.at is not None and found.at == known.at):
            self.replayed += 1
        else:
            self.searched += 1


def _known(item: Mapping[str, Json], proof: Proof | None) -> Known | None:
    """What an item of evidence says."""
    if item["verdict"] == "proved":
        seen = item.get("seen")
        return None if proof is None else Known(proof, None if seen is None else Seen(_origin(seen.get("at")), seen.get("held") is True))
    if item["verdict"] == "refuted":
        return Known(refuted=True, at=_origin(item.get("at")))
    return Known(reason=item.get("reason") or UNRECORDED)


def _origin(data: Json) -> Origin | None:
    """The origin of a model."""
    fits = isinstance(data, list) and len(data) == 3 and isinstance(data[0], int) and isinstance(data[1], str) and isinstance(data[2], int)
    return (data[0], data[1], data[2]) if fits else None


def record(job: dict[str, Any], options: Options, monitor: Monitor) -> FileReport:
    """The report on a file, with evidence.  (The cache of verdicts holds no proofs: it must be off.)"""
    # results of a worker that was lost came without evidence: those steps are judged once more
    monitor.known = {}
    ledger = Recorder(options, monitor, _lines(job))
    with keeping(ledger):
        report = judge_text(job["path"], job["text"], options, monitor)
    return replace(report, evidence=ledger.evidence())


def replay(job: dict[str, Any], options: Options, monitor: Monitor) -> FileReport:
    """The report on a file by the evidence of the certificates that the job names."""
    ledger = Replayer(options, _lines(job))
    with keeping(ledger):
        report = judge_text(job["path"], job["text"], options, monitor)
    return replace(report, evidence=({"replayed": ledger.replayed, "searched": ledger.searched},))


def _lines(job: dict[str, Any]) -> list[Mapping[str, Json]]:
    from derivcheck.catalog.certificates import lines_of

    return [line for path, names in job["certificates"] for line in lines_of(path) if line["entry"] in names]
