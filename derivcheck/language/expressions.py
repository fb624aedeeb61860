"""Formulas: from the reader's flat sequences to terms, by operator precedence and with the declarations at hand.

`Elaborator` holds what one derivation's formulas share (scope, diagnostics) and what one statement or chain needs (unknown sizes,
the sign under `\\pm`, points of pointfree notation).  Sums, products and factors are read here; names in `names.py`, brackets and macros
with arguments in `enclosed.py`, scripts in `postfix.py`, big operators in `operators.py`, derivatives in `derivatives.py`, probability in
`probability.py`, matrices in `matrices.py`, statements and sets in `statements.py`, and how terms of different sorts combine in
`arithmetic.py`.  Rules are cited by their number in the specification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction

from derivcheck.language import (
    application,
    arithmetic,
    derivatives,
    enclosed,
    evaluation,
    function_brackets,
    integrals,
    matrices,
    matrix_names,
    names,
    operators,
    postfix,
    powers,
    sets,
    statements,
)
from derivcheck.language.cursor import Cursor, Factor
from derivcheck.language.diagnostics import Diagnostic, ReadError
from derivcheck.language.items import (
    Items,
    base_leaf,
    drop_spaces,
    is_comma,
    is_space,
    leaf,
    pair_bars,
    span_of,
    split_on,
)
from derivcheck.language.misplaced import ellipsis_error, expect_end, is_ellipsis, is_mixed_number, missing
from derivcheck.language.scope import Scope
from derivcheck.language.sizes import Sizes
from derivcheck.language.syntax import Env, Group, Item, Leaf, Macro, Scripts, Seq, Span
from derivcheck.terms.build import neg
from derivcheck.terms.term import Term, fresh, mk, num

MAX_DEPTH = 5200  # two a bracket
MAX_TREE = 1_000_000

SUM_SIGNS = frozenset(("+", "-", "\\pm", "\\mp"))
PRODUCT_SIGNS = frozenset(("\\cdot", "\\times", "*"))
STOPS = frozenset(
    ("+", "-", "\\pm", "\\mp", "\\cup", "\\cap", "\\setminus", "\\land", "\\lor", "\\lnot", ":", ";", "\\forall", "\\exists", "\\bmod", "\\oplus",
     "\\ominus")
)  # fmt: skip
BRACKETS = frozenset(("(", "[", "\\{"))


class Elaborator:
    """Reads formulas of one derivation under its scope."""

    def __init__(self, scope: Scope, diagnostics: list[Diagnostic], text: str = "") -> None:
        self.scope = scope
        self.diagnostics = diagnostics
        self.text = text
        self.sizes = Sizes()
        self.sign = 1
        self.saw_sign = False
        self.points: list[Term] = []
        self.pointfree: set[Term] = set()
        self.depth = 0
        self.in_expectation = 0
        self.open_integrals = 0
        self.indefinite: list[tuple[Term, str, Span]] = []
        self.antiderivatives: frozenset[str] = frozenset()
        self.constants = 0
        self.natural: dict[Term, tuple[Term, ...]] = {}
        self.quiet = 0
        self.unfolded: set[str] = set()
        self.derivative_stack: list[Term] = []
        self.defining = 0  # bodies of definitions being read
        self.functions = 0  # brackets around functions without argument that stay functions

    # --- errors ---------------------------------------------------------------------------------------------------------

    def fail(self, code: str, message: str, span: Span, help: str | None = None) -> ReadError:
        """An error to raise."""
        return ReadError(code, message, span, help)

    def warn(self, code: str, message: str, span: Span, help: str | None = None) -> None:
        """Record a warning, once for each message of a derivation."""
        if self.quiet:
            return
        if not any(d.code == code and d.message == message for d in self.diagnostics):
            self.diagnostics.append(Diagnostic(code, "warning", message, span, help))

    def source(self, span: Span) -> str:
        """The source text of a span, on one line."""
        return " ".join(self.text[span.start : span.end].split())

    # --- state of one statement or chain ------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Forget what belonged to the statement or chain before."""
        self.sizes = Sizes()
        self.sign, self.saw_sign = 1, False
        self.points, self.depth, self.in_expectation, self.open_integrals = [], 0, 0, 0
        self.indefinite, self.antiderivatives, self.constants = [], frozenset(), 0
        self.derivative_stack = []
        self.scope.frames.clear()

    def settle(self, term: Term, span: Span) -> Term:
        """The finished term: sizes found are put in, and the term is checked for its size."""
        term = self.sizes.settle(term)
        if self.sizes.open and matrices.has_unknown(term):
            raise self.fail(
                "D103", "the size of I, \\mathbf{1} or \\mathbf{0} is not determined here", span, "write the size: I_d, \\mathbf{1}_n, \\mathbf{0}_n"
            )
        self.check_size(term, span)
        if not self.defining:
            self.scope.seen |= term.free
        return term

    def check_size(self, term: Term, span: Span) -> None:
        if term.size > MAX_TREE:
            raise self.fail("D048", "with its definitions unfolded this has more than a million parts", span, "state it in smaller steps")

    @contextmanager
    def deeper(self, span: Span) -> Iterator[None]:
        """Guard against nesting that would exhaust the stack."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail("D049", "brackets are nested too deeply", span, "give parts of it names with define")
        try:
            yield
        finally:
            self.depth -= 1

    # --- entry points -----------------------------------------------------------------------------------------------------

    def value(self, items: Sequence[Item], span: Span) -> Term:
        """A whole sequence as one value of any sort (number, matrix, set, function, law, tuple)."""
        items = tuple(items)
        if not drop_spaces(items):
            raise self.fail("D040", "an expression is missing here", span, None)
        with self.deeper(span):
            items = pair_bars(items)
            if sets.looks_like_set(self, items):
                return sets.read_set(self, items, span)
            cursor = Cursor(items, span)
            term = self.sum(cursor)
            expect_end(self, cursor)
            return term

    def number(self, items: Sequence[Item], span: Span) -> Term:
        """A whole sequence as a number."""
        return arithmetic.as_number(self, self.value(items, span), span)

    def statement(self, items: Sequence[Item], span: Span) -> Term:
        """A whole sequence as a statement."""
        with self.deeper(span):
            return statements.read_statement(self, tuple(items), span)

    # --- sums ----------------------------------------------------------------------------------------------------------------

    def sum(self, c: Cursor) -> Term:
        """`[±] product ± product …`"""
        parts: list[tuple[Term, Span]] = []
        while True:
            negative = self.signs(c)
            start = c.here()
            term = self.product(c)
            span = Span(start.start, max(start.end, c.items[c.i - 1].span.end if c.i else start.end))
            parts.append((arithmetic.negated(self, term, span) if negative else term, span))
            item = c.peek()
            if isinstance(item, Leaf) and item.kind == "op" and item.text in SUM_SIGNS:
                continue
            if isinstance(item, Leaf) and item.text == "\\bmod":
                c.next()
                modulus = self.product(c)
                parts = [(powers.modulo(self, arithmetic.add(self, parts), modulus, span), span)]
                item = c.peek()
                if isinstance(item, Leaf) and item.kind == "op" and item.text in SUM_SIGNS:
                    continue
            if isinstance(item, Leaf) and item.text in ("\\oplus", "\\ominus"):
                raise self.fail("D052", f"{item.text} has no meaning here", item.span, None)
            return arithmetic.add(self, parts)

    def signs(self, c: Cursor) -> bool:
        """Eat signs; true for an odd number of minuses."""
        negative = False
        seen = 0
        while True:
            item = c.peek()
            if not (isinstance(item, Leaf) and item.kind == "op" and item.text in SUM_SIGNS):
                return negative
            c.next()
            seen += 1
            if seen > 2:
                raise self.fail("D040", "too many signs in a row", item.span, "use brackets")
            if item.text == "-":
                negative = not negative
            elif item.text in ("\\pm", "\\mp"):
                self.saw_sign = True
                upper = self.sign > 0
                if upper == (item.text == "\\mp"):
                    negative = not negative

    # --- products ------------------------------------------------------------------------------------------------------------

    def starts_factor(self, item: Item | None, c: Cursor) -> bool:
        """Whether a factor can begin with this item."""
        if item is None:
            return False
        if isinstance(item, (Group, Macro, Env)):
            return True
        head = base_leaf(item)
        if head is None:
            return True
        if head.kind in ("name", "num"):
            return not (self.open_integrals and self.at_differential(c))
        if head.kind == "macro":
            return True
        return head.kind == "text" and self.scope.find(f"\\mathrm{{{head.text}}}") is not None

    def at_differential(self, c: Cursor) -> bool:
        """Whether `d NAME` stands here and is a differential (rule 6)."""
        c.peek()
        if self.scope.declared("d") and leaf(c.items[c.i], "name", "d") and not (c.i and is_space(c.items[c.i - 1])):
            return False  # the integrand has been cut at its differential: this is the symbol
        return integrals.differential_at(self, c.items, c.i) > 0

    def product(self, c: Cursor) -> Term:
        """Factors with `\\cdot`, `/`, `\\odot`, `\\otimes`, `\\circ` and juxtaposition."""
        factors: list[Factor] = []
        slashed = False
        pending_dot, sign_text = False, ""
        while True:
            item = c.peek()
            if item is not None and is_evaluation_bar(item):
                if c.bar_stops and factors:
                    return arithmetic.combine(self, factors)
                c.next()
                if not factors:
                    raise self.fail("D042", "an evaluation bar with nothing before it", item.span, None)
                factors = self.evaluate_factors(factors, item)
                continue
            if self.starts_factor(item, c):
                assert item is not None
                if slashed and not pending_dot:
                    raise self.fail(
                        "D041", "after a slash it is not clear where the denominator ends", item.span, "write (a/b)c, a/(bc) or \\frac{a}{b}"
                    )
                if not pending_dot and c.i and is_mixed_number(c.items[c.i - 1], item):
                    raise self.fail(
                        "D108", "a mixed number, or a product?", Span(c.items[c.i - 1].span.start, item.span.end), "write + or \\cdot before the fraction"
                    )
                factor = self.factor(c)
                if pending_dot:
                    factor.dot, factor.sign = True, sign_text
                factors.append(factor)
                pending_dot = False
                continue
            head = item if isinstance(item, Leaf) else None
            if head is not None and head.kind == "op" and factors:
                if head.text in PRODUCT_SIGNS:
                    c.next()
                    pending_dot, sign_text = True, head.text
                    after = c.peek()
                    if is_ellipsis(after):
                        raise ellipsis_error(self, after.span if after else head.span)
                    if isinstance(after, Leaf) and after.text in SUM_SIGNS:
                        start = after.span
                        negative = self.signs(c)
                        factor = self.factor(c)
                        if negative:
                            factor.term = neg(factor.term)
                        factor.dot, factor.sign = True, sign_text
                        factor.span = Span(start.start, factor.span.end)
                        factors.append(factor)
                        pending_dot = False
                    elif not self.starts_factor(after, c):
                        raise self.fail("D040", f"a factor is missing after {head.text}", head.span, None)
                    continue
                if head.text == "/":
                    c.next()
                    after = c.peek()
                    if not self.starts_factor(after, c):
                        raise self.fail("D040", "the denominator is missing", head.span, None)
                    below = self.factor(c)
                    above = arithmetic.combine(self, factors)
                    span = Span(factors[0].span.start, below.span.end)
                    factors = [Factor(arithmetic.divide(self, above, below.term, span), span)]
                    slashed = True
                    continue
                if head.text in ("\\odot", "\\otimes", "\\circ"):
                    c.next()
                    if not self.starts_factor(c.peek(), c):
                        raise self.fail("D040", f"a factor is missing after {head.text}", head.span, None)
                    left = arithmetic.combine(self, factors)
                    right_factors = [self.factor(c)]
                    while self.starts_factor(c.peek(), c):
                        right_factors.append(self.factor(c))
                    right = arithmetic.combine(self, right_factors)
                    span = Span(factors[0].span.start, right_factors[-1].span.end)
                    factors = [Factor(matrices.operator_product(self, head.text, left, right, span), span)]
                    slashed = False
                    continue
            if head is not None and head.kind == "op" and not factors and head.text not in STOPS and not is_ellipsis(head):
                raise self.fail("D040", f"`{head.text}` has nothing before it", head.span, None)
            if is_ellipsis(item):
                raise ellipsis_error(self, item.span if item else c.span)
            if not factors:
                raise missing(self, c)
            return arithmetic.combine(self, factors)

    def evaluate_factors(self, factors: list[Factor], bar: Item) -> list[Factor]:
        """`… |_{x=0}`: the product back to the nearest derivative operator, otherwise the factor before (rule 5)."""
        assert isinstance(bar, Scripts)
        start = next((i for i in range(len(factors) - 1, -1, -1) if factors[i].derivative), len(factors) - 1)
        term = arithmetic.combine(self, factors[start:])
        span = Span(factors[start].span.start, bar.span.end)
        value = evaluation.evaluate_at(self, term, bar.sub, bar.sup, span)
        return [*factors[:start], Factor(value, span)]

    def operand(self, c: Cursor, span: Span, *, bracket_is_all: bool) -> Term:
        """What a big operator or derivative operator reaches over (rule 3): the product to the right, after perhaps a sign."""
        if bracket_is_all and self.bracket_next(c):
            return self.bracketed(c)
        negative = self.signs(c)
        if c.peek() is None:
            raise self.fail("D040", "this operator has nothing to act on", span, None)
        term = self.product(c)
        return neg(term) if negative else term

    def bracket_next(self, c: Cursor) -> bool:
        """Whether a bracket comes next."""
        item = c.peek()
        if isinstance(item, Scripts):
            item = item.base
        return isinstance(item, Group) and item.open in BRACKETS

    def bracketed(self, c: Cursor) -> Term:
        """The value of the bracket that comes next, without its scripts; these are left for `postfix` of the caller."""
        item = c.peek()
        if isinstance(item, Scripts):
            assert isinstance(item.base, Group)
            # keep the scripts: put back an item that holds only them
            rest = Scripts(None, item.sub, item.sup, item.primes, item.span)
            c.items = (*c.items[: c.i], item.base, rest, *c.items[c.i + 1 :])
            item = item.base
        c.next()
        assert isinstance(item, Group)
        return self.value(item.body.items, item.span)

    def scripts_after(self, c: Cursor, term: Term, span: Span) -> Term:
        """Scripts that `bracketed` left behind, applied to a value."""
        item = c.peek()
        if isinstance(item, Scripts) and item.base is None:
            c.next()
            return postfix.postfix(self, term, item.sub, item.sup, item.primes, Span(span.start, item.span.end))
        return term

    # --- factors ---------------------------------------------------------------------------------------------------------------

    def factor(self, c: Cursor) -> Factor:
        """One factor with its factorials; a function value applied to brackets is one factor."""
        item = c.peek()
        assert item is not None
        start = item.span.start
        derivative = derivatives.is_derivative_item(item)
        term = self.primary(c)
        while True:
            after = c.peek()
            if isinstance(after, Scripts) and after.base is None:
                c.next()
                term = postfix.postfix(self, term, after.sub, after.sup, after.primes, Span(start, after.span.end))
                continue
            if isinstance(after, Scripts) and isinstance(after.base, Leaf) and after.base.kind == "op" and after.base.text == "!":  # n!^2
                c.next()
                term = powers.factorial(self, term, False, Span(start, after.base.span.end))
                term = postfix.postfix(self, term, after.sub, after.sup, after.primes, Span(start, after.span.end))
                continue
            if isinstance(after, Leaf) and after.kind == "op" and after.text in ("!", "!!"):
                c.next()
                double = after.text == "!!"
                again = c.peek()
                if not double and isinstance(again, Leaf) and again.text == "!" and again.span.start == after.span.end:
                    c.next()
                    double = True
                term = powers.factorial(self, term, double, Span(start, after.span.end))
                continue
            if term.sort.kind == "fun" and self.bracket_next(c):
                term = application.apply_to_bracket(self, term, c, Span(start, c.here().end))
                continue
            break
        end = c.items[c.i - 1].span.end if c.i else item.span.end
        return Factor(term, Span(start, end), derivative)

    def primary(self, c: Cursor) -> Term:
        """A number, name, bracket, fraction, root, environment, or an operator with all that it reaches over."""
        item = c.next()
        with self.deeper(item.span):
            if isinstance(item, Leaf):
                return self.leaf(item, None, c)
            if isinstance(item, Group):
                behind = c.peek()
                behind = behind.base if isinstance(behind, Scripts) else behind
                if isinstance(behind, Group) and self.bracket_next(c):
                    derivative = function_brackets.derivative_alone(self, item)
                    if derivative is not None:
                        return enclosed.macro(self, derivative, None, c)
                    if function_brackets.is_function(self, item, behind):
                        self.functions += 1
                        try:
                            return enclosed.group(self, item)
                        finally:
                            self.functions -= 1
                return enclosed.group(self, item)
            if isinstance(item, Scripts):
                return self.scripted(item, c)
            if isinstance(item, Macro):
                return enclosed.macro(self, item, None, c)
            return matrices.read_environment(self, item)

    def leaf(self, item: Leaf, scripts: Scripts | None, c: Cursor) -> Term:
        """A leaf with its scripts (None where it has none)."""
        if item.kind == "num":
            if item.text == "1" and scripts is not None and scripts.sub is not None and matrix_names.is_statement(scripts.sub.items):
                indicator = matrix_names.built_in(self, Leaf("name", "\\mathbf{1}", item.span), scripts, c)  # 1_{x > 0}
                if indicator is not None:
                    return indicator
            value = num(Fraction(item.text))
            return value if scripts is None else postfix.postfix(self, value, scripts.sub, scripts.sup, scripts.primes, scripts.span)
        if item.kind == "name":
            return names.read_name(self, item, scripts, c)
        if item.kind == "macro":
            return operators.read_macro(self, item, scripts, c)
        if item.kind == "text":
            return names.read_name(self, Leaf("name", f"\\mathrm{{{item.text}}}", item.span), scripts, c)
        if is_ellipsis(item):
            raise ellipsis_error(self, item.span)
        raise self.fail("D040", f"`{item.text}` cannot stand here", item.span, None)

    def scripted(self, item: Scripts, c: Cursor) -> Term:
        base = item.base
        if base is None:
            raise self.fail("D040", "a subscript or superscript with nothing before it", item.span, None)
        if isinstance(base, Leaf):
            return self.leaf(base, item, c)
        if isinstance(base, Macro) and (base.name == "\\underset" or base.name.startswith("\\operatorname")):
            return enclosed.macro(self, base, item, c)
        if isinstance(base, Macro) and base.name == "\\overline":
            return enclosed.macro(self, base, item, c)
        if isinstance(base, Group):
            return postfix.postfix_group(self, base, item)
        value = enclosed.macro(self, base, None, c) if isinstance(base, Macro) else (
            self.scripted(base, c) if isinstance(base, Scripts) else matrices.read_environment(self, base)
        )
        return postfix.postfix(self, value, item.sub, item.sup, item.primes, item.span)

    # --- helpers for the other files -----------------------------------------------------------------------------------------

    def postfix(self, value: Term, sub: Seq | None, sup: Seq | None, primes: int, span: Span) -> Term:
        """Scripts on a value that is no bare name."""
        return postfix.postfix(self, value, sub, sup, primes, span)

    def values(self, items: Items, test: Callable[[Item], bool] = is_comma) -> list[tuple[Term, Span]]:
        """The values of a list."""
        out = []
        for piece in split_on(items, test):
            span = span_of(piece, span_of(items, Span(0, 0)))
            out.append((self.value(piece, span), span))
        return out

    def new_constant(self) -> Term:
        """A `\\const`: numbered, so that two in one step are different constants."""
        self.constants += 1
        return mk("anyconst", (), self.constants)

    def local(self, name: str, like: Term | None = None) -> Term:
        """A fresh symbol for a bound variable."""
        return fresh(name) if like is None else fresh(name, like.sort)


def is_evaluation_bar(item: Item) -> bool:
    """`|_{x=0}` on its own."""
    return isinstance(item, Scripts) and isinstance(item.base, Leaf) and item.base.kind == "bar" and item.sub is not None
