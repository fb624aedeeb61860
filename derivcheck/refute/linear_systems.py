"""Models in which the equations between vectors and matrices of a statement hold, or in which their maps are singular.

An equivalence of two equations is seldom told apart at random points: both are false there.  So an equation is solved in a model for a vector
or matrix that stands in it linearly (by its values at 0 and at the unit vectors; a general solution of the linear system, exactly), and
for a symbol that stands alone on one side, the equations of a conjunction one after the other; first as the model is, then with a matrix replaced by one without full rank.
Limits: unknowns of at most `ENTRIES` entries, exact values only.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from flint import fmpq, fmpq_mat

from derivcheck.refute.critical import WORK, moved
from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.evaluate import Budget, Env, Model, evaluate, with_evaluator
from derivcheck.semantics.evaluate_matrix import definite
from derivcheck.semantics.models import Builder, Fail
from derivcheck.semantics.random_symbols import lawful
from derivcheck.semantics.structured_matrices import structured
from derivcheck.semantics.values import Matrix, Value, matrix
from derivcheck.terms.term import Term, subterms

ENTRIES = 12
LIMIT = 40
SYSTEMS = 6


def models_of_systems(p: Term, model: Model, builder: Builder) -> Iterator[Model]:
    """Variants of a model that solve the equations of a statement with arrows or connectives."""
    if p.op not in ("iff", "implies", "and", "or", "not"):
        return
    equations = [
        u
        for u in subterms(p)
        if u.op == "rel" and u.data == "=" and any(s.sort.kind == "mat" for s in u.free) and not any(v.op == "bvar" for v in u.free)
        and all(a.sort.kind in ("mat", "num") for a in u.args[:2])
    ][:4]
    if not equations:
        return
    made = 0
    yield from _structured(p, model, builder)
    for system in (u for u in subterms(p) if u.op == "and"):
        together = [e for e in system.args if e in equations]
        for some in (together, together[::-1]) if len(together) > 1 else ():
            yield from islice(_one_after_the_other(some, frozenset(), model, builder), SYSTEMS)
    for base in (model, *_singular(p, model, builder)):
        for equation in equations:
            for s in _unknowns(equation, base, builder):
                for v in _solutions(equation, s, base):
                    solved = moved(base, s, v)
                    if allowed(solved, s, builder):
                        made += 1
                        yield solved
                        if made >= LIMIT:
                            return


def _one_after_the_other(equations: list[Term], used: frozenset[Term], model: Model, builder: Builder) -> Iterator[Model]:
    """Models in which several equations hold: each solved for something that the ones before it do not mention."""
    if not equations:
        yield model
        return
    for s in _unknowns(equations[0], model, builder):
        if s in used:
            continue
        for v in islice(_solutions(equations[0], s, model), 1):
            solved_one = moved(model, s, v)
            if allowed(solved_one, s, builder):
                yield from _one_after_the_other(equations[1:], used | equations[0].free, solved_one, builder)


def allowed(model: Model, s: Term, builder: Builder) -> bool:
    """The changed vector or matrix is of the declared kind, and the hypotheses hold."""
    v = model.values[s]
    d = builder.context.declarations.get(s)
    if not isinstance(v, Matrix) or (d is not None and (d.domain is None or d.domain.op not in ("rn", "rmn") or not _has(v, d.attributes))):
        return False
    if any(s in t.free for t in model.defined_by.values()):
        return False
    try:
        return lawful(builder, model) and all(builder.truth(p, model) is True for p in builder.parts)
    except Fail:
        return False


def _has(v: Matrix, attributes: frozenset[str]) -> bool:
    """Whether a matrix surely has these attributes."""
    square = v.rows == v.cols
    for word in attributes:
        if word == "symmetric":
            good = square and all(v.at(i, j) == v.at(j, i) for i in range(v.rows) for j in range(i))
        elif word == "diagonal":
            good = square and all(v.at(i, j) == 0 for i in range(v.rows) for j in range(v.cols) if i != j)
        elif word == "invertible":
            good = square and fmpq_mat(v.rows, v.cols, v.entries()).det() != 0
        elif word in ("positive definite", "positive semidefinite"):
            good = definite(v, strictly=word == "positive definite") is True
        else:
            good = False
        if not good:
            return False
    return True


def _plain(s: Term, model: Model, builder: Builder) -> bool:
    v = model.values.get(s)
    return s in builder.plain and s not in builder.fixed and s not in model.defined_by and isinstance(v, Matrix) and v.exact


def _unknowns(equation: Term, model: Model, builder: Builder) -> list[Term]:
    """Vectors first, then matrices, by name."""
    found = [s for s in equation.free if s.op == "sym" and s.sort.kind == "mat" and _plain(s, model, builder)]
    small = [s for s in found if (v := model.values[s]).rows * v.cols <= ENTRIES]
    return sorted(small, key=lambda s: (not s.sort.is_vector, str(s.data)))


def _singular(p: Term, model: Model, builder: Builder) -> Iterator[Model]:
    """The model with one matrix replaced by the same one with a last row of zeros, and by zero."""
    matrices = [s for s in p.free if s.op == "sym" and s.sort.kind == "mat" and not s.sort.is_vector and _plain(s, model, builder)]
    for s in sorted(matrices, key=lambda s: str(s.data)):
        v = model.values[s]
        assert isinstance(v, Matrix)
        kept = [[v.at(i, j) if i + 1 < v.rows else fmpq(0) for j in range(v.cols)] for i in range(v.rows)]
        for rows in (kept, [[fmpq(0)] * v.cols for _ in range(v.rows)]):
            other = moved(model, s, matrix(rows))
            if allowed(other, s, builder):
                yield other


def _structured(p: Term, model: Model, builder: Builder) -> Iterator[Model]:
    """The model with one matrix replaced by a projection, an involution, a nilpotent one, …"""
    matrices = [s for s in p.free if s.op == "sym" and s.sort.kind == "mat" and not s.sort.is_vector and _plain(s, model, builder)]
    for s in sorted(matrices, key=lambda s: str(s.data))[:2]:
        v = model.values[s]
        assert isinstance(v, Matrix)
        for other in structured(v.rows) if v.rows == v.cols and v.rows <= 3 else ():
            changed = moved(model, s, other)
            if allowed(changed, s, builder):
                yield changed


def _solutions(equation: Term, s: Term, model: Model) -> Iterator[Value]:
    left, right = equation.args[:2]
    for side, other in ((left, right), (right, left)):
        if side is s and s not in other.free:
            v = evaluate(other, model, budget=Budget(WORK))
            if isinstance(v, Matrix) and v.exact:
                yield v
            return
    now = model.values[s]
    assert isinstance(now, Matrix)
    shape = (now.rows, now.cols)
    size = now.rows * now.cols

    def at(entries: list[fmpq]) -> list[fmpq] | None:
        point = matrix([entries[i * shape[1] : (i + 1) * shape[1]] for i in range(shape[0])])
        got = with_evaluator(lambda ev: _gap(ev.eval(left, Env(ev.root, {s: point})), ev.eval(right, Env(ev.root, {s: point}))), model, 128, Budget(WORK))
        return got if isinstance(got, list) else None

    zero = at([fmpq(0)] * size)
    units = [at([fmpq(int(i == k)) for i in range(size)]) for k in range(size)]
    if zero is None or any(u is None for u in units):
        return
    columns = [[x - y for x, y in zip(u, zero, strict=True)] for u in units if u is not None]
    # linear? the value at another point tells
    probe = [fmpq(k + 2) for k in range(size)]
    seen = at(probe)
    if seen != [z + sum((c[r] * q for c, q in zip(columns, probe, strict=True)), fmpq(0)) for r, z in enumerate(zero)]:
        return
    rows = [[*(c[r] for c in columns), -z] for r, z in enumerate(zero)]
    for solution in solved(rows, size):
        yield matrix([solution[i * shape[1] : (i + 1) * shape[1]] for i in range(shape[0])])


def _gap(x: Value, y: Value) -> list[fmpq] | None:
    """The entries of x - y."""
    if isinstance(x, Matrix) and isinstance(y, Matrix) and x.exact and y.exact and (x.rows, x.cols) == (y.rows, y.cols):
        pairs = list(zip(x.entries(), y.entries(), strict=True))
    elif isinstance(x, fmpq) and isinstance(y, fmpq):
        pairs = [(x, y)]
    else:
        return None
    out = [ar.sub(a, b) for a, b in pairs]
    return [v for v in out if isinstance(v, fmpq)] if all(isinstance(v, fmpq) for v in out) else None


def solved(rows: list[list[fmpq]], size: int) -> list[list[fmpq]]:
    """Up to three solutions of the linear system with this augmented matrix: one, and others that differ from it in the kernel."""
    reduced, rank = fmpq_mat(len(rows), size + 1, [v for row in rows for v in row]).rref()
    pivots: list[int] = []
    for r in range(rank):
        c = next(k for k in range(size + 1) if reduced[r, k] != 0)
        if c == size:
            return []
        pivots.append(c)
    first = [fmpq(0)] * size
    for r, c in enumerate(pivots):
        first[c] = reduced[r, size]
    out = [first]
    for k in [k for k in range(size) if k not in pivots][:2]:
        other = list(first)
        other[k] += 1
        for r, c in enumerate(pivots):
            other[c] -= reduced[r, k]
        out.append(other)
    return out
