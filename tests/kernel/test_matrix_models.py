"""Every rule on matrices keeps values: random terms are evaluated before and after normalisation in random models."""

from __future__ import annotations

import random
import sys

import pytest

from derivcheck.kernel.budget import Budget
from derivcheck.kernel.check import Session
from tests.kernel.matrix_models import Builder, disagreement, model, world

sys.setrecursionlimit(20_000)
WORLD = world()
SIZES = ((1, 2, 1), (2, 3, 2), (3, 2, 2))


def _compare(seed: int, depth: int, derivative: bool, groups: frozenset[str]) -> None:
    rng = random.Random(seed)
    builder = Builder(WORLD, rng)
    t = builder.derivative(depth) if derivative else rng.choice([builder.scalar, builder.square, builder.vector])(depth)
    rw = Session(budget=Budget(400_000, 20.0)).rewriter(WORLD.context, groups)
    normal = rw.nf(t)
    assert rw.nf(normal) is normal
    for sizes in SIZES:
        found = disagreement(t, normal, model(WORLD, rng, *sizes))
        assert found is None, f"seed {seed}, sizes {sizes}: {t} => {normal}: {found}"


@pytest.mark.parametrize("block", range(6))
def test_terms(block: int) -> None:
    """Matrices, vectors and numbers, nested twice."""
    for seed in range(block * 25, block * 25 + 25):
        _compare(seed, 2, False, frozenset({"core"}))


def test_deeper_terms() -> None:
    """Nested three times."""
    for seed in range(900, 930):
        _compare(seed, 3, False, frozenset({"core"}))


@pytest.mark.parametrize("block", range(3))
def test_derivatives(block: int) -> None:
    """Gradients, Jacobians in both layouts, Hessians."""
    for seed in range(block * 20, block * 20 + 20):
        _compare(seed, 2, True, frozenset({"core"}))


def test_entries() -> None:
    """Products spelt out as sums over indices."""
    for seed in range(700, 725):
        _compare(seed, 1, False, frozenset({"core", "matrix-entries"}))
