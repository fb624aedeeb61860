"""Laws in a model: finite mass functions, step densities, named laws, densities given by a formula, joint and conditional tables.

* `Table law` (`TableLaw`): axes with weights.  An axis is a list of points (a mass function) or of boxes (a step density that is
  constant on disjoint boxes and zero between them).  Densities of several variables have several axes; a conditional law has weights
  for every cell of the axes after the bar, whose boxes then cover the line.
* `NamedLaw`: `dist(params; name)` with the values of its parameters.
* `FormulaLaw`: `lam(S, body | x)` read as a density.

`mass_at` is the value of `pdf(law, x…)`.  Limits: at the border of a box the density is `UNKNOWN`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flint import fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Function,
    Marker,
    Matrix,
    Value,
    compare,
    equal,
    is_number,
    show,
)
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.semantics.evaluate import Evaluator


class Law:
    """A probability law or density."""


@dataclass(frozen=True, eq=False)
class Axis:
    """The outcomes of one variable: `points`, or `boxes` (each a tuple of intervals per coordinate; `None` ends are infinite)."""

    points: tuple[Value, ...] = ()
    boxes: tuple[tuple[tuple[fmpq | None, fmpq | None], ...], ...] = ()
    vector: bool = False

    @property
    def discrete(self) -> bool:
        return bool(self.points)

    @property
    def size(self) -> int:
        return len(self.points) or len(self.boxes)

    def volume(self, i: int) -> fmpq:
        """The size of a box; 1 for a point."""
        if self.discrete:
            return fmpq(1)
        got = fmpq(1)
        for lo, hi in self.boxes[i]:
            if lo is None or hi is None:
                return fmpq(0)
            got *= hi - lo
        return got

    def locate(self, v: Value) -> int | Marker | None:
        """The cell that holds a value; `None` if none does."""
        if v is UNDEFINED or v is UNKNOWN:
            return v
        if self.discrete:
            for i, p in enumerate(self.points):
                same = equal(v, p)
                if same is True:
                    return i
                if same is not False:
                    return UNKNOWN
            return None
        coordinates = v.entries() if isinstance(v, Matrix) else [v]
        for i, box in enumerate(self.boxes):
            if len(box) != len(coordinates):
                return UNKNOWN
            inside = True
            for (lo, hi), c in zip(box, coordinates):
                low = 1 if lo is None else compare(c, lo)
                high = -1 if hi is None else compare(c, hi)
                if low == -1 or high == 1:
                    inside = False
                    break
                if low != 1 or high != -1:
                    return UNKNOWN
            if inside:
                return i
        return None

    def centre(self, i: int) -> Value:
        """A point inside a cell."""
        if self.discrete:
            return self.points[i]
        middles = []
        for lo, hi in self.boxes[i]:
            if lo is None or hi is None:
                middles.append((hi if hi is not None else fmpq(1)) - 1 if lo is None else lo + 1)
            else:
                middles.append((lo + hi) / 2)
        if self.vector:
            from derivcheck.semantics.values import matrix

            return matrix([[m] for m in middles])
        return middles[0]


@dataclass(frozen=True, eq=False)
class TableLaw(Law):
    """Weights (masses) of the cells of the axes; the first `before` axes are the law's variables, the others those after the bar."""

    axes: tuple[Axis, ...]
    weights: dict[tuple[int, ...], fmpq]
    before: int

    def density(self, cell: tuple[int, ...]) -> fmpq:
        """Mass divided by the volume of the cell (in the variables before the bar)."""
        got = self.weights.get(cell, fmpq(0))
        for axis, i in zip(self.axes[: self.before], cell):
            got /= axis.volume(i)
        return got

    def marginal(self, before: tuple[int, ...], given: tuple[int, ...]) -> TableLaw | None:
        """The law of some variables given others; those after the bar of a conditional law must stay after it."""
        if not set(range(self.before, len(self.axes))) <= set(given):
            return None
        keep = (*before, *given)
        sums: dict[tuple[int, ...], fmpq] = {}
        below: dict[tuple[int, ...], fmpq] = {}
        for cell, w in self.weights.items():
            key = tuple(cell[i] for i in keep)
            sums[key] = sums.get(key, fmpq(0)) + w
            rest = tuple(cell[i] for i in given)
            below[rest] = below.get(rest, fmpq(0)) + w
        if given:
            divided = {}
            for key, w in sums.items():
                total = below[key[len(before) :]]
                if total != 0:
                    divided[key] = w / total
            sums = divided
        return TableLaw(tuple(self.axes[i] for i in keep), sums, len(before))

    def __str__(self) -> str:
        """The weights as text: `1: 1/2, 2: 1/2`, or densities on boxes."""
        parts = []
        for cell in sorted(self.weights):
            places = []
            for axis, i in zip(self.axes, cell):
                if axis.discrete:
                    places.append(show(axis.points[i]))
                else:
                    ends = [f"({'-∞' if lo is None else lo}, {'∞' if hi is None else hi})" for lo, hi in axis.boxes[i]]
                    places.append("×".join(ends))
            where = ", ".join(places[: self.before]) + (" | " + ", ".join(places[self.before :]) if places[self.before :] else "")
            if all(axis.discrete for axis in self.axes[: self.before]):
                parts.append(f"{where}: {self.weights[cell]}")
            else:
                parts.append(f"{self.density(cell)} on {where}")
        return "; ".join(parts)

    def defined_given(self, cell: tuple[int, ...]) -> bool:
        """Whether a conditional law has a value given this cell of the variables after the bar."""
        return any(k[self.before :] == cell for k in self.weights)


@dataclass(frozen=True, eq=False)
class NamedLaw(Law):
    """A named law with the values of its parameters."""

    name: str
    params: tuple[Value, ...]
    term: Term
    env: Any = None

    def __str__(self) -> str:
        return f"{self.name}({', '.join(show(p) for p in self.params)})"


@dataclass(frozen=True, eq=False)
class FormulaLaw(Law):
    """A density or mass function given by its formula."""

    function: Function


@dataclass(frozen=True, eq=False)
class Block:
    """Jointly distributed atoms (random symbols or members of families), independent of all other blocks."""

    atoms: tuple[tuple[Term, tuple[int, ...] | None], ...]
    rows: tuple[tuple[tuple[Value, ...], fmpq], ...]


@dataclass(frozen=True, eq=False)
class Declared:
    """A random symbol (or each member of a family) with a declared law that is not listed outcome by outcome.

    Where it depends on a hidden symbol of the model (`hidden_parts.py`), `law` is the law given that, `marginal` the declared one, and `at` are
    the values of its parameters for which this is so."""

    symbol: Term
    law: Term
    keys: tuple[tuple[int, ...], ...] | None = None
    marginal: Term | None = None
    at: tuple[Value, ...] = ()


@dataclass(frozen=True, eq=False)
class Joint:
    """The joint law of all random symbols: independent blocks of listed outcomes, and symbols with declared laws."""

    blocks: tuple[Block, ...] = ()
    declared: tuple[Declared, ...] = ()
    families: dict[Term, tuple[tuple[int, ...], ...]] = field(default_factory=dict)

    def blocks_of(self, symbols: set[Term]) -> list[Block]:
        """The blocks that hold some of the symbols."""
        return [k for k in self.blocks if any(s in symbols for s, _ in k.atoms)]

    def outcomes(self, symbols: set[Term], limit: int = 8000) -> list[tuple[dict[Term, Value], fmpq]] | None:
        """All outcomes of the blocks that hold these symbols, with their probabilities."""
        blocks = self.blocks_of(symbols)
        total = 1
        for k in blocks:
            total *= len(k.rows)
        if total > limit:
            return None
        from derivcheck.semantics.values import Family

        out: list[tuple[dict[Term, Value], fmpq]] = []
        for choice in itertools.product(*(k.rows for k in blocks)):
            values: dict[Term, Value] = {}
            members: dict[Term, dict[tuple[int, ...], Value]] = {}
            weight = fmpq(1)
            for block, (row, w) in zip(blocks, choice):
                weight *= w
                for (s, key), v in zip(block.atoms, row):
                    if key is None:
                        values[s] = v
                    else:
                        members.setdefault(s, {})[key] = v
            for s, m in members.items():
                values[s] = Family(m)
            out.append((values, weight))
        return out

    def symbols(self) -> set[Term]:
        """All random symbols."""
        return {s for k in self.blocks for s, _ in k.atoms} | {d.symbol for d in self.declared}

    def changed(self, symbol: Term, key: tuple[int, ...] | None, f: Any) -> Joint:
        """The joint law with the outcomes of one atom (all members of a family for key `()`) mapped by f."""
        blocks = []
        for k in self.blocks:
            rows = k.rows
            for i, (s, kk) in enumerate(k.atoms):
                if s is symbol and (kk == key or key == ()):
                    rows = tuple(((*r[:i], f(r[i]), *r[i + 1 :]), w) for r, w in rows)
            blocks.append(Block(k.atoms, rows))
        return Joint(tuple(blocks), self.declared, self.families)

    def mixed(self, block: Block, spread: fmpq, share: fmpq) -> Joint:
        """One block's law stretched about its mean, with probability `share`, and its mean otherwise."""
        mean = sum((row[0] * w for row, w in block.rows), fmpq(0))
        rows = [((mean + spread * (row[0] - mean),), w * share) for row, w in block.rows]
        new = Block(block.atoms, (*rows, ((mean,), 1 - share)))
        return Joint(tuple(new if k is block else k for k in self.blocks), self.declared, self.families)

    def slots(self, draft: Any, p: Term) -> Any:
        """Centre and spread of the listed random symbols, as places for which an equation may be solved."""
        from derivcheck.semantics.evaluate import Model
        from derivcheck.semantics.solve import Slot

        def make(f: Any, start: fmpq) -> Slot:
            def put(v: Value) -> Model:
                return Model(dict(draft.values), draft.builder.context, f(v), {}, dict(draft.defined_by))

            return Slot("", start, put)

        for block in self.blocks:
            for s, key in block.atoms:
                if s not in p.free:
                    continue
                first = block.rows[0][0][block.atoms.index((s, key))]
                if isinstance(first, fmpq):
                    yield make(lambda v, s=s, key=key: self.changed(s, key, lambda x: x + v), fmpq(0))
                    yield make(lambda v, s=s, key=key: self.changed(s, key, lambda x: x * v), fmpq(1))
        for block in self.blocks:
            # mixed with its mean, a law keeps the mean, and its variance is proportional to the share: no roots are needed
            if len(block.atoms) == 1 and block.atoms[0][0] in p.free and isinstance(block.rows[0][0][0], fmpq):
                for spread in (1, 3, 12):
                    yield make(lambda v, block=block, spread=spread: self.mixed(block, fmpq(spread), v), fmpq(1))
        for block in self.blocks:
            for s, key in block.atoms:
                if s in p.free and key is not None:
                    yield make(lambda v, s=s: self.changed(s, (), lambda x: x + v if isinstance(x, fmpq) else x), fmpq(0))
                    yield make(lambda v, s=s: self.changed(s, (), lambda x: x * v if isinstance(x, fmpq) else x), fmpq(1))
                    break

    def fits(self, draft: Any, model: Any) -> bool:
        """Whether all outcomes lie in their declared domains."""
        for block in self.blocks:
            if any(w < 0 for _, w in block.rows):
                return False
            for i, (s, _) in enumerate(block.atoms):
                d = draft.builder.context.declarations.get(s)
                for row, _ in block.rows:
                    if is_number(row[i]) and not draft.builder.inside(row[i], d.domain if d else None, frozenset(), model):
                        return False
        return True

    def describe(self, s: Term, others: tuple[Term, ...] = ()) -> str | None:
        """The law of a random symbol as text, jointly with those of the other symbols that depend on it."""
        from derivcheck.terms.term import name_of

        for d in self.declared:
            if d.symbol is s:
                from derivcheck.semantics.evaluate_probability import law_text

                if d.marginal is not None:
                    shared = "a standard normal" if d.law.data == "N" else "a fair sign"
                    return f"{law_text(d.marginal)}, and {law_text(d.law)} given {shared} that others share"
                return law_text(d.law)
        if s in self.families:
            return self.describe_family(s, others)
        for block in self.blocks:
            places = [i for i, (t, _) in enumerate(block.atoms) if t is s]
            if not places:
                continue
            place = places[0]
            along = [i for i, (t, _) in enumerate(block.atoms) if t in others and t is not s]
            if not along or factors(block, place, along):
                along = []
            sums: dict[str, fmpq] = {}
            for row, w in block.rows:
                if w != 0:
                    rest = ", ".join(f"{name_of(block.atoms[i][0])} = {show(row[i])}" for i in along)
                    text = show(row[place]) + (f" with {rest}" if rest else "")
                    sums[text] = sums.get(text, fmpq(0)) + w
            return ", ".join(f"{v} with probability {w}" for v, w in sums.items())
        return None

    def describe_family(self, s: Term, others: tuple[Term, ...]) -> str | None:
        """The joint law of a family's members as text, group by group where groups are independent; with other symbols that depend on them."""
        from derivcheck.terms.term import name_of

        parts: list[str] = []
        for block in self.blocks:
            own = [i for i, (t, _) in enumerate(block.atoms) if t is s]
            if not own:
                continue
            along = own + [i for i, (t, _) in enumerate(block.atoms) if t is not s and t in others]
            names = [name_of(t) + (f"_{{{', '.join(map(str, key))}}}" if key is not None else "") for t, key in (block.atoms[i] for i in along)]
            sums: dict[str, fmpq] = {}
            for row, w in block.rows:
                if w != 0:
                    values = [show(row[i]) for i in along]
                    text = values[0] if len(values) == 1 else f"({', '.join(values)})"
                    sums[text] = sums.get(text, fmpq(0)) + w
            head = names[0] if len(names) == 1 else f"({', '.join(names)})"
            parts.append(f"{head}: " + ", ".join(f"{v} with probability {w}" for v, w in sums.items()))
        return "; ".join(parts) or None


def factors(block: Block, place: int, along: list[int]) -> bool:
    """Whether one atom of a block is independent of some others."""
    one: dict[str, fmpq] = {}
    two: dict[str, fmpq] = {}
    both: dict[tuple[str, str], fmpq] = {}
    for row, w in block.rows:
        a, c = show(row[place]), str([show(row[i]) for i in along])
        one[a] = one.get(a, fmpq(0)) + w
        two[c] = two.get(c, fmpq(0)) + w
        both[a, c] = both.get((a, c), fmpq(0)) + w
    return all(both.get((a, c), fmpq(0)) == p * q for a, p in one.items() for c, q in two.items())


def mass_at(ev: Evaluator, law: Law, args: list[Value], analytic: bool) -> Value:
    """The density or mass of a law at a point."""
    if any(a is UNDEFINED for a in args):
        return UNDEFINED
    if any(a is UNKNOWN for a in args):
        return UNKNOWN
    if isinstance(law, TableLaw):
        if analytic or len(args) != len(law.axes):
            return UNKNOWN
        cell = []
        for axis, v in zip(law.axes, args):
            i = axis.locate(v)
            if isinstance(i, Marker):
                return UNKNOWN
            cell.append(i)
        given = cell[law.before :]
        if None in given or not law.defined_given(tuple(given)):  # type: ignore[arg-type]
            # given something of probability zero
            return UNDEFINED if given else ar.ZERO
        if None in cell:
            return ar.ZERO
        return law.density(tuple(cell))  # type: ignore[arg-type]
    if isinstance(law, FormulaLaw):
        from derivcheck.semantics.evaluate import call_function

        return call_function(ev, law.function, args, analytic)
    if isinstance(law, NamedLaw):
        return named_density(ev, law, args, analytic)
    return UNKNOWN


def named_density(ev: Evaluator, law: NamedLaw, args: list[Value], analytic: bool) -> Value:
    """The density of a named law at values."""
    from derivcheck.semantics.densities import formula
    from derivcheck.semantics.evaluate import Env
    from derivcheck.terms.build import pdf
    from derivcheck.terms.sorts import NUM, mat
    from derivcheck.terms.term import mk, num, sym

    if len(args) != 1:
        return UNKNOWN

    def stand_in(name: str, v: Value) -> Term:
        return sym(name, mat(num(v.rows), num(v.cols)) if isinstance(v, Matrix) else NUM, -1)

    x = stand_in("x", args[0])
    params = [stand_in(f"p_{i}", p) for i, p in enumerate(law.params)]
    body = formula(pdf(mk("dist", tuple(params), law.name, law.term.sort), x))
    if body is None:
        return UNKNOWN
    before = ev.analytic
    if analytic:
        ev.analytic = before | {x}
    try:
        return ev.eval(body, Env(ev.root, {x: args[0], **dict(zip(params, law.params))}))
    finally:
        ev.analytic = before
