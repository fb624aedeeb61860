"""Square matrices with a property that drawn ones hardly have: projections, involutions, nilpotent ones, rotations by a right angle.

They meet equations such as A² = A, A² = I, A² = 0, A^T A = I, in which nothing stands linearly.
"""

from __future__ import annotations

from collections.abc import Iterator

from flint import fmpq

from derivcheck.semantics.values import Matrix, matrix


def structured(n: int, turn: int = 0) -> Iterator[Matrix]:
    """The matrices of size n ≥ 2, from number `turn` on, round once."""
    if n < 2:
        return
    one = fmpq(1)
    swap = {(0, 1): one, (1, 0): one}
    kinds: tuple[tuple[dict[tuple[int, int], fmpq], int], ...] = (
        ({(0, 0): one}, 0),  # a projection
        ({(0, 0): one, (0, 1): one}, 0),  # an oblique one
        (swap, 1),  # an exchange
        ({(0, 0): one, (1, 1): -one}, 1),  # a reflection
        ({(0, 0): one, (0, 1): one, (1, 1): -one}, 1),  # an involution that is not symmetric
        ({(0, 1): one}, 0),  # nilpotent
        ({(0, 1): -one, (1, 0): one}, 1),  # a quarter turn
        ({(0, 0): one, (0, 1): one, (1, 1): one}, 1),  # a shear
        ({(0, 0): one / 2, (0, 1): one / 2, (1, 0): one / 2, (1, 1): one / 2}, 0),  # a projection on the diagonal
    )
    turn %= len(kinds)
    for entries, rest in kinds[turn:] + kinds[:turn]:
        yield matrix([[entries.get((i, j), fmpq(rest if i == j and i > 1 else 0)) for j in range(n)] for i in range(n)])
