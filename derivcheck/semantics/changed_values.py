"""Values with a part changed (an entry, a member, a factor, a constant), and whether a matrix has declared attributes."""

from __future__ import annotations

from dataclasses import replace

from flint import fmpq

from derivcheck.semantics.values import Family, Function, Matrix, Value, equal, matrix
from derivcheck.terms import build as b
from derivcheck.terms.term import num, open_binder, rebind


def replace_member(family: Family, key: tuple[int, ...], v: Value) -> Family:
    """The family with one member changed."""
    return replace(family, members={**family.members, key: v})


def as_it_is(v: Value) -> Value:
    """The value itself."""
    return v


def scaled_members(family: Family, keys: frozenset[tuple[int, ...]], factor: Value) -> Family:
    """The family with some members multiplied by a factor."""
    return replace(family, members={k: m * factor if k in keys else m for k, m in family.members.items()})


def scaled_matrix(v: Matrix, factor: Value) -> Matrix:
    """A multiple of a matrix."""
    return Matrix(v.data * factor)


def replace_entry(v: Matrix, i: int, j: int, new: Value) -> Value:
    """The matrix with one entry changed."""
    return matrix([[new if (r, c) == (i, j) else v.at(r, c) for c in range(v.cols)] for r in range(v.rows)])


def shifted(f: Function, by: Value) -> Function:
    """The function with a constant added."""
    symbols, body = open_binder(f.term)
    return Function(rebind(f.term, symbols, f.term.args[:-1], b.add(body, num(f"{by.p}/{by.q}"))))


def in_matrix_class(v: Matrix, attributes: frozenset[str]) -> bool:
    """Whether an exact matrix has the declared attributes."""
    from derivcheck.semantics.evaluate_matrix import definite, determinant, identity

    for a in attributes:
        if a == "symmetric":
            fine = v.rows == v.cols and equal(v, Matrix(v.data.transpose())) is True
        elif a in ("positive definite", "positive semidefinite"):
            fine = definite(v, strictly=a == "positive definite") is True
        elif a in ("invertible", "nonsingular", "regular"):
            got = determinant(v)
            fine = isinstance(got, fmpq) and got != 0
        elif a in ("orthogonal", "unitary"):
            fine = v.exact and equal(Matrix(v.data * v.data.transpose()), identity(v.rows)) is True
        elif a == "diagonal":
            fine = all(v.at(i, j) == 0 for i in range(v.rows) for j in range(v.cols) if i != j)
        elif a == "nonzero":
            fine = any(e != 0 for e in v.entries())
        elif a == "positive":
            fine = all(isinstance(e, fmpq) and e > 0 for e in v.entries())
        elif a == "nonnegative":
            fine = all(isinstance(e, fmpq) and e >= 0 for e in v.entries())
        else:
            fine = a in ("real",)
        if not fine:
            return False
    return True
