"""The fixed set of scalar steps that the benchmark asks everybody about.

Every case of the files below (in `tests/verdicts/`) that is one equation with one verdict, proved or refuted, and whose sides have a
counterpart in SymPy: no abstract functions, families, matrices or random symbols.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from derivcheck.language.document import StepSource
from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source
from derivcheck.terms.term import Term, subterms

CASES = Path(__file__).resolve().parent.parent / "tests" / "verdicts"
COURSE = "sixteen_areas"
"""Ordinary steps of a school or first-year course, true and with one classic slip; the other files hold many traps and trifles."""
FILES = (COURSE, "traps", "functions", "scalar_true", "scalar_false", "course_scalars", "sums")

OPS = frozenset("num const sym bvar add neg mul div pow oddroot fn deriv int sum prod lim rel".split())
FUNCTIONS = frozenset(
    "exp log sin cos tan arcsin arccos arctan sinh cosh tanh erf gamma abs sign floor ceil max min factorial binom arcsinh arccosh "
    "arctanh digamma re im conj arg".split()
)

WARM = r"""
let x, a, b \in \R

(a + b)^2 = a^2 + 2ab + b^2

\sin^2 x + \cos^2 x = 1

\frac{d}{dx} (x^2 + e^x) = 2x + e^x

\int_0^1 x \, dx = \frac12

\lim_{x \to 0} \frac{\sin x}{x} = 1

\sum_{k=1}^{10} k = 55

\sqrt{x^2} = x
"""
"""Steps outside the set, for warming up."""


@dataclass(frozen=True)
class Case:
    """A step, what it is called, and whether it is true."""

    name: str
    true: bool
    step: StepSource


def steps_of(text: str, name: str = "") -> list[StepSource]:
    """The steps of a text in the notation of `.deriv` files."""
    source, diagnostics = read_source(text, name)
    return [s for d in elaborate(source, diagnostics).derivations for p in d.parts for c in p.chains for s in c.steps]


def translatable(t: Term) -> bool:
    """Whether all of a term has a counterpart."""
    return all(
        u.op in OPS and (u.op != "fn" or u.data in FUNCTIONS) and (u.op == "rel" or u.sort.kind == "num") and len(u.bound) <= 1
        and (u.op != "const" or u.data in ("pi", "e", "i", "inf"))
        for u in subterms(t)
    )  # fmt: skip


def cases() -> list[Case]:
    """The set."""
    found: list[Case] = []
    for name in FILES:
        path = CASES / f"{name}.cases"
        for block in path.read_text(encoding="utf-8").split("\n== ")[1:] if path.exists() else []:
            head, _, text = block.partition("\n")
            truth = head.partition("|")[0].split()
            if len(truth) != 1 or truth[0] not in ("proved", "refuted"):
                continue
            parts = steps_of(text, name)
            if len(parts) == 1 and parts[0].relation == "=" and parts[0].statement is not None and translatable(parts[0].statement):
                found.append(Case(f"{name}: {head.partition('|')[2].strip()}", truth[0] == "proved", parts[0]))
    return found
