"""Functions of a declared class for models: a member of `pools.py` whose known properties imply the declared ones."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING

from flint import fmpq

from derivcheck.semantics import mixed_functions, pools
from derivcheck.semantics.evaluate import Model, evaluate
from derivcheck.semantics.values import Infinite
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, bind, fresh, num

if TYPE_CHECKING:
    from derivcheck.semantics.models import Builder

Bounds = tuple[Fraction | None, Fraction | None, bool, bool]


def bounds(domain: Term | None, model: Model) -> Bounds | None:
    """Lower and upper end of a set of numbers, and whether each end belongs to it; `None` for sets of another kind."""
    if domain is None:
        return None, None, False, False
    if domain.op == "set":
        table: dict[str, Bounds] = {
            "R": (None, None, False, False),
            "C": (None, None, False, False),
            "Rpos": (Fraction(0), None, False, False),
            "Rnn": (Fraction(0), None, True, False),
            "Rneg": (None, Fraction(0), False, False),
        }
        return table.get(str(domain.data))
    if domain.op == "interval":
        ends: list[Fraction | None] = []
        for e in domain.args:
            v = evaluate(e, model)
            if isinstance(v, Infinite):
                ends.append(None)
            elif isinstance(v, fmpq):
                ends.append(Fraction(int(v.p), int(v.q)))
            else:
                return None
        return ends[0], ends[1], str(domain.data)[0] == "[", str(domain.data)[1] == "]"
    return None


def fits(shape: pools.Shape, codomain: Bounds) -> bool:
    """Whether the function's values lie in the codomain."""
    low, high, closed_low, closed_high = codomain
    if low is not None and (shape.low is None or shape.low < low or (shape.low == low and not closed_low and not shape.open)):
        # 1/(1+x²) and its kin stay above 0 although their upper bound is attained
        if not (shape.low == low == 0 and "positive" in shape.attributes):
            return False
    if high is not None and (shape.high is None or shape.high > high or (shape.high == high and not closed_high and not shape.open)):
        return False
    return True


def normal(attributes: frozenset[str]) -> frozenset[str]:
    """Attribute words as the list of functions has them."""
    words = {a.replace(" ", "").replace("-", "") for a in attributes} - pools.FREE_ATTRIBUTES
    words -= {"integrable", "random", "independent"}
    if "strictly" in words:
        words.discard("strictly")
        words = {"strictly" + w if w in ("convex", "concave") else w for w in words}
    return frozenset(w.replace("strictlyincreasing", "increasing").replace("strictlydecreasing", "decreasing") for w in words)


def _short(domain: Term | None) -> bool:
    """A bounded interval: what is smooth on the line is integrable over it."""
    return domain is not None and domain.op == "interval" and not any(b.is_infinite(e) for e in domain.args)


def _falling(
    variables: tuple[Term, ...], arg_domains: tuple[Term, ...], domain: Term | None, wanted: frozenset[str], sort: Sort, index: int
) -> Term | None:
    """A function of one number that is integrable over the line."""
    if len(variables) != 1 or variables[0].sort.kind != "num" or wanted - {"bounded", "positive", "nonnegative"}:
        return None
    (x,) = variables
    wave = b.exp(b.neg(b.pow_(x, 2)))
    bodies = [wave, b.mul(b.add(b.ONE, b.pow_(x, 2)), wave)]
    if domain is None or domain is b.REALS:
        bodies += [b.mul(b.sub(b.TWO, x), wave), b.neg(wave)] if not wanted & {"positive", "nonnegative"} else []
    elif domain.op != "set" or domain.data not in ("Rpos", "Rnn"):
        return None
    return _lam(variables, arg_domains, bodies[index % len(bodies)], sort)


def declared_function(
    builder: Builder,
    sort: Sort,
    domain: Term | None,
    attributes: frozenset[str],
    d: Declaration | None,
    model: Model,
    rng: Random,
    index: int,
) -> Term | None:
    """A function of the declared class as a `lam`, or `None`."""
    arguments = sort.arg_sorts
    arg_domains = d.arg_domains if d is not None and len(d.arg_domains) == len(arguments) else ()
    wanted = normal(attributes)
    variables = tuple(fresh("xyzuvw"[i % 6], a) for i, a in enumerate(arguments))
    result = sort.result
    if result.kind == "mat":
        if wanted:
            return None
        if len(arguments) != 1 or (arguments[0].kind != "num" and not arguments[0].is_vector):
            bodies = mixed_functions.vector_bodies(variables, result)
            return _lam(variables, arg_domains, bodies[index % len(bodies)], sort) if bodies else None
        makers = pools.vector_valued(result)
        body = makers[index % len(makers)](variables[0])
        return _lam(variables, arg_domains, body, sort)
    if result.kind != "num":
        return None
    if "integrable" in attributes and not all(_short(a) for a in arg_domains or (None,)):
        return _falling(variables, arg_domains, domain, wanted, sort, index)
    whole = domain is not None and domain.op == "set" and domain.data in ("N", "Npos", "Z")
    if domain is not None and (whole or domain.op in ("range", "finset")):
        body_or_none = _integer_valued(builder, variables, domain, arg_domains, model, rng, index) if not wanted - {"positive"} else None
        return _lam(variables, arg_domains, body_or_none, sort) if body_or_none is not None else None
    codomain = bounds(domain, model)
    if codomain is None:
        return None
    if "nonnegative" in wanted:
        wanted -= {"nonnegative"}
        codomain = (max(Fraction(0), codomain[0] or Fraction(0)), codomain[1], True, codomain[3])
    if len(arguments) == 1 and arguments[0].kind == "num":
        shapes = pools.ONE_ARGUMENT
        start = bounds(arg_domains[0], model) if arg_domains else None
        if start is None or start[0] is None or start[0] < 0 or (start[0] == 0 and start[2]):
            shapes = [s for s in shapes if s.start is None]
    elif all(a.kind == "num" for a in arguments):
        shapes = pools.several_arguments(len(arguments))
    elif len(arguments) == 1 and arguments[0].is_vector:
        shapes = pools.of_vector(arguments[0].rows)
    else:
        shapes = mixed_functions.scalar_shapes(variables)
    possible = [s for s in shapes if wanted <= s.attributes and fits(s, codomain)]
    if not possible and codomain[0] is not None and codomain[1] is not None and wanted <= {"bounded", "increasing", "decreasing", "positive"}:
        # squeeze a function with values in (0, 1) into the interval
        base = [s for s in shapes if s.low == 0 and s.high == 1 and s.open and wanted - {"positive"} <= s.attributes]
        if base and (codomain[0] >= 0 or "positive" not in wanted):
            low, high = codomain[0], codomain[1]
            inner = base[index % len(base)].make(*variables)
            return _lam(variables, arg_domains, b.add(num(low), b.mul(num(high - low), inner)), sort)
    if not possible:
        return None
    pick = possible[index % len(possible)] if index < len(possible) and not rng.random() < 0.3 else rng.choice(possible)
    body = pick.make(*variables)
    if index > 2 and rng.random() < 0.5 and not wanted - {"convex", "concave"} and codomain[:2] == (None, None):
        # a shift keeps the class and takes values away from 0 and 1
        body = b.add(body, num(rng.choice([Fraction(1, 2), Fraction(2), Fraction(-1), Fraction(3)])))
    return _lam(variables, arg_domains, body, sort)


def _lam(variables: tuple[Term, ...], arg_domains: tuple[Term, ...], body: Term, sort: Sort) -> Term:
    domains = arg_domains or tuple(b.REALS if v.sort.kind == "num" else whole_space(v.sort) for v in variables)
    return bind("lam", variables, domains, body, None, sort)


def whole_space(sort: Sort) -> Term:
    """All vectors or matrices of a sort."""
    return b.rn(sort.rows) if sort.is_vector else b.rmn(sort.rows, sort.cols)


def _integer_valued(
    builder: Builder, variables: tuple[Term, ...], domain: Term, arg_domains: tuple[Term, ...], model: Model, rng: Random, index: int
) -> Term | None:
    """A function with natural or listed values."""
    if domain.op == "set":
        if not all(a.op == "set" and a.data in ("N", "Npos") for a in arg_domains) or not arg_domains:
            return num(rng.choice([1, 2, 3]))
        x = variables[0]
        return [b.add(b.mul(x, x), b.ONE), b.add(b.mul(num(2), x), b.ONE), num(2)][index % 3]
    points = builder.enumerated(domain, model)
    if not points or not isinstance(points[0], fmpq):
        return None
    v = rng.choice(points)
    return num(Fraction(int(v.p), int(v.q)))
