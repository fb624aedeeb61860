"""derivcheck verifies step-by-step mathematical derivations: proved, refuted with a counterexample, or undecided.

    import derivcheck
    report = derivcheck.verify("(x+1)^2 = x^2 + 2x + 1")
    step = derivcheck.check(r"\\log(x^2) = 2\\log x", let=r"x \\in \\R")

The names below are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derivcheck.api import check, verify, verify_file
    from derivcheck.grading import grade
    from derivcheck.grading.model import Grade
    from derivcheck.report.model import ClaimReport as Claim
    from derivcheck.report.model import DerivationReport as Derivation
    from derivcheck.report.model import DiagnosticReport as Diagnostic
    from derivcheck.report.model import FileReport, Report
    from derivcheck.report.model import StepReport as Step
    from derivcheck.services.options import Options

__version__ = "0.1.0"

__all__ = [
    "Claim",
    "Derivation",
    "Diagnostic",
    "FileReport",
    "Grade",
    "Options",
    "Report",
    "Step",
    "__version__",
    "check",
    "grade",
    "verify",
    "verify_file",
]

_HOME = {
    "check": ("derivcheck.api", "check"),
    "grade": ("derivcheck.grading", "grade"),
    "verify": ("derivcheck.api", "verify"),
    "verify_file": ("derivcheck.api", "verify_file"),
    "Claim": ("derivcheck.report.model", "ClaimReport"),
    "Grade": ("derivcheck.grading.model", "Grade"),
    "Derivation": ("derivcheck.report.model", "DerivationReport"),
    "Diagnostic": ("derivcheck.report.model", "DiagnosticReport"),
    "FileReport": ("derivcheck.report.model", "FileReport"),
    "Report": ("derivcheck.report.model", "Report"),
    "Step": ("derivcheck.report.model", "StepReport"),
    "Options": ("derivcheck.services.options", "Options"),
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'derivcheck' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _HOME[name]
    value: object = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
