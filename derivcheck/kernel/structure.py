"""Interval arithmetic over the shape of a term: what its operations and its parts' bounds say of a value.

`Structure` asks the oracle for the bounds of the parts, `Plain` uses declarations alone (it serves to read facts, which would otherwise be
asked about themselves).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import flint

from derivcheck.kernel import bounds as iv
from derivcheck.kernel.bounds import NOTHING, REAL, F, Info, point
from derivcheck.kernel.function_bounds import function_bounds
from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import Term, contains_op, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle


CLOSED = frozenset({"add", "mul", "div", "pow", "fn"})
_evaluations: dict[Term, Info] = {}


def evaluated(t: Term) -> Info:
    """Bounds of a closed term by ball arithmetic."""
    got = _evaluations.get(t)
    if got is None:
        got = NOTHING
        if all(s.op in ("num", "const", "add", "mul", "neg", "div", "pow", "fn", "oddroot") for s in subterms(t)):
            from derivcheck.semantics.evaluate import Budget, Model, evaluate
            from derivcheck.semantics.values import ball, is_number, is_real

            value = evaluate(t, Model({}), 128, Budget(2_000))
            if is_number(value) and is_real(value):
                enclosure = ball(value).real
                if enclosure.is_finite():
                    got = _written_out(enclosure)
        _evaluations[t] = got
    return got


def _written_out(enclosure: flint.arb) -> Info:
    """Rational ends, but for numbers of thousands of digits, which take for ever to write out: of these the sign alone."""
    if abs(int(enclosure.mid_rad_10exp(25)[2])) < 5_000:
        lo, hi = iv.rational_bounds(enclosure)
        return Info(True, False, lo, False, hi, False)
    if enclosure > 0:
        return Info(True, False, F(0), True, nonzero=True)
    return Info(True, False, None, False, F(0), True, nonzero=True) if enclosure < 0 else REAL


class Plain:
    """Bounds from declarations alone, for reading facts."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle

    def info(self, t: Term) -> Info:
        if t.op == "sym" and t.sort.kind == "num":
            d = self.oracle.context.declarations.get(t)
            if d is None:
                return self.oracle.domain_info(t)
            if d.domain is not None and d.domain.op in ("interval", "range", "finset", "union", "inter", "setminus"):
                s = d.domain
                if s.op in ("interval", "range") and any(t in a.free for a in s.args):
                    return REAL
            return self.oracle._set_info(d.domain)
        return Structure(self.oracle, self).compute(t)


class Structure:
    """Interval arithmetic over the shape of a term."""

    def __init__(self, oracle: Oracle, plain: Plain | None = None) -> None:
        self.oracle = oracle
        self.info = plain.info if plain else oracle.info
        self.plain = plain is not None

    def compute(self, t: Term) -> Info:
        if t.sort.kind != "num":
            return NOTHING
        method = getattr(self, "op_" + t.op, None)
        return method(t) if method else NOTHING

    def op_num(self, t: Term) -> Info:
        return point(t.data)

    def op_const(self, t: Term) -> Info:
        if t.data == "pi":
            return Info(True, False, iv.PI_LO, True, iv.PI_HI, True, True)
        if t.data == "e":
            return Info(True, False, iv.E_LO, True, iv.E_HI, True, True)
        if t.data == "euler":
            return Info(True, False, iv.EULER_LO, True, iv.EULER_HI, True, True)
        if t.data == "i":
            return Info(nonzero=True)
        return NOTHING

    def op_sym(self, t: Term) -> Info:
        return self.oracle.domain_info(t)

    def op_idx(self, t: Term) -> Info:
        d = self.oracle.context.declarations.get(t.args[0])
        return self.oracle._set_info(d.domain) if d else NOTHING

    def op_apply(self, t: Term) -> Info:
        f = t.args[0]
        orders: tuple[int, ...] | None = None
        if f.op == "dfun":
            orders, f = f.data, f.args[0]
        if f.op == "invfun":
            d = self.oracle.context.declarations.get(f.args[0])
            return self.oracle._set_info(d.arg_domains[0]) if d and len(d.arg_domains) == 1 else NOTHING
        d = self.oracle.context.declarations.get(f)
        if d is None:
            return NOTHING
        values = self.oracle._set_info(d.domain)
        if orders and any(orders):
            if not values.real:
                return NOTHING
            if orders == (2,) and "convex" in d.attributes:
                return Info(True, False, F(0), False)
            if orders == (2,) and "concave" in d.attributes:
                return Info(True, False, None, False, F(0), False)
            if orders == (1,) and "increasing" in d.attributes:
                return Info(True, False, F(0), False)
            if orders == (1,) and "decreasing" in d.attributes:
                return Info(True, False, None, False, F(0), False)
            return REAL
        if "positive" in d.attributes and values.real:
            values = iv.meet(values, iv.SETS["Rpos"])
        return values

    def op_pdf(self, t: Term) -> Info:
        from derivcheck.kernel.densities import domains, positive

        law = t.args[0]
        if law.op == "dist":
            base = Info(True, False, F(0), False)
            name = law.data
            if name in ("Po", "Bern", "Bin", "NB", "Cat"):
                return iv.meet(base, Info(True, False, hi=F(1)))
            if name in ("N", "Laplace"):
                return Info(True, False, F(0), True, nonzero=True)
            x = self.info(t.args[1]) if len(t.args) == 2 else NOTHING
            below_one = x.hi is not None and (x.hi < 1 or (x.hi == 1 and x.hi_strict))
            if x.real and ((name == "Exp" and x.lo is not None and x.lo >= 0) or (x.positive and (name in ("Ga", "LogN", "InvGa") or (name == "Beta" and below_one)))):
                return Info(True, False, F(0), True, nonzero=True)
            return base
        if law.sort.kind != "dist":
            return NOTHING
        base = Info(True, False, F(0), True, nonzero=True) if positive(law, self.oracle) else Info(True, False, F(0), False)
        sets = domains(law, self.oracle)
        if sets is not None and all(_countable(s) for s in sets):
            return iv.meet(base, Info(True, False, hi=F(1)))
        return base

    def op_marg(self, t: Term) -> Info:
        return NOTHING

    def op_add(self, t: Term) -> Info:
        out = self.info(t.args[0])
        for a in t.args[1:]:
            out = iv.add(out, self.info(a))
        if not self.plain and out.lo is None and contains_op(t, "sum"):
            from derivcheck.kernel.sum_bounds import lower_bound

            below = lower_bound(t, self._binder, self.oracle)
            info = self.info(below) if below is not None else NOTHING
            if info.real and info.lo is not None:
                out = iv.meet(out, Info(True, lo=info.lo, lo_strict=info.lo_strict))
        return out

    def op_neg(self, t: Term) -> Info:
        return iv.neg(self.info(t.args[0]))

    def op_mul(self, t: Term) -> Info:
        counts: dict[Term, int] = {}
        for a in t.args:
            counts[a] = counts.get(a, 0) + 1
        out: Info | None = None
        for a, k in counts.items():
            i = self.info(a) if k == 1 else iv.power(self.info(a), k)
            out = i if out is None else iv.mul(out, i)
        return out or NOTHING

    def op_div(self, t: Term) -> Info:
        return iv.mul(self.info(t.args[0]), iv.reciprocal(self.info(t.args[1])))

    def op_pow(self, t: Term) -> Info:
        base, exponent = t.args
        if exponent.op == "num" or exponent.op == "neg":
            from derivcheck.kernel.literals import integer_value

            n = integer_value(exponent)
            if n is not None and abs(n) < 10_000:
                return iv.power(self.info(base), n)
        x, y = self.info(base), self.info(exponent)
        if x.positive and y.real:
            out = Info(True, x.integer and y.integer and y.nonnegative, F(0), True, nonzero=True)
            if x.lo is not None and x.lo >= 1 and y.nonnegative:
                out = iv.meet(out, Info(True, lo=F(1)))
            if x.hi is not None and x.hi <= 1 and y.nonnegative:
                out = iv.meet(out, Info(True, hi=F(1)))
            if x.hi is not None and x.hi <= 1 and y.positive and (x.hi < 1 or x.hi_strict):
                out = iv.meet(out, Info(True, hi=F(1), hi_strict=True))
            return out
        if y.real and not y.integer and not self.plain and base.op == "add" and base.size < 40 and self.oracle.positive(base):
            return Info(True, False, F(0), True, nonzero=True)
        if x.nonnegative and y.real:
            out = Info(True, x.integer and y.integer and y.nonnegative, F(0), False)
            if x.hi is not None and x.hi <= 1 and y.nonnegative:
                out = iv.meet(out, Info(True, hi=F(1)))
            return out
        if x.real and y.integer:
            from derivcheck.kernel.literals import linear_terms

            terms = linear_terms(exponent)
            if all(c.denominator == 1 and c.numerator % 2 == 0 for c, _ in terms) and all(self.info(m).integer for _, m in terms):
                return Info(True, x.integer and y.nonnegative, F(0), x.is_nonzero, nonzero=x.is_nonzero)
            bound = Info(True, x.integer and y.nonnegative, nonzero=x.is_nonzero)
            if x.lo is not None and x.hi is not None and x.lo >= -1 and x.hi <= 1 and y.nonnegative:
                bound = iv.meet(bound, Info(True, lo=F(-1), hi=F(1)))
            return bound
        return Info(nonzero=x.is_nonzero)

    def op_oddroot(self, t: Term) -> Info:
        x = self.info(t.args[0])
        if not x.real:
            return NOTHING
        lo = F(0) if x.nonnegative else None
        hi = F(0) if x.nonpositive else None
        return Info(True, False, lo, x.positive, hi, x.negative, x.is_nonzero)

    def op_ind(self, t: Term) -> Info:
        return Info(True, True, F(0), False, F(1), False)

    def op_norm(self, t: Term) -> Info:
        from derivcheck.kernel.matrix_facts import nonzero

        away = t.args[0].sort.kind == "mat" and nonzero(t.args[0], self.oracle)
        return Info(True, False, F(0), away, nonzero=away)

    op_sigmax = op_norm

    def op_tonum(self, t: Term) -> Info:
        from derivcheck.kernel.matrix_signs import scalar_info

        return scalar_info(t, self.oracle)

    def op_trace(self, t: Term) -> Info:
        from derivcheck.kernel.matrix_signs import scalar_info

        return scalar_info(t, self.oracle)

    op_det = op_inner = op_ventry = op_entry = op_trace

    def op_cases(self, t: Term) -> Info:
        infos = [self.info(t.args[i]) for i in range(1, len(t.args), 2)]
        if len(t.args) % 2:
            infos.append(self.info(t.args[-1]))
        return iv.hull(infos)

    def _binder(self, t: Term) -> Info:
        opened = self._opened(t)
        return NOTHING if opened is None else opened[1].info(opened[0])

    def _opened(self, t: Term) -> tuple[Term, Oracle] | None:
        """The body of a binder and the oracle inside it."""
        from derivcheck.kernel.rewrite import binder_facts, level_symbol
        from derivcheck.terms.term import binder_names, substitute

        if self.plain:
            return None
        symbols = tuple(level_symbol(n, v.sort, 900) for n, v in zip(binder_names(t), t.bound, strict=True))
        body = substitute(t.args[-1], dict(zip(t.bound, symbols, strict=True)))
        declarations, hypotheses = binder_facts(t, symbols, self.oracle)
        inner = self.oracle.extend(declarations, tuple(Hypothesis(h, None, "domain") for h in hypotheses))
        inner._depth = self.oracle._depth + 1
        return body, inner

    def op_maxover(self, t: Term) -> Info:
        # where it is defined the extremum is one of the values
        x = self._binder(t)
        return Info(True, x.integer, x.lo, x.lo_strict, x.hi, x.hi_strict, x.is_nonzero) if x.real else NOTHING

    op_minover = op_maxover

    def op_sum(self, t: Term) -> Info:
        x = self._binder(t)
        if not x.real:
            return NOTHING
        lo, hi = t.args[0], t.args[1]
        # between 3/10 and 7/10 there is no integer
        nonempty = self.oracle.less_equal(lo, hi) and (self.oracle.integer(lo) or self.oracle.integer(hi))
        finite = hi is not b.INF
        return Info(
            True,
            x.integer and finite,
            F(0) if x.nonnegative else None,
            (x.positive and nonempty) or (x.nonnegative and self._all_but_one(t)),
            F(0) if x.nonpositive else None,
            x.negative and nonempty,
        )

    def _all_but_one(self, t: Term) -> bool:
        """Whether the summand is positive for every index but one, of two or more."""
        body, k = t.args[-1], t.bound[0]
        if body.op != "cases" or len(body.args) != 3 or body.args[2] is not b.ZERO or not self.oracle.less(t.args[0], t.args[1]):
            return False
        if not all(self.oracle.integer(end) for end in t.args[:2]):
            return False
        p = body.args[0]
        if p.op != "rel" or p.data != "≠" or not any(x is k and k not in y.free for x, y in (p.args[:2], p.args[1::-1])):
            return False
        opened = self._opened(t)
        return opened is not None and opened[1].info(opened[0].args[1]).positive

    def op_sumset(self, t: Term) -> Info:
        x = self._binder(t)
        return Info(x.real, False, F(0) if x.nonnegative else None, False, F(0) if x.nonpositive else None, False) if x.real else NOTHING

    def op_prod(self, t: Term) -> Info:
        x = self._binder(t)
        if not x.real:
            return NOTHING
        finite = not any(b.is_infinite(end) for end in t.args[:2])
        lo = F(0) if x.nonnegative else None
        hi = F(1) if x.nonnegative and x.hi is not None and x.hi <= 1 else None
        if x.lo is not None and x.lo >= 1:
            lo = F(1)
        return Info(True, x.integer and finite, lo, x.positive and finite and lo == 0, hi, False, x.is_nonzero and finite)

    def op_int(self, t: Term) -> Info:
        if not self.oracle.less_equal(t.args[0], t.args[1]):
            return NOTHING
        x = self._binder(t)
        if not x.real:
            return NOTHING
        strict = self.oracle.less(t.args[0], t.args[1])
        # a positive integrand over an interval of positive length has a positive integral
        return Info(True, False, F(0) if x.nonnegative else None, x.positive and strict, F(0) if x.nonpositive else None, x.negative and strict)

    def op_intset(self, t: Term) -> Info:
        x = self._binder(t)
        return Info(True, False, F(0) if x.nonnegative else None, False, F(0) if x.nonpositive else None, False) if x.real else NOTHING

    def op_Eover(self, t: Term) -> Info:
        from derivcheck.kernel.densities import normalised

        x = self._binder(t)
        if not x.real:
            return NOTHING
        if not normalised(t.args[0], self.oracle):
            return Info(True, False, F(0) if x.nonnegative else None, False, F(0) if x.nonpositive else None, False)
        return Info(True, False, x.lo, False, x.hi, False)

    def op_E(self, t: Term) -> Info:
        x = self.info(t.args[0])
        return Info(True, False, x.lo, x.lo_strict, x.hi, x.hi_strict) if x.real else NOTHING

    def op_Var(self, t: Term) -> Info:
        return Info(True, False, F(0), False) if t.sort.kind == "num" else NOTHING

    op_Varover = op_Var

    def op_Cov(self, t: Term) -> Info:
        return REAL

    def op_Pr(self, t: Term) -> Info:
        return Info(True, False, F(0), False, F(1), False)

    def op_KL(self, t: Term) -> Info:
        from derivcheck.kernel.densities import normalised

        # Gibbs' inequality is about densities
        return Info(True, False, F(0), False) if all(normalised(d, self.oracle) for d in t.args) else NOTHING

    op_JSD = op_KL

    def op_fn(self, t: Term) -> Info:
        return function_bounds(t, self)


def _countable(s: Term) -> bool:
    return s.op in ("range", "finset") or (s.op == "set" and s.data in ("N", "Npos", "Z"))
