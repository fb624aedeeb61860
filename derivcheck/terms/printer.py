r"""Terms as text: `to_latex` writes what the reader reads back, `show` writes values and conditions compactly.

Every node is written with a level, and brackets stand where the level of an operand is too low for its place:

    ATOM    names, numbers, brackets, function values: may carry scripts
    POWER   has scripts already: a base needs brackets
    FACTOR  fractions, roots, cases: may stand in a product anywhere
    OPEN    sums, limits, derivatives: reach over everything to their right, so only the last factor of a product may be one
    PRODUCT, SUM, RELATION, STATEMENT

Bound variables are written under the names they were given, or others where such a name occurs free in the body (capture).  Writing
is driven by an explicit stack (each `_op` method is a generator that asks for its operands), so that depth is no matter; after
`MAX_NODES` nodes the rest is written as `\dots`.  Sums, integrals, derivatives and limits are in `printer_calculus.py`; matrices,
statements, sets and probability in `printer_forms.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from derivcheck.terms.term import Term, binder_names, name_of, subterms

if TYPE_CHECKING:
    from derivcheck.terms.context import Context

ATOM, POWER, FACTOR, OPEN, PRODUCT, SUM, RELATION, STATEMENT = 9, 8, 7, 6, 5, 3, 1, 0
MAX_NODES = 20_000

Piece = tuple[str, int]
Writing = Generator[Term | tuple[Term, dict[Term, str]], Piece, Piece]

_TALL = re.compile(r"\\frac|\\sum|\\int|\\prod|\\begin|\\binom|\\lim|\\left")
_NUMBER_FRACTION = re.compile(r"\\frac\{[0-9.]+\}\{[0-9.]+\}")
_LETTERS = {"i": "ijklmnrst", "x": "xyzuvwst"}

# ops whose writing uses a letter as a name
_RESERVED_BY_OP = {"eye": "I", "unit": "e", "entropy": "H", "entropyrv": "H", "crossent": "H", "bigO": "O", "transpose": "T"}

FUNCTION_TEXT: dict[str, str] = {
    **{n: "\\" + n for n in "log sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth max min gcd arg".split()},
    **{n: f"\\operatorname{{{n}}}" for n in "arccot arcsec arccsc sech csch arcsinh arccosh arctanh arccoth arcsech arccsch erf erfc "
       "lcm loggamma digamma polygamma".split()},
    "sign": "\\operatorname{sign}", "gamma": "\\Gamma", "digamma": "\\psi", "zeta": "\\zeta", "beta": "\\mathrm{B}", "re": "\\Re", "im": "\\Im",
    "exp": "\\exp",
}  # fmt: skip

RELATION_TEXT = {
    "=": "=", "≠": "\\ne", "<": "<", "≤": "\\le", ">": ">", "≥": "\\ge", "≈": "\\approx", "∝": "\\propto", "≐": "\\doteq", "in": "\\in",
    "notin": "\\notin", "subset": "\\subset", "O": "=", "to": "\\to", "divides": "\\mid",
}  # fmt: skip


def bracket(text: str, open_: str = "(", close: str = ")") -> str:
    """The text in brackets, sized where it is tall."""
    if _TALL.search(text):
        return f"\\left{open_} {text} \\right{close}" if open_.startswith("\\") else f"\\left{open_}{text}\\right{close}"
    return f"{open_}{text}{close}" if not open_.startswith("\\") else f"{open_} {text} {close}"


def at_least(piece: Piece, level: int) -> str:
    """The piece, in brackets where its level is lower."""
    return piece[0] if piece[1] >= level else bracket(piece[0])


class Printer:
    """One writing of one term.  `compact` writes numbers as `1/2` and leaves out what a reader of values can do
    without; the context tells the names of the variables of joint densities."""

    def __init__(self, root: Term, compact: bool = False, context: Context | None = None) -> None:
        self.compact = compact
        self.context = context
        self.budget = MAX_NODES
        self.names: dict[Term, str] = {}
        self.reserved = self._reserve(root)
        self._name_symbols(root)

    # --- names --------------------------------------------------------------------------------------------------------------

    def _reserve(self, root: Term) -> set[str]:
        """Letters that the writing of constants and built-ins uses: no binder takes them."""
        out: set[str] = set()
        for k, t in enumerate(subterms(root)):
            if t.op == "const":
                out.add({"pi": "\\pi"}.get(str(t.data), str(t.data)))
            elif t.op == "fn" and t.data == "exp":
                out.add("e")
            elif t.op in _RESERVED_BY_OP:
                out.add(_RESERVED_BY_OP[t.op])
            if k > MAX_NODES:
                break
        return out

    def _name_symbols(self, root: Term) -> None:
        """A name for each free symbol; fresh symbols that share a name get primes."""
        taken: dict[str, Term] = {}
        for s in sorted((s for s in root.free if s.op == "sym"), key=lambda s: (s.data[1], s.data[0])):
            name = name_of(s)
            while name in taken:
                name = f"\\tilde{{{name}}}" if s.sort.kind == "fun" else name + "'"
            taken[name] = s
            self.names[s] = name
        self.has_e = "e" in taken

    def choose(self, term: Term, env: dict[Term, str]) -> dict[Term, str]:
        """The environment inside a binder: names for its variables that capture nothing."""
        body = term.args[-1]
        bound = set(term.bound)
        used = set(self.reserved)
        for f in body.free | term.free:
            if f not in bound:
                used.add(env.get(f) or self.names.get(f) or name_of(f))
        new = dict(env)
        for b, hint in zip(term.bound, binder_names(term), strict=True):
            name = self._free_name(hint, used)
            used.add(name)
            new[b] = name
        return new

    def _free_name(self, hint: str, used: set[str]) -> str:
        if not re.fullmatch(r"[A-Za-z]|\\[A-Za-z]+|(?:[A-Za-z]|\\[A-Za-z]+)(?:_\{?[A-Za-z0-9]+\}?|'+)|\\[a-z]+\{[^{} ]+\}(?:_\{?\w+\}?)?", hint):
            hint = "k"
        if hint not in used:
            return hint
        for letters in _LETTERS.values():
            if hint in letters:
                for letter in letters:
                    if letter not in used:
                        return letter
        name = hint
        while name in used:
            name += "'"
        return name

    # --- the engine -----------------------------------------------------------------------------------------------------------

    def write(self, root: Term) -> Piece:
        """Run the generators of all nodes with a stack of their own."""
        answer = self.leaf(root, {})
        if answer is not None:
            return answer
        stack: list[tuple[Writing, dict[Term, str]]] = [(self._start(root, {}), {})]
        while stack:
            writing, env = stack[-1]
            try:
                wanted = next(writing) if answer is None else writing.send(answer)
            except StopIteration as stop:
                answer = stop.value
                stack.pop()
                continue
            term, inner = wanted if isinstance(wanted, tuple) else (wanted, env)
            answer = self.leaf(term, inner)
            if answer is None:
                stack.append((self._start(term, inner), inner))
        assert answer is not None
        return answer

    def leaf(self, t: Term, env: dict[Term, str]) -> Piece | None:
        """The writing of a node without operands."""
        op = t.op
        if op == "sym" or op == "bvar":
            return self.name(t, env)
        if op == "num":
            return self.number(t.data)
        if op == "const":
            return {"pi": "\\pi", "inf": "\\infty", "euler": "\\gamma", "undefined": "\\text{undefined}"}.get(str(t.data), str(t.data)), ATOM
        self.budget -= 1
        if self.budget < 0:
            return "\\dots", ATOM
        return None

    def name(self, t: Term, env: dict[Term, str]) -> Piece:
        text = env.get(t) or self.names.get(t) or name_of(t)
        return text, POWER if "^" in text or text.endswith("'") else ATOM

    def number(self, value: Fraction) -> Piece:
        if value.denominator == 1:
            return str(value), ATOM if value >= 0 else SUM
        sign, value = ("-", -value) if value < 0 else ("", value)
        if self.compact:
            text = f"{value.numerator}/{value.denominator}"
            return sign + text, SUM if sign else PRODUCT
        decimal = _decimal(value)
        if decimal is not None:
            return sign + decimal, SUM if sign else ATOM
        return f"{sign}\\frac{{{value.numerator}}}{{{value.denominator}}}", SUM if sign else FACTOR

    def _start(self, t: Term, env: dict[Term, str]) -> Writing:
        from derivcheck.terms import printer_calculus, printer_forms  # noqa: F401  (they register their forms)

        method: Form | None = getattr(Printer, "_op_" + t.op, None) or FORMS.get(t.op)
        return self._unknown(t, env) if method is None else method(self, t, env)

    def _unknown(self, t: Term, env: dict[Term, str]) -> Writing:
        parts = []
        for a in t.args:
            parts.append((yield a)[0])
        return f"\\operatorname{{{t.op}}}({', '.join(parts)})", ATOM

    # --- scalar arithmetic ------------------------------------------------------------------------------------------------------

    def _op_add(self, t: Term, env: dict[Term, str]) -> Writing:
        out = ""
        for k, a in enumerate(t.args):
            if a.op == "neg":
                text = at_least((yield a.args[0]), OPEN if a.args[0].op in ("matmul", "smul") else PRODUCT)
                out += ("-" if k == 0 else " - ") + text
            else:
                piece = yield a
                out += (" + " if k else "") + at_least(piece, SUM + 1 if a.op == "add" or (k and piece[0].startswith("-")) else SUM)
        return out, SUM

    def _op_neg(self, t: Term, env: dict[Term, str]) -> Writing:
        return "-" + at_least((yield t.args[0]), PRODUCT), SUM

    def _op_mul(self, t: Term, env: dict[Term, str]) -> Writing:
        pieces = []
        for k, a in enumerate(t.args):
            inner = a.args[0] if a.op == "tonum" and a.args[0].op == "matmul" else a
            piece = yield inner
            pieces.append((self.factor(piece, a, k == len(t.args) - 1), a))
        return juxtapose(pieces), PRODUCT

    def factor(self, piece: Piece, term: Term, last: bool) -> str:
        """An operand of a product."""
        text, level = piece
        if level >= FACTOR or (level == OPEN and last):
            return text
        if term.op == "tonum" and term.args[0].op == "matmul":
            return text
        return bracket(text)

    def _op_div(self, t: Term, env: dict[Term, str]) -> Writing:
        above = yield t.args[0]
        below = yield t.args[1]
        if self.compact and above[1] >= FACTOR and below[1] >= POWER and len(above[0]) + len(below[0]) < 12 and "\\frac" not in above[0]:
            return f"{above[0]}/{below[0]}", PRODUCT
        return f"\\frac{{{above[0]}}}{{{below[0]}}}", FACTOR

    def _op_pow(self, t: Term, env: dict[Term, str]) -> Writing:
        base, exponent = t.args
        if exponent.op == "num" and exponent.data == Fraction(1, 2):
            return f"\\sqrt{{{(yield base)[0]}}}", FACTOR
        if exponent.op == "div" and exponent.args[0].op == "num" and exponent.args[0].data == 1 and not _odd_or_two(exponent.args[1]):
            degree = yield exponent.args[1]
            if "]" not in degree[0]:
                return f"\\sqrt[{degree[0]}]{{{(yield base)[0]}}}", FACTOR
        text = at_least((yield base), ATOM)
        return f"{text}^{{{(yield exponent)[0]}}}", POWER

    def _op_oddroot(self, t: Term, env: dict[Term, str]) -> Writing:
        return f"\\sqrt[{t.data}]{{{(yield t.args[0])[0]}}}", FACTOR

    def _op_fn(self, t: Term, env: dict[Term, str]) -> Writing:
        name = str(t.data)
        parts = []
        for a in t.args:
            parts.append((yield a))
        first = parts[0]
        if name == "exp" and not self.has_e and t.args[0].size <= 30 and "\\frac{\\frac" not in first[0]:
            return f"e^{{{first[0]}}}", POWER
        if name in ("factorial", "factorial2"):
            return at_least(first, ATOM) + ("!" if name == "factorial" else "!!"), POWER
        if name == "abs":
            return f"\\left|{first[0]}\\right|", ATOM
        if name == "floor":
            return f"\\lfloor {first[0]} \\rfloor", ATOM
        if name == "ceil":
            return f"\\lceil {first[0]} \\rceil", ATOM
        if name == "conj":
            return f"\\overline{{{first[0]}}}", FACTOR
        if name == "binom":
            return f"\\binom{{{first[0]}}}{{{parts[1][0]}}}", FACTOR
        if name == "mod":
            return f"{at_least(first, PRODUCT)} \\bmod {at_least(parts[1], PRODUCT)}", SUM
        text = FUNCTION_TEXT.get(name, f"\\operatorname{{{name}}}")
        return text + bracket(", ".join(p[0] for p in parts)), ATOM

    # --- functions and families -----------------------------------------------------------------------------------------------

    def _op_apply(self, t: Term, env: dict[Term, str]) -> Writing:
        f = t.args[0]
        parts = []
        for a in t.args[1:]:
            parts.append((yield a)[0])
        if f.op == "dfun" and len(t.args) > 2:
            return (yield from self._partial(t, f, parts, env))
        head = yield f
        return at_least(head, POWER) + bracket(", ".join(parts)), ATOM

    def _partial(self, t: Term, f: Term, parts: list[str], env: dict[Term, str]) -> Writing:
        """`f` with partial derivatives at arguments: `\\frac{\\partial^2}{\\partial x \\partial y} f(x, y)`, evaluated where needed."""
        orders: tuple[int, ...] = f.data
        slots, where, used = list(parts), [], set(self.reserved) | set(self.names.values()) | set(env.values())
        for i, n in enumerate(orders):
            if n and (t.args[1 + i].op not in ("sym", "bvar") or parts.count(parts[i]) > 1):
                slots[i] = self._free_name("u", used)
                used.add(slots[i])
                where.append(f"{slots[i]} = {parts[i]}")
        total = sum(orders)
        below = " ".join(f"\\partial {slots[i]}" + (f"^{{{n}}}" if n > 1 else "") for i, n in enumerate(orders) if n)
        above = "\\partial" + (f"^{{{total}}}" if total > 1 else "")
        head = yield f.args[0]
        text = f"\\frac{{{above}}}{{{below}}} {head[0]}{bracket(', '.join(slots))}"
        return (f"\\left. {text} \\right|_{{{', '.join(where)}}}", FACTOR) if where else (text, OPEN)

    def _op_dfun(self, t: Term, env: dict[Term, str]) -> Writing:
        orders: tuple[int, ...] = t.data
        head = at_least((yield t.args[0]), ATOM)
        if len(orders) == 1:
            return (head + "'" * orders[0] if orders[0] <= 3 else f"{head}^{{({orders[0]})}}"), POWER
        return f"\\partial_{{{','.join(str(i + 1) for i, n in enumerate(orders) for _ in range(n))}}} {head}", FACTOR

    def _op_invfun(self, t: Term, env: dict[Term, str]) -> Writing:
        return at_least((yield t.args[0]), ATOM) + "^{-1}", POWER

    def _op_lam(self, t: Term, env: dict[Term, str]) -> Writing:
        if t.sort.kind == "dist":
            return (yield from self.density(t, env))
        return (yield from self.arrow(t, self.choose(t, env)))

    def arrow(self, t: Term, inner: dict[Term, str]) -> Writing:
        """`x \\mapsto b`, with the domain where it is not the whole line or space."""
        variables = []
        for b, domain in zip(t.bound, t.args[:-1], strict=True):
            whole = domain.op in ("rn", "rmn") or (domain.op == "set" and domain.data == "R")
            taken = self.context is not None and any(name_of(s) == inner[b] and s.sort is not b.sort for s in self.context.declarations)
            variables.append(inner[b] if whole and b.sort.kind == "num" and not taken else f"{inner[b]} \\in {(yield domain)[0]}")
        head = variables[0] if len(variables) == 1 else f"({', '.join(variables)})"
        return f"{head} \\mapsto {(yield t.args[-1], inner)[0]}", STATEMENT

    def density(self, t: Term, env: dict[Term, str]) -> Writing:
        """A density given by a formula: without its argument where it is built of densities at that argument (`\\frac{p + q}{2}`)."""
        body = t.args[-1]
        if body.op == "pdf" and body.args[1:] == t.bound and not (body.args[0].free & frozenset(t.bound)):
            return (yield body.args[0])
        if _pointfree(body, t.bound):
            return (yield body, {**env, **dict.fromkeys(t.bound, "")})
        inner = self.choose(t, env)
        if body.op == "pdf" and body.args[1 : 1 + len(t.bound)] == t.bound:  # p(z | x)
            return (yield body, inner)
        return (yield from self.arrow(t, inner))

    def _op_idx(self, t: Term, env: dict[Term, str]) -> Writing:
        head = yield t.args[0]
        parts = []
        for a in t.args[1:]:
            parts.append((yield a)[0])
        name = head[0]
        if "_" in name:
            name = f"{{{name}}}"
        return f"{name}_{{{','.join(parts)}}}", ATOM if head[1] >= ATOM and name == head[0] else POWER

    def reach(self, piece: Piece) -> str:
        """What a big operator reaches over: a product without a sign in front."""
        return at_least(piece, PRODUCT)

    # --- piecewise --------------------------------------------------------------------------------------------------------------

    def _op_cases(self, t: Term, env: dict[Term, str]) -> Writing:
        rows = []
        for k in range(0, len(t.args) - 1, 2):
            condition = yield t.args[k]
            rows.append(f"{(yield t.args[k + 1])[0]} & {condition[0]}")
        if len(t.args) % 2:
            rows.append(f"{(yield t.args[-1])[0]} & \\text{{otherwise}}")
        return "\\begin{cases} " + " \\\\ ".join(rows) + " \\end{cases}", FACTOR

    def _op_ind(self, t: Term, env: dict[Term, str]) -> Writing:
        return f"\\mathbb{{1}}{bracket((yield t.args[0])[0], '[', ']')}", ATOM


Env = dict[Term, str]
Form = Callable[[Printer, Term, Env], Writing]
FORMS: dict[str, Form] = {}


def form(*ops: str) -> Callable[[Form], Form]:
    """Register how nodes with these ops are written."""

    def register(f: Form) -> Form:
        for op in ops:
            FORMS[op] = f
        return f

    return register


def _pointfree(body: Term, bound: tuple[Term, ...]) -> bool:
    """Whether the variables of a density occur only as the whole argument of named densities."""
    for t in subterms(body):
        if any(a in bound for a in t.args) and not (t.op == "pdf" and t.args[1:] == bound and t.args[0].op == "sym"):
            return False
    return True


def _odd_or_two(t: Term) -> bool:
    """Degrees whose root sign is read as another term: `\\sqrt[3]{x}` is an odd root, `\\sqrt[2]{x}` is `x^{0.5}`."""
    return t.op == "num" and isinstance(t.data, Fraction) and t.data.denominator == 1 and (t.data.numerator % 2 == 1 or t.data == 2)


def _decimal(value: Fraction) -> str | None:
    """A short finite decimal, if the number is one."""
    n = value.denominator
    for p in (2, 5):
        while n % p == 0:
            n //= p
    if n != 1 or value.denominator > 10**60:
        return None
    digits = 0
    scale = 1
    while scale % value.denominator:
        scale *= 10
        digits += 1
    text = str(value.numerator * (scale // value.denominator)).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}"


_NAME_LIKE = frozenset(["sym", "bvar", "const", "idx"])


def _like_differential(text: str) -> bool:
    """Whether a factor would make a differential of the name behind it: `d`, `d^{3}`."""
    return text in ("d", "\\partial", "\\mathrm{d}") or text.startswith(("d^", "\\mathrm{d}^"))


def juxtapose(pieces: list[tuple[str, Term]]) -> str:
    """Factors side by side, with `\\cdot` where they would be read as something else."""
    out = pieces[0][0]
    for (before_text, before), (text, _) in pairwise(pieces):
        base = before.args[0] if before.op == "pow" else before
        opens = text.startswith(("(", "[", "\\left(", "\\left[", "\\{", "\\left\\{"))
        mixed = before_text[-1:].isdigit() and _NUMBER_FRACTION.match(text) is not None
        if mixed or text[0].isdigit() or text[0] == "." or (opens and base.op in _NAME_LIKE) or _like_differential(before_text) or text[0] == "-":
            out += " \\cdot " + text
        else:
            out += " " + text
    return out


def to_latex(term: Term, context: Context | None = None) -> str:
    """The term in the notation of `.deriv` files."""
    return Printer(term, context=context).write(term)[0]


def show(term: Term) -> str:
    """The term compactly, for values of counterexamples and for conditions."""
    return Printer(term, compact=True).write(term)[0]
