"""The sign and definedness oracle: is this term real, an integer, positive, nonzero, within bounds, under the context?

Every answer True is a consequence of declarations and hypotheses; False means "not shown".  How: interval arithmetic over the
structure of the term with exact rational ends (`structure.py`, `bounds.py`), facts of the context looked up as they stand, and, for what
is left, the difference polynomial factored and compared with positive multiples of the facts (`signs.py`).

Limits: no case splits, no search beyond two facts at once; `order` provers do more and hand back certificates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from derivcheck.kernel import bounds as iv
from derivcheck.kernel.bounds import NOTHING, REAL, Info, point
from derivcheck.kernel.infinite import between_means, hidden, no_arithmetic, unbounded
from derivcheck.kernel.structure import CLOSED, Plain, Structure, evaluated
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.term import Term, contains_op, mk, num, subterms


class Oracle:
    """Answers questions under one context; `extend` gives the oracle of a larger context."""

    def __init__(self, context: Context, parent: Oracle | None = None) -> None:
        self.context = context
        self.parent = parent
        self._info: dict[Term, Info] = {}
        self._busy: set[Term] = set()
        self._conv: dict[Term, bool] = {}
        # how deep the oracle asks itself: inherited, so that questions under binders can't go round and round
        self._depth: int = parent._depth if parent is not None else 0

    def extend(self, declarations: tuple[Declaration, ...], hypotheses: tuple[Hypothesis, ...]) -> Oracle:
        """The oracle with more declarations and hypotheses."""
        if not declarations and not hypotheses:
            return self
        context = self.context
        for d in declarations:
            context = context.with_declaration(d)
        if hypotheses:
            context = context.with_hypotheses(hypotheses)
        return Oracle(context, self)

    # --- questions ------------------------------------------------------------------------------------------------------

    def real(self, t: Term) -> bool:
        return self.info(t).real

    def integer(self, t: Term) -> bool:
        return self.info(t).integer

    def positive(self, t: Term) -> bool:
        return not hidden(t) and (self.info(t).positive or self._shown(t, ">"))

    def nonnegative(self, t: Term) -> bool:
        return self.info(t).nonnegative or self._shown(t, "≥")

    def negative(self, t: Term) -> bool:
        return not hidden(t) and (self.info(t).negative or self._shown(b.neg(t), ">"))

    def nonpositive(self, t: Term) -> bool:
        return self.info(t).nonpositive or self._shown(b.neg(t), "≥")

    def nonzero(self, t: Term) -> bool:
        if hidden(t):
            return False
        if self.info(t).is_nonzero:
            return True
        if t.op == "fn" and t.data == "log":
            # wherever it has a value, log u is 0 only at u = 1
            return self.nonzero(b.sub(t.args[0], b.ONE))
        return self._shown(t, "≠") or (t.op == "add" and (self._apart_from_zero(t) or self._off_unity(t)))

    def _off_unity(self, t: Term) -> bool:
        """e^{iθ} - 1 is not 0 for 0 < |θ| < 2π."""
        if len(t.args) != 2 or not any(a is b.MINUS_ONE or (a.op == "neg" and a.args[0] is b.ONE) for a in t.args):
            return False
        wave = next((a for a in t.args if a.op == "fn" and a.data == "exp"), None)
        if wave is None:
            return False
        top, bottom = (wave.args[0].args[0], wave.args[0].args[1]) if wave.args[0].op == "div" else (wave.args[0], b.ONE)
        factors = list(top.args) if top.op == "mul" else [top]
        if b.I_CONST not in factors:
            return False
        factors.remove(b.I_CONST)
        angle = b.div(b.mul(*factors) if factors else b.ONE, bottom)
        turn = b.mul(b.TWO, b.PI)
        return self.real(angle) and self.nonzero(angle) and self.less(angle, turn) and self.less(b.neg(turn), angle)

    def _apart_from_zero(self, t: Term) -> bool:
        """x + iy with real x and y is 0 only where x² + y² is: a positive bound below that, sin² + cos² being 1."""
        parts: dict[bool, list[Term]] = {False: [], True: []}
        for a in t.args:
            factors = list(a.args) if a.op == "mul" else [a]
            turned = b.I_CONST in factors
            if turned:
                factors.remove(b.I_CONST)
            parts[turned].append(b.mul(*factors) if factors else b.ONE)
        if not parts[False] or not parts[True]:
            return False
        x, y = b.add(*parts[False]), b.add(*parts[True])
        if not (self.real(x) and self.real(y)):
            return False
        if len(parts[False]) == len(parts[True]) == 1 and (self.nonzero(x) or self.nonzero(y)):
            return True
        circle = {x.op == "fn" and x.data, y.op == "fn" and y.data} == {"sin", "cos"}
        return circle and x.args[0] is y.args[0]

    def natural(self, t: Term) -> bool:
        """A natural number (0 included)."""
        return self.integer(t) and self.nonnegative(t)

    def less_equal(self, x: Term, y: Term) -> bool:
        if x is y:
            return True
        if y is b.INF:
            return self.real(x) or (x.op == "neg" and x.args[0] is b.INF)
        if x.op == "neg" and x.args[0] is b.INF:
            return self.real(y)
        return self.nonnegative(b.sub(y, x))

    def less(self, x: Term, y: Term) -> bool:
        if y is b.INF:
            return (self.real(x) and not unbounded(x) and not contains_op(x, "E", "Eover")) or (x.op == "neg" and x.args[0] is b.INF)
        if x.op == "neg" and x.args[0] is b.INF:
            return self.real(y) and not unbounded(y) and not contains_op(y, "E", "Eover")
        return not (unbounded(x) and unbounded(y)) and self.positive(b.sub(y, x))

    def holds(self, p: Term) -> bool:
        """Whether a statement follows (by this oracle's means)."""
        if p.op == "true" or any(h.statement is p for h in self.context.hypotheses):
            return True
        if p.op == "and":
            return all(self.holds(q) for q in p.args)
        if p.op == "or":
            return any(self.holds(q) for q in p.args)
        if p.op == "not":
            from derivcheck.kernel.rewrite import negation

            q = negation(p.args[0])
            return q.op != "not" and self.holds(q)
        if p.op == "rel" and p.args[0].sort.kind == "num" and p.data in ("=", "≠", "<", "≤", ">", "≥"):
            x, y = p.args[0], p.args[1]
            if p.data == "<":
                return self.less(x, y)
            if p.data == ">":
                return self.less(y, x)
            if p.data == "≤":
                return self.less_equal(x, y)
            if p.data == "≥":
                return self.less_equal(y, x)
            if p.data == "≠":
                return not (unbounded(x) and unbounded(y)) and self.nonzero(x if y is b.ZERO else b.sub(x, y))
            info = self.info(b.sub(x, y))
            return info.real and info.lo == 0 and info.hi == 0
        if p.op == "rel" and p.data == "in":
            return self.member(p.args[0], p.args[1])
        if p.op == "rel" and p.data == "notin" and p.args[1].op == "interval":
            x, (lo, hi), brackets = p.args[0], p.args[1].args, str(p.args[1].data)
            below = self.less(x, lo) if brackets[0] == "[" else self.less_equal(x, lo)
            return below or (self.less(hi, x) if brackets[1] == "]" else self.less_equal(hi, x))
        if p.op == "rel" and p.data == "notin" and p.args[1] is b.INTEGERS:
            # off the integers by a hypothesis about a number that is an integer away
            known = [q for q in self._atomic_facts() if q.op == "rel" and q.data == "notin" and q.args[1] is b.INTEGERS]
            return any(self.integer(_difference(p.args[0], q.args[0])) for q in known)
        if p.op == "forall":
            from derivcheck.kernel.rewrite import binder_facts, level_symbol
            from derivcheck.terms.term import binder_names, instantiate

            symbols = tuple(level_symbol(n, v.sort, 870) for n, v in zip(binder_names(p), p.bound, strict=True))
            declarations, hypotheses = binder_facts(p, symbols, self)
            inner = self.extend(declarations, tuple(Hypothesis(h, None, "domain") for h in hypotheses))
            return inner.holds(instantiate(p, symbols))
        return False

    def refutes(self, p: Term) -> bool:
        """Whether the negation of a statement follows."""
        from derivcheck.kernel.rewrite import negation

        if p.op == "false":
            return True
        if p.op == "and":
            return any(self.refutes(q) for q in p.args)
        if p.op == "or":
            return all(self.refutes(q) for q in p.args)
        if p.op == "rel" and p.data in ("<", "≤", ">", "≥") and not (self.real(p.args[0]) and self.real(p.args[1])):
            return False
        q = negation(p)
        return q.op != "not" and self.holds(q)

    def member(self, t: Term, s: Term) -> bool:
        """Membership of a number in a set."""
        if unbounded(t):
            return False
        if s.op in ("range", "interval", "finset") and self._by_declaration(t, s):
            return True
        if s.op == "set":
            name = s.data
            tests: dict[str, Callable[[Term], bool]] = {
                "R": self.real, "Rpos": self.positive, "Rnn": self.nonnegative, "Rneg": self.negative, "N": self.natural,
                "Npos": lambda x: self.integer(x) and self.positive(x), "Z": self.integer, "C": lambda x: x.sort.kind == "num",
            }  # fmt: skip
            return str(name) in tests and tests[str(name)](t)
        if s.op == "interval":
            lo, hi = s.args
            left = self.less(lo, t) if str(s.data)[0] == "(" else self.less_equal(lo, t)
            return left and (self.less(t, hi) if str(s.data)[1] == ")" else self.less_equal(t, hi))
        if s.op == "range":
            return self.integer(t) and self.less_equal(s.args[0], t) and self.less_equal(t, s.args[1])
        if s.op == "finset":
            return any(t is x for x in s.args)
        if s.op == "union":
            return any(self.member(t, x) for x in s.args)
        if s.op == "inter":
            return all(self.member(t, x) for x in s.args)
        return False

    def _by_declaration(self, t: Term, s: Term) -> bool:
        """A symbol declared in the very set, or a value of a function (a member of a family) declared into it."""
        head = t if t.op == "sym" else t.args[0] if t.op in ("apply", "idx") else None
        d = self.context.declarations.get(head) if head is not None and head.op == "sym" else None
        if d is None or d.domain is not s:
            return False
        places = d.arg_domains if t.op == "apply" else d.index_ranges if t.op == "idx" else ()
        if t.op != "sym" and len(places) != len(t.args) - 1:
            return False
        return all(self.member(a, place) for a, place in zip(t.args[1:], places, strict=True)) if t.op != "sym" else True

    def open_domain(self, x: Term) -> Term | None:
        """The declared domain of a symbol if it is an open set of reals (so that a derivative there sees only it)."""
        domain = self.context.domain_of(x)
        if domain is None:
            return None
        if domain.op == "set" and domain.data in ("R", "Rpos", "Rneg"):
            return domain
        if domain.op == "interval" and domain.data == "()":
            return domain
        return None

    def support(self, d: Term) -> Term | None:
        """The set that a named distribution lives on."""
        if d.op != "dist":
            from derivcheck.kernel.densities import domains

            sets = domains(d, self)
            return sets[0] if sets is not None and len(sets) == 1 else None
        name = str(d.data)
        if name in ("N", "Laplace", "t") and d.sort.result.kind == "num":
            return b.REALS
        if name in ("Ga", "LogN", "InvGa"):
            return b.POSITIVE
        if name == "Exp":
            return b.NONNEGATIVE
        if name == "Beta":
            return b.interval(b.ZERO, b.ONE, "()")
        if name in ("Po", "NB"):
            return b.NATURALS
        if name == "Geom":
            return b.POSITIVE_INTEGERS
        if name == "Bern":
            return b.finset(b.ZERO, b.ONE)
        if name == "Bin":
            return b.int_range(b.ZERO, d.args[0])
        if name == "U":
            return b.interval(d.args[0], d.args[1], "[]")
        if name == "N":
            return b.rn(d.sort.result.rows)
        return None

    # --- facts ------------------------------------------------------------------------------------------------------------

    @cached_property
    def unary(self) -> dict[Term, Info]:
        """Bounds of single terms read off the hypotheses: `x > 0`, `x \\ne 0`, `0 \\le \\sin y`."""
        table: dict[Term, Info] = {}

        def note(t: Term, info: Info) -> None:
            table[t] = iv.meet(table.get(t, NOTHING), info)

        for p in self._atomic_facts():
            if p.op != "rel" or p.args[0].sort.kind != "num":
                continue
            x, y = p.args[0], p.args[1]
            if p.data == "=" and x.op not in _PLAIN_VALUES and y.op not in _PLAIN_VALUES:
                continue  # most facts: earlier steps
            for s, r, t in ((x, str(p.data), y), (y, _FLIP.get(str(p.data), "?"), x)):
                if r in ("<", "≤", ">", "≥"):
                    # an order relation holds between real numbers only
                    note(s, REAL)
                    if b.is_infinite(t):
                        continue
                    bound = self._plain(t)
                    if r in ("<", "≤") and bound.hi is not None:
                        note(s, Info(True, False, hi=bound.hi, hi_strict=r == "<" or bound.hi_strict))
                    if r in (">", "≥") and bound.lo is not None:
                        note(s, Info(True, False, lo=bound.lo, lo_strict=r == ">" or bound.lo_strict))
                elif r == "=" and t.op in _PLAIN_VALUES:
                    note(s, self._plain(t))
                elif r == "≠" and t.op == "num" and t.data == 0:
                    note(s, Info(nonzero=True))
                elif r == "in" and s is x:
                    note(s, self._set_info(t))
                elif r == "notin" and s is x and t is b.INTEGERS:
                    note(s, Info(nonzero=True))
        return table

    def _plain(self, t: Term) -> Info:
        # bounds of a term without looking at facts (no recursion into `unary`)
        try:
            return Plain(self).info(t)
        except RecursionError:
            return NOTHING

    def _atomic_facts(self) -> list[Term]:
        out: list[Term] = []
        stack = [h.statement for h in reversed(self.context.hypotheses)]
        while stack:
            p = stack.pop()
            if p.op == "and":
                stack.extend(reversed(p.args))
            elif p.op == "not":
                from derivcheck.kernel.rewrite import negation

                q = negation(p.args[0])
                if (q.op != "not" and q.op != "rel") or (q.op == "rel" and (q.data in ("=", "≠") or all(self._declared_real(a) for a in q.args))):
                    stack.append(q)
            else:
                out.append(p)
        return out

    def _declared_real(self, t: Term) -> bool:
        return Plain(self).info(t).real

    @cached_property
    def facts(self) -> list[tuple[Term, str]]:
        """Hypotheses and domains as `(difference, '>' | '≥' | '≠' | '=')`."""
        out: list[tuple[Term, str]] = []
        for p in self._atomic_facts():
            if p.op == "rel" and p.args[0].sort.kind == "num":
                x, y = p.args[0], p.args[1]
                if b.is_infinite(x) or b.is_infinite(y) or no_arithmetic(p) or (p.data in ("≤", "≥") and between_means(p)):
                    continue
                if p.data in (">", "≥"):
                    out.append((b.sub(x, y), str(p.data)))
                elif p.data in ("<", "≤"):
                    out.append((b.sub(y, x), ">" if p.data == "<" else "≥"))
                elif p.data in ("≠", "="):
                    out.append((b.sub(x, y), str(p.data)))
                elif p.data == "in":
                    out.extend(_set_facts(x, y))
        for s, d in self.context.declarations.items():
            if s.sort.kind == "num" and d.domain is not None:
                out.extend(_set_facts(s, d.domain))
        # between integers, more than 0 is at least 1
        return [(b.sub(t, b.ONE), "≥") if kind == ">" and self.integer(t) else (t, kind) for t, kind in out]

    def domain_info(self, s: Term) -> Info:
        """What the declaration of a symbol says of its values."""
        d = self.context.declarations.get(s)
        if d is None:
            if s.op == "sym" and s.data[1] == 0 and s.sort.kind == "num":
                return REAL  # an undeclared symbol is real
            return NOTHING
        return self._set_info(d.domain)

    def _set_info(self, s: Term | None) -> Info:
        if s is None:
            return NOTHING
        if s.op == "set":
            return iv.SETS.get(str(s.data), NOTHING)
        if s.op == "interval":
            lo, hi = self._plain(s.args[0]), self._plain(s.args[1])
            if not (lo.real or b.is_infinite(s.args[0])) or not (hi.real or b.is_infinite(s.args[1])):
                return REAL
            left, right = tuple(str(s.data))
            return Info(True, False, lo.lo, left == "(" or lo.lo_strict, hi.hi, right == ")" or hi.hi_strict)
        if s.op == "range":
            lo, hi = self._plain(s.args[0]), self._plain(s.args[1])
            base = Info(True, True, lo.lo, False, hi.hi, False)
            return iv.meet(base, base)
        if s.op == "finset" and s.args:
            infos = [self._plain(a) for a in s.args]
            if not all(i.real for i in infos):
                return NOTHING
            los, his = [i.lo for i in infos], [i.hi for i in infos]
            return Info(
                True,
                all(i.integer for i in infos),
                None if None in los else min(x for x in los if x is not None),
                False,
                None if None in his else max(x for x in his if x is not None),
                False,
                all(i.is_nonzero for i in infos),
            )
        if s.op == "union" and s.args:
            infos = [self._set_info(a) for a in s.args]
            return Info(real=all(i.real for i in infos), integer=all(i.integer for i in infos), nonzero=all(i.is_nonzero for i in infos))
        if s.op == "inter" and s.args:
            out = self._set_info(s.args[0])
            for a in s.args[1:]:
                out = iv.meet(out, self._set_info(a))
            return out
        if s.op == "setminus":
            out = self._set_info(s.args[0])
            if s.args[1].op == "finset" and b.ZERO in s.args[1].args:
                out = replace(out, nonzero=True)
            return out
        return NOTHING

    # --- structural information ---------------------------------------------------------------------------------------

    def info(self, t: Term) -> Info:
        """Everything cheap that is known of a scalar term's value, wherever it has one."""
        got = self._info.get(t)
        if got is not None:
            return got
        if self.parent is not None:
            # what held in the smaller context holds here; only look again if a new fact could matter
            pass
        if t in self._busy:
            return NOTHING
        self._busy.add(t)
        try:
            result = iv.meet(Structure(self).compute(t), self.unary.get(t, NOTHING))
            if not t.free and t.op in CLOSED and result.real and not result.integer and t.size < 80:
                result = iv.meet(result, evaluated(t))
        finally:
            self._busy.discard(t)
        self._info[t] = result
        return result

    # --- polynomial fallback --------------------------------------------------------------------------------------------

    def _shown(self, t: Term, kind: str) -> bool:
        key = mk("sign?", (t,), kind)
        got = self._conv.get(key)
        if got is not None:
            return got
        if self._depth > 2 or t.size > 400:
            return False
        bare = t.args[0] if t.op == "neg" else t
        if bare.op == "num" or (bare.op == "sym" and not any(bare in f.free for f, _ in self.facts)):
            return False  # a number, and a symbol of which no fact speaks: `info` has said all there is
        self._conv[key] = False
        self._depth += 1
        try:
            from derivcheck.kernel.signs import shown

            result = shown(self, t, kind)
        finally:
            self._depth -= 1
        self._conv[key] = result
        return result

    # --- definedness ------------------------------------------------------------------------------------------------------

    def undefinedness(self, t: Term) -> list[Term]:
        """Statements that must hold for `t` to have a value and that the context does not already give."""
        from derivcheck.kernel.definedness import conditions

        return conditions(t, self)


_PLAIN_VALUES = ("num", "neg", "div", "const")
_FLIP = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}


def _difference(x: Term, y: Term) -> Term:
    """x - y, equal summands left out."""
    left = list(x.args) if x.op == "add" else [x]
    right: list[Term] = []
    for a in y.args if y.op == "add" else (y,):
        if a in left:
            left.remove(a)
        else:
            right.append(a)
    return b.sub(b.add(b.ZERO, *left), b.add(b.ZERO, *right))


def _set_facts(x: Term, s: Term) -> list[tuple[Term, str]]:
    out: list[tuple[Term, str]] = []
    if s.op == "interval":
        if not b.is_infinite(s.args[0]):
            out.append((b.sub(x, s.args[0]), ">" if str(s.data)[0] == "(" else "≥"))
        if not b.is_infinite(s.args[1]):
            out.append((b.sub(s.args[1], x), ">" if str(s.data)[1] == ")" else "≥"))
    elif s.op == "range":
        if not b.is_infinite(s.args[0]):
            out.append((b.sub(x, s.args[0]), "≥"))
        if not b.is_infinite(s.args[1]):
            out.append((b.sub(s.args[1], x), "≥"))
    elif s.op == "setminus" and s.args[1].op == "finset":
        out.extend((b.sub(x, a), "≠") for a in s.args[1].args)
        out.extend(_set_facts(x, s.args[0]))
    elif s.op == "inter":
        for a in s.args:
            out.extend(_set_facts(x, a))
    return out


def free_symbols(t: Term) -> set[Term]:
    """Free symbols of a term."""
    return {s for s in t.free if s.op == "sym"}


__all__ = ["Info", "Oracle", "free_symbols", "mk", "num", "point", "subterms"]
