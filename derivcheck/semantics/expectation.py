"""Expectations in a model.

Listed outcomes are summed exactly.  A declared law with infinitely many outcomes enters polynomials through its moments: points with
signed weights that have the law's moments up to the degree of the polynomial give the exact expectation.  Other functions of one
number are integrated (or summed) against the density.

Conditions: a random symbol that has a value in the environment (an outer expectation, or the outcome under examination) and
statements restrict the listed outcomes.  Limits: conditioning on a symbol with a declared continuous law is possible only where
nothing else depends on it; expectations of functions of several symbols with declared laws must be polynomials.
"""

from __future__ import annotations

from flint import acb_mat, fmpq, fmpq_mat

from derivcheck.semantics import arithmetic as ar
from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.laws import Declared, Joint, Law, NamedLaw, TableLaw
from derivcheck.semantics.values import (
    UNDEFINED,
    UNKNOWN,
    Family,
    Matrix,
    Value,
    ball,
    compare,
    equal,
    is_number,
    is_zero,
    matrix,
    tidy,
)
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, symbol_order

Outcome = tuple[dict[Term, Value], Value]
POLYNOMIAL_PARAMETERS = frozenset("N Po Bern Bin U Laplace".split())
LIMIT = 6000


def degree(t: Term, x: Term, joint: Joint | None = None) -> int | None:
    """A bound of the degree of t as a polynomial in (the entries, the members of) x; `None` where it is none.

    With the joint law, moments given x of symbols whose declared law has parameters that are polynomials in x count as polynomials."""
    if x not in t.free:
        return 0
    if t is x:
        return 1
    op = t.op
    if op in ("idx", "entry", "ventry", "row", "col"):
        return degree(t.args[0], x, joint) if all(x not in a.free for a in t.args[1:]) else None
    if op in ("add", "bmat"):
        got = [degree(a, x, joint) for a in t.args]
        return None if any(g is None for g in got) else max(got)  # type: ignore[type-var]
    if op in ("neg", "transpose", "trace", "tonum", "diag", "diagof", "vecop"):
        return degree(t.args[0], x, joint)
    if op in ("mul", "matmul", "smul", "inner", "hadamard", "kron"):
        got = [degree(a, x, joint) for a in t.args]
        return None if any(g is None for g in got) else sum(got)  # type: ignore[arg-type]
    if op == "div":
        return degree(t.args[0], x, joint) if x not in t.args[1].free else None
    if op in ("pow", "mpow") and t.args[1].op == "num" and t.args[1].data.denominator == 1 and t.args[1].data >= 0:
        n = int(t.args[1].data)
        base = t.args[0]
        if base.op == "norm" and n % 2 == 0 and (base.data == "F" or (base.data == "2" and base.args[0].sort.is_vector)):
            base = base.args[0]
        d = degree(base, x, joint)
        return None if d is None else d * n
    if op == "sum" and x not in t.args[0].free and x not in t.args[1].free:
        return degree(t.args[2], x, joint)
    if op == "sumset" and x not in t.args[0].free:
        return degree(t.args[1], x, joint)
    if op in ("E", "Var", "Cov", "Pr") and all(x not in a.free for a in t.args[len(t.args) - int(t.data) :]):
        if joint is not None and x in joint.symbols():
            # averaged over
            return 0
        inner = [degree(a, x, joint) for a in t.args[: len(t.args) - int(t.data)]]
        if op == "Pr" or any(g is None for g in inner):
            return None
        total = sum(g for g in inner if g is not None)
        return 2 * total if op == "Var" else total
    if op in ("E", "Var", "Cov") and joint is not None:
        return conditional_degree(t, x, joint)
    if op == "mlam":
        return degree(t.args[2], x, joint)
    return None


def conditional_degree(t: Term, x: Term, joint: Joint) -> int | None:
    """The degree in x of a conditional moment given x."""
    n = int(t.data)
    bodies, conditions = t.args[: len(t.args) - n], t.args[len(t.args) - n :]
    if x not in conditions or any(x in c.free for c in conditions if c is not x):
        return None
    total = 0
    for body in bodies:
        direct = degree(body, x, joint)
        if direct is None:
            return None
        total += direct
        for d in joint.declared:
            if x not in d.law.free or d.symbol is x or d.symbol in conditions:
                continue
            inner = degree(body, d.symbol, joint)
            parameters = [degree(a, x, joint) for a in d.law.args]
            if inner is None or d.law.op != "dist" or d.law.data not in POLYNOMIAL_PARAMETERS:
                return None
            if any(d.symbol in other.law.free for other in joint.declared):
                return None
            for p in parameters:
                if p is None:
                    return None
            total += inner * max((p for p in parameters if p is not None), default=0)
    return 2 * total if t.op == "Var" else total


def signed_points(moments: list[Value]) -> list[tuple[Value, Value]] | None:
    """Points with signed weights that have these moments (of order 0 to n)."""
    n = len(moments)
    points = [fmpq((k + 1) // 2 * (1 if k % 2 else -1)) for k in range(n)]
    if not all(is_number(m) for m in moments):
        return None
    if all(isinstance(m, fmpq) for m in moments):
        system = fmpq_mat(n, n, [p**i if i else fmpq(1) for i in range(n) for p in points])
        weights = system.solve(fmpq_mat(n, 1, moments))
        return [(p, weights[i, 0]) for i, p in enumerate(points)]
    balls = acb_mat([[ball(p) ** i for p in points] for i in range(n)])
    try:
        got = balls.solve(acb_mat([[ball(m)] for m in moments]))
    except ZeroDivisionError:
        return None
    return [(p, tidy(got[i, 0])) for i, p in enumerate(points)]


def cholesky(a: Matrix) -> list[list[Value]] | None:
    """L with L Lᵀ = A for a positive definite matrix."""
    n = a.rows
    low: list[list[Value]] = [[ar.ZERO] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = ar.sub(a.at(i, j), ar.add([ar.mul([low[i][k], low[j][k]]) for k in range(j)] or [ar.ZERO]))
            low[i][j] = ar.power(rest, fmpq(1, 2)) if i == j else ar.div(rest, low[j][j])
            if not is_number(low[i][j]):
                return None
    return low


def law_points(ev: Evaluator, law: Law, deg: int) -> list[tuple[Value, Value]] | None:
    """Outcomes with weights that give the right expectation of polynomials of this degree."""
    from derivcheck.semantics.densities import finite_outcomes, moments

    if isinstance(law, TableLaw) and len(law.axes) == law.before == 1:
        axis = law.axes[0]
        if axis.discrete:
            return [(axis.points[i], law.weights.get((i,), fmpq(0))) for i in range(axis.size)]
        if axis.vector and len(axis.boxes[0]) > 1:
            return None
        parts: list[list[Value]] = []
        for i in range(axis.size):
            lo, hi = axis.boxes[i][0]
            w = law.weights.get((i,), fmpq(0))
            if w == 0:
                continue
            got = moments("U", [lo, hi], deg)
            if got is None:
                return None
            parts.append([w * m for m in got])
        return signed_points([ar.add([p[k] for p in parts]) for k in range(deg + 1)])
    if isinstance(law, NamedLaw):
        listed = finite_outcomes(law.name, list(law.params))
        if listed is not None:
            return listed
        if law.name == "N" and isinstance(law.params[0], Matrix):
            return normal_points(law, deg)
        if law.name == "Dir":
            return dirichlet_points(law, deg)
        got = moments(law.name, list(law.params), max(deg, 1))
        return signed_points(got[: max(deg, 1) + 1]) if got is not None else None
    return None


def dirichlet_points(law: NamedLaw, deg: int) -> list[tuple[Value, Value]] | None:
    """Points of a Dirichlet vector: pieces broken off a stick, each a Beta share of what is left."""
    from derivcheck.semantics.densities import moments

    alpha = law.params[0]
    if not isinstance(alpha, Matrix) or alpha.rows > 4:
        return None
    entries = alpha.entries()
    points: list[tuple[list[Value], Value, Value]] = [([], ar.ONE, ar.ONE)]
    for k, a in enumerate(entries[:-1]):
        share = signed_points(moments("Beta", [a, ar.add(entries[k + 1 :])], max(deg, 1)) or [])
        if share is None or len(points) * len(share) > LIMIT:
            return None
        points = [
            ([*done, ar.mul([left, s])], ar.mul([left, ar.sub(ar.ONE, s)]), ar.mul([w, u]))
            for done, left, w in points
            for s, u in share
            if not is_zero(u)
        ]
    return [(matrix([[v] for v in (*done, left)]), w) for done, left, w in points]


def normal_points(law: NamedLaw, deg: int) -> list[tuple[Value, Value]] | None:
    """Points of a normal vector: `μ + L z`."""
    import itertools

    from derivcheck.semantics.densities import moments

    mean, cov = law.params
    if not isinstance(cov, Matrix) or mean.rows != cov.rows:
        return None
    if mean.rows == 0:
        return [(mean, ar.ONE)]
    low = cholesky(cov)
    standard = signed_points(moments("N", [ar.ZERO, ar.ONE], max(deg, 1)) or [])
    if low is None or standard is None or len(standard) ** mean.rows > LIMIT:
        return None
    out: list[tuple[Value, Value]] = []
    for choice in itertools.product(standard, repeat=mean.rows):
        z = [c[0] for c in choice]
        weight = ar.mul([c[1] for c in choice])
        if is_zero(weight):
            continue
        rows = [[ar.add([mean.at(i, 0), *(ar.mul([low[i][j], z[j]]) for j in range(i + 1))])] for i in range(mean.rows)]
        out.append((matrix(rows), weight))
    return out


def listed(law: Law) -> bool:
    """The law has finitely many outcomes."""
    return (isinstance(law, TableLaw) and law.axes[0].discrete) or (isinstance(law, NamedLaw) and law.name in ("Bern", "Bin", "Cat"))


def ancestors(joint: Joint, symbols: set[Term]) -> list[Declared]:
    """The declared symbols among these and those that their laws depend on, parents first."""
    table = {d.symbol: d for d in joint.declared}
    order: list[Declared] = []

    def visit(s: Term) -> None:
        d = table.get(s)
        if d is None or d in order:
            return
        for v in sorted((v for v in d.law.free if v.op == "sym"), key=symbol_order):
            visit(v)
        order.append(d)

    for s in sorted(symbols, key=symbol_order):
        visit(s)
    return order


def outcomes(ev: Evaluator, body: tuple[Term, ...], conditions: tuple[Term, ...], env: Env) -> list[Outcome] | None:
    """Outcomes with weights over which the bodies' expectation is a weighted sum."""
    joint = ev.model.joint
    if joint is None:
        return None
    every = joint.symbols()
    wanted = {s for t in (*body, *conditions) for s in t.free if s in every}
    fixed: dict[Term, Value] = {}
    events: list[Term] = []
    functions: list[tuple[Term, Value]] = []
    for c in conditions:
        if c in every:
            v = env.get(c)
            if v is None:
                return None
            fixed[c] = v
        elif c.op == "idx" and c.args[0] in every:
            return None
        elif c.op == "rel" and c.data == "=" and c.args[0] in every and c.args[1].free.isdisjoint(every):
            fixed[c.args[0]] = ev.eval(c.args[1], env)
        elif c.op == "tuple" and all(a in every for a in c.args):
            for a in c.args:
                v = env.get(a)
                if v is None:
                    return None
                fixed[a] = v
        elif c.sort.kind != "bool":
            # given a function of random symbols: those outcomes count at which it has the value that it has here
            if any(s in every and env.get(s) is None for s in c.free):
                return None
            functions.append((c, ev.eval(c, env)))
        else:
            events.append(c)
    chain = ancestors(joint, wanted)
    parents = {v for d in chain for v in d.law.free if v in every}
    rows = joint.outcomes(wanted | parents)
    if rows is None:
        return None
    current: list[Outcome] = []
    for values, w in rows:
        keep = True
        for s, v in fixed.items():
            if s in values:
                same = equal_value(values[s], v)
                if same is False:
                    keep = False
                elif same is not True:
                    return None
        if keep and w != 0:
            current.append((values, w))
    degrees = needed_degrees(ev, body, chain, [*events, *(c for c, _ in functions)], joint)
    # symbols whose outcomes are all listed (moments alone don't carry a density)
    listed_symbols = {s for k in joint.blocks for s, _ in k.atoms}
    for d in chain:
        if d.symbol in fixed:
            v = fixed[d.symbol]
            if any(s in every for s in d.law.free):
                # Bayes: what its law depends on is weighed by the density at the value
                if d.keys is not None or any(p not in listed_symbols and p not in fixed for p in d.law.free if p in every):
                    return None
                weighed: list[Outcome] = []
                for values, w in current:
                    density = density_at(ev, ev.eval(d.law, Env(env, values)), v)
                    if not is_number(density):
                        return None
                    if not is_zero(density):
                        weighed.append(({**values, d.symbol: v}, ar.mul([w, density])))
                current = weighed
            else:
                current = [({**values, d.symbol: v}, w) for values, w in current]
            continue
        grown: list[Outcome] = []
        for values, w in current:
            # parents may stand at points of signed weight, which need not be admissible parameters
            formal = not d.law.free.isdisjoint(every)
            ev.formal += formal
            law = ev.eval(d.law, Env(env, values))
            ev.formal -= formal
            if not isinstance(law, Law):
                return None
            deg = degrees.get(d.symbol)
            if deg is None and not listed(law):
                return None
            points = law_points(ev, law, deg or 1)
            if points is None:
                return None
            if listed(law):
                listed_symbols.add(d.symbol)
            if d.keys is None:
                grown += [({**values, d.symbol: v}, ar.mul([w, u])) for v, u in points]
            else:
                import itertools

                if len(points) ** len(d.keys) * max(1, len(current)) > LIMIT:
                    return None
                for choice in itertools.product(points, repeat=len(d.keys)):
                    family = Family(dict(zip(d.keys, (c[0] for c in choice))))
                    grown.append(({**values, d.symbol: family}, ar.mul([w, *(c[1] for c in choice)])))
        if len(grown) > LIMIT:
            return None
        current = grown
    for c, v in functions:
        verdicts = [equal_value(ev.eval(c, Env(env, values)), v) for values, _ in current]
        if any(same is not True and same is not False for same in verdicts):
            return None
        current = [row for row, same in zip(current, verdicts, strict=True) if same is True]
    if events:
        from derivcheck.semantics.truth import truth

        kept: list[Outcome] = []
        for values, w in current:
            verdict = [truth(ev, e, Env(env, values)) for e in events]
            if all(v is True for v in verdict):
                kept.append((values, w))
            elif not any(v is False for v in verdict):
                return None
        current = kept
    return current


def density_at(ev: Evaluator, law: Value, v: Value) -> Value:
    """The density (or mass) of a law at a value."""
    from derivcheck.semantics.laws import mass_at

    return mass_at(ev, law, [v], False) if isinstance(law, Law) else UNKNOWN


def equal_value(a: Value, b: Value) -> object:
    """Equality of outcomes, members of families one by one."""
    if isinstance(a, Family) and isinstance(b, Family):
        verdicts = [equal(v, b.members.get(k, UNDEFINED)) for k, v in a.members.items()]
        return False if False in verdicts else (True if all(v is True for v in verdicts) else UNKNOWN)
    return equal(a, b)


def needed_degrees(ev: Evaluator, body: tuple[Term, ...], chain: list[Declared], events: list[Term], joint: Joint) -> dict[Term, int]:
    """For each declared symbol the degree up to which its moments matter; absent where the dependence is no polynomial."""
    out: dict[Term, int] = {}
    for d in reversed(chain):
        x = d.symbol
        if any(x in e.free for e in events):
            continue
        total: int | None = 0
        got = [degree(t, x, joint) for t in body]
        total = None if any(g is None for g in got) else sum(got)  # type: ignore[arg-type]
        for child in chain:
            if x in child.law.free and total is not None:
                inner = out.get(child.symbol)
                found = [degree(a, x, joint) for a in child.law.args]
                parameters = [p for p in found if p is not None]
                known = child.law.op == "dist" and child.law.data in POLYNOMIAL_PARAMETERS
                if inner is None or not known or len(parameters) < len(found):
                    total = None
                else:
                    total += inner * max(parameters, default=0)
        if total is not None:
            out[x] = total
    return out


def weighted(values: list[tuple[Value, Value]]) -> Value:
    """The weighted sum of values."""
    from derivcheck.semantics.evaluate_matrix import add_matrices, scale

    if any(v is UNDEFINED for v, _ in values):
        return UNDEFINED
    if any(v is UNKNOWN for v, _ in values):
        return UNKNOWN
    if not values:
        return UNKNOWN
    if any(isinstance(v, Matrix) for v, _ in values):
        return add_matrices([scale(w, v) for v, w in values])
    return ar.add([ar.mul([w, v]) for v, w in values])


def expectation(ev: Evaluator, body: Term, conditions: tuple[Term, ...], env: Env) -> Value:
    """E[body | conditions]."""
    joint = ev.model.joint
    random = joint.symbols() if joint is not None else set()
    if not conditions and random.isdisjoint(body.free):
        return ev.eval(body, env)
    rows = outcomes(ev, (body,), conditions, env)
    if rows is None:
        return by_density(ev, body, conditions, env)
    total = ar.add([w for _, w in rows]) if rows else ar.ZERO
    if conditions:
        if is_zero(total):
            return UNDEFINED
        rows = [(v, ar.div(w, total)) for v, w in rows]
    ev.budget.spend(len(rows))
    return weighted([(ev.eval(body, Env(env, values)), w) for values, w in rows if not is_zero(w)])


def by_density(ev: Evaluator, body: Term, conditions: tuple[Term, ...], env: Env) -> Value:
    """The expectation of a function of one number with a declared law, by its density."""
    from derivcheck.semantics.event_probability import as_probability

    joint = ev.model.joint
    if body.op == "ind":
        got = as_probability(ev, body, conditions, env)
        if got is not UNKNOWN:
            return got
    if joint is not None and conditions and all(c.sort.kind == "bool" for c in conditions) and body.sort.kind == "num":
        return given_events(ev, body, conditions, env)
    if joint is None or conditions:
        return UNKNOWN
    chosen = [d for d in joint.declared if d.symbol in body.free]
    if len(chosen) != 1 or chosen[0].keys is not None:
        return UNKNOWN
    law = chosen[0].marginal or chosen[0].law
    if any(s in joint.symbols() for s in law.free):
        return UNKNOWN
    if any(s is not chosen[0].symbol and s in joint.symbols() for s in body.free):
        return UNKNOWN
    from derivcheck.semantics.evaluate_probability import expectation_at

    return expectation_at(ev, law, chosen[0].symbol, body, env)


def given_events(ev: Evaluator, body: Term, conditions: tuple[Term, ...], env: Env) -> Value:
    """E[body | events] = E[body 1[events]] / Pr(events)."""
    event = b.and_(*conditions)
    below = expectation(ev, b.ind(event), (), env)
    if below is UNKNOWN or below is UNDEFINED or is_zero(below):
        return UNDEFINED if below is not UNKNOWN else UNKNOWN
    if compare(below, ar.ZERO) != 1:
        return UNKNOWN
    return ar.div(expectation(ev, b.cases(event, body, b.ZERO), (), env), below)
