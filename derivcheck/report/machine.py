"""Reports for machines: JSON (SPEC section 8), SARIF 2.1.0, JUnit XML, GitHub workflow annotations."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

from derivcheck.report.codes import summary_of
from derivcheck.report.findings import Finding, findings, verdict_notes
from derivcheck.report.model import ClaimReport, DiagnosticReport, FileReport, Report, StepReport

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_json(report: Report) -> str:
    """SPEC section 8."""
    return json.dumps(report.to_json(), ensure_ascii=False, indent=2) + "\n"


# --- SARIF ----------------------------------------------------------------------------------------------------------------


def to_sarif(report: Report) -> str:
    """Static Analysis Results Interchange Format 2.1.0: one result per finding."""
    from derivcheck import __version__

    rules: dict[str, int] = {}
    results = []
    for file in report.files:
        for finding in findings(file):
            index = rules.setdefault(finding.code, len(rules))
            results.append(_sarif_result(file, finding, index))
    run = {
        "tool": {
            "driver": {
                "name": "derivcheck",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [{"id": code, "shortDescription": {"text": summary_of(code)}} for code in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "exitCode": report.exit_status}],
        "artifacts": [{"location": {"uri": _uri(f.path)}} for f in report.files],
        "results": results,
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _sarif_result(file: FileReport, f: Finding, rule: int) -> dict[str, Any]:
    region: dict[str, int] = {"startLine": f.line, "startColumn": f.column}
    if f.end_line is not None and f.end_column is not None and (f.end_line, f.end_column) > (f.line, f.column):
        region |= {"endLine": f.end_line, "endColumn": f.end_column}
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": _uri(file.path)}, "region": region}}
    if f.cell is not None:
        location["logicalLocations"] = [{"name": f"cell {f.cell}", "kind": "module"}]
    return {"ruleId": f.code, "ruleIndex": rule, "level": f.level, "message": {"text": f.whole}, "locations": [location]}


def _plain(path: str) -> str:
    """The path without `./`, as the services that show findings beside a change know it."""
    return path if path.startswith("<") else os.path.normpath(path)


def _uri(path: str) -> str:
    slashes = _plain(path).replace(os.sep, "/")
    return ("file://" if os.path.isabs(path) else "") + quote(slashes, safe="/:" if os.path.isabs(path) else "/")


# --- JUnit ----------------------------------------------------------------------------------------------------------------


def to_junit(report: Report) -> str:
    """JUnit XML: a suite per file, a case per step and claim; what is not proved fails, what could not be read is an error."""
    from xml.etree import ElementTree as xml

    suites = [_suite(file) for file in report.files]
    root = xml.Element("testsuites", name="derivcheck", time=f"{report.seconds:.3f}")
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(s.get(count, "0")) for s in suites)))
    root.extend(suites)
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _suite(file: FileReport) -> Any:
    from xml.etree import ElementTree as xml

    path = _xml_text(file.path)
    suite = xml.Element("testsuite", name=path, time=f"{file.seconds:.3f}")
    failures = errors = 0

    def case(name: str, seconds: float, verdict: str, message: str, body: str) -> None:
        nonlocal failures, errors
        one = xml.SubElement(suite, "testcase", classname=path, name=_xml_text(name), time=f"{seconds:.3f}")
        if verdict in ("proved", "verified"):
            return
        kind = "error" if verdict == "error" else "failure"
        failures, errors = failures + (kind == "failure"), errors + (kind == "error")
        xml.SubElement(one, kind, type=verdict, message=_xml_text(message)).text = _xml_text(body)

    for derivation in file.derivations:
        for step in derivation.steps:
            case(f"{derivation.name}: step {step.index}, {_cell(step)}line {step.line}", step.seconds, step.verdict, f"{step.verdict}: {_formula(step)}", _body(step))
        if derivation.claim is not None:
            claim = derivation.claim
            case(f"{derivation.name}: claim", claim.seconds, claim.verdict, f"{claim.verdict}: {claim.statement}", _body(claim))
        elif derivation.verdict != "verified" and all(s.verdict == "proved" for s in derivation.steps):
            case(f"{derivation.name}: derivation", 0.0, derivation.verdict, derivation.reason or derivation.verdict, "")
    for d in file.diagnostics:
        if d.severity == "error":
            case(f"{_cell(d)}line {d.line}, column {d.column}", 0.0, "error", f"{d.code}: {d.message}", d.help or "")
    for name, number in (("tests", len(suite)), ("failures", failures), ("errors", errors)):
        suite.set(name, str(number))
    return suite


def _cell(part: StepReport | DiagnosticReport) -> str:
    return f"cell {part.cell}, " if part.cell is not None else ""


def _formula(step: StepReport) -> str:
    return f"{step.lhs} {step.relation} {step.rhs}".strip()


def _body(part: StepReport | ClaimReport) -> str:
    return "\n".join([*verdict_notes(part), *([f"help: {part.hint}"] if part.hint else [])])


def _xml_text(text: str) -> str:
    """Without the characters that XML 1.0 can't hold at all."""
    return "".join(c if c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "\ufffd" for c in text)


# --- GitHub ---------------------------------------------------------------------------------------------------------------


def to_github(report: Report) -> str:
    """Workflow commands that GitHub shows as annotations at the lines of a change."""
    lines = []
    for file in report.files:
        for f in findings(file):
            place = {"file": _plain(file.path), "line": f.line, "col": f.column, "title": f"derivcheck {f.code}"}
            if f.end_line is not None:
                place["endLine"] = f.end_line
                if f.end_column is not None and f.end_line == f.line:
                    place["endColumn"] = f.end_column
            level = {"error": "error", "warning": "warning"}.get(f.level, "notice")
            cell = f"cell {f.cell}: " if f.cell is not None else ""
            properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items())
            lines.append(f"::{level} {properties}::{_data(cell + f.whole)}")
    return "".join(line + "\n" for line in lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
