r"""How `printer.py` writes sums, products, integrals, derivatives, limits and extrema: what reaches over everything to its right."""

from __future__ import annotations

from collections.abc import Callable

from derivcheck.terms.printer import ATOM, FACTOR, OPEN, POWER, PRODUCT, Env, Printer, Writing, at_least, bracket, form
from derivcheck.terms.term import Term


def _big(p: Printer, t: Term, env: Env, sign: str, over_set: bool) -> Writing:
    inner = p.choose(t, env)
    k = inner[t.bound[0]]
    if over_set:
        limits = f"_{{{k} \\in {(yield t.args[0])[0]}}}"
    else:
        lo = yield t.args[0]
        limits = f"_{{{k} = {lo[0]}}}^{{{(yield t.args[1])[0]}}}"
    return f"{sign}{limits} {p.reach((yield t.args[-1], inner))}", OPEN


@form("sum")
def _sum(p: Printer, t: Term, env: Env) -> Writing:
    return (yield from _big(p, t, env, "\\sum", False))


@form("prod")
def _prod(p: Printer, t: Term, env: Env) -> Writing:
    return (yield from _big(p, t, env, "\\prod", False))


@form("sumset")
def _sumset(p: Printer, t: Term, env: Env) -> Writing:
    return (yield from _big(p, t, env, "\\sum", True))


@form("prodset")
def _prodset(p: Printer, t: Term, env: Env) -> Writing:
    return (yield from _big(p, t, env, "\\prod", True))


def _differential(p: Printer, name: str, t: Term) -> str:
    plain = all((p.names.get(s) or "") not in ("d", "\\mathrm{d}") for s in t.free)
    return f"\\, {'d' if plain else chr(92) + 'mathrm{d}'} {name}" if len(name) > 1 else f"\\, {'d' if plain else chr(92) + 'mathrm{d}'}{name}"


@form("int")
def _int(p: Printer, t: Term, env: Env) -> Writing:
    inner = p.choose(t, env)
    lo, hi = (yield t.args[0]), (yield t.args[1])
    body = p.reach((yield t.args[-1], inner))
    return f"\\int_{{{lo[0]}}}^{{{hi[0]}}} {body} {_differential(p, inner[t.bound[0]], t)}", OPEN


@form("intset")
def _intset(p: Printer, t: Term, env: Env) -> Writing:
    inner = p.choose(t, env)
    domain = yield t.args[0]
    body = p.reach((yield t.args[-1], inner))
    return f"\\int_{{{domain[0]}}} {body} {_differential(p, inner[t.bound[0]], t)}", OPEN


def _at_point(p: Printer, t: Term, env: Env) -> tuple[Env, bool]:
    """The environment for `λx.b` at a point, and whether the point is the variable itself (`\\frac{d}{dx} b`)."""
    point, body = t.args[0], t.args[-1]
    if point.op in ("sym", "bvar") and point not in body.free - frozenset(t.bound):
        return {**env, t.bound[0]: p.name(point, env)[0]}, True
    return p.choose(t, env), False


def _evaluated(p: Printer, t: Term, env: Env, head: Callable[[str], str], wrap: bool) -> Writing:
    inner, itself = _at_point(p, t, env)
    name = inner[t.bound[0]]
    piece = yield t.args[-1], inner
    body = p.reach(piece)
    if wrap and not (body.startswith(("(", "\\left(")) and piece[1] < PRODUCT):
        body = bracket(body)
    text = f"{head(name)} {body}"
    if itself:
        return text, OPEN
    return f"\\left. {text} \\right|_{{{name} = {(yield t.args[0])[0]}}}", FACTOR


@form("deriv")
def _deriv(p: Printer, t: Term, env: Env) -> Writing:
    n = t.data if isinstance(t.data, int) else 1

    def head(x: str) -> str:
        return f"\\frac{{d}}{{d {x}}}" if n == 1 else f"\\frac{{d^{{{n}}}}}{{d {x}^{{{n}}}}}"

    return (yield from _evaluated(p, t, env, head, False))


@form("nderiv")
def _nderiv(p: Printer, t: Term, env: Env) -> Writing:
    order = (yield t.args[1])[0]
    return (yield from _evaluated(p, t, env, lambda x: f"\\frac{{d^{{{order}}}}}{{d {x}^{{{order}}}}}", False))


def _gradient_of(p: Printer, t: Term, env: Env, sign: str) -> Writing:
    """`\\nabla f(Ax)`: the gradient of a function at a point."""
    head = at_least((yield t.args[-1].args[0]), POWER)
    return f"{sign} {head}{bracket((yield t.args[0])[0])}", OPEN


@form("grad")
def _grad(p: Printer, t: Term, env: Env) -> Writing:
    if _plain_call(t):
        return (yield from _gradient_of(p, t, env, "\\nabla"))
    return (yield from _evaluated(p, t, env, lambda x: f"\\nabla_{{{x}}}", True))


@form("hess")
def _hess(p: Printer, t: Term, env: Env) -> Writing:
    if _plain_call(t):
        return (yield from _gradient_of(p, t, env, "\\nabla^{2}"))
    return (yield from _evaluated(p, t, env, lambda x: f"\\nabla_{{{x}}}^{{2}}", True))


@form("jac")
def _jac(p: Printer, t: Term, env: Env) -> Writing:
    return (yield from _evaluated(p, t, env, lambda x: f"\\frac{{\\partial}}{{\\partial {x}}}", False))


@form("antideriv")
def _antideriv(p: Printer, t: Term, env: Env) -> Writing:
    inner, itself = _at_point(p, t, env)
    name = inner[t.bound[0]]
    text = f"\\int {p.reach((yield t.args[-1], inner))} {_differential(p, name, t)}"
    if itself:
        return text, OPEN
    return f"\\left. {text} \\right|_{{{name} = {(yield t.args[0])[0]}}}", FACTOR


@form("lim")
def _lim(p: Printer, t: Term, env: Env) -> Writing:
    inner = p.choose(t, env)
    point = yield t.args[0]
    direction = f"{at_least(point, ATOM)}^{{{t.data}}}" if t.data in ("+", "-") else point[0]
    return f"\\lim_{{{inner[t.bound[0]]} \\to {direction}}} {p.reach((yield t.args[-1], inner))}", OPEN


@form("argmax", "argmin", "maxover", "minover", "supover", "infover")
def _extremum(p: Printer, t: Term, env: Env) -> Writing:
    sign = {"argmax": "\\operatorname*{argmax}", "argmin": "\\operatorname*{argmin}", "maxover": "\\max", "minover": "\\min", "supover": "\\sup",
            "infover": "\\inf"}[t.op]  # fmt: skip
    inner = p.choose(t, env)
    limits = []
    for b, domain in zip(t.bound, t.args[:-1], strict=False):
        whole = domain.op == "set" and domain.data == "R"
        limits.append(inner[b] if whole else f"{inner[b]} \\in {(yield domain)[0]}")
    return f"{sign}_{{{', '.join(limits)}}} {p.reach((yield t.args[-1], inner))}", OPEN


def _plain_call(t: Term) -> bool:
    """Whether the body of a derivative is a function symbol at the variable alone."""
    body = t.args[-1]
    return body.op == "apply" and body.args[0].op == "sym" and body.args[1:] == t.bound
