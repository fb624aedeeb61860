"""The one rewriting engine, and the table of rewriting rules that the kernel trusts.

A rule is an equation with a side condition: wherever the term before has a value (and the side condition holds in the context),
the term after has the same value.  Rules stand in `rules/`, each registered with its statement and source.  The engine closes
them under congruence: it normalises children first (binders are opened, their variable's domain joins the context), then applies
rules at the root until none fires.  A prover may choose which rules run; it can't add equations of its own.  Replaying a
proof that names the rules is running the engine again with those rules.

Limits: rules are tried in the order of registration; no completion, so the result is a normal form only as far as the rules are
confluent.  That costs decisions, never truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from derivcheck.kernel.budget import Budget
from derivcheck.kernel.oracle import Oracle
from derivcheck.terms import build as b
from derivcheck.terms.context import Declaration, Hypothesis
from derivcheck.terms.term import Term, bind, binder_names, fresh, instantiate, mk, num, rebind, substitute
from derivcheck.terms.vocabulary import SCALAR_ARITHMETIC

RuleFunction = Callable[[Term, "Rewriter"], "Term | None"]


@dataclass(frozen=True)
class Rule:
    """A trusted equation: `apply` gives the right side for a matching left side, or None.  `statement`, `side` and `source` are for
    the auditor."""

    name: str
    heads: tuple[str, ...]
    statement: str
    side: str
    source: str
    apply: RuleFunction
    group: str


TABLE: dict[str, Rule] = {}
_by_head: dict[str, list[Rule]] = {}


def rule(name: str, *heads: str, statement: str, source: str, side: str = "", group: str = "core") -> Callable[[RuleFunction], RuleFunction]:
    """Register a rewriting rule for nodes with these heads (`op`, or `fn:name` for built-in functions)."""

    def register(function: RuleFunction) -> RuleFunction:
        if name in TABLE:
            raise ValueError(f"two rules are called {name}")
        entry = Rule(name, heads, statement, side, source, function, group)
        TABLE[name] = entry
        for head in heads:
            _by_head.setdefault(head, []).append(entry)
        return function

    return register


def head_of(t: Term) -> str:
    """The key under which rules for this node are registered."""
    return f"fn:{t.data}" if t.op == "fn" else t.op


CORE_GROUPS = frozenset({"core"})


class Rewriter:
    """Normalises terms in the oracle's context with the rules of the chosen groups.

    `conditions` collects what a rule needed and could not derive (kept by rules through `assume`, only integrability of abstract
    terms).  `used` names the rules that fired.
    `zeros` are the zero tests of `algebra.is_zero` that were made.
    """

    def __init__(
        self,
        oracle: Oracle,
        groups: frozenset[str] = CORE_GROUPS,
        budget: Budget | None = None,
        used: set[str] | None = None,
        conditions: dict[Term, None] | None = None,
        depth: int = 0,
        skip: frozenset[str] = frozenset(),
    ) -> None:
        load_rules()
        self.oracle = oracle
        self.groups = groups
        self.budget = budget or Budget()
        self.used: set[str] = set() if used is None else used
        self.conditions: dict[Term, None] = {} if conditions is None else conditions
        self.depth = depth
        self.skip = skip
        self._memo: dict[Term, Term] = {}
        self.zeros: dict[Term, bool] = {}
        self._children: dict[object, Rewriter] = {}
        self._opened: dict[Term, tuple[tuple[Term, ...], Term, Rewriter]] = {}

    # --- public -------------------------------------------------------------------------------------------------------

    def nf(self, t: Term) -> Term:
        """The normal form of a term."""
        got = self._memo.get(t)
        if got is not None:
            return got
        self.budget.spend(1)
        result = self._normalise(t)
        self._memo[t] = result
        self._memo[result] = result
        return result

    def assume(self, condition: Term) -> None:
        """Record a condition (integrability of an abstract term) that the verdict then reports."""
        self.conditions[condition] = None

    def under(self, t: Term) -> tuple[tuple[Term, ...], Term, Rewriter]:
        """Open a binder: fresh symbols, body, and the rewriter for the body's context.  The same binder is opened only once."""
        got = self._opened.get(t)
        if got is None:
            symbols = tuple(level_symbol(n, v.sort, self.depth) for n, v in zip(binder_names(t), t.bound, strict=True))
            body = substitute(t.args[-1], dict(zip(t.bound, symbols, strict=True)))
            got = symbols, body, self.child(binder_facts(t, symbols, self.oracle))
            self._opened[t] = got
        return got

    def child(self, facts: tuple[tuple[Declaration, ...], tuple[Term, ...]]) -> Rewriter:
        """A rewriter for the context extended with declarations and hypotheses."""
        declarations, hypotheses = facts
        key = (declarations, hypotheses)
        got = self._children.get(key)
        if got is None:
            oracle = self.oracle.extend(declarations, tuple(Hypothesis(h, None, "domain") for h in hypotheses))
            got = Rewriter(oracle, self.groups, self.budget, self.used, self.conditions, self.depth + 1, self.skip)
            self._children[key] = got
        return got

    # --- the engine -----------------------------------------------------------------------------------------------------

    def _normalise(self, t: Term) -> Term:
        from derivcheck.kernel import algebra

        if t.op in SCALAR_ARITHMETIC and t.sort.kind == "num":
            return algebra.normalise_region(t, self)
        t = self._congruence(t)
        return self._rewrite(t)

    def _rewrite(self, t: Term) -> Term:
        if t.op in ("num", "sym", "bvar"):
            return t
        for entry in _by_head.get(head_of(t), ()):
            if entry.group not in self.groups or entry.name in self.skip:
                continue
            new = entry.apply(t, self)
            if new is not None and new is not t:
                self.budget.spend(1)
                self.used.add(entry.name)
                return self.nf(new)
        return t

    def rewrite_root(self, t: Term) -> Term:
        """Apply rules at the root of a term whose children are normal (used by the algebra for its atoms)."""
        return self._rewrite(t)

    def _congruence(self, t: Term) -> Term:
        if not t.args:
            return t
        if t.op == "cases":
            return self._cases(t)
        if not t.bound:
            args = tuple([self.nf(a) for a in t.args])
            return t if args == t.args else mk(t.op, args, t.data, t.sort)
        outer = tuple([self.nf(a) for a in t.args[:-1]])
        base = t if outer == t.args[:-1] else _rehint(mk(t.op, (*outer, t.args[-1]), t.data, t.sort, t.bound), t)
        symbols, body, inner = self.under(base)
        new = inner.nf(body)
        if new is body or (t.op in _OVER_VALUES and inner.oracle.undefinedness(body)):
            return base
        closed = rebind(base, symbols, outer, new)
        self._opened.setdefault(closed, (symbols, new, inner))
        return closed

    def _cases(self, t: Term) -> Term:
        args: list[Term] = []
        inner = self
        pairs = len(t.args) // 2
        for i in range(pairs):
            condition = inner.nf(t.args[2 * i])
            if condition.op == "false":
                continue
            branch = inner.child(((), (condition,)))
            value = branch.nf(t.args[2 * i + 1])
            if condition.op == "true":
                args.append(value)
                return args[0] if len(args) == 1 else mk("cases", args, None, t.sort)
            args += [condition, value]
            inner = inner.child(((), (negation(condition),)))
        if len(t.args) % 2:
            args.append(inner.nf(t.args[-1]))
        if len(args) == 1:
            return args[0]
        if not args:
            return t
        return mk("cases", args, None, t.sort)


_OVER_VALUES = frozenset({"argmax", "argmin", "maxover", "minover", "supover", "infover", "setof"})
"""Binders whose values depend on where the body has one: x³/x has no minimiser among the reals, x² has."""


def _rehint(new: Term, old: Term) -> Term:
    from derivcheck.terms import term as module

    module._binder_hints.setdefault(new, binder_names(old))
    return new


_NEGATED = {"=": "≠", "≠": "=", "<": "≥", "≥": "<", ">": "≤", "≤": ">", "in": "notin", "notin": "in"}


def negation(p: Term) -> Term:
    """The negation of a statement, pushed into relations (of real numbers) and connectives."""
    if p.op == "rel" and p.data in _NEGATED:
        return mk("rel", p.args, _NEGATED[str(p.data)], p.sort)
    if p.op == "not":
        return p.args[0]
    if p.op == "true":
        return b.FALSE
    if p.op == "false":
        return b.TRUE
    if p.op == "and":
        return b.or_(*(negation(a) for a in p.args))
    if p.op == "or":
        return b.and_(*(negation(a) for a in p.args))
    return b.not_(p)


def level_symbol(name: str, sort: object, depth: int) -> Term:
    """A fresh symbol for an opened binder; it sorts after all declared symbols and by nesting depth, so that orders don't depend on names."""
    symbol = fresh(name, sort)  # type: ignore[arg-type]
    LEVELS[symbol] = depth
    return symbol


LEVELS: dict[Term, int] = {}


def binder_facts(t: Term, symbols: tuple[Term, ...], oracle: Oracle) -> tuple[tuple[Declaration, ...], tuple[Term, ...]]:
    """What is known of a binder's variables inside its body: declarations (domains) and hypotheses."""
    op = t.op
    x = symbols[0]
    if op in ("sum", "prod"):
        declaration = Declaration(x, b.int_range(t.args[0], t.args[1]))
        return ((declaration,), universal_facts(declaration, oracle))
    if op in ("sumset", "prodset", "intset"):
        return ((Declaration(x, t.args[0]),), ())
    if op == "int":
        lo, hi = t.args[0], t.args[1]
        if oracle.less_equal(lo, hi):
            return ((Declaration(x, b.interval(lo, hi, "()")),), ())
        return ((Declaration(x, b.REALS),), ())
    if op in ("lam", "argmax", "argmin", "maxover", "minover", "supover", "infover", "setof", "forall", "exists"):
        declared = tuple(Declaration(s, dom) for s, dom in zip(symbols, t.args[:-1], strict=False))
        return (declared, tuple(instantiate(d.domain, (d.symbol,)) for d in declared if d.domain.op == "setof" and d.symbol.sort.kind == "mat"))
    if op == "lim":
        point, direction = t.args[0], t.data
        where = b.INTEGERS if direction == "int" else b.REALS
        if point is b.INF:
            return ((Declaration(x, where),), (b.rel(x, ">", num(1000)),))
        if point.op == "neg" and point.args[0] is b.INF:
            return ((Declaration(x, where),), (b.rel(x, "<", num(-1000)),))
        facts = (b.rel(x, "≠", point),)
        if direction == "+":
            facts = (b.rel(x, ">", point),)
        elif direction == "-":
            facts = (b.rel(x, "<", point),)
        return ((Declaration(x, where),), facts)
    if op in ("deriv", "nderiv"):
        point = t.args[0]
        domain = oracle.open_domain(point)
        return ((Declaration(x, domain if domain is not None else b.REALS),), ())
    if op == "mlam":
        return (
            (
                Declaration(symbols[0], b.int_range(b.ONE, t.args[0])),
                Declaration(symbols[1], b.int_range(b.ONE, t.args[1])),
            ),
            (),
        )
    if op in ("Eover", "Varover", "Covover"):
        from derivcheck.kernel.densities import domains, support_facts

        # an expectation is over the points where the density is positive
        law = t.args[0]
        sets = domains(law, oracle)
        if sets is not None and len(sets) == len(symbols):
            return (tuple(Declaration(s, a) for s, a in zip(symbols, sets, strict=True)), support_facts(law, symbols))
        return (tuple(Declaration(s, b.REALS) for s in symbols if s.sort.kind == "num"), ())
    if op == "antideriv":
        domain = oracle.open_domain(t.args[0])
        return ((Declaration(x, domain if domain is not None else b.REALS),), ())
    if op in ("grad", "jac", "hess"):
        domain = oracle.context.domain_of(t.args[0])
        return ((Declaration(x, domain),), ()) if domain is not None else ((), ())
    return ((), ())


def universal_facts(declaration: Declaration, oracle: Oracle) -> tuple[Term, ...]:
    """What hypotheses ∀i∈S: P(i) say of a new variable whose range is shown to lie in S."""
    universal = [h.statement for h in oracle.context.hypotheses if h.statement.op == "forall" and len(h.statement.bound) == 1]
    if not universal:
        return ()
    x = declaration.symbol
    inner: Oracle | None = None
    out: list[Term] = []
    for p in universal:
        if p.args[0].op not in ("range", "set") or p.bound[0].sort != x.sort or p.args[-1].op not in ("rel", "or", "and"):
            continue
        if p.args[0] is not declaration.domain:
            inner = inner or oracle.extend((declaration,), ())
            if not inner.member(x, p.args[0]):
                continue
        out.append(instantiate(p, (x,)))
    return tuple(out)


_loaded = False


def load_rules() -> None:
    """Import the modules that register rules."""
    global _loaded
    if not _loaded:
        _loaded = True
        import importlib
        import pkgutil

        from derivcheck.kernel import rules

        for module in sorted(m.name for m in pkgutil.iter_modules(rules.__path__)):
            importlib.import_module(f"derivcheck.kernel.rules.{module}")


def rules_for(heads: Iterable[str]) -> list[Rule]:
    """The registered rules for these heads, in order (for documentation and tests)."""
    load_rules()
    return [r for h in heads for r in _by_head.get(h, ())]


__all__ = ["LEVELS", "TABLE", "Rewriter", "Rule", "bind", "binder_facts", "head_of", "level_symbol", "negation", "rule", "rules_for"]
