"""Relations with one square root, as statements without it."""

from __future__ import annotations

import itertools
import random
from types import SimpleNamespace
from typing import Any

import flint

from derivcheck.kernel.inferences.onevariable import _beside_root
from derivcheck.kernel.onevariable import Point, truth

RELATIONS = {"=": lambda s: s == 0, "≠": lambda s: s != 0, "<": lambda s: s < 0, "≤": lambda s: s <= 0, ">": lambda s: s > 0, "≥": lambda s: s >= 0}


class Polynomial(SimpleNamespace):
    """What is asked of a FLINT polynomial in x and the root."""

    def degrees(self) -> tuple[int, ...]:
        return tuple(max((e[i] for e in self.terms), default=0) for i in range(2))

    def to_dict(self) -> dict[tuple[int, int], Any]:
        return dict(self.terms)


def test_against_numbers() -> None:
    rng = random.Random(3)
    for _ in range(300):
        c = flint.fmpq(rng.choice([1, 2, 3, 4, 5, 9]), rng.choice([1, 4, 7]))
        plain = {(k, 0): flint.fmpq(rng.randint(-3, 3), rng.randint(1, 3)) for k in range(3)}
        factor = flint.fmpq(rng.choice([-2, -1, 1, 3]), rng.randint(1, 2))
        unit = flint.fmpq(rng.choice([-2, 1, 3]))
        top = Polynomial(terms={e: v for e, v in (*plain.items(), ((0, 1), factor)) if v != 0})
        bottom = Polynomial(terms={(0, 0): unit})
        for relation, holds in RELATIONS.items():
            read = _beside_root(top, bottom, 0, {1: c}, relation)
            assert read is not None
            for x in itertools.chain((flint.fmpq(k, 2) for k in range(-6, 7)), [flint.fmpq(rng.randint(-50, 50), 7)]):
                value = (sum((v * x ** e[0] for e, v in plain.items()), flint.fmpq(0)) + 0) / unit
                # P + Q √c, exactly: of opposite signs it is told by the squares
                q = factor / unit
                sign = _sign(value, q, c)
                assert truth(read, Point(x)) == holds(sign), (relation, x)


def _sign(p: Any, q: Any, c: Any) -> int:
    """The sign of p + q √c."""
    s, t = (p > 0) - (p < 0), (q > 0) - (q < 0)
    if s == t or s == 0:
        return t
    gap = p * p - q * q * c
    return s * ((gap > 0) - (gap < 0))


def test_other_forms_are_not_read() -> None:
    one = Polynomial(terms={(0, 0): flint.fmpq(1)})
    times_x = Polynomial(terms={(1, 1): flint.fmpq(1), (0, 0): flint.fmpq(1)})
    squared = Polynomial(terms={(0, 2): flint.fmpq(1), (0, 0): flint.fmpq(1)})
    below = Polynomial(terms={(1, 0): flint.fmpq(1)})
    fine = Polynomial(terms={(0, 1): flint.fmpq(1), (1, 0): flint.fmpq(1)})
    two = {1: flint.fmpq(2)}
    assert _beside_root(times_x, one, 0, two, "=") is None and _beside_root(squared, one, 0, two, "=") is None
    assert _beside_root(fine, below, 0, two, "=") is None and _beside_root(fine, one, 0, {}, "=") is None
    assert _beside_root(fine, one, 0, two, "=") is not None
