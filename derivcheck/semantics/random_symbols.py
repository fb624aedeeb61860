"""Random symbols and abstract laws in models.

A random symbol without a declared law gets a few outcomes with rational probabilities; symbols that are not declared independent
get a joint table in which they depend on each other.  Declared conditional independence is first tried by a table with exactly
these dependencies, and checked; a fully independent law is the last resort.  Symbols with a declared law keep it.

Abstract densities on intervals, the line or `\\R^d` are step densities on disjoint boxes (zero between them; now and then zero on a
box) or, where they must be positive everywhere, normal laws; mass functions have rational weights.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from flint import fmpq

from derivcheck.semantics import almost_surely, hidden_parts, joint_tables, sets
from derivcheck.semantics.differentiate import RANDOM_SCOPES
from derivcheck.semantics.evaluate import Env, Model, evaluate, with_evaluator
from derivcheck.semantics.laws import Axis, Block, Declared, Joint, Law, NamedLaw, TableLaw
from derivcheck.semantics.truth import holds, truth
from derivcheck.semantics.values import UNKNOWN, Family, Matrix, Value, compare, integer
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.sorts import BOOL, NUM, vec
from derivcheck.terms.term import Term, contains_op, instantiate, mk, num, subterms

if TYPE_CHECKING:
    from derivcheck.semantics.models import Builder
    from derivcheck.semantics.solve import Draft

Atom = tuple[Term, tuple[int, ...] | None]

# supports with mean 0 and variance 1 (exactly), so that moment hypotheses are met by a shift and a rational factor
STANDARD: list[list[tuple[str, str]]] = [
    [("-1", "1/2"), ("1", "1/2")],
    [("-2", "1/5"), ("1/2", "4/5")],
    [("1/3", "9/10"), ("-3", "1/10")],
    [("-1/2", "4/5"), ("2", "1/5")],
    [("-2", "1/8"), ("0", "3/4"), ("2", "1/8")],
]


def weights(rng: Random, n: int, zeros: bool, unequal: bool = False) -> list[fmpq]:
    """Rational probabilities, of one size or very unequal."""
    raw = [rng.choice((1, 60)) if unequal else rng.randint(1, 5) for _ in range(n)]
    if zeros and n > 1:
        raw[rng.randrange(n)] = 0
    total = sum(raw)
    return [fmpq(r, total) for r in raw]


# --- abstract laws ------------------------------------------------------------------------------------------------------


def _q(text: str) -> fmpq:
    p, _, q = text.partition("/")
    return fmpq(int(p), int(q or 1))


def line_boxes(domain: Term, model: Model, narrow: bool = False) -> tuple[tuple[tuple[fmpq, fmpq], ...], ...] | None:
    """Three disjoint intervals of different lengths inside a set of reals; a short one (of high density) in place of the second if `narrow`."""
    from derivcheck.semantics.functions_of import bounds

    got = bounds(domain, model)
    if got is None:
        return None
    lo, hi = got[0], got[1]
    if lo is None and hi is None:
        cells = [("-2", "-1"), ("1/4", "9/16") if narrow else ("0", "2"), ("3", "9/2")]
        return tuple(((_q(x), _q(y)),) for x, y in cells)
    if lo is not None and hi is None:
        base = fmpq(lo.numerator, lo.denominator)
        return tuple(((base + x, base + y),) for x, y in ((fmpq(1, 2), fmpq(1)), (fmpq(2), fmpq(4)), (fmpq(5), fmpq(13, 2))))
    if lo is None and hi is not None:
        base = fmpq(hi.numerator, hi.denominator)
        return tuple(((base - y, base - x),) for x, y in ((fmpq(1, 2), fmpq(1)), (fmpq(2), fmpq(4)), (fmpq(5), fmpq(13, 2))))
    assert lo is not None and hi is not None
    a, width = fmpq(lo.numerator, lo.denominator), fmpq((hi - lo).numerator, (hi - lo).denominator)
    parts = ((fmpq(1, 16), fmpq(1, 4)), (fmpq(3, 8), fmpq(5, 8)), (fmpq(3, 4), fmpq(15, 16)))
    return tuple(((a + width * x, a + width * y),) for x, y in parts)


_axes: dict[object, Axis] = {}


def shared(key: object, axis: Axis) -> Axis:
    """One axis object for laws on the same set, so that they can be compared cell by cell."""
    return _axes.setdefault(key, axis)


def axis_for(builder: Builder, domain: Term, vector: bool, model: Model, covering: bool = False, narrow: bool = False) -> Axis | None:
    """The cells of one variable in a set; with `covering` they fill the set (for variables after a bar)."""
    if vector or domain.op == "rn":
        d = integer(evaluate(domain.args[0], model)) if domain.op == "rn" else None
        if d is None or not 0 < d <= 4:
            return None
        if covering:
            half: list[tuple[tuple[fmpq | None, fmpq | None], ...]] = [((None, fmpq(1, 3)),), ((fmpq(1, 3), None),)]
            rest = ((None, None),) * (d - 1)
            return shared(("half", d), Axis(boxes=tuple((*h, *rest) for h in half), vector=True))
        edges = [(fmpq(-2), fmpq(-1)), (fmpq(0), fmpq(2)), (fmpq(3), fmpq(9, 2))]
        return shared(("box", d), Axis(boxes=tuple((e,) * d for e in edges), vector=True))
    if domain.op == "set" and domain.data in ("N", "Npos", "Z"):
        start = {"N": 0, "Npos": 1, "Z": -1}[str(domain.data)]
        if covering:
            return None
        points = tuple(fmpq(start + k) for k in range(4))
        return shared(("points", points), Axis(points))
    listed = with_evaluator(lambda ev: sets.elements(ev, domain, ev.root), model)
    if isinstance(listed, list):
        if not 0 < len(listed) <= 6:
            return None
        try:
            key = ("points", tuple(listed))
            hash(key)
        except TypeError:
            return None
        return shared(key, Axis(tuple(listed)))
    if covering:
        if domain.op == "set" and domain.data in ("R", "Rpos", "Rnn"):
            cut = fmpq(1, 3)
            return shared(("cover", domain.data), Axis(boxes=(((None, cut),), ((cut, None),))))
        if domain.op == "interval":
            return shared(("cover", "R"), Axis(boxes=(((None, fmpq(1, 3)),), ((fmpq(1, 3), None),))))
        return None
    boxes = line_boxes(domain, model, narrow)
    if boxes is None:
        return None
    return shared(("boxes", boxes), Axis(boxes=boxes))


def variable_domain(builder: Builder, s: Term) -> Term:
    d = builder.context.declarations.get(s)
    if d is not None:
        return d.domain
    return b.rn(s.sort.rows) if s.sort.kind == "mat" else b.REALS


def abstract_law(
    builder: Builder,
    s: Term,
    domain: Term | None,
    attributes: frozenset[str],
    d: Declaration | None,
    model: Model,
    rng: Random,
    index: int,
) -> Law | None:
    """A law of the declared class."""
    if attributes - {"density", "positive", "independent", "smooth", "continuous", "mass", "bounded"}:
        return None
    positive = "positive" in attributes
    if d is not None and d.joint:
        return joint_table(builder, d, positive, model, rng, index)
    if domain is None:
        return None
    if domain.op == "prob":
        domain = domain.args[0]
    if domain.op == "product":
        return None
    if positive and (domain.op == "rn" or (domain.op == "set" and domain.data == "R")):
        return normal_law(domain, model, rng)
    if positive and domain.op not in ("range", "finset"):
        return None
    if domain.op == "set" and domain.data == "R" and index % 3 == 2:
        return normal_law(domain, model, rng)
    axis = axis_for(builder, domain, domain.op == "rn", model, narrow=index % 8 in (4, 6))
    if axis is None:
        return None
    zeros = not positive and index > 1 and rng.random() < 0.25
    return TableLaw((axis,), {(i,): w for i, w in enumerate(weights(rng, axis.size, zeros, unequal=index % 6 == 5))}, 1)


def normal_law(domain: Term, model: Model, rng: Random) -> Law | None:
    """A normal law with rational parameters."""
    if domain.op == "rn":
        d = integer(evaluate(domain.args[0], model))
        if d is None or not 0 < d <= 3:
            return None
        size = num(d)
        mean = b.mk("bmat", tuple(num(rng.randint(-1, 2)) for _ in range(d)), (d, 1), vec(size))
        cov = b.smul(num(rng.choice([1, 2, 3])), b.eye(size))
    else:
        mean, cov = num(rng.randint(-1, 2)), num(rng.choice([1, 2, 3]))
    term = b.distribution("N", mean, cov, over=mean.sort if domain.op == "rn" else NUM)
    params = tuple(evaluate(p, model) for p in term.args)
    return NamedLaw("N", params, term) if UNKNOWN not in params else None


def joint_table(builder: Builder, d: Declaration, positive: bool, model: Model, rng: Random, index: int) -> Law | None:
    """A joint or conditional density over declared variables."""
    axes: list[Axis] = []
    for s in d.joint:
        axis = axis_for(builder, variable_domain(builder, s), s.sort.kind == "mat", model)
        if axis is None or (positive and not axis.discrete):
            return None
        axes.append(axis)
    for s in d.joint_given:
        axis = axis_for(builder, variable_domain(builder, s), s.sort.kind == "mat", model, covering=True)
        if axis is None:
            return None
        axes.append(axis)
    import itertools

    before = len(d.joint)
    table: dict[tuple[int, ...], fmpq] = {}
    cells = list(itertools.product(*(range(a.size) for a in axes[:before])))
    for given in itertools.product(*(range(a.size) for a in axes[before:])):
        raw = [rng.randint(0 if index > 1 and not positive and rng.random() < 0.15 else 1, 5) for _ in cells]
        total = sum(raw)
        if total == 0:
            return None
        for cell, r in zip(cells, raw):
            table[(*cell, *given)] = fmpq(r, total)
    return TableLaw(tuple(axes), table, before)


# --- random symbols -----------------------------------------------------------------------------------------------------


def joint_law(builder: Builder, draft: Draft, rng: Random, index: int) -> Joint:
    """A joint law of all random symbols."""
    from derivcheck.semantics.models import Fail

    declared: list[Declared] = []
    free: list[Atom] = []
    families: dict[Term, tuple[tuple[int, ...], ...]] = {}
    model = draft.model()
    for s in builder.random:
        d = builder.context.declarations[s]
        keys = None
        if s.sort.kind == "fam":
            endless = any(r.op == "set" for r in d.index_ranges)
            keys = spoken_of(builder, s, model) if endless else tuple(builder.indices(d, s.sort, model))
        if keys is not None:
            families[s] = keys
            if len(keys) > 5:
                raise Fail
        if d.law is not None:
            check_parameters(builder, d.law, model)
            declared.append(Declared(s, d.law, keys))
        elif keys is None:
            free.append((s, None))
        else:
            free += [(s, k) for k in keys]
    # symbols that hypotheses separate may still depend on each other together: such tables are checked like any other
    groups = dependent_groups(builder, free, together=rng.random() < 0.5)
    blocks: list[Block] = []
    for group in groups:
        blocks.append(table_block(builder, draft, group, rng, index))
    if declared and index % 3 == 1:
        declared, common = hidden_parts.entangled(builder, draft, declared, rng)
        blocks += common
    joint = Joint(tuple(blocks), tuple(declared), families)
    if not as_declared(builder, joint):
        raise Fail
    return joint


def spoken_of(builder: Builder, s: Term, model: Model) -> tuple[tuple[int, ...], ...]:
    """The members of an endless family that the terms of interest speak of: the others may follow any law that is declared of them."""
    from derivcheck.semantics.models import Fail

    keys: dict[tuple[int, ...], None] = {}
    for t in dict.fromkeys(u for term in builder.terms for u in subterms(term) if u.op == "idx" and u.args[0] is s):
        key = tuple(None if any(v.op == "bvar" for v in a.free) else integer(evaluate(a, model, builder.prec)) for a in t.args[1:])
        if any(k is None for k in key):
            raise Fail
        keys[tuple(k or 0 for k in key)] = None
    return tuple(sorted(keys))


def check_parameters(builder: Builder, law: Term, model: Model) -> None:
    """A declared law whose parameters have values must have admissible ones."""
    from derivcheck.semantics.densities import valid
    from derivcheck.semantics.models import Fail

    if law.op != "dist" or any(s in builder.random for s in law.free):
        return
    params = [evaluate(p, model) for p in law.args]
    if law.data == "Dir":
        alpha = params[0]
        if isinstance(alpha, Matrix) and any(compare(a, fmpq(0)) != 1 for a in alpha.entries()):
            raise Fail
        return
    if law.data == "Cat":
        return
    if any(p is UNKNOWN for p in params) or not valid(str(law.data), params):
        raise Fail


def lawful(builder: Builder, model: Model) -> bool:
    """Whether the declared laws of a model suit its numbers (which may have been changed since the laws were made): the parameters are
    admissible, and those of laws with a hidden part are the ones for which it was chosen."""
    from derivcheck.semantics.models import Fail

    for d in model.joint.declared if model.joint is not None else ():
        law = d.marginal or d.law
        if d.marginal is not None and tuple(evaluate(p, model) for p in law.args) != d.at:
            return False
        try:
            if law.op == "lam" and law.sort.kind == "fun":
                for key in d.keys or ():
                    if len(key) == len(law.bound):
                        check_parameters(builder, instantiate(law, tuple(num(k) for k in key)), model)
            else:
                check_parameters(builder, law, model)
        except Fail:
            return False
    return True


def separated(builder: Builder, declared_only: bool = False) -> set[frozenset[Term]]:
    """Pairs of random symbols that some independence statement separates."""
    out: set[frozenset[Term]] = set()
    assumed = [(p.args[: int(p.data)], p.args[int(p.data) :]) for p in builder.parts if p.op == "perp"]
    statements = [] if declared_only else list(assumed)
    statements += [group for group in builder.context.independent if group not in assumed]
    for group, _ in statements:
        for i, x in enumerate(group):
            for y in group[i + 1 :]:
                for s in x.free:
                    for t in y.free:
                        if s is not t:
                            out.add(frozenset((s, t)))
    return out


def dependent_groups(builder: Builder, atoms: list[Atom], together: bool) -> list[list[Atom]]:
    """Atoms that may depend on each other, connected groups; with `together` those that hypotheses `X ⊥ Y` separate count as linked."""
    apart = separated(builder, declared_only=together)
    declarations = builder.context.declarations

    def linked(x: Atom, y: Atom) -> bool:
        if x[0] is y[0]:
            return not members_independent(builder, x[0])
        dx, dy = declarations.get(x[0]), declarations.get(y[0])
        if dx is not None and dy is not None and "independent" in dx.attributes and "independent" in dy.attributes:
            return False
        return frozenset((x[0], y[0])) not in apart

    groups: list[list[Atom]] = []
    for a in atoms:
        joined = [g for g in groups if any(linked(a, c) for c in g)]
        merged = [a, *(c for g in joined for c in g)]
        groups = [g for g in groups if g not in joined] + [sorted(merged, key=atoms.index)]
    return groups


def members_independent(builder: Builder, s: Term) -> bool:
    """The members of a random family are declared mutually independent."""
    d = builder.context.declarations.get(s)
    if d is not None and (d.iid or "independent" in d.attributes):
        return True
    return any(group == (s,) for group, _ in builder.context.independent)


def as_declared(builder: Builder, joint: Joint) -> bool:
    """Whether the listed symbols are independent as their declarations say (hypotheses `X ⊥ Y` are checked with the others)."""
    groups = [*builder.context.independent]
    groups += [((s,), ()) for s in joint.families if members_independent(builder, s)]
    for group, given in groups:
        for block in joint.blocks:
            if any(s in joint.families for s in given):
                return False
            inside = [b.idx(s, *map(num, key)) if key is not None else s for s, key in block.atoms if s in group]
            conditions = [s for s in given if any(s is t for t, _ in block.atoms)]
            if len(inside) < 2:
                continue
            if len(conditions) < len(given):
                return False
            alone = Model({}, builder.context, Joint((block,), (), joint.families))
            if holds(mk("perp", (*inside, *conditions), len(inside), BOOL), alone) is not True:
                return False
    return True


def support(builder: Builder, draft: Draft, s: Term, rng: Random, index: int) -> list[tuple[Value, fmpq]]:
    """A few outcomes of one random symbol, with weights."""
    from derivcheck.semantics.models import Fail

    d = builder.context.declarations.get(s)
    domain = d.domain if d is not None else None
    sort = s.sort.result if s.sort.kind == "fam" else s.sort
    model = draft.model()
    attributes = (d.attributes if d is not None else frozenset()) - {"random", "independent"}
    if sort.kind == "num" and (domain is None or (domain.op == "set" and domain.data in ("R", "C"))) and not attributes:
        if index % 16 == 15:
            # a constant is a random variable, too; small ones have small moments
            return [(_q(rng.choice(["1/2", "1/2", "1/10", "-1", "2", "0"])), fmpq(1))]
        pairs = STANDARD[(index + rng.randrange(2)) % len(STANDARD)]
        scale, centre = fmpq(rng.choice([1, 1, 2, 3, 5])) / rng.choice([1, 1, 1, 2, 3]), fmpq(rng.choice([0, 1, -1, 2]))
        return [(centre + scale * _q(v), _q(w)) for v, w in pairs]
    count = 2 if index % 2 == 0 else 3
    values: list[Value] = []
    for _ in range(30):
        v = builder.of_sort(s, sort, domain, attributes, None, model, rng, index + 3)
        if not any(v is w or (not isinstance(v, Family) and repr(v) == repr(w)) for w in values):
            values.append(v)
        if len(values) == count:
            break
    if not values:
        raise Fail
    return list(zip(values, weights(rng, len(values), False)))


def table_block(builder: Builder, draft: Draft, group: list[Atom], rng: Random, index: int) -> Block:
    """The joint law of one group: dependent unless there is one atom, or independence within the group must hold."""
    from derivcheck.semantics.models import Fail

    supports: dict[Term, list[tuple[Value, fmpq]]] = {}
    lists = []
    for s, _ in group:
        if s not in supports:
            supports[s] = support(builder, draft, s, rng, index)
        lists.append(supports[s])
    size = 1
    for one in lists:
        size *= len(one)
    if size > 800:
        raise Fail
    apart = separated(builder)

    def parted(i: int, j: int) -> bool:
        return frozenset((group[i][0], group[j][0])) in apart

    constrained = len(group) > 1 and any(parted(i, j) for i in range(len(group)) for j in range(i))
    rows: list[joint_tables.Row] | None = None
    # separated by hypotheses alone
    named = len(group) > 2 and len(supports) == len(group) and any(p.op == "perp" for p in builder.parts)
    if (constrained or named) and rng.random() < 0.4:
        rows = joint_tables.code(lists, rng)
    if rows is None:
        loose = constrained and rng.random() < 0.5
        # members of an independent family that depend on other symbols together
        roots = {i for i, (s, key) in enumerate(group) if key is not None and members_independent(builder, s)}
        if not constrained and len(group) > 1 and draft.late and rng.random() < 0.3:
            # hypotheses about covariances are met by independent symbols most easily
            roots = set(range(len(group)))
        apart_here = parted if loose else lambda i, j: False
        rows = joint_tables.network(lists, apart_here, roots, rng, lambda n: weights(rng, n, False), not constrained and not named)
    rows = restricted(builder, draft, group, rows)
    if not rows:
        raise Fail
    return Block(tuple(group), tuple(rows))


def restricted(builder: Builder, draft: Draft, group: list[Atom], rows: list[joint_tables.Row]) -> list[joint_tables.Row]:
    """The outcomes at which the hypotheses about the symbols themselves hold; `Y = f(X)` sets Y."""
    symbols = {s for s, _ in group}
    if any(s.sort.kind == "fam" for s in symbols):
        return rows
    about: list[Term] = []
    for p in draft.late:
        bare = almost_surely.bare(p, set(builder.random))
        if bare and bare <= symbols and p.op != "perp" and not contains_op(p, *RANDOM_SCOPES):
            about.append(p)
    if not about:
        return rows
    places = {s: i for i, (s, _) in enumerate(group)}
    model = draft.model()
    for p in about:
        for x, t in ((p.args[0], p.args[1]), (p.args[1], p.args[0])) if p.op == "rel" and p.data == "=" else ():
            if x in places and x not in t.free:
                i = places[x]
                rows = [((*row[:i], value_at(t, model, group, row), *row[i + 1 :]), w) for row, w in rows]
                break
    fine = {row for row, _ in rows if all(true_at(p, model, group, row) for p in about)}
    return joint_tables.kept(rows, lambda row: row in fine)


def value_at(t: Term, model: Model, group: list[Atom], row: tuple[Value, ...]) -> Value:
    """A term's value at one outcome."""
    return with_evaluator(lambda ev: ev.eval(t, Env(ev.root, {s: v for (s, _), v in zip(group, row)})), model)


def true_at(p: Term, model: Model, group: list[Atom], row: tuple[Value, ...]) -> bool:
    """Whether a statement holds at one outcome."""
    return with_evaluator(lambda ev: truth(ev, p, Env(ev.root, {s: v for (s, _), v in zip(group, row)})), model) is True
