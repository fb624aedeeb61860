"""Linear arithmetic: a goal A ≤ B as a nonnegative combination of hypotheses.

Each fact F ≥ 0 and the goal G = B - A are vectors over the monomials of their normal forms; Gᵢ = r + ∑ cᵢ Fᵢ with cᵢ ≥ 0 and r made of
nonnegative monomials is a linear programme in exact fractions (phase one of the simplex method, Bland's rule).  Facts are hypotheses, also times
nonnegative factors that the goal has or that make one of their monomials one of the goal's (equations: times what stands beside their parts, of either sign), and |u| ± u ≥ 0.  The kernel multiplies the combination out.  Limits: `FACTS` facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq

from derivcheck.kernel.check import Proof, Session
from derivcheck.kernel.literals import linear_terms
from derivcheck.kernel.monomials import factors, product
from derivcheck.kernel.obligation import Obligation
from derivcheck.kernel.ordering import order_key
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.provers.scalar import attempt
from derivcheck.terms import build as b
from derivcheck.terms.term import Term, num, subterms

METHODS = ("linear arithmetic",)
Column = tuple[Any, Term, dict[Term, Fraction], Fraction]
FACTS, PRODUCTS, MATCHED = 160, 8, 24
ORDER = ("<", "≤", ">", "≥")
ATOMS = ("sym", "idx", "pow", "entry", "ventry", "apply", "pdf")


def prove(ob: Obligation, session: Session, rw: Rewriter | None = None) -> Proof | None:
    """A proof of an inequality by a combination of the hypotheses (`rw`: a rewriter of this or a weaker context, to share its memory)."""
    p = ob.statement
    if p.op != "rel" or p.data not in ORDER or p.args[0].sort.kind != "num" or not ob.context.hypotheses:
        return None
    rw = rw or session.rewriter(ob.context)
    low, high = (p.args[0], p.args[1]) if p.data in ("<", "≤") else (p.args[1], p.args[0])
    if any(t is b.INF for t in subterms(p)):
        return None
    goal = vector(rw.nf(b.sub(high, low)))
    facts: list[tuple[Any, Term]] = []
    for h in ob.context.hypotheses:
        for q in h.statement.args if h.statement.op == "and" else (h.statement,):
            if q.op == "rel" and q.data in (*ORDER, "=") and len(q.args) == 2 and q.args[0].sort.kind == "num" and not any(t is b.INF for t in subterms(q)):
                gap = b.sub(q.args[1], q.args[0]) if q.data in ("<", "≤", "=") else b.sub(q.args[0], q.args[1])
                facts.append((q, rw.nf(gap)))
    if not facts:
        return None
    moduli = {s for _, g in (*facts, (None, rw.nf(b.sub(high, low)))) for s in subterms(g) if s.op == "fn" and s.data == "abs"}
    for s in sorted(moduli, key=order_key)[:60]:
        if any(v.op == "bvar" for v in s.free):
            continue
        for sign in (1, -1):
            facts.append((("abs", s.args[0], sign), rw.nf(b.add(s, s.args[0] if sign > 0 else b.neg(s.args[0])))))
    plain, distances = _multipliers(goal, rw)
    for multipliers in ([b.ONE], [b.ONE, *plain], [b.ONE, *plain, *distances]) if distances else ([b.ONE], [b.ONE, *plain]) if plain else ([b.ONE],):
        found = _combination(ob, session, rw, goal, facts, multipliers)
        if found is not None:
            return found
    matched = _matched(goal, facts, rw)
    return _combination(ob, session, rw, goal, facts, [b.ONE, *plain], matched) if matched else None


def _matched(goal: dict[Term, Fraction], facts: list[tuple[Any, Term]], rw: Rewriter) -> list[tuple[Any, Term, Term]]:
    """Facts with the positive factors that make one of their monomials one of the goal's: 0 < a y with 1/y for 0 < a, a < 2/y with y for a y < 2."""
    out: dict[tuple[int, Term], tuple[Any, Term, Term]] = {}
    for number, (fact, gap) in enumerate(facts):
        for g in goal:
            for f in vector(gap):
                ratio = rw.nf(b.div(g, f))
                if ratio.op == "num" or ratio.op == "add" or (number, ratio) in out or len(out) >= MATCHED:
                    continue
                top, bottom = factors(ratio)
                if len(top) + len(bottom) <= 3 and all(rw.oracle.positive(t) for t in (*top, *bottom) if t.op != "num"):
                    out[(number, ratio)] = (fact, ratio, gap)
    return list(out.values())


def _combination(
    ob: Obligation, session: Session, rw: Rewriter, goal: dict[Term, Fraction], facts: list[tuple[Any, Term]], multipliers: list[Term],
    matched: Sequence[tuple[Any, Term, Term]] = (),
) -> Proof | None:
    columns: list[Column] = []
    for fact, m, gap in matched:
        v = vector(rw.nf(b.mul(m, gap)))
        columns.append((fact, m, v, Fraction(1)))
        if _equation(fact):
            columns.append((fact, m, {k: -q for k, q in v.items()}, Fraction(-1)))
    for fact, gap in facts:
        for m in multipliers:
            v = vector(gap if m is b.ONE else rw.nf(b.mul(m, gap)))
            if v:
                columns.append((fact, m, v, Fraction(1)))
                if _equation(fact):
                    columns.append((fact, m, {k: -q for k, q in v.items()}, Fraction(-1)))
    for fact, m, v in _beside(goal, columns, rw):
        columns += [(fact, m, v, Fraction(1)), (fact, m, {k: -q for k, q in v.items()}, Fraction(-1))]
    slack: dict[Term, int] = {}
    for m in {*goal, *(m for _, _, v, _ in columns for m in v)}:
        info = rw.oracle.info(m)
        if info.nonnegative:
            slack[m] = 1
        elif info.nonpositive:
            slack[m] = -1
    chosen = useful(goal, columns, slack)[:FACTS]
    if ob.statement.data in ("<", ">"):
        coefficients = _strictly(goal, chosen, slack)
    else:
        coefficients = solve(goal, [v for _, _, v, _ in chosen], slack)
    if coefficients is None:
        return None
    params = tuple((fact, b.mul(num(c * s), m) if m is not b.ONE else num(c * s)) for (fact, m, _, s), c in zip(chosen, coefficients, strict=True) if c)
    return Proof("linear-combination", params) if attempt(ob, "linear-combination", params, session) == [] else None


def _equation(fact: Any) -> bool:
    return not isinstance(fact, tuple) and fact.data == "="


def _beside(goal: dict[Term, Fraction], columns: list[Column], rw: Rewriter) -> list[tuple[Any, Term, dict[Term, Fraction]]]:
    """The equations times what stands beside their parts in the goal and the other facts."""
    equations = list(dict.fromkeys((fact, k) for fact, m, v, s in columns if _equation(fact) and m is b.ONE and s == 1 and len(v) <= 3 for k in v if k is not b.ONE))
    seen: dict[tuple[Any, Term], None] = {}
    for monomial in dict.fromkeys((*goal, *(m for _, _, v, _ in columns for m in v))):
        top, bottom = factors(monomial)
        for fact, part in equations:
            if len(top) > 1 and part in top and len(seen) < PRODUCTS:
                rest = list(top)
                rest.remove(part)
                seen[(fact, product(rest, bottom))] = None
    out = []
    for fact, m in seen:
        v = vector(rw.nf(b.mul(m, b.sub(fact.args[1], fact.args[0]))))
        if v and rw.oracle.real(m):
            out.append((fact, m, v))
    return out


def _strictly(goal: dict[Term, Fraction], columns: list[Column], slack: dict[Term, int]) -> list[Fraction] | None:
    """A combination in which a strict fact or a positive number takes part: t · goal = ∑ c_i F_i with these adding up to 1, then divided by t."""
    mark = b.FALSE  # stands for the equation "the strict ones add up to 1"
    one = Fraction(1)
    rows = [{**v, mark: one} if not isinstance(fact, tuple) and fact.data in ("<", ">") else v for fact, _, v, _ in columns]
    rows += [{m: -q for m, q in goal.items()}, {b.ONE: one, mark: one}]
    got = solve({mark: one}, rows, {m: s for m, s in slack.items() if m is not b.ONE})
    if got is None or not got[-2]:
        return None
    return [c / got[-2] for c in got[:-2]]


def useful(goal: dict[Term, Fraction], columns: list[Column], slack: dict[Term, int]) -> list[Column]:
    """The facts without those that hold a monomial which nothing can cancel."""
    while True:
        signs: dict[Term, set[int]] = {}
        for _, _, v, _ in columns:
            for m, q in v.items():
                signs.setdefault(m, set()).add(1 if q > 0 else -1)
        for m, q in goal.items():
            signs.setdefault(m, set()).add(-1 if q > 0 else 1)
        for m, s in slack.items():
            signs.setdefault(m, set()).add(s)
        kept = [c for c in columns if all(len(signs[m]) == 2 for m in c[2])]
        if len(kept) == len(columns):
            return kept
        columns = kept


def _multipliers(goal: dict[Term, Fraction], rw: Rewriter) -> tuple[list[Term], list[Term]]:
    """Nonnegative factors of the goal's monomials (all of one monomial together, and one by one), and their distances from upper bounds."""
    plain: dict[Term, None] = {}
    distances: dict[Term, None] = {}
    for m in goal:
        top, bottom = factors(m)
        good = [f for f in top if f.op in ATOMS and rw.oracle.info(f).nonnegative]
        below = [f for f in bottom if rw.oracle.info(f).positive]
        if len(top) > 1 or below:
            for f in good:
                plain[f] = None
                hi = rw.oracle.info(f).hi
                if hi is not None:
                    distances[b.sub(num(hi), f)] = None
        if len(good) > 1 and len(good) < len(top):
            plain[b.mul(*good)] = None
        if below:
            plain[b.div(b.ONE, b.mul(*below))] = None
    return list(plain)[:6], list(distances)[:2]


def vector(t: Term) -> dict[Term, Fraction]:
    """A normal form as a combination of monomials."""
    out: dict[Term, Fraction] = {}
    for q, m in linear_terms(t):
        out[m] = out.get(m, Fraction(0)) + q
    return {m: q for m, q in out.items() if q}


def solve(goal: dict[Term, Fraction], columns: list[dict[Term, Fraction]], slack: dict[Term, int]) -> list[Fraction] | None:
    """c ≥ 0 with goal = ∑ c_i column_i + ∑ s_m m, s_m of the sign that `slack` allows; None if there is none."""
    zero = fmpq(0)
    rows = sorted({*goal, *(m for v in columns for m in v)}, key=order_key)
    # only monomials that the goal or a useful fact needs; variables: c, then slacks, then artificial ones
    extra = [m for m in rows if m in slack]
    table: list[list[fmpq]] = []
    n = len(columns) + len(extra)
    for m in rows:
        row = [_q(v[m]) if m in v else zero for v in columns] + [fmpq(slack[m]) if e is m else zero for e in extra]
        right = _q(goal[m]) if m in goal else zero
        if right < 0:
            row, right = [-a for a in row], -right
        table.append([*row, right])
    basis = [n + i for i in range(len(rows))]
    # reduced costs of the sum of the artificial variables
    cost = [-sum((r[j] for r in table), zero) for j in range(n + 1)]
    for _ in range(400):
        if cost[n] == 0:
            break
        enter = next((j for j in range(n) if cost[j] < 0), None)
        if enter is None:
            return None
        best: tuple[fmpq, int, int] | None = None
        for i, r in enumerate(table):
            if r[enter] > 0:
                ratio = (r[n] / r[enter], basis[i], i)
                best = ratio if best is None or ratio < best else best
        if best is None:
            return None
        i = best[2]
        pivot = table[i][enter]
        table[i] = [a / pivot for a in table[i]]
        for k, r in enumerate(table):
            if k != i and r[enter]:
                f = r[enter]
                table[k] = [a - f * c for a, c in zip(r, table[i], strict=True)]
        if cost[enter]:
            f = cost[enter]
            cost = [a - f * c for a, c in zip(cost, table[i], strict=True)]
        basis[i] = enter
    if cost[n] != 0:
        return None
    out = [Fraction(0)] * len(columns)
    for i, j in enumerate(basis):
        if j < len(columns):
            out[j] = Fraction(int(table[i][n].p), int(table[i][n].q))
    return out


def _q(f: Fraction) -> fmpq:
    return fmpq(f.numerator, f.denominator)
