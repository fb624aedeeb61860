r"""Formulas: tokens → `grammar/math.lark` → the shallow tree of `syntax.py`.

The grammar's actions make the tree canonical:
  - fonts and accents become names (`\mathbf{x}`, `\hat{x}`); over a name with scripts they go to the base (`\mathbf{x_n}` is `\mathbf{x}_n`);
  - words in roman become macros where LaTeX or the program has one (`\operatorname{tr}`), names otherwise (`\mathrm{Po}`);
  - `\overset`, `\stackrel` and `\underset` become the relation or operator that they stand for;
  - braces around one item vanish, and so do `\boxed`, `\underbrace` and the like; `\left(\begin{array}…` is a `pmatrix`.

`\left. … \right|` is `Group('.', '|')`.  Two numbers side by side are an error: `2 3` is neither 6 nor 23.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from derivcheck.language import symbols as S
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.macros import MacroTable, expand
from derivcheck.language.parsing import Parser, UnexpectedToken, parser
from derivcheck.language.prepare import prepare
from derivcheck.language.syntax import Env, Group, Item, Leaf, Macro, Scripts, Seq, Span
from derivcheck.language.tending import as_limit
from derivcheck.language.tokens import Token, tokenize

_BLACKBOARD = {"E": "\\E", "R": "\\R", "N": "\\N", "Z": "\\Z", "Q": "\\Q", "C": "\\C", "KL": "\\KL"}
_BLACKBOARD_MACROS = frozenset(["\\E", "\\KL"])
_UP_TO_CONSTANT = frozenset(["c", "C", "\\cdot", "+", "const", "const.", "+c"])
_DEFINES = frozenset(["def", "def.", "\\triangle", "\\Delta", "\\vartriangle", "defn", ":"])
_LAWS = frozenset(["d", "D", "\\mathcal{D}", "\\mathscr{D}", "dist", "law", "p", "P", "\\mathbb{P}", "a.s.", "\\mathcal{L}"])
_WORD = re.compile("[A-Za-z][A-Za-z0-9]*")
_NOT_ACCENTED = frozenset("\\" + w for w in S.BIG)


def span_of_items(items: list[Item]) -> Span:
    """From the first to the last place (spans of expanded macros may overlap)."""
    start, end = items[0].span.start, items[0].span.end
    for item in items:
        span = item.span
        if span.start < start:
            start = span.start
        if span.end > end:
            end = span.end
    return Span(start, end)


def _seq(items: list[Item], fallback: Span) -> Seq:
    return Seq(tuple(items), span_of_items(items) if items else fallback)


def _names_moment(before: Item, word: Leaf) -> bool:
    r"""`\mathbb{V}\mathrm{ar}`, `\mathbb{C}\mathrm{ov}`."""
    return isinstance(before, Leaf) and (before.text, word.text) in (("\\mathbb{V}", "\\mathrm{ar}"), ("\\C", "\\mathrm{ov}"))


class _Actions:
    """One method for each rule or alias of the grammar."""

    def formula(self, children: list[Any]) -> list[Item]:
        return children[0]

    def seq(self, children: list[Any]) -> list[Item]:
        items: list[Item] = []
        for c in children:
            if type(c) is Token:
                if c.value is None:
                    continue
                c = c.value
                if type(c) is Leaf and c.kind == "num" and items and type(items[-1]) is Leaf and items[-1].kind == "num":
                    raise ReadError("D013", f"the numbers {items[-1].text} and {c.text} stand side by side",
                                    Span(items[-1].span.start, c.span.end), r"write \cdot for a product, {,} for the comma of a number")  # fmt: skip
                items.append(c)
            elif type(c) is list:
                items.extend(c)
            elif type(c) is Group and c.open == "{":
                items.extend(_unbraced(c))
            elif type(c) is Leaf and items and (c.text == "\\mathrm{ar}" or c.text == "\\mathrm{ov}") and _names_moment(items[-1], c):
                items[-1] = Leaf("macro", "\\Var" if c.text == "\\mathrm{ar}" else "\\Cov", Span(items[-1].span.start, c.span.end))
            elif type(c) is Macro and c.name in S.BRACES_WITH_LABEL:
                items.extend(_unbraced(Group("{", "}", c.args[0], c.span)))
            else:
                items.append(c)
        return items

    def group(self, children: list[Any]) -> Item:
        open_, items, close = children
        span = Span(min(open_.start, close.start), max(open_.end, close.end))
        if open_.type == "LBRACE":
            return Group("{", "}", _seq(items, span), span)
        if len(items) == 1 and isinstance(items[0], Env) and items[0].name in ("array", "matrix", "smallmatrix", "aligned", "gathered"):
            name = {"(": "pmatrix", "[": "bmatrix", "|": "vmatrix", "\\|": "Vmatrix", "\\{": "cases"}.get(open_.value)
            tabular = items[0].name in ("array", "matrix", "smallmatrix")
            if name and (tabular or name == "cases") and (name == "cases") == (close.value == "."):
                return Env(name, items[0].rows, span)
        return Group(open_.value, close.value, _seq(items, span), span)

    # scripts

    def sub(self, children: list[Any]) -> tuple[str, Any, Span]:
        return "sub", children[1], Span(children[0].start, max(children[0].end, children[1].span.end))

    def sup(self, children: list[Any]) -> tuple[str, Any, Span]:
        return "sup", children[1], Span(children[0].start, max(children[0].end, children[1].span.end))

    def prime(self, children: list[Any]) -> tuple[str, Any, Span]:
        return "prime", None, Span(children[0].start, children[0].end)

    def scripted(self, children: list[Any]) -> Item | list[Item]:
        base = children[0]
        lead: list[Item] = []
        if type(base) is Token:
            base, start = base.value, base.start
        elif type(base) is list:  # a font over several items: the script belongs to the last
            lead, base = base[:-1], base[-1] if base else None
            start = base.span.start if base is not None else children[1][2].start
        else:
            start = base.span.start
        sub = sup = None
        primes = 0
        end = start
        if type(base) is Group and base.open == "{":
            inner = _unbraced(base)
            base = inner[0] if len(inner) == 1 and not isinstance(inner[0], Scripts) else base if inner else None
        if type(base) is Macro and base.name in S.BRACES_WITH_LABEL:
            return _unbraced(Group("{", "}", base.args[0], base.span))
        if type(base) is Scripts:
            base = Group("{", "}", Seq((base,), base.span), base.span)
        if type(base) is Leaf and base.text == "\\mid":
            base = Leaf("bar", "|", base.span)
        for kind, value, span in children[1:]:
            end = max(end, span.end)
            if kind != "prime" and not value.items:
                continue  # x^{} is x
            if kind == "prime":
                if sup is not None and primes == 0:
                    raise ReadError("D011", "a prime after a superscript", span, "write the prime first: f'^2, or use brackets")
                primes += 1
            elif kind == "sub":
                if sub is not None:
                    raise ReadError("D011", "two subscripts on one base", span, "use braces: x_{i,j}, or {x_i}_j")
                sub = value
            else:
                if sup is not None:
                    raise ReadError("D011", "two superscripts on one base", span, "use braces or brackets: x^{a^b}, (x^a)^b")
                sup = _superscript(value)
        span = Span(start, end)
        if sub is None and sup is None and not primes and base is not None:
            return [*lead, *(_unbraced(base) if type(base) is Group and base.open == "{" else [base])]
        if type(base) is Group and base.open == "{" and len(base.body.items) == 1 and type(base.body.items[0]) is Scripts:
            s = base.body.items[0]
            if not ((s.sub and sub) or s.sup or s.primes) and isinstance(s.base, Leaf):  # {x_n}^2 is x_n^2
                return Scripts(s.base, s.sub or sub, sup, primes, span)
        item = Scripts(base, sub, sup, primes, span)
        return [*lead, item] if lead else item

    # arguments and macros

    def braced(self, children: list[Any]) -> Seq:
        return Seq(tuple(children[1]), Span(children[0].start, max(children[0].end, children[2].end)))

    def single(self, children: list[Any]) -> Seq:
        c = children[0]
        items = [c.value] if type(c) is Token else list(c) if type(c) is list else [c]
        return _seq(items, Span(0, 0))

    def command(self, children: list[Any]) -> Item | list[Item]:
        head = children[0]
        if head.type == "ROOT":
            arg = children[-1]
            optional = _seq(children[2], Span(children[1].start, children[3].end)) if len(children) == 5 else None
            return Macro("\\sqrt", optional, (arg,), Span(head.start, max(head.end, arg.span.end)))
        if head.type == "BINARY":
            first, second = children[1], children[2]
            span = Span(head.start, max(head.end, second.span.end))
            return _underset(first, second, span) if head.value == "\\underset" else Macro(head.value, None, (first, second), span)
        arg = children[1]
        span = Span(head.start, max(head.end, arg.span.end))
        if type(head.value) is tuple:
            return _overset(head.value[1], arg, span)
        return _unary(head.value, arg, span)

    # environments

    def row(self, children: list[Any]) -> list[list[Item]]:
        return [c for c in children if type(c) is list]

    def env(self, children: list[Any]) -> Env:
        begin, end = children[0], children[-1]
        span = Span(begin.start, max(begin.end, end.end))
        rows = [c for c in children if type(c) is list]
        while len(rows) > 1 and all(not cell for cell in rows[-1]):
            rows.pop()
        is_cases = begin.value == "cases"
        return Env(begin.value, tuple(tuple(_cell(cell, span, is_cases) for cell in row) for row in rows), span)


def _cell(items: list[Item], span: Span, punctuation: bool) -> Seq:
    """A cell; in `cases` without the comma or stop behind it."""
    while punctuation and items and isinstance(items[-1], Leaf) and (items[-1].kind == "comma" or items[-1].text in (".", ";")):
        items.pop()
    return _seq(items, span)


def _unbraced(group: Group) -> list[Item]:
    """What stays of plain TeX braces: nothing of empty ones, the item of those with one item, else the group."""
    items = group.body.items
    if len(items) == 1:
        return [items[0]]
    return [group] if items else []


def _superscript(value: Seq) -> Seq:
    """`^{\\mathsf T}` and its kin are `^\\top`."""
    last = value.items[-1] if value.items else None
    if isinstance(last, Leaf) and last.text in ("\\mathsf{T}", "\\mathrm{T}", "\\mathtt{T}", "\\mathbf{\\top}"):
        return Seq((*value.items[:-1], Leaf("name", "\\top", last.span)), value.span)
    return value


def _underset(below: Seq, base: Seq, span: Span) -> Item:
    if len(base.items) == 1:
        item = base.items[0]
        if isinstance(item, Leaf):
            return Scripts(item, below, None, 0, span)
        if isinstance(item, Scripts) and item.sub is None:
            return Scripts(item.base, below, item.sup, item.primes, span)
    raise ReadError("D015", r"\underset works under an operator or a relation", span, r"write the condition as a subscript: \max_{x}")


def _overset(top: str, base: Seq, span: Span) -> Item:
    """`\\stackrel{c}{=}`, `\\overset{iid}{\\sim}`, `\\overset{!}{=}` …"""
    over = re.sub(r"\\(?:text|mathrm|operatorname|textrm|rm|small|scriptsize|tiny)\b\*?|[{}$\s]|\\[,;: ]", "", top)
    if len(base.items) != 1 or not isinstance(base.items[0], Leaf | Scripts):
        raise ReadError("D015", r"\overset works over a relation", span, "leave it out")
    item = base.items[0]
    leaf = item.base if isinstance(item, Scripts) else item
    if not isinstance(leaf, Leaf) or leaf.kind != "rel":
        if isinstance(leaf, Leaf) and leaf.text == "+":
            return leaf
        raise ReadError("D015", r"\overset works over a relation", span, "leave it out")
    text = leaf.text
    if text in ("=", ":=") and over in _UP_TO_CONSTANT:
        text = "\\doteq"
    elif text == "=" and (over in _DEFINES or over.startswith("def")):
        text = ":="
    elif text in ("=", "\\to") and over in _LAWS:
        raise ReadError("D015", f"equality or convergence of laws ({top.strip()} over {text}) is not part of the notation", span,
                        r"write X \sim … for the law of X")  # fmt: skip
    elif text == "\\sim" and over.replace(".", "").lower() in ("iid", "ind-iid"):
        text = "\\simiid"
    new = Leaf("rel", text, span)
    return Scripts(new, item.sub, item.sup, item.primes, span) if isinstance(item, Scripts) else new


def _unary(name: str, arg: Seq, span: Span) -> Item | list[Item]:
    if name in S.FONTS:
        return _font(name, arg, span)
    if name in S.ROMAN:
        return _roman(arg, span)
    if name in S.ACCENTS:
        return _accent(name, arg, span)
    if name in S.TRANSPARENT:
        relation = any(isinstance(i, Leaf) and i.kind == "rel" for i in arg.items)
        return list(arg.items) if relation or len(arg.items) < 2 else Group("{", "}", arg, span)
    if name == "\\substack":
        return list(arg.items)
    if name in ("\\abs", "\\norm", "\\ceil", "\\floor"):
        open_, close = {"\\abs": ("|", "|"), "\\norm": ("\\|", "\\|"), "\\ceil": ("\\lceil", "\\rceil"), "\\floor": ("\\lfloor", "\\rfloor")}[name]
        return Group(open_, close, arg, span)
    return Macro(name, None, (arg,), span)


def _map_base(item: Item, change: Callable[[Leaf], Leaf]) -> Item:
    """Apply `change` to a leaf or to the leaf under scripts."""
    if isinstance(item, Scripts) and isinstance(item.base, Leaf):
        return Scripts(change(item.base), item.sub, item.sup, item.primes, item.span)
    return change(item) if isinstance(item, Leaf) else item


def _font(name: str, arg: Seq, span: Span) -> Item | list[Item]:
    items = arg.items
    if not items:
        return []
    plain = "".join(i.text for i in items if isinstance(i, Leaf) and i.kind in ("name", "num") and len(i.text) == 1)
    if len(items) > 1 and len(plain) == len(items):  # several letters
        if plain in S.WORD_MACROS or (name == "\\mathbb" and plain in _BLACKBOARD):
            return Leaf("macro", S.WORD_MACROS.get(plain, "\\" + plain), span)
        if name != "\\mathbf" or plain.isdigit() or plain in S.OPERATOR_NAMES or plain in ("softmax", "vec"):
            return Leaf("num", plain, span) if plain.isdigit() else Leaf("name", f"{name}{{{plain}}}", span)
        parts = "".join(f"\\mathbf{{{c}}}" for c in plain)
        raise ReadError("D016", f"{name}{{{plain}}} is a product or a name", span, f"write {parts} for the product, \\mathrm{{{plain}}} for the name")

    def change(leaf: Leaf) -> Leaf:
        text = leaf.text
        where = span if len(items) == 1 else leaf.span
        if leaf.kind == "num":
            return Leaf("name", f"{name}{{{text}}}", where) if text in ("0", "1") else leaf
        if leaf.kind != "name":
            return leaf
        if name == "\\mathbb" and text in _BLACKBOARD:
            return Leaf("macro" if _BLACKBOARD[text] in _BLACKBOARD_MACROS else "name", _BLACKBOARD[text], where)
        if text in ("\\top", "\\infty", "\\emptyset") or text.startswith(name + "{"):
            return leaf
        return Leaf("name", f"{name}{{{text}}}", where)

    out = [_map_base(i, change) for i in items]
    return out[0] if len(out) == 1 else out


def _roman(arg: Seq, span: Span) -> Item | list[Item]:
    """`\\mathrm{…}` and `\\operatorname{…}`: a word."""
    items = arg.items
    if not items:
        return []
    texts = [i.text if isinstance(i, Leaf) and i.kind in ("name", "num", "op") and len(i.text) == 1 and i.text not in "+*/!" else None for i in items]
    if all(texts):
        word = "".join(t for t in texts if t)
        if word.isdigit():
            return Leaf("num", word, span)
        macro = S.WORD_MACROS.get(word)
        if macro:
            return Leaf("macro", macro, span)
        if word in ("and", "or"):
            return Leaf("op", S.MEANT_WORDS[word][1], span)
        if re.fullmatch("d[a-z]", word):  # \mathrm{dx}
            return [Leaf("name", "\\mathrm{d}", span), Leaf("name", word[1], span)]
        return Leaf("name", f"\\mathrm{{{word}}}", span)
    if len(items) == 1:
        item = items[0]
        if isinstance(item, Leaf):
            if item.kind == "macro" and item.text in ("\\argmax", "\\argmin"):
                return Leaf("macro", item.text, span)
            return item
        if isinstance(item, Scripts) and isinstance(item.base, Leaf):
            base = _roman(Seq((item.base,), item.base.span), item.base.span)
            return Scripts(base if isinstance(base, Leaf) else item.base, item.sub, item.sup, item.primes, span)
    head = [i for i in items if not (isinstance(i, Leaf) and i.kind == "name" and len(i.text) == 1)]
    if len(head) == 1 and isinstance(head[0], Scripts) and items[-1] is head[0] and isinstance(head[0].base, Leaf):
        # \mathrm{Po_2}: the word and its script
        letters = "".join(i.text for i in items[:-1] if isinstance(i, Leaf)) + head[0].base.text
        return Scripts(Leaf("name", f"\\mathrm{{{letters}}}", span), head[0].sub, head[0].sup, head[0].primes, span)
    return list(items)


def _accent(name: str, arg: Seq, span: Span) -> Item | list[Item]:
    items = arg.items
    if name == "\\underline" and not all(isinstance(i, Leaf) and i.kind == "name" for i in items):
        return list(items) if len(items) < 2 else Group("{", "}", arg, span)
    if len(items) == 1:
        item = items[0]
        leaf = item.base if isinstance(item, Scripts) else item
        if isinstance(leaf, Leaf) and leaf.kind in ("name", "macro", "num") and leaf.text not in _NOT_ACCENTED:
            if leaf.kind == "num":
                if name == "\\vec" and leaf.text in ("0", "1"):
                    return Leaf("name", f"\\mathbf{{{leaf.text}}}", span)
            else:
                new = Leaf("name", f"{name}{{{leaf.text}}}", span)
                return Scripts(new, item.sub, item.sup, item.primes, span) if isinstance(item, Scripts) else new
    elif items and all(isinstance(i, Leaf) and i.kind == "name" and len(i.text) == 1 for i in items):
        return Leaf("name", f"{name}{{{''.join(i.text for i in items if isinstance(i, Leaf))}}}", span)
    if name == "\\bar" and items:
        return Macro("\\overline", None, (arg,), span)
    raise ReadError("D015", f"the accent {name} stands over a name only", span, r"write \overline{…} for the conjugate of an expression")


@cache
def _parser() -> Parser:
    return parser("math.lark", _Actions())


def parse(tokens: list[Token], known_names: frozenset[str] | None = None) -> list[Item]:
    """The items of a formula whose macros are expanded."""
    terminals = prepare(tokens, known_names)
    if not terminals:
        return []
    try:
        items: list[Item] = _parser().parse(terminals)
    except UnexpectedToken as error:
        at = error.token or terminals[-1]
        raise ReadError("D001", "this can't stand here", Span(at.start, at.end)) from None
    return items


def read_items(
    text: str, start: int, end: int, macros: MacroTable | None, words: bool, known: frozenset[str] | None, offset: int = 0
) -> list[Item]:
    """The items of `text[start:end]`, with `\\by`, line ends and wide spaces of the outermost level still in place.

    `offset` is added to all places, for a text that stands inside another one."""
    try:
        tokens = tokenize(text, start, end, words)
    except ReadError as error:
        raise error.moved(offset) from None
    if offset:
        for t in tokens:
            t.start += offset
            t.end += offset
    return parse(expand(tokens, macros), known)


def tidy(items: list[Item]) -> list[Item]:
    """The items without line ends, `&`, and spaces that no differential follows."""
    out: list[Item] = []
    for i, item in enumerate(items):
        if type(item) is Leaf:
            if item.kind in ("amp", "newline"):
                continue
            if item.kind == "space":
                nxt = items[i + 1] if i + 1 < len(items) else None
                if not (isinstance(nxt, Leaf) and nxt.text in ("d", "\\mathrm{d}")):
                    continue
            if item.kind == "num" and out and isinstance(out[-1], Leaf) and out[-1].kind == "num":
                raise ReadError("D013", f"the numbers {out[-1].text} and {item.text} stand side by side",
                                Span(out[-1].span.start, item.span.end), r"write \cdot for a product, {,} for the comma of a number")  # fmt: skip
        out.append(item)
    return out


def read_formula(text: str, offset: int = 0, macros: MacroTable | None = None, words: bool = False) -> Seq:
    """The shallow tree of one formula.  `offset` is added to all spans; `words` reads the words of a `let`.

    Raises `ReadError`.  A note, commas and stops at the end are dropped, `&`, `\\\\` and `$` ignored."""
    items = as_limit(tidy(read_items(text, 0, len(text), macros, words, None, offset)))
    strip_punctuation(items)
    while len(items) > 1 and is_prose(items[-1]):
        items.pop()
        strip_punctuation(items)
    return _seq(words_to_names(items, words), Span(offset, offset + len(text)))


STATEMENT_WORDS = frozenset(["true", "false", "otherwise", "if"])


def is_prose(item: Item) -> bool:
    """`\\text{…}` of several words, or of one that is no name."""
    return type(item) is Leaf and item.kind == "text" and item.text not in STATEMENT_WORDS and not _WORD.fullmatch(item.text)


def words_to_names(items: list[Item], attributes: bool = False) -> list[Item]:
    """Single words that stand as operands are names or functions; prose is an error.  `attributes` keeps the words of `let`."""
    out: list[Item] = []
    for item in items:
        if type(item) is Leaf and item.kind == "text" and item.text not in STATEMENT_WORDS:
            if is_prose(item) or (item.text.lower() in S.PROSE_WORDS and not attributes):
                raise ReadError("D014", "prose inside a formula", item.span, r"prose may stand at the end of a step; a reason goes into \by{…}")
            if not (attributes and (item.text in S.ATTRIBUTE_WORDS or item.text in ("in", "iid"))):
                macro = S.WORD_MACROS.get(item.text)
                item = Leaf("macro", macro, item.span) if macro else Leaf("name", f"\\mathrm{{{item.text}}}", item.span)
        elif type(item) is Group and any(is_prose(i) for i in item.body.items):
            raise ReadError("D014", "prose inside a formula", item.span, r"prose may stand at the end of a step; a reason goes into \by{…}")
        out.append(item)
    return out


def strip_punctuation(items: list[Item]) -> None:
    """Drop `, . ;` at the end, in place."""
    while items and isinstance(items[-1], Leaf) and (items[-1].kind == "comma" or items[-1].text in (".", ";")):
        items.pop()
