"""Positive joint densities of real variables, instantiated by normal laws.

Models give abstract joint densities as tables on boxes, which vanish between the boxes; where a density is declared `positive` on the real
line that is not allowed.  `instances(ob)` puts a normal density with rational means and covariances for each such symbol into the statement
and the hypotheses: `p(x, z)`, its marginals and its conditionals are then products of normal densities that the evaluator knows, and the
search for counterexamples goes on with what is left.

Limits: variables in ℝ, at most three of them; only densities that occur with arguments, or with one variable (in a divergence).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from flint import fmpq, fmpq_mat

from derivcheck.kernel.budget import Budget
from derivcheck.kernel.obligation import Obligation
from derivcheck.refute.examine import Refutation
from derivcheck.refute.search import search
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.printer import to_latex
from derivcheck.terms.sorts import NUM
from derivcheck.terms.term import Term, map_children, name_of, num

INSTANCES = 3
LARGEST = 3


@dataclass(frozen=True)
class Normal:
    """A normal law of the variables before the bar and those after it: means and covariances of all of them together.

    A density that is conditional by declaration is the conditional of such a law."""

    declaration: Declaration
    means: tuple[fmpq, ...]
    covariances: fmpq_mat

    def density(self, before: tuple[int, ...], given: tuple[int, ...], args: tuple[Term, ...]) -> Term:
        """The density of some variables given others, at terms, as a product of densities of one variable."""
        out: list[Term] = []
        places, values = list(given), list(args[len(before) :])
        for i, v in zip(before, args, strict=False):
            out.append(b.pdf(self.law(i, tuple(places), tuple(values)), v))
            places.append(i)
            values.append(v)
        return b.mul(*out)

    def law(self, i: int, places: tuple[int, ...], values: tuple[Term, ...]) -> Term:
        """The law of one variable given the values of others."""
        constant, variance = self.means[i], self.covariances[i, i]
        mean: list[Term] = []
        if places:
            inner = fmpq_mat(len(places), len(places), [self.covariances[j, k] for j in places for k in places])
            across = fmpq_mat(1, len(places), [self.covariances[i, j] for j in places])
            weights = across * inner.inv()
            variance -= (weights * across.transpose())[0, 0]
            for k, (j, v) in enumerate(zip(places, values, strict=True)):
                w = weights[0, k]
                constant -= w * self.means[j]
                if w != 0:
                    mean.append(v if w == 1 else b.mul(_number(w), v))
        if constant != 0 or not mean:
            mean.append(_number(constant))
        return b.distribution("N", b.add(*mean) if len(mean) > 1 else mean[0], _number(variance), over=NUM)


def _number(q: fmpq) -> Term:
    return num(Fraction(int(q.p), int(q.q)))


def counterexample(ob: Obligation, budget: Budget) -> Refutation | None:
    """A counterexample with normal densities."""
    for other, texts in instances(ob):
        found = search(other, budget.share(0.3))
        if found is not None:
            return replace(found, values={**{name_of(s): text for s, text in texts.items()}, **found.values})
    return None


def suitable(d: Declaration) -> bool:
    """A positive density of real variables."""
    n = len(d.joint) + len(d.joint_given)
    return d.symbol.sort.kind == "dist" and "positive" in d.attributes and bool(d.joint) and n <= LARGEST and not d.attributes - {"density", "positive", "smooth", "continuous"}


def instances(ob: Obligation) -> Iterator[tuple[Obligation, dict[Term, str]]]:
    """The obligation with normal densities put in for positive ones, and these as text."""
    table = ob.context.declarations
    wanted = [d for d in table.values() if suitable(d) and all(_real(v, ob) for v in (*d.joint, *d.joint_given))]
    used = [d for d in wanted if d.symbol in ob.statement.free or any(d.symbol in h.statement.free for h in ob.context.hypotheses)]
    symbols = {d.symbol for d in used}
    if not used or any(t is not None and not t.free.isdisjoint(symbols) for e in table.values() for t in (e.law, e.domain)):
        return
    for k in range(INSTANCES):
        laws = {d.symbol: _normal(d, k + i) for i, d in enumerate(used)}
        statement = _put_in(ob.statement, laws)
        hypotheses = [Hypothesis(_put_in(h.statement, laws), h.label, h.kind) for h in ob.context.hypotheses]
        if not symbols.isdisjoint(statement.free) or any(not symbols.isdisjoint(h.statement.free) for h in hypotheses):
            return
        rest = MappingProxyType({s: e for s, e in table.items() if s not in symbols})
        context = replace(ob.context, declarations=rest, hypotheses=tuple(hypotheses))
        yield Obligation(context, statement), {s: _text(law) for s, law in laws.items()}


def _real(v: Term, ob: Obligation) -> bool:
    d = ob.context.declarations.get(v)
    return v.sort.kind == "num" and (d is None or d.domain is b.REALS)


def _normal(d: Declaration, k: int) -> Normal:
    """The k-th law for a declaration: the variables depend on each other in all but the first."""
    n = len(d.joint) + len(d.joint_given)
    slope = [fmpq(0), fmpq(1), fmpq(-1, 2)][k % 3]
    means = tuple(fmpq([0, 1, -1][(k + i) % 3]) for i in range(n))
    lower = fmpq_mat(n, n, [fmpq(1 + (k + i) % 2) if i == j else slope if j < i else fmpq(0) for i in range(n) for j in range(n)])
    return Normal(d, means, lower * lower.transpose())


def _text(law: Normal) -> str:
    d = law.declaration
    variables = (*d.joint, *d.joint_given)
    n, m = len(d.joint), len(variables)
    return to_latex(law.density(tuple(range(n)), tuple(range(n, m)), variables))


def _put_in(t: Term, laws: dict[Term, Normal]) -> Term:
    """A term with the densities written as normal ones."""
    if t.free.isdisjoint(laws):
        return t
    if t.op == "pdf":
        found = _places(t.args[0], laws)
        if found is not None:
            law, before, given = found
            args = tuple(_put_in(a, laws) for a in t.args[1:])
            if len(args) == len(before) + len(given):
                return law.density(before, given, args)
    if t.op in ("marg", "sym"):
        found = _places(t, laws)
        if found is not None and len(found[1]) == 1 and not found[2]:
            return found[0].law(found[1][0], (), ())
        return t
    return map_children(t, lambda u: _put_in(u, laws))


def _places(law: Term, laws: dict[Term, Normal]) -> tuple[Normal, tuple[int, ...], tuple[int, ...]] | None:
    """Which law it is, and the variables before and after the bar."""
    base, data = (law.args[0], law.data) if law.op == "marg" else (law, None)
    found = laws.get(base)
    if found is None:
        return None
    n, m = len(found.declaration.joint), len(found.declaration.joint_given)
    if data is None:
        return found, tuple(range(n)), tuple(range(n, n + m))
    before, given = data
    return None if m else (found, tuple(before), tuple(given))
