"""Upper bounds of integrands and summands near infinity, for rigorous tails.

For y ≥ Y a term is bounded by a finite sum of monomials `C · y^p · exp(Σ e_k y^k)`.  The bounds come from the term's make-up:
Laurent polynomials, products, quotients by terms that are bounded below, real powers, exponentials of Laurent polynomials,
logarithms, and functions that are bounded on the line.  `tail_integral` and `tail_sum` bound what lies beyond Y.

A finite end point is brought to infinity by the caller (`x = a + 1/y`).  Limits: `None` wherever the make-up gives no bound.
"""

from __future__ import annotations

from flint import acb, arb, fmpq

from derivcheck.semantics.evaluate import Env, Evaluator
from derivcheck.semantics.monomials import (
    MAX_PARTS,
    Bound,
    Monomial,
    Poly,
    exponential,
    growth,
    merged,
    over,
    plus,
    product,
    raised,
    rational_above,
    reciprocal,
    strip,
    times,
)
from derivcheck.semantics.values import Value, ball, integer, is_number, is_real, tidy
from derivcheck.terms.term import Term, instantiate


class Majorants:
    """Bounds of terms in the variable `x`, which is the Laurent polynomial `path` in y, for all y ≥ `start`."""

    def __init__(self, ev: Evaluator, env: Env, x: Term, path: Poly, start: fmpq) -> None:
        self.ev = ev
        self.env = env
        self.x = x
        self.path = path
        self.start = start
        self.y = arb(start)
        self.known: dict[Term, Poly | None] = {}

    # --- Laurent polynomials --------------------------------------------------------------------------------------------

    def constant(self, t: Term) -> Value | None:
        v = self.ev.eval(t, self.env)
        return v if is_number(v) else None

    def poly(self, t: Term) -> Poly | None:
        """The term as a Laurent polynomial in y."""
        if t not in self.known:
            self.known[t] = self._poly(t)
        return self.known[t]

    def interpolated(self, t: Term) -> Poly | None:
        """A term that is polynomial in x by its make-up (through matrices, sums), by interpolation."""
        from derivcheck.semantics.expectation import degree

        d = degree(t, self.x)
        if d is None or d > 6 or t.sort.kind != "num":
            return None
        points = [fmpq(k) for k in range(d + 1)]
        values = [self.ev.eval(t, Env(self.env, {self.x: p})) for p in points]
        if not all(is_number(v) for v in values):
            return None
        exact = all(isinstance(v, fmpq) for v in values)
        # Newton's divided differences
        table = list(values) if exact else [ball(v) for v in values]
        for level in range(1, d + 1):
            for i in range(d, level - 1, -1):
                table[i] = (table[i] - table[i - 1]) / level
        out: Poly = {}
        basis: Poly = {0: fmpq(1)}
        for i in range(d + 1):
            for k, v in product(basis, {0: table[i]}).items():
                out[k] = plus(out.get(k), v)
            shifted = dict(self.path)
            shifted[0] = plus(shifted.get(0), -points[i])
            basis = product(basis, strip(shifted))
        return strip(out)

    def log_poly(self, t: Term) -> Poly | None:
        """The term as a polynomial in log y, for y ≥ start > 1 (x must be a positive monomial in y)."""
        if self.x not in t.free:
            v = self.constant(t)
            return {0: v} if v is not None else None
        if t.op == "fn" and t.data == "log":
            p = self.poly(t.args[0])
            if p is None or len(p) != 1:
                return None
            ((k, c),) = p.items()
            if not (is_real(c) and ball(c).real > 0):
                return None
            return strip({0: tidy(acb(ball(c).real.log())), 1: fmpq(k)})
        if t.op in ("add", "neg", "mul"):
            parts = [self.log_poly(a) for a in t.args]
            if any(p is None for p in parts):
                return None
            if t.op == "mul":
                got: Poly = {0: fmpq(1)}
                for p in parts:
                    got = product(got, p)  # type: ignore[arg-type]
                return got
            out: Poly = {}
            for p in parts:
                for k, v in p.items():  # type: ignore[union-attr]
                    out[k] = plus(out.get(k), v if t.op == "add" else -v)
            return strip(out)
        if t.op == "div" and self.x not in t.args[1].free:
            top, below = self.log_poly(t.args[0]), self.constant(t.args[1])
            return {k: over(v, below) for k, v in top.items()} if top is not None and below is not None and not ball(below).contains(0) else None
        if t.op == "pow" and self.x not in t.args[1].free:
            base, n = self.log_poly(t.args[0]), integer(self.ev.eval(t.args[1], self.env))
            if base is None or n is None or not 0 <= n <= 4:
                return None
            got = {0: fmpq(1)}
            for _ in range(n):
                got = product(got, base)
            return got
        return None

    def upper_of_log_square(self, u: Term) -> Bound | None:
        """`exp(a L² + b L + c)` with L = log y and a < 0 is at most y^-p for y ≥ start, where that holds at the start already."""
        e = self.log_poly(u)
        if e is None or max(e, default=0) != 2 or not self.y > 1 or any(k < 0 for k in e):
            return None
        a, c1, c0 = (ball(e.get(k, fmpq(0))).real.upper() for k in (2, 1, 0))
        level = self.y.log()
        for p in (30, 12, 6, 4, 3):
            if a < 0 and a * level * level + (c1 + p) * level + c0 <= 0 and 2 * a * level + c1 + p <= 0:
                return [Monomial(arb(1), fmpq(-p))]
        return None

    def _poly(self, t: Term) -> Poly | None:
        if t is self.x:
            return self.path
        if self.x not in t.free:
            v = self.constant(t)
            return {0: v} if v is not None else None
        if t.op in ("add", "neg"):
            parts = [self.poly(a) for a in t.args]
            if any(p is None for p in parts):
                return None
            if t.op == "neg":
                return {k: -ball(v) if not isinstance(v, fmpq) else -v for k, v in parts[0].items()}  # type: ignore[union-attr]
            out: Poly = {}
            for p in parts:
                for k, v in p.items():  # type: ignore[union-attr]
                    out[k] = plus(out.get(k), v)
            return strip(out)
        if t.op == "mul":
            got: Poly = {0: fmpq(1)}
            for a in t.args:
                p = self.poly(a)
                if p is None:
                    return None
                got = product(got, p)
                if len(got) > 40:
                    return None
            return got
        if t.op == "div":
            top, below = self.poly(t.args[0]), self.poly(t.args[1])
            if top is None or below is None or len(below) != 1:
                return None
            ((k, v),) = below.items()
            if ball(v).contains(0):
                return None
            return {i - k: over(c, v) for i, c in top.items()}
        if t.op == "pow":
            n = integer(self.ev.eval(t.args[1], self.env)) if self.x not in t.args[1].free else None
            base = self.poly(t.args[0])
            if n is None or base is None or abs(n) > 30:
                return None
            if n < 0:
                if len(base) != 1:
                    return None
                ((k, v),) = base.items()
                if ball(v).contains(0):
                    return None
                base, n = {-k: over(fmpq(1), v)}, -n
            got = {0: fmpq(1)}
            for _ in range(n):
                got = product(got, base)
                if len(got) > 40:
                    return None
            return got
        if t.op in ("inner", "tonum", "trace", "entry", "ventry", "sum"):
            return self.interpolated(t)
        return None

    # --- upper bounds ---------------------------------------------------------------------------------------------------

    def upper(self, t: Term) -> Bound | None:
        """A bound of |t| for y ≥ start."""
        if self.x not in t.free:
            v = self.constant(t)
            return [Monomial(ball(v).abs_upper(), fmpq(0))] if v is not None else None
        p = self.poly(t)
        if p is not None:
            return [Monomial(ball(v).abs_upper(), fmpq(k)) for k, v in p.items()]
        op = t.op
        if op == "add":
            total: Bound = []
            for a in t.args:
                got = self.upper(a)
                if got is None:
                    return None
                total += got
            return total if len(total) <= MAX_PARTS else None
        if op == "neg":
            return self.upper(t.args[0])
        if op == "mul":
            bound: Bound | None = [Monomial(arb(1), fmpq(0))]
            for a in t.args:
                bound = times(bound, self.upper(a))
            return bound
        if op == "div":
            lower = self.lower(t.args[1])
            return times(self.upper(t.args[0]), [reciprocal(lower)]) if lower is not None else None
        if op == "pow":
            return self.upper_power(t)
        if op == "fn":
            return self.upper_function(t)
        if op == "apply" and t.args[0].op == "lam" and not any(v.op == "bvar" for v in t.free):
            return self.upper(instantiate(t.args[0], t.args[1:]))
        if op == "sum":
            return self.upper_sum(t)
        return None

    def upper_sum(self, t: Term) -> Bound | None:
        lo, hi = integer(self.ev.eval(t.args[0], self.env)), integer(self.ev.eval(t.args[1], self.env))
        if lo is None or hi is None or hi - lo > 20:
            return None
        total: Bound = []
        for k in range(lo, hi + 1):
            inner = Majorants(self.ev, Env(self.env, {t.bound[0]: fmpq(k)}, True), self.x, self.path, self.start)
            got = inner.upper(t.args[-1])
            if got is None:
                return None
            total += got
        return total if len(total) <= MAX_PARTS else None

    def exponent(self, t: Term) -> fmpq | None:
        v = self.ev.eval(t, self.env) if self.x not in t.free else None
        return v if isinstance(v, fmpq) else None

    def upper_power(self, t: Term) -> Bound | None:
        base, e = t.args
        if self.x in e.free:
            # b^u = exp(u log b) for a constant b
            v = self.constant(base) if self.x not in base.free else None
            p = self.poly(e)
            if v is None or p is None or ball(v).contains(0):
                return None
            log = acb(ball(v).real.log()) if is_real(v) and ball(v).real > 0 else ball(v).log()
            return [exponential({k: ball(c) * log for k, c in p.items()})]
        r = self.exponent(e)
        if r is None:
            v = self.constant(e)
            if v is None or not (is_real(v) or self.nonnegative(base)):
                return None
            return self.upper_ball_power(base, ball(v).real)
        if r < 0:
            lower = self.lower(base)
            return [raised(lower, r)] if lower is not None else None
        upper = self.upper(base)
        if upper is None:
            return None
        if len(upper) == 1:
            return [raised(upper[0], r)]
        # (Σ M)^r ≤ max(1, n^(r-1)) Σ M^r
        factor = arb(len(upper)) ** arb(max(r - 1, fmpq(0)))
        return [raised(Monomial(m.c, m.p, m.e), r, factor) for m in upper]

    def upper_ball_power(self, base: Term, r: arb) -> Bound | None:
        """A power of a monomial with an exponent known only as a ball."""
        upper, lower = self.upper(base), self.lower(base)
        if upper is None or lower is None or len(upper) != 1 or upper[0].e or lower.e:
            return None
        m = upper[0] if r > 0 else (lower if r < 0 else None)
        if m is None:
            return None
        high, low = rational_above(r), -rational_above(-r)
        exponents = [m.p * high, m.p * low]
        c = (m.c ** r).abs_upper()
        return [Monomial(c, max(exponents))] if self.y >= 1 and c.is_finite() else None

    def upper_function(self, t: Term) -> Bound | None:
        name = t.data
        u = t.args[0]
        if name == "exp":
            p = self.poly(u)
            if p is not None:
                return [exponential(p)]
            return self.upper_of_log_square(u) or self.upper_exp(u)
        if name == "log":
            return self.upper_log(u)
        if name in ("sin", "cos", "tanh", "arctan", "erf", "sign", "erfc") and self.real(u):
            return [Monomial(arb(2), fmpq(0))]
        if name in ("sinh", "cosh"):
            p = self.poly(u)
            if p is None:
                return None
            return [exponential(p), exponential({k: -ball(v) for k, v in p.items()})]
        if name in ("abs", "re", "im", "conj"):
            return self.upper(u)
        if name in ("max", "min") and len(t.args) > 1:
            total: Bound = []
            for a in t.args:
                got = self.upper(a)
                if got is None or not self.real(a):
                    return None
                total += got
            return total
        return None

    def upper_exp(self, u: Term) -> Bound | None:
        """`exp(-w)` is at most 1 for w ≥ 0; sums in the exponent are products."""
        if u.op == "add":
            bound: Bound | None = [Monomial(arb(1), fmpq(0))]
            for a in u.args:
                p = self.poly(a)
                bound = times(bound, [exponential(p)] if p is not None else self.upper_exp(a))
            return bound
        if u.op == "neg" and self.nonnegative(u.args[0]):
            return [Monomial(arb(1), fmpq(0))]
        return None

    def upper_log(self, u: Term) -> Bound | None:
        """|log u| ≤ |log C| + |p| log y + |E(y)| + π for the bounds of u from above and below; log y ≤ 8 y^(1/8) / e."""
        upper, lower = self.upper(u), self.lower(u)
        if upper is None or lower is None or not self.y >= 1:
            return None
        out: Bound = [Monomial(arb.pi() + arb(len(upper)).log(), fmpq(0))]
        for m in (*upper, lower):
            if not m.c > 0:
                if m is lower:
                    return None
                continue
            out.append(Monomial(abs(m.c.log()).upper(), fmpq(0)))
            if m.p != 0:
                out.append(Monomial(arb(abs(m.p)) * 8, fmpq(1, 8)))
            out += [Monomial(abs(v).upper(), fmpq(k)) for k, v in m.e]
        return out if len(out) <= MAX_PARTS else None

    # --- lower bounds ---------------------------------------------------------------------------------------------------

    def lower(self, t: Term) -> Monomial | None:
        """A positive bound of |t| from below for y ≥ start."""
        if self.x not in t.free:
            v = self.constant(t)
            if v is None:
                return None
            low = ball(v).abs_lower()
            return Monomial(low, fmpq(0)) if low > 0 else None
        p = self.poly(t)
        if p is not None:
            return self.lower_poly(p)
        op = t.op
        if op == "neg":
            return self.lower(t.args[0])
        if op == "mul":
            got = Monomial(arb(1), fmpq(0))
            for a in t.args:
                m = self.lower(a)
                if m is None:
                    return None
                got = merged(got, m)
            return got
        if op == "div":
            top, below = self.lower(t.args[0]), self.upper(t.args[1])
            if top is None or below is None or len(below) != 1:
                return None
            return merged(top, reciprocal(below[0])) if below[0].c > 0 else None
        if op == "pow" and self.x not in t.args[1].free:
            r = self.exponent(t.args[1])
            if r is None:
                return None
            if r >= 0:
                m = self.lower(t.args[0])
                return raised(m, r) if m is not None else None
            above = self.upper(t.args[0])
            return raised(above[0], r) if above is not None and len(above) == 1 and above[0].c > 0 else None
        if op == "fn" and t.data == "exp":
            p = self.poly(t.args[0])
            return exponential(p, below=True) if p is not None and self.y > 0 else None
        if op == "fn" and t.data in ("abs", "cosh"):
            return self.lower(t.args[0]) if t.data == "abs" else (Monomial(arb(1), fmpq(0)) if self.real(t.args[0]) else None)
        if op == "add" and all(self.nonnegative(a) for a in t.args):
            # each summand is a bound; the one that grows fastest is the best
            found = [m for m in (self.lower(a) for a in t.args) if m is not None]
            return max(found, key=growth) if found else None
        return None

    def lower_poly(self, p: Poly) -> Monomial | None:
        if not p:
            return None
        top = max(p)
        lead = ball(p[top]).abs_lower()
        if not lead > 0 or not self.y > 0:
            return None
        rest = arb(0)
        for k, v in p.items():
            if k != top:
                rest += ball(v).abs_upper() * self.y ** (k - top)
        left = (lead - rest).lower()
        return Monomial(left, fmpq(top)) if left > 0 else None

    # --- signs ----------------------------------------------------------------------------------------------------------

    def real(self, t: Term) -> bool:
        """The term is real for real y, by its make-up."""
        p = self.poly(t)
        if p is not None:
            return all(is_real(v) for v in p.values())
        if t.op in ("add", "neg", "mul", "div"):
            return all(self.real(a) for a in t.args)
        if t.op == "pow":
            return self.real(t.args[0]) and self.exponent(t.args[1]) is not None and (self.exponent(t.args[1]).q == 1 or self.nonnegative(t.args[0]))  # type: ignore[union-attr]
        if t.op == "fn" and t.data in ("exp", "sin", "cos", "tanh", "arctan", "erf", "erfc", "abs", "sinh", "cosh", "max", "min"):
            return all(self.real(a) for a in t.args)
        if t.op == "fn" and t.data == "log":
            return self.nonnegative(t.args[0])
        return False

    def sign(self, t: Term) -> int:
        """1 or -1 for a term that is seen to be nonnegative (not positive) for y ≥ start, else 0."""
        if t.op == "neg":
            return -self.sign(t.args[0])
        if t.op in ("mul", "div"):
            got = 1
            for a in t.args:
                got *= self.sign(a)
            return got
        if self.nonnegative(t):
            return 1
        p = self.poly(t)
        if p and all(is_real(v) for v in p.values()) and self.lower_poly(p) is not None:
            return 1 if ball(p[max(p)]).real > 0 else -1
        return 0

    def nonnegative(self, t: Term) -> bool:
        """The term is real and ≥ 0 for y ≥ start, by its make-up."""
        if self.x not in t.free:
            v = self.constant(t)
            return v is not None and is_real(v) and bool(ball(v).real >= 0)
        p = self.poly(t)
        if p is not None:
            if not all(is_real(v) for v in p.values()):
                return False
            if all(ball(v).real >= 0 for v in p.values()):
                return True
            top = max(p)
            return bool(ball(p[top]).real > 0) and self.lower_poly(p) is not None
        if t.op in ("add", "mul", "div"):
            return all(self.nonnegative(a) for a in t.args)
        if t.op == "pow":
            r = self.exponent(t.args[1])
            if r is not None and r.q == 1 and int(r.p) % 2 == 0:
                return self.real(t.args[0])
            return r is not None and self.nonnegative(t.args[0])
        if t.op == "fn" and t.data in ("exp", "cosh", "abs"):
            return self.real(t.args[0])
        return False
