"""Signs by polynomial comparison: the part of the oracle that looks at facts about differences.

`shown(oracle, t, kind)` decides `t > 0`, `t ≥ 0` or `t ≠ 0` (kind) by writing t = p/q over its atoms, factoring p and q, and giving each
factor a sign: by its monomials, by completing the square of a quadratic, by a positive multiple of a fact plus monomials of the
right sign (up to two facts), or, in one variable with numeric bounds, by counting real roots (Sturm, through FLINT's root isolation).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, Any

import flint

from derivcheck.kernel.algebra import Region
from derivcheck.kernel.atom_facts import facts_of_atoms
from derivcheck.kernel.budget import Budget, OutOfBudget
from derivcheck.kernel.interval_signs import sign_on_interval
from derivcheck.semantics.values import distinct
from derivcheck.terms import build as b
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Info, Oracle

F = Fraction
Rows = dict[tuple[int, ...], Any]
"""The coefficients of a polynomial by their exponents."""
MAX_POLYNOMIALS = 60


class _AtomsAsTheyAre:
    """Stands in for a rewriter: atoms are taken as written, so that the oracle never calls the engine that calls it."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.budget = Budget(40_000, 2.0)

    def nf(self, t: Term) -> Term:
        return b.exp(b.ONE) if t is b.E_CONST else t

    def rewrite_root(self, t: Term) -> Term:
        return t


def shown(oracle: Oracle, t: Term, kind: str) -> bool:
    """Whether `t > 0`, `t ≥ 0` or `t ≠ 0` follows."""
    try:
        return _Comparison(oracle, t).run(kind)
    except (OutOfBudget, ZeroDivisionError, RecursionError):
        return False


class _Comparison:
    def __init__(self, oracle: Oracle, t: Term) -> None:
        self.oracle = oracle
        rw: Any = _AtomsAsTheyAre(oracle)
        self.region = Region(rw)
        self.roots = 6
        self.monomials: dict[tuple[int, ...], Info] = {}
        relevant = self._relevant(t)
        flats = [self.region.flatten(t)] + [self.region.flatten(f) for f, _ in relevant]
        for f in flats:
            self.region.scan(f)
        self.region.build()
        self.target = self.region.fraction(flats[0])
        self.facts: list[tuple[Any, str]] = []
        for f, (_, kind) in zip(flats[1:], relevant, strict=True):
            p, q = self.region.fraction(f)
            if q.is_constant():
                self.facts.append((p / q.leading_coefficient(), kind))
            else:
                sign = self.poly_sign(q, 0)
                if sign == ">":
                    self.facts.append((p, kind))
                elif sign == "<":
                    self.facts.append((-p, kind))
        self.atoms = self._atom_infos()
        self.cache: dict[str, str | None] = {}

    def _relevant(self, t: Term) -> list[tuple[Term, str]]:
        # facts that share a symbol with t, directly or through one another (two rounds)
        wanted = set(t.free)
        chosen: list[tuple[Term, str]] = []
        pool = list(islice((f for f in self.oracle.facts if not _heavy(f[0]) or _heavy(t)), 60))
        for _ in range(2):
            for f in pool:
                if f not in chosen and f[0].free & wanted and f[0].size < 200:
                    chosen.append(f)
            for f in chosen:
                wanted |= f[0].free
        return [*facts_of_atoms(t, self.oracle), *chosen[:16]]

    def _atom_infos(self) -> list[Info]:
        from derivcheck.kernel.bounds import NOTHING, Info

        infos: list[Info] = []
        for key in self.region.index:
            term: Term | None = None
            if key[0] == "atom":
                term = key[1]
            elif key[0] == "exp":
                infos.append(Info(True, False, F(0), True, nonzero=True) if self.oracle.info(key[1]).real else Info(nonzero=True))
                continue
            elif key[0] in ("root", "power"):
                base = self.oracle.info(key[1])
                good = key[0] == "root" or self.oracle.info(key[2]).real
                if base.positive and good:
                    infos.append(Info(True, False, F(0), True, nonzero=True))
                elif base.nonnegative and key[0] == "root":
                    infos.append(Info(True, False, F(0), False))
                elif self.region.dens[key] == 1 and key[0] == "root":
                    infos.append(base)
                else:
                    infos.append(Info(nonzero=base.is_nonzero))
                continue
            elif key[0] == "shifted":
                term = b.pow_(key[1], b.add(key[2], b.num_of(key[3])))
            infos.append(self.oracle.info(term) if term is not None else NOTHING)
        return infos

    def run(self, kind: str) -> bool:
        p, q = self.target
        sp = self.sign(self.region.reduce(p))
        if kind == "≠":
            return sp in (">", "<", "≠")
        sq = self.sign(self.region.reduce(q))
        if sp == "0":
            return kind == "≥"
        if sp is None or sq not in (">", "<"):
            # wherever the quotient has a value q is not 0
            if sq == "≥" and sp is not None:
                sq = ">"
            elif sq == "≤" and sp is not None:
                sq = "<"
            else:
                return False
        if sq == "<":
            sp = {">": "<", "<": ">", "≥": "≤", "≤": "≥"}.get(str(sp), str(sp))
        return sp == ">" or (kind == "≥" and sp == "≥")

    # --- signs of polynomials ---------------------------------------------------------------------------------------------

    def sign(self, p: Any) -> str | None:
        """One of > < ≥ ≤ ≠ 0 or None."""
        if p == self.region.zero:
            return "0"
        whole = self.poly_sign(p, 0)
        if whole in (">", "<"):
            return whole
        if p.total_degree() <= 1 or len(p) > 400 or max(p.degrees(), default=0) > 200:
            # nothing to factor; or a generator such as e^{1/15625} with high powers: factors of these take FLINT for ever, and no budget
            # stops it
            return whole
        content, factors = p.factor()
        if len(factors) == 1 and factors[0][1] == 1:
            return whole
        sign = ">" if content > 0 else "<"
        for f, k in factors:
            s = self.poly_sign(f, 0)
            if k % 2 == 0:
                real = self._real(f)
                s = ">" if s in (">", "<") else (("≥" if s != "≠" else ">") if real else ("≠" if s == "≠" else None))
            if s is None:
                return whole
            sign = _times(sign, s)
        return sign if whole is None or whole == "≠" or sign in (">", "<") else whole

    def _real(self, p: Any) -> bool:
        used = {i for exps in p.to_dict() for i, e in enumerate(exps) if e}
        return all(self.atoms[i].real for i in used)

    def monomial_sign(self, exps: tuple[int, ...], coeff: Any) -> str | None:
        sign = ">" if coeff > 0 else "<"
        for i, e in enumerate(exps):
            if not e:
                continue
            info = self.atoms[i]
            if info.positive:
                continue
            if info.negative:
                sign = sign if e % 2 == 0 else _times(sign, "<")
            elif e % 2 == 0 and info.real:
                sign = _times(sign, ">" if info.is_nonzero else "≥")
            elif info.nonnegative:
                sign = _times(sign, "≥")
            elif info.nonpositive:
                sign = _times(sign, "≤")
            else:
                return None
        return sign

    def poly_sign(self, p: Any, depth: int) -> str | None:
        if not hasattr(self, "cache"):
            self.cache = {}
            self.atoms = self._atom_infos()
        key = f"{depth}:{p}"
        if key in self.cache:
            return self.cache[key]
        if len(self.cache) > MAX_POLYNOMIALS:
            return None  # a question that needs more is left to provers with certificates
        self.cache[key] = None
        self.region.rw.budget.spend(1 + len(p))
        result = self._poly_sign(p, depth)
        self.cache[key] = result
        return result

    def _poly_sign(self, p: Any, depth: int) -> str | None:
        if p == self.region.zero:
            return "0"
        if len(p) > 400:
            return None
        rows = p.to_dict()  # FLINT is slow at this: once for all ways
        terms = list(rows.items())
        signs = [self.monomial_sign(e, c) for e, c in terms]
        direct = _sum_signs(signs)
        if direct in (">", "<"):
            return direct
        bounded = self._by_bounds(terms)
        if bounded in (">", "<"):
            return bounded
        univariate = self._univariate(rows)
        if univariate in (">", "<"):
            return univariate
        quadratic = self._square(rows) if depth == 0 else None
        if quadratic in (">", "<"):
            return quadratic
        best = direct or bounded or univariate or quadratic
        if depth < 2:
            by_fact = self._by_fact(p, depth) if self.facts else None
            if by_fact in (">", "<") or best is None:
                best = by_fact or best
        if best in ("≥", "≤"):
            for f, kind in self.facts:
                if kind == "≠" and _multiple(p, f) is not None:
                    return ">" if best == "≥" else "<"
        if best not in (">", "<") and depth < 2:
            best = self._by_ends(p, depth) or best
        if best is None and depth < 2:
            best = self._by_division(p)
        if best is None:
            best = self._root(p, depth)
        if best is None and depth == 0:
            best = self._by_product(p)
        if best is None:
            for f, kind in self.facts:
                if kind in ("≠", ">") and _multiple(p, f) is not None:
                    return "≠"
        return best

    def _by_bounds(self, terms: list[tuple[tuple[int, ...], Any]]) -> str | None:
        from derivcheck.kernel.bounds import add, mul, point, power

        total = None
        for exps, coeff in terms:
            info = self.monomials.get(exps)
            if info is None:
                info = point(F(1))
                for i, e in enumerate(exps):
                    if e:
                        info = mul(info, power(self.atoms[i], int(e)))
                self.monomials[exps] = info
            info = mul(point(F(int(coeff.p), int(coeff.q))), info)
            total = info if total is None else add(total, info)
            if total.lo is None and total.hi is None:
                return None
        if total is None or not total.real:
            return None
        if total.positive:
            return ">"
        if total.negative:
            return "<"
        if total.nonnegative:
            return "≥"
        if total.nonpositive:
            return "≤"
        return None

    def _univariate(self, rows: Rows) -> str | None:
        used = {i for e in rows for i, k in enumerate(e) if k}
        if len(used) != 1:
            return None
        i = used.pop()
        info = self.atoms[i]
        if not info.real:
            return None
        degree = max(e[i] for e in rows)
        if degree > 60:
            return None
        coeffs = [flint.fmpq(0)] * (degree + 1)
        for e, c in rows.items():
            coeffs[e[i]] = c
        poly = flint.fmpq_poly(coeffs)
        return sign_on_interval(poly, info)

    def _square(self, rows: Rows) -> str | None:
        """A quadratic in one generator with positive leading coefficient and discriminant of known sign."""
        n = len(self.region.gens)
        for i in range(n):
            degree = max((e[i] for e in rows), default=0)
            if degree != 2 or not self.atoms[i].real:
                continue
            parts: list[dict[tuple[int, ...], Any]] = [{}, {}, {}]
            for e, c in rows.items():
                rest = list(e)
                k = rest[i]
                rest[i] = 0
                parts[k][tuple(rest)] = c
            c0, c1, c2 = (self.region.context.from_dict(x) for x in parts)
            if not self._real(c0) or not self._real(c1) or not self._real(c2):
                continue
            lead = self.poly_sign(c2, 1)
            if lead not in (">", "<"):
                continue
            disc = self.sign_simple(4 * c2 * c0 - c1 * c1)
            if disc == ">":
                return lead
            if disc in ("≥", "0"):
                return "≥" if lead == ">" else "≤"
        return None

    def _by_ends(self, p: Any, depth: int) -> str | None:
        """p affine in a generator between two numbers: a mean of its values at the ends, the other generators being what they are."""
        degrees = p.degrees()
        for i, degree in enumerate(degrees):
            info = self.atoms[i]
            if degree != 1 or not info.real or info.lo is None or info.hi is None or not info.lo < info.hi or sum(d > 0 for d in degrees) < 2:
                continue
            signs = []
            for end in (info.lo, info.hi):
                rows: dict[tuple[int, ...], Any] = {}
                for e, c in p.to_dict().items():
                    rest = (*e[:i], 0, *e[i + 1 :])
                    rows[rest] = rows.get(rest, flint.fmpq(0)) + (c * flint.fmpq(end.numerator, end.denominator) if e[i] else c)
                signs.append(self.poly_sign(self.region.context.from_dict({e: c for e, c in rows.items() if c}), depth + 1))
            for strict, weak in ((">", "≥"), ("<", "≤")):
                if all(s in (strict, weak, "0") for s in signs) and any(s != "0" for s in signs):
                    inner = (signs[0] == strict and info.hi_strict) or (signs[1] == strict and info.lo_strict)
                    return strict if inner or signs == [strict, strict] else weak
        return None

    def _root(self, p: Any, depth: int) -> str | None:
        """p = s g + t with g ≥ 0 and g² = r: the sign of s or t decides where s² r - t² has a known sign."""
        if depth > 2 or len(p) > 60 or self.roots <= 0:
            return None
        self.roots -= 1
        for i, degree, square in self.region.relations:
            if degree != 2 or not self.atoms[i].nonnegative or int(p.degrees()[i]) != 1:
                continue
            parts: list[dict[tuple[int, ...], Any]] = [{}, {}]
            for e, c in p.to_dict().items():
                rest = list(e)
                k = int(rest[i])
                rest[i] = 0
                parts[k][tuple(rest)] = c
            t, s = (self.region.context.from_dict(x) for x in parts)
            if not self._real(s) or not self._real(t):
                continue
            gap = self.region.reduce(s * s * square - t * t)
            q = "0" if gap == self.region.zero else self.sign_simple(gap)
            if q in (">", "≥", "0"):
                lead = self.poly_sign(s, depth + 1)
                if lead in (">", "≥"):
                    return ">" if q == ">" and lead == ">" else "≥"
                if lead in ("<", "≤"):
                    return "<" if q == ">" and lead == "<" else "≤"
            if q in ("<", "≤", "0"):
                lead = self.poly_sign(t, depth + 1)
                if lead in (">", "≥"):
                    return ">" if q == "<" and lead == ">" else "≥"
                if lead in ("<", "≤"):
                    return "<" if q == "<" and lead == "<" else "≤"
        return None

    def sign_simple(self, p: Any) -> str | None:
        s = self.poly_sign(p, 1)
        if s is not None or p == self.region.zero or len(p) > 100 or max(p.degrees(), default=0) > 200:
            return s
        content, factors = p.factor()
        sign = ">" if content > 0 else "<"
        for f, k in factors:
            t = self.poly_sign(f, 1)
            if k % 2 == 0:
                t = ">" if t in (">", "<", "≠") else ("≥" if self._real(f) else None)
            if t is None:
                return None
            sign = _times(sign, t)
        return sign

    def _by_division(self, p: Any) -> str | None:
        """A fact f = p q with q of known sign."""
        for f, kind in self.facts:
            if kind not in (">", "≠") or len(f) > 20 or len(p) > 8 or f.is_constant():
                continue
            q, r = divmod(f, p)
            if r != self.region.zero or q.is_constant():
                continue
            if kind == "≠":
                return "≠"
            s = _sum_signs([self.monomial_sign(e, c) for e, c in q.to_dict().items()])
            # f > 0 and q of one sign: q is not 0 there
            if s in (">", "≥"):
                return ">"
            if s in ("<", "≤"):
                return "<"
        return None

    def _by_product(self, p: Any) -> str | None:
        """The same with the product of two inequalities for the fact."""
        orders = [(f, kind) for f, kind in self.facts if kind in (">", "≥") and _is_small(f)][:5]
        saved = self.facts
        try:
            for i, (f, k1) in enumerate(orders):
                for g, k2 in orders[i:]:
                    self.facts = [(f * g, ">" if k1 == k2 == ">" else "≥")]
                    found = self._by_fact(p, 1)
                    if found is not None:
                        return found
        finally:
            self.facts = saved
        return None

    def _by_fact(self, p: Any, depth: int) -> str | None:
        """p = c f + r with c of known sign, f a fact and r of the same sign."""
        rows = p.to_dict()
        tries: list[tuple[int, Any, Any, str]] = []
        for f, kind in self.facts:
            if kind == "≠":
                continue
            fr = f.to_dict()
            candidates = distinct(c / fr[e] for e, c in rows.items() if e in fr and any(e)) if len(fr) <= 40 else []
            for c in candidates:
                rest = p - c * f
                if len(rest) < len(p) + len(fr) - 1:
                    tries.append((len(rest), rest, c, kind))
        weak: str | None = None
        # what leaves least comes first; another fact may say more than one that gives a weak sign
        for _, rest, c, kind in sorted(tries, key=lambda t: t[0]):
            if weak is not None and len(rest) > 2:
                break
            s = "0" if rest == self.region.zero else self.poly_sign(rest, depth + 1)
            if s is None and depth == 0 and len(rest) <= 4:
                s = self.sign_simple(rest)
            if s is None:
                continue
            weight = "0" if kind == "=" else (kind if c > 0 else {">": "<", "≥": "≤"}[kind])
            total = _sum_signs([x for x in (weight, s) if x != "0"]) if (weight, s) != ("0", "0") else "0"
            if total in ("≥", "≤"):
                weak = weak or total
            elif total is not None:
                return total
        return weak


def _is_small(p: Any) -> bool:
    return len(p) <= 12


def _heavy(t: Term) -> bool:
    """Facts with sums and the like help only where the question has them too."""
    return t.height > 0


def _multiple(p: Any, f: Any) -> Any | None:
    if len(p) != len(f) or f.is_constant():
        return None
    ratio = p.leading_coefficient() / f.leading_coefficient()
    return ratio if p == ratio * f else None


def _times(x: str, y: str | None) -> str:
    if y is None:
        return "?"
    if "0" in (x, y):
        return "0"
    if "≠" in (x, y):
        return "≠" if x in (">", "<", "≠") and y in (">", "<", "≠") else "?"
    negative = (x in ("<", "≤")) != (y in ("<", "≤"))
    strict = x in (">", "<") and y in (">", "<")
    if "?" in (x, y):
        return "?"
    return ("<" if negative else ">") if strict else ("≤" if negative else "≥")


def _sum_signs(signs: list[str | None]) -> str | None:
    if not signs or any(s in (None, "≠", "?") for s in signs):
        return None
    if all(s in (">", "≥", "0") for s in signs):
        return ">" if ">" in signs else "≥"
    if all(s in ("<", "≤", "0") for s in signs):
        return "<" if "<" in signs else "≤"
    return None
