"""Parts of the catalog's machinery: proofs as JSON, formulas up to renaming, Unicode on the terminal, normalised sources."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from derivcheck.catalog.evidence import Reader, Unreadable, Unwritable, Writer, rules
from derivcheck.catalog.formula import BadFormula, matches, read_pattern
from derivcheck.catalog.pretty import pretty
from derivcheck.catalog.store import headers
from derivcheck.kernel.check import Proof, Session, check
from derivcheck.kernel.obligation import Obligation
from derivcheck.terms import build as b
from derivcheck.terms.context import Context
from derivcheck.terms.sorts import NUM, vec
from derivcheck.terms.term import fresh, sym


def test_a_proof_survives_the_way_through_json() -> None:
    x, k, n = sym("x"), sym("k"), sym("n")
    v = sym("v", vec(n))
    total = b.sum_(k, b.ONE, n, b.mul(k, b.ventry(v, k)))
    proof = Proof("some", (0, "left", total, (x, Fraction(1, 2)), frozenset({"core", "matrix"}), v.sort, 0.5, None), (Proof("ring"), Proof("other", (b.INF,))))
    writer = Writer()
    data = json.loads(json.dumps({"proof": writer.proof(proof), "terms": writer.terms}))
    again = Reader(data["terms"]).proof(data["proof"])
    assert again == proof and again.params[2] is total
    new = Reader([["sym", [], {"l": ["never seen before", 0]}, {"k": "num", "p": []}, []]]).value({"t": 0})
    assert new.sort is NUM
    assert rules(proof) == ["some", "ring", "other"]


def test_what_a_run_invented_is_invented_again() -> None:
    y, x = fresh("x"), fresh("x")
    proof = Proof("instance", (0, b.add(x, y), (b.mul(x, x), y)), (Proof("instance", (y, b.neg(x))),))
    writer = Writer()
    data = json.loads(json.dumps({"proof": writer.proof(proof), "terms": writer.terms}))
    assert {n[2]["i"] for n in data["terms"] if n[0] == "sym"} == {0, 1}  # whatever numbers they had
    again = Reader(data["terms"]).proof(data["proof"])
    total, (square, second) = again.params[1:]
    first = square.args[0]
    assert {first, second}.isdisjoint({x, y}) and first is not second and first.data[0] == second.data[0] == "x"
    assert second.data[1] < first.data[1]  # the older one is the older one again
    assert total is b.add(first, second) and again.children[0].params == (second, b.neg(first))
    other = Writer()
    assert other.proof(again) == data["proof"] and other.terms == data["terms"]


def test_what_can_not_be_written() -> None:
    with pytest.raises(Unwritable):
        Writer().proof(Proof("instance", (object(),)))


@pytest.mark.parametrize("data", [None, [], ["ring"], ["ring", [{"t": 7}], []], ["ring", [{"z": 1}], []], ["ring", [[1]], []], ["ring", [], [None]]])
def test_damaged_proofs_are_said_to_be_so(data: object) -> None:
    with pytest.raises(Unreadable):
        Reader([]).proof(data)


def test_a_proof_that_is_read_back_is_checked() -> None:
    x = sym("x")
    good = b.eq(b.mul(b.add(x, b.ONE), x), b.add(b.mul(x, x), x))
    wrong = b.eq(b.mul(b.add(x, b.ONE), x), b.add(b.mul(x, x), b.ONE))
    proof = Reader([]).proof(["ring", [], []])
    assert check(Obligation(Context(), good), proof, Session()).method == "ring"
    with pytest.raises(Exception, match="zero polynomial"):
        check(Obligation(Context(), wrong), proof, Session())


@pytest.mark.parametrize(
    ("pattern", "text", "same"),
    [
        ("a + b", "y + x", True),
        ("a + a", "x + y", False),
        ("a + b", "x + x", False),
        ("a b = c", "z = y x", True),
        ("a < b", "y > x", True),
        (r"\frac{a}{b}", r"\frac{x}{y}", True),
        (r"\sum_{i=1}^n u_i", r"\sum_{j=1}^m u_j", True),
        (r"a - b + c", r"x + y - z", True),
        (r"e^{-a}", r"e^{x}", False),
        (r"a^2 + b^2", r"x^2 + x^3", False),
    ],
)
def test_formulas_up_to_renaming(pattern: str, text: str, same: bool) -> None:
    declared = [r"n, m \in \N", r"u_k \in \R for k = 1, \dots, 9"]
    assert matches(read_pattern(pattern, declared), read_pattern(text, declared)) is same


def test_instances_of_a_formula() -> None:
    pattern, text = read_pattern(r"\log(a b) = \log a + \log b"), read_pattern(r"\log(x^2 (y + 1)) = \log x^2 + \log(y + 1)")
    assert not matches(pattern, text)
    assert matches(pattern, text, instances=True)
    with pytest.raises(BadFormula):
        read_pattern("a = b = c")
    with pytest.raises(BadFormula, match="random"):  # what is wrong with the expression, not that it is no relation
        read_pattern(r"\E[X]")


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\frac{d\phi(z)}{dz} \le x_1^{2}", "(dφ(z))/dz ≤ x₁²"),
        (r"\sum_{i=1}^n x_i", "∑_(i=1)ⁿ xᵢ"),
        (r"\E_{x \sim p}[\hat y^\top A^{-1}]", "𝔼_(x ~ p)[ŷᵀ A⁻¹]"),
        (r"w^{(t+1)}", "w^(t+1)"),
        (r"= \delta \by{\ref{hoeffding}}", "= δ  (by hoeffding)"),
        (r"\sqrt{x+1} \cdot \unknown y", "√(x+1) · unknown y"),
        ("", ""),
        (r"\frac", "()/()"),
    ],
)
def test_unicode(latex: str, shown: str) -> None:
    assert pretty(latex) == shown


def test_what_the_hash_of_a_source_rests_on() -> None:
    def text(source: str) -> str:
        return headers(source, Path("x.deriv"))[0].text

    plain = text("derivation a\nlet x \\in \\R\n\nx\n= x\n")
    assert text("derivation a\ntitle T % c\nlet   x \\in \\R % c\n\n\n  x\n% c\n= x") == plain
    assert text("derivation a\nlet x \\in \\R\n\nx\n\n= x\n") != plain  # a blank line parts chains
    assert text("let y > 0\nderivation a\nlet x \\in \\R\n\nx\n= x\n") != plain  # what stands before the first derivation counts
    assert text("derivation a\nlet x \\in \\Z\n\nx\n= x\n") != plain
