"""Evaluation: the value of a term in a model.

`evaluate(term, model)` walks the term with an environment for bound variables.  Values are memoised over the DAG in the
innermost environment frame that the term depends on, so a subterm without the bound variable is computed once.  Work is
counted (`Budget`), and what goes over the budget is `UNKNOWN`.  Each op has a handler in `HANDLERS`; the ones for functions
and families are here, the others in the `evaluate_*` modules and `divergences.py`, statements in `truth.py`.

Limits: an operator that has no handler is `UNKNOWN`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flint import acb, fmpq_mat

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Closure,
    Family,
    Function,
    Matrix,
    Table,
    Value,
    integer,
    is_nonreal,
    is_real,
    precision,
    rational,
)
from derivcheck.terms.build import REALS
from derivcheck.terms.context import Context
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.semantics.laws import Joint


Origin = tuple[int, str, int]
"""The number of the attempt at a model, how the model was varied, and which of these variants it is."""


class OutOfBudget(Exception):
    """The evaluation was given up because it took too much work."""


GAVE_UP = (OutOfBudget, RecursionError, OverflowError, MemoryError)


@dataclass
class Budget:
    """Units of work (about one node of a term each) that may still be done, and a time (of `time.monotonic`) as last resort."""

    left: int = 200_000
    deadline: float | None = None

    def spend(self, units: int = 1) -> None:
        """Do this much work or give up."""
        self.left -= units
        if self.left < 0 or (self.deadline is not None and self.left & 63 == 0 and time.monotonic() > self.deadline):
            raise OutOfBudget


@dataclass(frozen=True)
class Model:
    """Values of the free symbols under a context.  `joint` is the joint law of the random symbols; `notes` says how the values
    are to be printed where that differs from the values themselves.  `defined_by` maps symbols to closed terms that they are
    equal to by construction (their values are enclosures of those terms at any precision).  `origin` says how the model was made, so
    that it can be made again (`refute/revisit.py`)."""

    values: Mapping[Term, Value]
    context: Context = field(default_factory=Context)
    joint: Joint | None = None
    notes: Mapping[Term, str] = field(default_factory=dict)
    defined_by: Mapping[Term, Term] = field(default_factory=dict)
    origin: Origin | None = None


class Env:
    """A frame of bound variables (or of random symbols at an outcome) with the values memoised in it."""

    __slots__ = ("integral", "memo", "parent", "vars")

    def __init__(self, parent: Env | None, variables: Mapping[Term, Value], integral: bool = False) -> None:
        self.parent = parent
        self.vars = variables
        # the variables run through integers (indices of sums and products)
        self.integral = integral
        self.memo: dict[Any, Value] = {}

    def get(self, variable: Term) -> Value | None:
        """The innermost value of a variable."""
        env: Env | None = self
        while env is not None:
            got = env.vars.get(variable)
            if got is not None:
                return got
            env = env.parent
        return None


REAL_LINE = (REALS,) * 8

_NUMBERS: dict[Term, Value] = {}
"""The numbers among the terms, as values."""

Handler = Callable[["Evaluator", Term, Env], Value]
HANDLERS: dict[str, Handler] = {}


def handles(*ops: str) -> Callable[[Handler], Handler]:
    """Register the handler of these ops."""

    def register(h: Handler) -> Handler:
        for op in ops:
            HANDLERS[op] = h
        return h

    return register


class Evaluator:
    """One evaluation session in a model: memo, budget, precision, conventions.

    `analytic` holds variables for which the value must be holomorphic (inside `acb.integral`); `lax` switches the convention
    `real` off where complex values are passed through on purpose; where `formal` is not 0 the parameters of laws are not looked at.
    """

    def __init__(self, model: Model, prec: int = 128, budget: Budget | None = None) -> None:
        self.model = model
        self.prec = prec
        self.budget = budget or Budget()
        self.start_anew()
        # equations that are known to hold (at a solution of which only an enclosure is at hand)
        self.given: frozenset[Term] = frozenset()
        self.real = "real" in model.context.conventions

    def start_anew(self) -> None:
        """Forget what was evaluated (after it was given up half-way)."""
        self.root = Env(None, {})
        self.analytic: frozenset[Term] = frozenset()
        self.lax = 0
        self.formal = 0
        self.real_statements = True

    def eval(self, t: Term, env: Env) -> Value:
        """The value of a term in an environment."""
        op = t.op
        if op == "num":
            exact = _NUMBERS.get(t)
            if exact is None:
                exact = _NUMBERS[t] = rational(t.data)
            return exact
        if op == "bvar" or op == "sym":
            return self.variable(t, env)
        if env.parent is not None:
            free = t.free
            while env.parent is not None and free.isdisjoint(env.vars):
                env = env.parent
        memo = env.memo
        got = memo.get(t)
        if got is not None:
            return got
        budget = self.budget
        budget.left = left = budget.left - 1
        if left < 0 or not left & 63:
            budget.spend(0)
        handler = HANDLERS.get(op)
        if handler is None:
            got = UNKNOWN
        else:
            got = handler(self, t, env)
            if self.real and not self.lax and isinstance(got, acb) and not got.imag.is_zero():
                got = UNDEFINED if is_nonreal(got) else UNKNOWN
        if not (self.real and self.lax):
            memo[t] = got
        return got

    def variable(self, t: Term, env: Env) -> Value:
        """The value of a bound variable or a symbol."""
        got = env.get(t)
        if got is None:
            term = self.model.defined_by.get(t)
            if term is not None:
                return self.eval(term, self.root)
            got = self.model.values.get(t)
        return UNKNOWN if got is None else got

    def args(self, t: Term, env: Env) -> list[Value]:
        """The values of all arguments."""
        return [self.eval(a, env) for a in t.args]

    def depends(self, t: Term) -> bool:
        """Whether the term contains a variable of an analytic integration."""
        return bool(self.analytic) and not t.free.isdisjoint(self.analytic)

    def size(self, t: Term, env: Env) -> int | None:
        """A size term as an int from 0 to 64."""
        n = integer(self.eval(t, env))
        return n if n is not None and 0 <= n <= 64 else None

    def zero(self, sort: Sort, env: Env) -> Value:
        """The zero of a sort."""
        if sort.kind == "num":
            return ar.ZERO
        if sort.kind == "mat":
            m, n = self.size(sort.rows, env), self.size(sort.cols, env)
            return Matrix(fmpq_mat(m, n)) if m is not None and n is not None else UNKNOWN
        return UNKNOWN


def evaluate(term: Term, model: Model, prec: int = 128, budget: Budget | None = None) -> Value:
    """The value of a term in a model: `UNKNOWN` where it can't be had within the budget."""
    return with_evaluator(lambda ev: ev.eval(term, ev.root), model, prec, budget)


def with_evaluator(use: Callable[[Evaluator], Any], model: Model, prec: int = 128, budget: Budget | None = None) -> Any:
    """Run `use` on a fresh evaluator at this precision; giving up means `UNKNOWN`."""
    load_handlers()
    with precision(prec):
        try:
            return use(Evaluator(model, prec, budget))
        except GAVE_UP:
            return UNKNOWN


_loaded = False


def load_handlers() -> None:
    """Import the modules that register handlers (they import this one)."""
    global _loaded
    if not _loaded:
        _loaded = True
        from derivcheck.semantics import (  # noqa: F401
            divergences,
            evaluate_calculus,
            evaluate_matrix,
            evaluate_optimum,
            evaluate_probability,
            evaluate_scalar,
            matrix_norms,
            sets,
            truth,
        )


# --- functions and families ---------------------------------------------------------------------------------------------


@handles("lam")
def _lam(ev: Evaluator, t: Term, env: Env) -> Value:
    if t.sort.kind == "dist":
        from derivcheck.semantics.evaluate_probability import formula_law

        return formula_law(ev, t, env)
    return Function(t, env)


@handles("apply")
def _apply(ev: Evaluator, t: Term, env: Env) -> Value:
    f = t.args[0]
    args = [ev.eval(a, env) for a in t.args[1:]]
    return call_function(ev, function_value(ev, f, env), args, ev.depends(t))


def function_value(ev: Evaluator, f: Term, env: Env) -> Value:
    """The value of a function-sorted term."""
    return ev.eval(f, env)


def call_function(ev: Evaluator, f: Value, args: list[Value], analytic: bool = False) -> Value:
    """A function value at argument values."""
    if any(a is UNDEFINED for a in args):
        return UNDEFINED
    if any(a is UNKNOWN for a in args):
        return UNKNOWN
    if isinstance(f, Function):
        lam = f.term
        if len(lam.bound) != len(args):
            return UNKNOWN
        if not analytic and lam.args[:-1] != REAL_LINE[: len(args)] and outside_domain(ev, lam, args, f.env or ev.root):
            return UNDEFINED
        frame = Env(f.env or ev.root, dict(zip(lam.bound, args)))
        before = ev.analytic
        if analytic:
            ev.analytic = before | frozenset(lam.bound)
        try:
            return ev.eval(lam.args[-1], frame)
        finally:
            ev.analytic = before
    if isinstance(f, Table):
        key = tuple(integer(a) for a in args)
        return f.values.get(key, UNKNOWN) if None not in key else UNKNOWN  # type: ignore[arg-type]
    if isinstance(f, Closure):
        return f.call(ev, *args)
    if isinstance(f, Family):
        return member(f, args)
    from derivcheck.semantics.laws import Law, mass_at

    if isinstance(f, Law):
        return mass_at(ev, f, args, analytic)
    return UNKNOWN


def outside_domain(ev: Evaluator, lam: Term, args: list[Value], env: Env) -> bool:
    """Whether a real argument is known to lie outside the function's domain (a function has no value there)."""
    from derivcheck.semantics.sets import contains

    for domain, v in zip(lam.args[:-1], args):
        if domain.op in ("interval", "set", "range") and is_real(v) and domain is not REALS and contains(ev, v, domain, env) is False:
            return True
    return False


def member(family: Family, indices: list[Value]) -> Value:
    """The member of a family; outside its range there is none."""
    key = tuple(integer(i) for i in indices)
    if None in key:
        return UNKNOWN if all(v is not UNDEFINED for v in indices) else UNDEFINED
    return family.members.get(key, UNKNOWN if family.open_ended else UNDEFINED)  # type: ignore[arg-type]


@handles("idx")
def _idx(ev: Evaluator, t: Term, env: Env) -> Value:
    family = ev.eval(t.args[0], env)
    indices = [ev.eval(a, env) for a in t.args[1:]]
    if isinstance(family, Family):
        return member(family, indices)
    if isinstance(family, (Function, Table, Closure)):
        return call_function(ev, family, indices)
    return UNKNOWN


@handles("dfun")
def _dfun(ev: Evaluator, t: Term, env: Env) -> Value:
    from derivcheck.semantics.evaluate_calculus import derivative_function

    return derivative_function(ev, t, env)


@handles("tuple")
def _tuple(ev: Evaluator, t: Term, env: Env) -> Value:
    values = ev.args(t, env)
    if any(v is UNDEFINED for v in values):
        return UNDEFINED
    return UNKNOWN if any(v is UNKNOWN for v in values) else tuple(values)
