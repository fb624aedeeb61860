"""Divergences and entropies in a model.

A divergence or entropy is the expectation of a logarithm of densities over the places where the first density is positive; laws on the
same cells are compared cell by cell, and the divergence of two normal laws has its closed form.  Values lie in [0, ∞].
Limits: the Jensen–Shannon divergence, mutual information and entropies of random symbols need listed outcomes.
"""

from __future__ import annotations

from flint import acb, fmpq

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.evaluate import Env, Evaluator, handles
from derivcheck.semantics.evaluate_calculus import opened, outer_frame
from derivcheck.semantics.evaluate_probability import as_table, over_law
from derivcheck.semantics.expectation import equal_value, outcomes
from derivcheck.semantics.functions import call
from derivcheck.semantics.laws import NamedLaw, TableLaw
from derivcheck.semantics.values import INFINITY, UNDEFINED, UNKNOWN, Matrix, Value, compare, is_zero
from derivcheck.terms import build as b
from derivcheck.terms.sorts import Sort
from derivcheck.terms.term import Term, fresh, mk


def one_variable(d: Term) -> Term | None:
    over = d.sort.params[0] if d.sort.params else None
    return fresh("x", over) if isinstance(over, Sort) and over.kind in ("num", "mat") else None


@handles("KL")
def _kl(ev: Evaluator, t: Term, env: Env) -> Value:
    p, q = t.args
    return divergence(ev, p, q, env)


def divergence(ev: Evaluator, p: Term, q: Term, env: Env) -> Value:
    """KL(p ‖ q), in [0, ∞]."""
    first, second = as_table(ev, ev.eval(p, env), env), as_table(ev, ev.eval(q, env), env)
    if UNDEFINED in (first, second):
        return UNDEFINED
    if isinstance(first, TableLaw) and isinstance(second, TableLaw):
        return table_divergence(first, second)
    if isinstance(first, NamedLaw) and isinstance(second, NamedLaw) and first.name == second.name == "N":
        return normal_divergence(first, second)
    if isinstance(first, NamedLaw) and isinstance(second, NamedLaw) and sticks_out(first, second):
        return INFINITY
    x = one_variable(p)
    if x is None:
        return UNKNOWN
    _, dangling, pair, outside = opened(mk("tuple", (p, q)), ())
    frame = outer_frame(ev, dangling, outside, env)
    p, q = pair.args
    got = over_law(ev, p, (x,), b.log(b.div(b.pdf(p, x), b.pdf(q, x))), frame)
    return UNKNOWN if got is UNDEFINED else got


def sticks_out(p: NamedLaw, q: NamedLaw) -> bool:
    """Whether p charges an interval on which q vanishes, by the intervals on which laws with a density are positive."""
    from derivcheck.semantics.densities import valid

    def ends(law: NamedLaw) -> tuple[Value | None, Value | None] | None:
        if law.name == "U":
            return law.params[0], law.params[1]
        if law.name in ("Exp", "Ga", "LogN", "InvGa"):
            return fmpq(0), None
        return {"Beta": (fmpq(0), fmpq(1)), "N": (None, None), "Laplace": (None, None)}.get(law.name)

    mine, other = ends(p), ends(q)
    if mine is None or other is None or not (valid(p.name, list(p.params)) and valid(q.name, list(q.params))):
        return False
    below = other[0] is not None and (mine[0] is None or compare(mine[0], other[0]) == -1)
    return below or (other[1] is not None and (mine[1] is None or compare(mine[1], other[1]) == 1))


def table_divergence(p: TableLaw, q: TableLaw) -> Value:
    """The divergence of laws on the same cells."""
    if len(p.axes) != len(q.axes) or any(a is not c for a, c in zip(p.axes, q.axes)) or p.before != len(p.axes):
        return UNKNOWN
    total: list[Value] = []
    for cell, w in p.weights.items():
        if w == 0:
            continue
        v = q.weights.get(cell, fmpq(0))
        if v == 0:
            return INFINITY
        total.append(ar.mul([w, call("log", [w / v])]))
    return ar.add(total)


def normal_divergence(p: NamedLaw, q: NamedLaw) -> Value:
    """½ (tr(Σ₂⁻¹Σ₁) + (μ₂-μ₁)ᵀΣ₂⁻¹(μ₂-μ₁) - d + log det Σ₂ / det Σ₁)."""
    from derivcheck.semantics.densities import valid
    from derivcheck.semantics.evaluate_matrix import add_matrices, as_matrix, determinant, inverse, product, scale, transpose

    if not (valid("N", list(p.params)) and valid("N", list(q.params))):
        return UNKNOWN
    m1, s1, m2, s2 = (as_matrix(v) for v in (*p.params, *q.params))
    if m1 is None or m2 is None or s1 is None or s2 is None or s1.rows != m1.rows or s2.rows != m2.rows or m1.rows != m2.rows:
        return UNKNOWN
    back = inverse(s2)
    gap = add_matrices([m2, scale(fmpq(-1), m1)])
    quadratic = product([transpose(gap), back, gap]) if isinstance(gap, Matrix) else UNKNOWN
    ratio = product([back, s1])
    if not isinstance(quadratic, Matrix) or not isinstance(ratio, Matrix):
        return UNKNOWN
    trace = ar.add([ratio.at(i, i) for i in range(ratio.rows)])
    logs = call("log", [ar.div(determinant(s2), determinant(s1))])
    return ar.div(ar.add([trace, quadratic.at(0, 0), fmpq(-m1.rows), logs]), fmpq(2))


@handles("JSD")
def _jsd(ev: Evaluator, t: Term, env: Env) -> Value:
    p, q = (as_table(ev, ev.eval(a, env), env) for a in t.args)
    if not isinstance(p, TableLaw) or not isinstance(q, TableLaw):
        return UNKNOWN
    if len(p.axes) != len(q.axes) or any(a is not c for a, c in zip(p.axes, q.axes)):
        return UNKNOWN
    cells = {*p.weights, *q.weights}
    middle = TableLaw(p.axes, {c: (p.weights.get(c, fmpq(0)) + q.weights.get(c, fmpq(0))) / 2 for c in cells}, p.before)
    return ar.div(ar.add([table_divergence(p, middle), table_divergence(q, middle)]), fmpq(2))


@handles("entropy", "crossent")
def _entropy(ev: Evaluator, t: Term, env: Env) -> Value:
    p, q = t.args[0], t.args[-1]
    x = one_variable(p)
    if x is None:
        first, second = as_table(ev, ev.eval(p, env), env), as_table(ev, ev.eval(q, env), env)
        return table_entropy(first, second) if isinstance(first, TableLaw) and isinstance(second, TableLaw) else UNKNOWN
    _, dangling, pair, outside = opened(mk("tuple", (p, q)), ())
    frame = outer_frame(ev, dangling, outside, env)
    p, q = pair.args
    law = ev.eval(p, frame) if t.op == "entropy" and x.sort.kind == "mat" and p.op == "dist" else UNKNOWN
    if isinstance(law, NamedLaw) and law.name == "N":
        return normal_entropy(law)
    got = ar.neg(over_law(ev, p, (x,), b.log(b.pdf(q, x)), frame))
    if got is UNDEFINED:
        first, second = as_table(ev, ev.eval(p, frame), frame), as_table(ev, ev.eval(q, frame), frame)
        if isinstance(first, TableLaw) and isinstance(second, TableLaw) and all(a is c for a, c in zip(first.axes, second.axes)):
            return INFINITY
        return UNKNOWN
    return got


def normal_entropy(law: NamedLaw) -> Value:
    """½ log det(2πe Σ)."""
    from derivcheck.semantics.densities import valid
    from derivcheck.semantics.evaluate_matrix import as_matrix, determinant

    cov = as_matrix(law.params[1])
    if cov is None or not valid("N", list(law.params)):
        return UNKNOWN
    constant = call("log", [ar.mul([fmpq(2), acb.pi(), acb(1).exp()])])
    return ar.div(ar.add([ar.mul([fmpq(cov.rows), constant]), call("log", [determinant(cov)])]), fmpq(2))


def table_entropy(p: TableLaw, q: TableLaw) -> Value:
    """-∑ p log q of laws of several variables on the same cells."""
    if len(p.axes) != len(q.axes) or any(a is not c for a, c in zip(p.axes, q.axes)) or p.before != len(p.axes) or q.before != len(q.axes):
        return UNKNOWN
    total: list[Value] = []
    for cell, w in p.weights.items():
        if w == 0:
            continue
        v = q.density(cell)
        if v == 0:
            return INFINITY
        total.append(ar.mul([w, call("log", [v])]))
    return ar.neg(ar.add(total))


def joint_entropy(ev: Evaluator, symbols: tuple[Term, ...], env: Env) -> Value:
    """The entropy of listed random symbols together."""
    rows = outcomes(ev, symbols, (), env)
    if rows is None or any(d.symbol in symbols for d in (ev.model.joint.declared if ev.model.joint else ())):
        return UNKNOWN
    seen: list[tuple[list[Value], Value]] = []
    for values, w in rows:
        frame = Env(env, values)
        here = [ev.eval(s, frame) for s in symbols]
        for i, (other, u) in enumerate(seen):
            same = [equal_value(a, c) for a, c in zip(here, other)]
            if all(s is True for s in same):
                seen[i] = (other, ar.add([u, w]))
                break
            if not any(s is False for s in same):
                return UNKNOWN
        else:
            seen.append((here, w))
    return ar.neg(ar.add([ar.mul([w, call("log", [w])]) for _, w in seen if not is_zero(w)]))


@handles("entropyrv")
def _entropyrv(ev: Evaluator, t: Term, env: Env) -> Value:
    k = int(t.data)
    whole = joint_entropy(ev, t.args, env)
    return ar.sub(whole, joint_entropy(ev, t.args[k:], env)) if len(t.args) > k else whole


@handles("MI")
def _mi(ev: Evaluator, t: Term, env: Env) -> Value:
    k = int(t.data)
    x, y = t.args[:k], t.args[k:]
    return ar.sub(ar.add([joint_entropy(ev, x, env), joint_entropy(ev, y, env)]), joint_entropy(ev, t.args, env))
