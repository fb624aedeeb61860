"""Joint tables of random symbols that are declared (conditionally) independent of each other in part.

Candidates only: whether the declared independences hold is checked afterwards, exactly (`independence.py`).  Two families of laws:

* networks: the symbols are drawn one after the other in a random order, each depending on all, one or none of those before it that it is
  not declared apart from.  A common cause gives `X ⊥ Y | Z` without `X ⊥ Y`, a common effect `X ⊥ Y` without `X ⊥ Y | Z`;
* codes: every symbol takes two values with probability 1/2, according to the parity of a random set of fair bits.  Three symbols with
  distinct sets of which one is the sum of the others are independent in pairs and not together.

`kept(rows, …)` keeps the outcomes in which statements about the symbols themselves (`X² = 1`, `Y = 2X`) hold.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from flint import fmpq

from derivcheck.semantics.values import Value

Row = tuple[tuple[Value, ...], fmpq]
Outcomes = list[tuple[Value, fmpq]]


def network(
    lists: list[Outcomes], apart: Callable[[int, int], bool], roots: set[int], rng: Random, weights: Callable[[int], list[fmpq]], full: bool
) -> list[Row]:
    """A law in which each symbol depends on some of those before it, in a random order (with `full` on all, in the given order).

    `roots` come first and depend on nothing: they keep the law that their list gives."""
    order = list(range(len(lists)))
    if not full:
        rng.shuffle(order)
    order.sort(key=lambda i: i not in roots)
    # now and then each symbol is a function of those that it depends on
    sharp = rng.random() < 0.25
    rows: list[tuple[dict[int, int], fmpq]] = [({}, fmpq(1))]
    for place, i in enumerate(order):
        earlier = [k for k in order[:place] if not apart(k, i)]
        kind = "all" if full else rng.choice(["all", "all", "one", "none"])
        if i in roots:
            kind = "none"
        parents = earlier if kind == "all" else rng.sample(earlier, 1) if kind == "one" and earlier else []
        own: dict[tuple[int, ...], list[fmpq]] = {}
        grown: list[tuple[dict[int, int], fmpq]] = []
        for row, w in rows:
            key = tuple(row[k] for k in parents)
            if key not in own:
                if parents and sharp:
                    chosen = rng.randrange(len(lists[i]))
                    own[key] = [fmpq(int(j == chosen)) for j in range(len(lists[i]))]
                else:
                    own[key] = weights(len(lists[i])) if parents else [u for _, u in lists[i]]
            grown += [({**row, i: j}, w * u) for j, u in enumerate(own[key]) if u != 0]
        rows = grown
    return [(tuple(one[row[i]][0] for i, one in enumerate(lists)), w) for row, w in rows]


def code(lists: list[Outcomes], rng: Random) -> list[Row] | None:
    """A law on pairs of values by parities of fair bits; `None` where a symbol has one value only."""
    if any(len(one) < 2 for one in lists):
        return None
    bits = rng.randint(1, min(len(lists), 4))
    masks = [rng.randrange(1, 1 << bits) for _ in lists]
    if 3 <= len(lists) <= 5 and rng.random() < 0.5:
        # all but one are free bits, the last is the parity of all of them
        bits = len(lists) - 1
        masks = [1 << i for i in range(bits)] + [(1 << bits) - 1]
        rng.shuffle(masks)
    rows: dict[tuple[int, ...], int] = {}
    for word in range(1 << bits):
        key = tuple((word & m).bit_count() % 2 for m in masks)
        rows[key] = rows.get(key, 0) + 1
    return [(tuple(one[j][0] for one, j in zip(lists, key)), fmpq(n, 1 << bits)) for key, n in rows.items()]


def kept(rows: list[Row], fine: Callable[[tuple[Value, ...]], bool]) -> list[Row]:
    """The law given that a statement about the outcome holds (no rows if it never does)."""
    left = [(row, w) for row, w in rows if w != 0 and fine(row)]
    total = sum((w for _, w in left), fmpq(0))
    return [(row, w / total) for row, w in left] if total != 0 else []
