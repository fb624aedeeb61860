"""True steps about matrices are proved for all sizes; false ones are not, and mutated terms only where models agree."""

from __future__ import annotations

import random
import sys
from functools import lru_cache

import pytest

from derivcheck.kernel.budget import Budget, OutOfBudget
from derivcheck.kernel.check import Rejected, Session, check
from derivcheck.kernel.obligation import Obligation
from derivcheck.language.elaborate import elaborate
from derivcheck.language.reader import read_source
from derivcheck.provers import logic, matrix, scalar
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, mk, substitute, subterms
from tests.kernel.matrix_models import Builder, disagreement, model, world
from tests.provers.matrix_steps import FALSE, HEADER, TRAPS, TRUE, lines

sys.setrecursionlimit(20_000)


@lru_cache(maxsize=2)
def obligations(block: str) -> list[Obligation]:
    """The steps of a block as obligations."""
    return read(HEADER + "\n\n".join(["", *lines(block)]) + "\n")


def read(text: str) -> list[Obligation]:
    """The steps of a file as obligations."""
    source, diagnostics = read_source(text, "steps.deriv")
    document = elaborate(source, diagnostics, lambda name: None)
    steps = [s for d in document.derivations for p in d.parts for c in p.chains for s in c.steps]
    assert all(s.statement is not None for s in steps), [s.error for s in steps if s.statement is None]
    return [Obligation(s.context, s.statement) for s in steps if s.statement is not None]


def proved(ob: Obligation) -> bool:
    """Whether a prover of this folder finds a proof that the kernel accepts."""
    for prove in (scalar.prove, matrix.prove, logic.prove):
        session = Session(budget=Budget(400_000, 20.0))
        try:
            proof = prove(ob, session)
            if proof is not None:
                check(ob, proof, Session())
                return True
        except (OutOfBudget, Rejected, ZeroDivisionError):
            continue
    return False


@pytest.mark.parametrize("number", range(len(lines(TRUE))))
def test_true_step(number: int) -> None:
    assert proved(obligations(TRUE)[number]), lines(TRUE)[number]


@pytest.mark.parametrize("number", range(len(lines(FALSE))))
def test_false_step(number: int) -> None:
    assert not proved(obligations(FALSE)[number]), lines(FALSE)[number]


@pytest.mark.parametrize("number", range(len(TRAPS)))
def test_trap(number: int) -> None:
    for ob in read(TRAPS[number]):
        assert not proved(ob)


def mutated(t: Term, rng: random.Random) -> Term:
    """A small mistake: a transpose lost or added, factors swapped, a sign, a factor 2."""
    places = [s for s in subterms(t) if s.op in ("matmul", "transpose", "smul", "inv", "add", "kron") and not s.bound]
    places = [s for s in places if all(f.op != "bvar" for f in s.free)]
    if not places:
        return t
    s = rng.choice(sorted(places, key=lambda p: p.key))
    if s.op == "transpose" and s.sort.rows is s.sort.cols:
        new = s.args[0]
    elif s.op in ("matmul", "kron") and len(s.args) == 2 and s.args[0].sort == s.args[1].sort:
        new = mk(s.op, s.args[::-1], s.data, s.sort)
    elif s.op == "inv":
        new = b.smul(b.MINUS_ONE, s)
    elif s.op == "smul":
        new = s.args[1]
    elif s.sort.kind == "mat" and s.sort.rows is s.sort.cols:
        new = b.transpose(s)
    else:
        new = b.neg(s)
    return substitute(t, {s: new})


def test_mutated_terms() -> None:
    """Whatever is proved of a term and its mutation holds in random models of several sizes."""
    w = world()
    found = 0
    for seed in range(120):
        rng = random.Random(seed)
        builder = Builder(w, rng)
        t = rng.choice([builder.scalar, builder.square, builder.vector])(2)
        other = mutated(t, rng)
        if other is t or other.sort.kind != t.sort.kind or not proved(Obligation(w.context, b.eq(t, other))):
            continue
        found += 1
        for sizes in ((1, 2, 1), (2, 3, 2), (3, 2, 2), (4, 2, 1)):
            m = model(w, rng, *sizes)
            assert disagreement(t, other, m) is None or disagreement(other, t, m) is None, f"seed {seed}: {t} = {other}"
    assert found > 5
