"""What a term needs for a value beyond the conditions of `definedness.py`: for statements, in which a relation without a value is false.

`definedness.conditions` names denominators, logarithms, poles and the like; where a step is judged wherever its sides have values nothing more
is asked.  Inside a statement (`strict`) everything counts: maxima that may not be attained, derivatives of functions that are only continuous,
indices outside of a range, orders of numbers that are not real, parameters of laws, ∞ - ∞.  `needed` walks over a term with a closed list of
operations and gives the statements that are left to show; an operation that is not on the list is not shown to have a value.
Means, integrals and series are the business of `existence.without_shown_value`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from derivcheck.kernel.definedness import _off_poles, conditions
from derivcheck.kernel.existence import _abstract, _given_parts
from derivcheck.kernel.infinite import may_be_infinite, unbounded
from derivcheck.terms import build as b
from derivcheck.terms.context import Hypothesis
from derivcheck.terms.term import Term, binder_names, contains_op, open_binder, substitute, subterms

if TYPE_CHECKING:
    from derivcheck.kernel.oracle import Oracle
    from derivcheck.kernel.rewrite import Rewriter

# a value wherever the arguments have values; the conditions of `definedness.py` cover the rest
_PLAIN = frozenset(
    "add neg mul div pow smul transpose trace matmul inner hadamard eye ones zeros tonum kron vecop det diag diagof bmat norm inv sigmax rank vsoftmax tuple "
    "finset interval range union inter setminus product set rn rmn and or not true false psd pd law".split()
)
_EVERYWHERE = frozenset("exp log sin cos tan sec cot csc sinh cosh arcsin arccos arcsinh arccosh erf erfc abs re im conj arg gamma digamma factorial loggamma".split())
_OF_REALS = frozenset("sign floor ceil max min mod".split())
_MEANS = frozenset("E Var Cov".split())
_ESTABLISHED = frozenset("int intset sumset prodset entropyrv MI".split())  # by `existence.without_shown_value`
_OVER_LAWS = frozenset("Eover Varover Covover KL JSD entropy crossent".split())
_SETS = frozenset("setof forall exists lam isconvex isconcave".split())
_ROUGH = frozenset({"continuous", "differentiable", "measurable", "bounded"})


class _Unshown(Exception):
    """Some part is not seen to have a value."""


def needed(t: Term, rw: Rewriter) -> list[Term] | None:
    """Statements that together with `definedness.conditions` suffice for a value; None where a part is not shown to have one."""
    walk = _Walk(rw)
    try:
        found = walk.of(t, rw.oracle, set())
        if t.sort.kind == "num" and unbounded(t):
            walk.determinate(t)
    except _Unshown:
        return None
    return list(dict.fromkeys(found))


def valued(t: Term, rw: Rewriter) -> bool:
    """Whether a term is shown to have a value, means, integrals and series aside."""
    return not rw.oracle.undefinedness(t) and needed(t, rw) == []


class _Walk:
    def __init__(self, rw: Rewriter) -> None:
        self.rw = rw
        context = rw.oracle.context
        # a step that was proved says nothing where its sides have no values
        self.given = _given_parts(replace(context, hypotheses=tuple(h for h in context.hypotheses if h.kind not in ("step", "use"))))

    def of(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        """What is left to show for t and its parts."""
        if t in seen or not t.args or t in self.given:
            return []
        seen.add(t)
        op = t.op
        if op in _PLAIN:
            return self.parts(t.args, oracle, seen)
        if op in _ESTABLISHED or op in _SETS:
            return []
        special = getattr(self, "op_" + op, None)
        if special is not None:
            found: list[Term] = special(t, oracle, seen)
            return found
        if op in _MEANS or op == "Pr":
            return self.mean(t)
        if op in _OVER_LAWS:
            return [c for a in t.args if a.sort.kind == "dist" for c in self.law(a, oracle, seen)]
        raise _Unshown

    def parts(self, args: tuple[Term, ...], oracle: Oracle, seen: set[Term]) -> list[Term]:
        return [c for a in args for c in self.of(a, oracle, seen)]

    # --- statements under indicators and cases --------------------------------------------------------------------------------

    def op_rel(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        out = self.parts(t.args, oracle, seen)
        if t.data in ("<", "≤", ">", "≥"):
            out += [c for a in t.args[:2] for c in self.real(a, oracle)]
        elif t.data not in ("=", "≠", "in", "notin", "divides"):
            raise _Unshown
        return out

    def op_ind(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        return self.parts(t.args, oracle, seen)

    def op_cases(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        from derivcheck.kernel.rewrite import negation

        out: list[Term] = []
        inner = oracle
        alternatives = []
        for i in range(len(t.args) // 2):
            p, v = t.args[2 * i : 2 * i + 2]
            alternatives.append(p)
            out += self.of(p, inner, set())
            out += [b.implies(p, c) for c in self.of(v, inner.extend((), (Hypothesis(p, None, "domain"),)), set())]
            inner = inner.extend((), (Hypothesis(negation(p), None, "domain"),))
        if len(t.args) % 2:
            return out + self.of(t.args[-1], inner, set())
        return [*out, b.or_(*alternatives) if len(alternatives) > 1 else alternatives[0]]

    # --- functions ----------------------------------------------------------------------------------------------------------------

    def real(self, u: Term, oracle: Oracle) -> list[Term]:
        """That u is real."""
        if u.sort.kind != "num" or b.is_infinite(u) or oracle.real(u):
            return []
        return [b.rel(u, "in", b.REALS)]

    def op_oddroot(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        return self.parts(t.args, oracle, seen) + self.real(t.args[0], oracle)

    def op_fn(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        name, u = str(t.data), t.args[0]
        out = self.parts(t.args, oracle, seen)

        def apart(v: Term) -> list[Term]:
            return [] if oracle.nonzero(v) else [b.rel(v, "≠", b.ZERO)]

        if name in _EVERYWHERE:
            return out
        if name in _OF_REALS:
            out += [c for a in t.args for c in self.real(a, oracle)]
            return out + apart(t.args[1]) if name == "mod" else out
        if name in ("tanh", "sech"):
            return out if oracle.real(u) else out + apart(b.fn("cosh", u))
        if name in ("coth", "csch"):
            return out if oracle.real(u) else out + apart(b.fn("sinh", u))
        if name == "arctan":
            return out if oracle.real(u) else out + apart(b.add(b.ONE, b.pow_(u, 2)))
        if name == "arctanh":
            return out + apart(b.sub(b.ONE, b.pow_(u, 2)))
        if name == "zeta":
            return out + apart(b.sub(u, b.ONE))
        if name == "binom":
            pole = _off_poles(u, True, oracle)
            return out if pole is None else [*out, pole]
        if name == "beta" and all(oracle.positive(a) for a in t.args):
            return out
        if name == "polygamma" and oracle.natural(u) and oracle.positive(t.args[1]):
            return out
        if name == "factorial2" and oracle.natural(u):
            return out
        if name in ("gcd", "lcm") and all(oracle.integer(a) for a in t.args):
            return out
        raise _Unshown

    def op_apply(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        out = self.parts(t.args[1:], oracle, seen)
        f = t.args[0]
        d = oracle.context.declarations.get(f.args[0] if f.op == "dfun" else f)
        if f.op not in ("sym", "dfun") or d is None or len(d.arg_domains) != len(t.args) - 1:
            raise _Unshown
        if f.op == "dfun":
            if d.attributes & _ROUGH or any(s.op not in ("set", "interval", "rn", "rmn") for s in d.arg_domains):
                raise _Unshown
            # at the ends of a set there is no derivative
            for u, s in zip(t.args[1:], d.arg_domains, strict=True):
                inside = {"Rnn": b.POSITIVE}.get(str(s.data), s) if s.op == "set" else b.interval(s.args[0], s.args[1], "()") if s.op == "interval" else s
                if s.op == "set" and s.data not in ("R", "Rpos", "Rnn", "Rneg"):
                    raise _Unshown
                if u.sort.kind == "num" and not oracle.member(u, inside):
                    out.append(b.rel(u, "in", inside))
        return out

    def op_idx(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        d = oracle.context.declarations.get(t.args[0])
        if d is None or len(d.index_ranges) != len(t.args) - 1:
            raise _Unshown
        inside = [b.rel(i, "in", s) for i, s in zip(t.args[1:], d.index_ranges, strict=True) if not oracle.member(i, s)]
        return self.parts(t.args[1:], oracle, seen) + inside

    # --- matrices -----------------------------------------------------------------------------------------------------------------

    def op_entry(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        a = t.args[0]
        sizes = (a.sort.rows, a.sort.cols) if t.op == "entry" else (a.sort.cols,) if t.op == "col" else (a.sort.rows,)
        inside = [b.rel(i, "in", s) for i, n in zip(t.args[1:], sizes, strict=True) if not oracle.member(i, s := b.int_range(b.ONE, n))]
        return self.parts(t.args, oracle, seen) + inside

    op_ventry = op_row = op_col = op_entry

    def op_unit(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        n, i = t.args
        s = b.int_range(b.ONE, n)
        return [] if oracle.member(i, s) else [b.rel(i, "in", s)]

    def op_mpow(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        from derivcheck.kernel.matrix_facts import psd

        if not oracle.integer(t.args[1]) and not psd(t.args[0], oracle):
            raise _Unshown
        return self.parts(t.args, oracle, seen)

    def op_emap(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        f, a = t.args
        inner, body, declared = self.opened(f, oracle)
        if not declared or conditions(body, inner) or self.of(body, inner, set()):
            raise _Unshown
        return self.of(a, oracle, seen)

    # --- binders --------------------------------------------------------------------------------------------------------------------

    def opened(self, t: Term, oracle: Oracle) -> tuple[Oracle, Term, tuple[tuple[Term, Term], ...]]:
        """The oracle under a binder, its body, and its variables with their domains (none where these are not known)."""
        from derivcheck.kernel.rewrite import binder_facts, level_symbol

        symbols = tuple(level_symbol(n, v.sort, 860) for n, v in zip(binder_names(t), t.bound, strict=True))
        body = substitute(t.args[-1], dict(zip(t.bound, symbols, strict=True)))
        declarations, hypotheses = binder_facts(t, symbols, oracle)
        inner = oracle.extend(declarations, tuple(Hypothesis(h, None, "domain") for h in hypotheses))
        known = tuple((d.symbol, d.domain) for d in declarations if d.domain is not None)
        return inner, body, known if len(known) == len(symbols) else ()

    def below(self, t: Term, oracle: Oracle) -> list[Term]:
        """What the body of a binder needs for all values of the variables."""
        inner, body, known = self.opened(t, oracle)
        out = []
        for c in self.of(body, inner, set()):
            if not known and not c.free <= t.free:
                raise _Unshown
            symbols = [s for s, _ in known if s in c.free]
            out.append(b.over("forall", symbols, [d for s, d in known if s in c.free], c) if symbols else c)
        return out

    def op_sum(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        ends = [a for a in t.args[:2] if not b.is_infinite(a)]
        if not all(oracle.integer(a) for a in ends):
            raise _Unshown
        out = self.parts(tuple(ends), oracle, seen)
        return out if len(ends) < 2 else out + self.below(t, oracle)

    op_prod = op_sum

    def op_mlam(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        return self.below(t, oracle)

    def op_supover(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        inner, body, known = self.opened(t, oracle)
        if not known or not inner.real(body) or conditions(body, inner):
            raise _Unshown
        return self.below(t, oracle)

    op_infover = op_supover

    def op_argmax(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        inner, body, known = self.opened(t, oracle)
        if not known or not inner.real(body):
            raise _Unshown
        return []

    op_argmin = op_argmax

    def op_maxover(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        inner, body, known = self.opened(t, oracle)
        few = len(t.args) == 2 and (t.args[0].op == "finset" and t.args[0].args or (t.args[0].op == "range" and oracle.member(t.args[0].args[0], t.args[0])))
        if few and known and inner.real(body) and not conditions(body, inner):
            return self.below(t, oracle)
        return self.replaced(t, oracle, "maxover", "minover")

    op_minover = op_maxover

    def op_lim(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        return self.replaced(t, oracle, "lim")

    def replaced(self, t: Term, oracle: Oracle, *ops: str) -> list[Term]:
        """A limit process that has been replaced by its value has one."""
        if oracle is not self.rw.oracle:
            raise _Unshown
        value = self.rw.nf(t)
        if contains_op(value, *ops) or any(s.op == "const" and s.data == "undefined" for s in subterms(value)):
            raise _Unshown
        return [*conditions(value, oracle), *self.of(value, oracle, set())]

    def op_deriv(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        from derivcheck.semantics.differentiate import derivative

        if t.sort.kind != "num" or not isinstance(t.data, int):
            raise _Unshown
        (x,), body = open_binder(t)
        at = {x: t.args[0]}
        out = self.of(t.args[0], oracle, seen)
        for _ in range(t.data):
            got = derivative(body, x)
            if not got.complete or any(c.op == "opaque" for c in got.conditions):
                raise _Unshown
            out += self.of(substitute(body, at), oracle, seen)
            body = got.term
        return out + self.of(substitute(body, at), oracle, seen)

    def op_grad(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        (x,), body = open_binder(t)
        if body.op == "apply" and body.args[0].op == "sym" and len(body.args) == 2 and body.args[1] is x:
            d = oracle.context.declarations.get(body.args[0])
            if d is not None and not d.attributes & _ROUGH and all(s.op in ("rn", "rmn") for s in d.arg_domains):
                return self.of(t.args[0], oracle, seen)
        if oracle is not self.rw.oracle:
            raise _Unshown
        value = self.rw.nf(t)
        if contains_op(value, "grad", "jac", "hess", "deriv") or not self.off_switches(value, oracle):
            raise _Unshown
        return [*conditions(value, oracle), *self.of(value, oracle, set())]

    op_jac = op_hess = op_grad

    def off_switches(self, value: Term, oracle: Oracle) -> bool:
        """Whether a derivative given piece by piece is taken off the points where the pieces meet."""
        for s in subterms(value):
            if s.op == "fn" and s.data in ("sign", "floor", "ceil", "max", "min"):
                if s.data != "sign" or not oracle.nonzero(s.args[0]):
                    return False
            if s.op == "rel" and (s.data not in ("=", "≠", "<", "≤", ">", "≥") or not oracle.nonzero(b.sub(*s.args[:2]))):
                return False
        return True

    # --- probability ----------------------------------------------------------------------------------------------------------------

    def mean(self, t: Term) -> list[Term]:
        """Given an event or a value, there may be nothing to take the mean of."""
        if t.data and any(c.op != "sym" for c in t.args[-int(t.data) :]):
            raise _Unshown
        return []

    def law(self, law: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        from derivcheck.kernel.densities import normalised, positive
        from derivcheck.kernel.satisfiable import admissible

        if law.op == "marg":
            if law.data[1] and not positive(law, oracle):
                raise _Unshown
            return []
        if law.op == "lam":
            if not normalised(law, oracle):
                raise _Unshown
            return []
        if law.op == "dist":
            if not admissible(law, oracle):
                raise _Unshown
            return self.parts(law.args, oracle, seen)
        return []

    def op_pdf(self, t: Term, oracle: Oracle, seen: set[Term]) -> list[Term]:
        return self.law(t.args[0], oracle, seen) + self.parts(t.args[1:], oracle, seen)

    # --- infinite values ------------------------------------------------------------------------------------------------------------

    def determinate(self, t: Term) -> None:
        """That no ∞ - ∞, 0 · ∞, ∞/∞ or function of ∞ arises."""
        if not self.infinite(t) or t in self.given or may_be_infinite(t):
            return
        parts = [a for a in t.args if self.infinite(a)]
        if t.op == "add":
            if len(parts) > 1 and not all(self.rw.oracle.nonnegative(a) for a in parts) and not all(self.rw.oracle.nonpositive(a) for a in parts):
                raise _Unshown
        elif t.op == "mul":
            if not all(self.rw.oracle.nonzero(a) for a in t.args if len(parts) > 1 or a is not parts[0]):
                raise _Unshown
        elif t.op == "div":
            if parts != [t.args[0]]:
                raise _Unshown
        elif t.op not in ("neg", "maxover", "minover") and not (t.op == "fn" and t.data in ("abs", "max", "min")):
            raise _Unshown
        for a in parts:
            self.determinate(a)

    def infinite(self, t: Term) -> bool:
        """Whether a part may have an infinite value; integrability of what holds an abstract symbol is a condition."""
        if not unbounded(t):
            return False
        for s in subterms(t):
            if not may_be_infinite(s) or any(v.op == "bvar" for v in s.free):
                continue
            if s.op in ("sum", "prod", "sumset", "int", "intset") and _abstract(s):
                continue
            if self.rw.oracle.nonnegative(s) and self.rw.oracle.holds(b.rel(s, "<", b.INF)):
                continue
            value = self.rw.nf(s)
            if unbounded(value) or contains_op(value, "E", "Eover"):
                return True
        return False
