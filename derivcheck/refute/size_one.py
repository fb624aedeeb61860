"""Counterexamples of size 1: a statement with a series of matrices read for 1×1 matrices, which are numbers.

A series of powers of a matrix has no value that the evaluator could enclose; for numbers there are closed forms (`resolve.py`).  All sizes
become 1, each matrix or vector a number of the same name, and each operation what it is for numbers (A^{-1} is 1/A, ‖A‖ is |A|, A ⪰ 0 is
A ≥ 0).  Hypotheses are carried over alike, so that a counterexample to the numbers is one to the matrices.
Limits: operations and attributes that are not listed here.
"""

from __future__ import annotations

from dataclasses import replace

from derivcheck.kernel.budget import Budget
from derivcheck.kernel.check import Session
from derivcheck.kernel.obligation import Obligation
from derivcheck.refute import resolve, search
from derivcheck.refute.examine import Refutation
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, mk, name_of, open_binder, rebind, subterms


class Other(Exception):
    """Something that has no reading for numbers here."""


_SAME = frozenset({"transpose", "trace", "det", "tonum", "diag", "diagof", "vecop"})
_PRODUCT = frozenset({"matmul", "smul", "hadamard", "kron", "inner"})
_PLAIN = frozenset({"num", "const", "add", "neg", "mul", "div", "pow", "fn", "rel", "and", "or", "not", "implies", "iff", "true", "false", "sum", "set", "interval", "range"})


def counterexample(ob: Obligation, session: Session, budget: Budget) -> Refutation | None:
    """A counterexample for matrices of size 1."""
    if not any(t.op == "sum" and t.sort.kind == "mat" and t.args[1] is b.INF for t in subterms(ob.statement)):
        return None
    try:
        small, sizes = _specialised(ob)
    except Other:
        return None
    found = resolve.counterexample(small, session, budget) or search.search(small, budget.share(0.3))
    return replace(found, values={**{name_of(s): "1" for s in sizes}, **found.values}, model=None) if found is not None else None


def _specialised(ob: Obligation) -> tuple[Obligation, list[Term]]:
    reading = _Reading(ob.context)
    statement = reading.of(ob.statement)
    hypotheses = [Hypothesis(reading.of(h.statement), h.label, h.kind) for h in ob.context.hypotheses if h.kind not in ("step", "use")]
    declarations = dict(reading.declared)
    context = replace(ob.context, declarations=declarations, hypotheses=(*hypotheses, *reading.told))
    return Obligation(context, statement), sorted(reading.sizes, key=name_of)


class _Reading:
    def __init__(self, context: Context) -> None:
        self.context = context
        self.declared: dict[Term, Declaration] = {}
        self.told: list[Hypothesis] = []
        self.sizes: set[Term] = {p for s in context.declarations if s.sort.kind == "mat" for p in s.sort.params if isinstance(p, Term) and p.op == "sym"}
        for s in self.sizes:
            d = context.declarations.get(s)
            if d is None or d.domain is None or not (d.domain.op == "set" and d.domain.data in ("Npos", "N")):
                raise Other

    def of(self, t: Term) -> Term:
        """A term or statement for matrices of size 1."""
        if t in self.sizes:
            return b.ONE
        if t.op == "sym":
            return self._symbol(t)
        if t.op in _SAME:
            return self.of(t.args[0])
        if t.op in _PRODUCT:
            return b.mul(*(self.of(a) for a in t.args))
        if t.op == "inv":
            return b.div(b.ONE, self.of(t.args[0]))
        if t.op == "mpow":
            return b.pow_(self.of(t.args[0]), self.of(t.args[1]))
        if t.op == "sigmax" or (t.op == "norm" and t.args[0].sort.kind == "mat"):
            return b.fn("abs", self.of(t.args[0]))
        if t.op in ("eye", "ones"):
            return b.ONE
        if t.op == "zeros":
            return b.ZERO
        if t.op in ("psd", "pd"):
            return b.rel(self.of(t.args[0]), "≥" if t.op == "psd" else ">", b.ZERO)
        if t.op not in _PLAIN:
            raise Other
        if not t.args:
            return t
        if t.bound:
            symbols, body = open_binder(t)
            if any(s.sort is not NUM and s.sort.kind != "num" for s in symbols):
                raise Other
            for s in symbols:
                self.declared[s] = Declaration(s, b.INTEGERS)
            new = rebind(t, symbols, tuple(self.of(a) for a in t.args[:-1]), self.of(body))
            for s in symbols:
                del self.declared[s]
            return mk(new.op, new.args, new.data, NUM if t.sort.kind == "mat" else t.sort, new.bound)
        args = tuple(self.of(a) for a in t.args)
        if t.op == "add":
            return b.add(*args)
        return mk(t.op, args, t.data, NUM if t.sort.kind == "mat" else t.sort)

    def _symbol(self, s: Term) -> Term:
        if s.sort.kind == "num":
            d = self.context.declarations.get(s)
            if s in self.declared:
                return s
            if d is None or d.random or d.law is not None or d.given or d.joint:
                raise Other
            self.declared[s] = Declaration(s, self.of(d.domain) if d.domain is not None else b.REALS, d.attributes)
            return s
        d = self.context.declarations.get(s)
        if s.sort.kind != "mat" or d is None or d.random or d.law is not None or d.domain is None or d.domain.op not in ("rn", "rmn"):
            raise Other
        if any(isinstance(p, Term) and p not in self.sizes and p is not b.ONE for p in s.sort.params):
            raise Other
        number = mk("sym", (), s.data, NUM)
        if number not in self.declared:
            positive = bool(d.attributes & {"positive definite"})
            known = {"symmetric", "diagonal", "positive definite", "positive semidefinite", "invertible", "orthogonal"}
            if d.attributes - known:
                raise Other
            domain = b.POSITIVE if positive else b.NONNEGATIVE if "positive semidefinite" in d.attributes else b.REALS
            self.declared[number] = Declaration(number, b.finset(b.ONE, b.MINUS_ONE) if "orthogonal" in d.attributes else domain)
            if "invertible" in d.attributes and not positive:
                self.told.append(Hypothesis(b.rel(number, "≠", b.ZERO), None, "assume"))
        return number
