"""SARIF output against the part of the SARIF 2.1.0 schema that it uses (objects closed, as in the standard's own schema)."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from derivcheck.report.machine import to_sarif
from derivcheck.report.model import DiagnosticReport, FileReport, Report
from tests.report.test_printers import ALL_WELL, BAD


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 1}
MESSAGE = closed(["text"], text=TEXT)
ARTIFACT = closed(["uri"], uri={"type": "string", "format": "uri-reference"})
LOCATION = closed(
    ["physicalLocation"],
    physicalLocation=closed(
        ["artifactLocation"],
        artifactLocation=ARTIFACT,
        region=closed(["startLine"], startLine=COUNT, startColumn=COUNT, endLine=COUNT, endColumn=COUNT),
    ),
    logicalLocations={"type": "array", "items": closed([], name=TEXT, kind=TEXT)},
)
SCHEMA = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs={
        "type": "array",
        "items": closed(
            ["tool"],
            tool=closed(
                ["driver"],
                driver=closed(
                    ["name"],
                    name=TEXT,
                    version=TEXT,
                    semanticVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
                    rules={"type": "array", "uniqueItems": True, "items": closed(["id"], id=TEXT, shortDescription=MESSAGE)},
                ),
            ),
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            invocations={"type": "array", "items": closed(["executionSuccessful"], executionSuccessful={"type": "boolean"}, exitCode={"type": "integer"})},
            artifacts={"type": "array", "uniqueItems": True, "items": closed([], location=ARTIFACT)},
            results={
                "type": "array",
                "items": closed(
                    ["message"],
                    ruleId=TEXT,
                    ruleIndex={"type": "integer", "minimum": 0},
                    level={"enum": ["none", "note", "warning", "error"]},
                    message=MESSAGE,
                    locations={"type": "array", "items": LOCATION},
                ),
            },
        ),
    },
)

NOTEBOOK = Report((FileReport("n.ipynb", "error", 0.0, (DiagnosticReport("D001", "error", 1, 2, "m", None, 1, 2, 3),)),))


@pytest.mark.parametrize("report", [BAD, ALL_WELL, NOTEBOOK, Report(())])
def test_sarif_follows_the_schema(report: Report) -> None:
    jsonschema.validate(json.loads(to_sarif(report)), SCHEMA, format_checker=jsonschema.FormatChecker())
