"""Optimisation: `argmax`, `argmin` and optimal values.

Equal sets of optimisers come from the normal form (monotone transformations are rewriting rules); a single optimiser from a global
inequality, from the first-order condition with convexity, or from the sign of the slope on both sides, of the objective as it stands, of its
normal form and of its logarithm; an optimal value from the optimiser, which is looked for among the zeros of the slope and the ends.
Limits: zeros of the slope where that is linear, quadratic or of the form c g(x) + d after factoring, g a power, exp or log.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derivcheck.kernel.budget import OutOfBudget
from derivcheck.kernel.check import Proof, Rejected, Session
from derivcheck.kernel.inferences.kinks import KINKS, kinked
from derivcheck.kernel.inferences.optimisers import as_interval, ends
from derivcheck.kernel.inferences.optimum import stationary_points
from derivcheck.kernel.inferences.solutions import solve_linear
from derivcheck.kernel.limits import limit
from derivcheck.kernel.literals import rational_value
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.random_laws import SCOPES
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.provers import definite, linear, logic, matrix, order, scalar
from derivcheck.provers.scalar import attempt
from derivcheck.semantics.differentiate import derivative
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration
from derivcheck.terms.term import Term, contains_op, fresh, instantiate, open_binder, substitute, subterms

METHODS = ("first-order condition and convexity", "first-order condition and the slope's sign", "optimum")
SHARE = 0.25
SETS = ("argmin", "argmax")
VALUES = ("minover", "maxover", "infover", "supover")
OF_NUMBER = ("optimum-slope", "optimum-second-order", "optimum-convex", "optimum-direct")
OF_NUMBERS = ("optimum-of-numbers",)
ONE_SIDED = (("optimum-subgradient", ("kink",)), ("optimum-subgradient", ("curved",)), ("optimum-flat", ()))
SPLITS = 4
OF_VECTOR = ("optimum-of-quadratic", "optimum-over-set")
OF_MATRIX = ("optimum-along-lines", "optimum-direct-matrix")


def prove(ob: Obligation, session: Session) -> Proof | None:
    """A proof of an equation about optima."""
    p = ob.statement
    if p.op != "rel" or p.data != "=":
        return _by_hypothesis(ob, session)
    if p.args[0].sort.kind == "set":
        direct = scalar.leaf(ob, session, "reflexive", "normal-form")
        if direct is not None:
            return direct
    if any(a.op in SETS for a in p.args[:2]):
        return _set(ob, session, 0)
    if any(a.op in VALUES for a in p.args[:2]):
        return _value(ob, session) or _by_hypothesis(ob, session)
    return _by_hypothesis(ob, session)


def _set(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """`argmin f` is a set of one point, or empty."""
    node = next(a for a in ob.statement.args[:2] if a.op in SETS)
    number = len(node.bound) == 1 and node.bound[0].sort.kind == "num"
    bent = number and _bent(node)
    found = _one_sided(ob, session) if bent else None
    if found is not None:
        return found
    value = next((a for a in ob.statement.args[:2] if a.op not in SETS), None)
    split = number and depth == 0 and value is not None and (bent or bool(_turns(value)))
    if split:
        found = _kinks(ob, session, 0)
        if found is not None:
            return found
    if number and value is not None and depth == 0 and any(s.op == "pow" and rational_value(s.args[1]) == Fraction(1, 2) for s in subterms(value)):
        found = _via(ob, "optimum-slope-power", (2,), session)
        if found is not None:
            return found
    for first in (0, 1) if len(node.bound) == 2 else ():
        found = _via(ob, "optimum-one-by-one", (first,), session)
        if found is not None:
            return found
    for rule in OF_NUMBER if number else OF_NUMBERS if len(node.bound) > 1 else OF_VECTOR if node.bound[0].sort.is_vector else OF_MATRIX:
        found = _via(ob, rule, (), session)
        if found is not None:
            return found
    if number:
        found = _none(ob, session) or _averaged(ob, session)
        if found is not None:
            return found
    if depth == 0:
        for rule in ("optimum-log", "rewrite"):
            rest = attempt(ob, rule, (), session)
            if not rest or not any(a.op in SETS for a in rest[-1].statement.args[:2]):
                continue
            before = [_statement(r, session) for r in rest[:-1]]
            last = _set(rest[-1], session, depth + 1) if all(q is not None for q in before) else None
            if last is not None:
                return Proof(rule, (), (*(q for q in before if q is not None), last))
    return _kinks(ob, session, depth) if not split and not bent else None


def _one_sided(ob: Obligation, session: Session) -> Proof | None:
    """Kinks: from the one-sided slopes."""
    for rule, params in ONE_SIDED:
        found = _via(ob, rule, params, session)
        if found is not None:
            return found
    return None


def _none(ob: Obligation, session: Session) -> Proof | None:
    """There is no optimiser."""
    if not any((a.op == "finset" and not a.args) or (a.op == "set" and a.data == "empty") for a in ob.statement.args[:2]):
        return None
    for rule, params in (("no-optimum", ()), ("optimum-not-attained", ("right",)), ("optimum-not-attained", ("left",))):
        found = _via(ob, rule, params, session)
        if found is not None:
            return found
    return None


def _averaged(ob: Obligation, session: Session) -> Proof | None:
    """The objective is an expectation: by the linearity of expectations."""
    if not contains_op(ob.statement, *SCOPES):
        return None
    return _via(ob, "optimum-slope", ("linearity",), session) or _via(ob, "optimum-convex", ("linearity",), session)


def _kinks(ob: Obligation, session: Session, depth: int) -> Proof | None:
    """By cases on what `max`, `min`, |·| and case distinctions in the optimiser depend on, the inner ones first."""
    if depth > SPLITS:
        return None
    value = next((a for a in ob.statement.args[:2] if a.op not in SETS), None)
    for on in _turns(value) if value is not None else ():
        cases = attempt(ob, "cases", ("sign", on), session)
        if cases is None or len(cases) < 2:
            continue
        proofs: list[Proof] = []
        for case in cases:
            inner = _case(case, session, depth)
            if inner is None:
                return None
            proofs.append(inner)
        return Proof("cases", ("sign", on), tuple(proofs))
    return None


def _turns(value: Term) -> list[Term]:
    """Terms on whose sign the value depends, small ones first."""
    out: list[Term] = []
    for s in subterms(value):
        if s.op == "fn" and s.data in ("max", "min") and len(s.args) == 2:
            out.append(b.sub(s.args[0], s.args[1]))
        elif s.op == "fn" and s.data in ("abs", "sign"):
            out.append(s.args[0])
        elif s.op in ("cases", "ind"):
            out += [b.sub(*p.args[:2]) for p in subterms(s) if p.op == "rel" and p.data in ("<", "≤", ">", "≥", "=", "≠") and p.args[0].sort.kind == "num"]
    return sorted(dict.fromkeys(t for t in out if not any(v.op == "bvar" for v in t.free)), key=lambda t: (t.size, order_key(t)))


def _case(case: Obligation, session: Session, depth: int) -> Proof | None:
    """One case: the optimiser rewritten, and split further where it still has kinks."""
    rest = attempt(case, "rewrite", (), session)
    if not rest or not any(a.op in SETS for a in rest[0].statement.args[:2]):
        # the case may be impossible
        return logic.prove(case, session)
    goal = rest[0]
    value = next((a for a in goal.statement.args[:2] if a.op not in SETS), None)
    inner = _kinks(goal, session, depth + 1) if value is not None and _turns(value) else None
    inner = inner or _set(goal, session, SPLITS)
    return Proof("rewrite", (), (inner,)) if inner is not None else logic.prove(case, session)


def _value(ob: Obligation, session: Session) -> Proof | None:
    """`min f` is a number."""
    for node in ob.statement.args[:2]:
        if node.op not in VALUES or len(node.bound) != 1:
            continue
        rule = "optimal-value" if node.bound[0].sort.kind == "num" else "optimal-value-vector"
        for star in candidates(node, ob, session):
            found = _via(ob, rule, (star,), session)
            if found is not None:
                return found
        if node.op in ("infover", "supover"):
            for end in ("right", "left"):
                found = _via(ob, "supremum-at-end", (end,), session)
                if found is not None:
                    return found
    return None


def _by_hypothesis(ob: Obligation, session: Session) -> Proof | None:
    """With a symbol that a hypothesis calls the optimiser replaced by its value."""
    known = {h.statement for h in ob.context.hypotheses if h.kind == "step"}
    for h in ob.context.hypotheses:
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            if p.op != "rel" or p.data != "=" or not any(a.op in SETS for a in p.args[:2]):
                continue
            node, other = p.args[:2] if p.args[0].op in SETS else p.args[1::-1]
            if other.op != "finset" or len(other.args) != 1 or len(node.bound) != 1:
                continue
            s = other.args[0]
            found = _by_definition(ob, p, s, session)
            if found is not None:
                return found
            for star in (*_stated(s, ob), *candidates(node, ob, session)):
                if b.eq(s, star) in known:
                    continue
                rest = attempt(ob, "optimiser-known", (p, star), session)
                if rest is None:
                    continue
                first = _set(rest[0], session, 0)
                last = _statement(rest[1], session) if first is not None else None
                if first is not None and last is not None:
                    return Proof("optimiser-known", (p, star), (first, last))
    return None


_active: set[int] = set()


def nested(ob: Obligation, session: Session, known: bool) -> Proof | None:
    """The same inside of a statement that is proved by its logic (`known`: from a hypothesis alone); not within itself."""
    if id(session) in _active:
        return None
    _active.add(id(session))
    try:
        with session.budget.limited(SHARE):
            return _by_hypothesis(ob, session) if known else prove(ob, session)
    except OutOfBudget:
        return None
    finally:
        _active.discard(id(session))


def _by_definition(ob: Obligation, p: Term, s: Term, session: Session) -> Proof | None:
    """From the slope at a named optimiser, and from its value beside those at the other points in sight."""
    rest = attempt(ob, "optimiser-stationary", (p,), session)
    if rest is not None:
        found = scalar.leaf(rest[0], session, "hypothesis", "equations", "sign")
        if found is not None:
            return Proof("optimiser-stationary", (p,), (found,))
    goal = ob
    steps: list[tuple[tuple[Term, Term], list[Proof]]] = []
    for t in sorted((t for t in ob.statement.free if t.op == "sym" and t is not s and t.sort == s.sort), key=order_key)[:4]:
        rest = attempt(goal, "optimiser-bound", (p, t), session)
        if rest is None:
            continue
        before = [scalar.prove(r, session) for r in rest[:-1]]
        if all(q is not None for q in before):
            goal = rest[-1]
            steps.append(((p, t), [q for q in before if q is not None]))
    closed = (scalar.leaf(goal, session, "hypothesis", "sign") or linear.prove(goal, session)) if steps else None
    if closed is None:
        return None
    for params, inside in reversed(steps):
        closed = Proof("optimiser-bound", params, (*inside, closed))
    return closed


def _stated(s: Term, ob: Obligation) -> Iterator[Term]:
    """What the goal says that s is."""
    p = ob.statement
    if p.op == "rel" and p.data == "=" and s in p.args[:2]:
        yield p.args[1] if p.args[0] is s else p.args[0]


def solved(node: Term, ob: Obligation, session: Session) -> tuple[Term, Proof] | None:
    """(the set of optimisers or the optimal value, a proof of the equation), where one is found."""
    if len(node.bound) != 1 or any(v.op == "bvar" for v in node.free):
        return None
    empty = [b.finset()] if node.op in SETS and node.bound[0].sort.kind == "num" and not _bent(node) else []
    for star in (*candidates(node, ob, session), None):
        for value in empty if star is None else [_at(node, star)]:
            goal = Obligation(ob.context, b.eq(node, value))
            if order.fails(goal):
                continue  # optimal in some cases at most
            # with kinks most candidates are optimal in some cases only
            proof = _one_sided(goal, session) if node.op in SETS and node.bound[0].sort.kind == "num" and _bent(node) else prove(goal, session)
            if proof is not None:
                return value, proof
    for value in _limits(node, ob, session) if node.op in ("infover", "supover") and node.bound[0].sort.kind == "num" else ():
        proof = prove(Obligation(ob.context, b.eq(node, value)), session)
        if proof is not None:
            return value, proof
    return None


def _limits(node: Term, ob: Obligation, session: Session) -> Iterator[Term]:
    """The limits of an objective at the ends of its interval."""
    domain = as_interval(node.args[0], session.oracle(ob.context))
    if domain is None:
        return
    (x,), f = open_binder(node)
    rw = session.rewriter(ob.context)
    inside = session.rewriter(ob.context.with_declaration(Declaration(x, domain)))
    for end, way in zip(ends(domain), "+-", strict=True):
        found = limit(inside.nf(f), x, end, way, rw)
        if found is not None:
            yield found


def _bent(node: Term) -> bool:
    """Whether the objective has kinks in sight."""
    (x,), f = open_binder(node)
    return kinked(f, x)


def _at(node: Term, star: Term) -> Term:
    return b.finset(star) if node.op in SETS else instantiate(node, (star,))


# --- candidates -----------------------------------------------------------------------------------------------------------------------


def candidates(node: Term, ob: Obligation, session: Session) -> list[Term]:
    """Points where an optimum may be attained."""
    try:
        if node.bound[0].sort.kind == "mat":
            return _vector_candidates(node, ob, session)
        got = [*_kink_points(node, ob, session), *stationary_points(node, ob.context, session), *_critical(node, ob, session)]
    except (Rejected, ZeroDivisionError):
        return []
    domain = node.args[0]
    if domain.op == "interval":
        got += [a for a in domain.args if a is not b.INF and not (a.op == "neg" and a.args[0] is b.INF)]
    return list(dict.fromkeys(got))


def _kink_points(node: Term, ob: Obligation, session: Session) -> Iterator[Term]:
    """Where the arguments of |u|, max(u, v) and min(u, v) change sign."""
    (x,), f = open_binder(node)
    rw = session.rewriter(ob.context.with_declaration(Declaration(x, node.args[0])))
    for s in sorted((s for s in subterms(f) if s.op == "fn" and s.data in KINKS and x in s.free and len(s.args) < 3), key=order_key)[:4]:
        u = s.args[0] if s.data == "abs" else b.sub(*s.args)
        zero = None if any(v.op == "bvar" for v in u.free) else solve_linear(rw.nf(u), x, rw)
        if zero is not None and x not in zero.free:
            yield zero


def _critical(node: Term, ob: Obligation, session: Session) -> Iterator[Term]:
    (x,), f = open_binder(node)
    rw = session.rewriter(ob.context.with_declaration(Declaration(x, node.args[0])))
    slope = rw.nf(derivative(rw.nf(f), x).term)
    for factor in order._factors(slope, rw):
        if x in factor.free:
            yield from _zeros(factor, x, rw, 0)


def _zeros(t: Term, x: Term, rw: Rewriter, depth: int) -> Iterator[Term]:
    """Zeros of c g(x) + d where g can be inverted."""
    straight = solve_linear(t, x, rw)
    if straight is not None and x not in straight.free:
        yield straight
        return
    if depth > 2:
        return
    for s in sorted((s for s in subterms(t) if x in s.free and s.op in ("fn", "pow")), key=lambda s: -s.size)[:4]:
        value = solve_linear(t, s, rw)
        if value is None or x in value.free:
            continue
        if s.op == "fn" and s.data == "exp":
            yield from _zeros(b.sub(s.args[0], b.log(value)), x, rw, depth + 1)
        elif s.op == "fn" and s.data == "log":
            yield from _zeros(b.sub(s.args[0], b.exp(value)), x, rw, depth + 1)
        elif s.op == "pow" and x not in s.args[1].free:
            root = b.pow_(value, b.div(b.ONE, s.args[1]))
            yield from _zeros(b.sub(s.args[0], root), x, rw, depth + 1)
            yield from _zeros(b.add(s.args[0], root), x, rw, depth + 1)


def _vector_candidates(node: Term, ob: Obligation, session: Session) -> list[Term]:
    """-H^{-1} g for a quadratic with Hessian H and gradient g at 0."""
    from derivcheck.kernel.inferences.optimum_vector import slope_and_hessian

    (w,), body = open_binder(node)
    rw = session.rewriter(ob.context)
    slope, hessian = slope_and_hessian(node, body, w, rw)
    if w in hessian.free:
        return []
    origin = {w: b.zeros(w.sort.rows, b.ONE)}
    start = rw.nf(substitute(slope, origin))
    free = rw.nf(b.neg(b.matmul(b.inv(hessian), start)))
    domain = node.args[0]
    condition = instantiate(domain, (w,)) if domain.op == "setof" and len(domain.bound) == 1 else None
    if condition is None or condition.op != "rel" or condition.data != "=":
        return [free]
    # A x = c: x = x_0 + H^{-1} A^T (A H^{-1} A^T)^{-1} (c - A x_0), x_0 the free minimiser
    gap = b.sub(*condition.args[:2]) if condition.args[0].sort.kind == "num" else b.add(condition.args[0], b.neg(condition.args[1]))
    across = rw.nf(b.transpose(b.grad(w, gap)) if gap.sort.kind == "num" else b.jac(w, gap))
    if w in across.free or contains_op(across, "grad", "jac"):
        return [free]
    back = b.matmul(b.inv(hessian), b.transpose(across))
    missing = rw.nf(substitute(gap, {w: free}))
    if gap.sort.kind == "num":
        return [rw.nf(b.add(free, b.smul(b.neg(b.div(missing, b.tonum(b.matmul(across, back)))), back)))]
    return [rw.nf(b.add(free, b.neg(b.matmul(back, b.inv(b.matmul(across, back)), missing))))]


# --- what remains ---------------------------------------------------------------------------------------------------------------------


def _via(ob: Obligation, rule: str, params: tuple[object, ...], session: Session) -> Proof | None:
    """A proof that begins with this inference, within a part of what is left of the budget."""
    try:
        with session.budget.limited(SHARE):
            return _within(ob, rule, params, session)
    except OutOfBudget:
        return None


def _within(ob: Obligation, rule: str, params: tuple[object, ...], session: Session) -> Proof | None:
    rest = attempt(ob, rule, params, session)
    if rest is None:
        return None
    proofs = []
    for r in rest:
        proof = _statement(r, session)
        if proof is None:
            return None
        proofs.append(proof)
    return Proof(rule, params, tuple(proofs))


def _statement(ob: Obligation, session: Session) -> Proof | None:
    p = ob.statement
    if p.op == "rel" and any(a.op in (*SETS, *VALUES) for a in p.args[:2]):
        return prove(ob, session)
    vectors = p.op == "rel" and any(t.sort.kind == "mat" for t in subterms(p))
    found = _multiplied(ob, session) if vectors and p.data in ("≤", "≥") else None
    found = found or scalar.prove(ob, session)
    if found is None and vectors:
        found = matrix.prove(ob, session) or definite.prove(ob, session)
    if found is None and not vectors and p.op == "rel" and p.data in ("≤", "≥"):
        found = _multiplied(ob, session)
    if found is None and p.op == "rel" and p.data in ("<", "≤", ">", "≥"):
        found = order.prove(ob, session)
    return found or logic.prove(ob, session)


def _multiplied(ob: Obligation, session: Session) -> Proof | None:
    """An inequality from the equations among the hypotheses, or from one inequality among them times a multiplier."""
    choices: list[tuple[tuple[Term, Term], ...]] = [()]
    rw = session.rewriter(ob.context)
    p = ob.statement
    gap = b.sub(p.args[1], p.args[0]) if p.data == "≤" else b.sub(p.args[0], p.args[1])
    for h in ob.context.hypotheses:
        for q in h.statement.args if h.statement.op == "and" else (h.statement,):
            if q.op == "rel" and q.data in ("<", "≤", ">", "≥") and q.args[0].sort.kind == "num":
                slack = b.sub(q.args[1], q.args[0]) if q.data in ("<", "≤") else b.sub(q.args[0], q.args[1])
                factor = _ratio(rw.nf(gap), rw.nf(slack), rw)
                if factor is not None:
                    choices.append(((q, factor),))
    for params in choices[:4]:
        rest = attempt(ob, "multipliers", params, session)
        if rest is None:
            continue
        proofs = []
        for r in rest:
            proof = scalar.prove(r, session) or (matrix if r.statement.data == "=" else linear).prove(r, session)
            if proof is None:
                break
            proofs.append(proof)
        if len(proofs) == len(rest):
            return Proof("multipliers", params, tuple(proofs))
    return None


def _ratio(gap: Term, slack: Term, rw: Rewriter) -> Term | None:
    """The quotient of the coefficients of an inner product that stands in both."""
    for atom in sorted((s for s in subterms(slack) if s.op == "inner" and s in set(subterms(gap))), key=order_key):
        g = fresh("g")
        above, below = (rw.nf(derivative(substitute(t, {atom: g}), g).term) for t in (gap, slack))
        if g in above.free or g in below.free or below is b.ZERO or above is b.ZERO:
            continue
        return rw.nf(b.div(above, below))
    return None
