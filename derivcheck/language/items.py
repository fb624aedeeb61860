"""Helpers over flat item sequences: finding relations and commas, pairing bars, writing names canonically.

Rule 5 of the specification (bars) is decided here, on one bracket level, without knowing any declaration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from derivcheck.language.diagnostics import ReadError
from derivcheck.language.syntax import Env, Group, Item, Leaf, Macro, Scripts, Seq, Span

Items = tuple[Item, ...]

ARROWS = frozenset(("\\iff", "\\implies", "\\impliedby"))
_WRAPPED = re.compile(r"^\\(?:mathrm|operatorname\*?|text|mathit|mathsf|textrm|textit|mathtt|textsf|mathbf|mathbb|mathcal|boldsymbol|bm)\{([^{}]*)\}$")
_ROMAN = re.compile(r"^\\(?:mathrm|operatorname\*?|text|mathit|mathsf|textrm|textit|mathtt|textsf)\{([^{}]*)\}$")
_DERIVATIVE_LETTERS = ("d", "\\mathrm{d}", "\\partial", "\\mathsf{d}", "\\mathit{d}")


def span_of(items: Sequence[Item], fallback: Span) -> Span:
    """From the first to the last item."""
    if not items:
        return fallback
    return Span(items[0].span.start, max(i.span.end for i in items[-3:]))


def leaf(item: Item | None, kind: str | None = None, text: str | None = None) -> bool:
    """Whether the item is a bare leaf of this kind and text."""
    return isinstance(item, Leaf) and (kind is None or item.kind == kind) and (text is None or item.text == text)


def base_leaf(item: Item | None) -> Leaf | None:
    """The leaf itself or the leaf under scripts."""
    if isinstance(item, Scripts):
        item = item.base
    return item if isinstance(item, Leaf) else None


def is_relation(item: Item) -> bool:
    """A relation sign that joins two expressions (`\\mid` and arrows between statements are none)."""
    head = base_leaf(item)
    if head is not None:
        return head.kind == "rel" and head.text not in ARROWS and head.text != "\\mid"
    return False


def is_op(item: Item | None, *texts: str) -> bool:
    """One of these operator signs."""
    return isinstance(item, Leaf) and item.kind in ("op", "comma", "macro") and item.text in texts


def is_comma(item: Item) -> bool:
    return isinstance(item, Leaf) and item.kind == "comma"


def is_space(item: Item | None) -> bool:
    return isinstance(item, Leaf) and item.kind in ("space", "amp", "newline")


def is_mid(item: Item) -> bool:
    """A bar that separates: `\\mid`, or `|` where `pair_bars` left it."""
    return isinstance(item, Leaf) and ((item.kind == "rel" and item.text == "\\mid") or item.kind == "bar")


def drop_spaces(items: Iterable[Item]) -> Items:
    return tuple(i for i in items if not is_space(i))


def split_on(items: Sequence[Item], test: Callable[[Item], bool]) -> list[Items]:
    """The pieces between the items that pass the test."""
    pieces: list[Items] = []
    start = 0
    for i, item in enumerate(items):
        if test(item):
            pieces.append(tuple(items[start:i]))
            start = i + 1
    pieces.append(tuple(items[start:]))
    return pieces


def find(items: Sequence[Item], test: Callable[[Item], bool]) -> int:
    """The position of the first item that passes the test, or -1."""
    for i, item in enumerate(items):
        if test(item):
            return i
    return -1


def plain(name: str) -> str:
    """The bare word of a name in an upright font (`\\operatorname{tr}` is `tr`); other names as they are, macros without `\\`."""
    match = _ROMAN.match(name)
    if match:
        return match.group(1).strip()
    return name[1:] if re.fullmatch(r"\\[A-Za-z]+\*?", name) else name


def unfont(name: str) -> str:
    """The bare word of a name in any font."""
    match = _WRAPPED.match(name)
    return match.group(1).strip() if match else plain(name)


def canonical(items: Iterable[Item]) -> str:
    """A canonical writing of a script, for names: spaces and redundant braces are gone."""
    out: list[str] = []
    for item in items:
        if is_space(item):
            continue
        if isinstance(item, Leaf):
            match = _ROMAN.match(item.text)
            text = f"\\mathrm{{{match.group(1).strip()}}}" if match and len(match.group(1).strip()) != 1 else item.text
            if item.kind == "text":
                text = f"\\mathrm{{{item.text.strip()}}}"
            if out and out[-1].startswith("\\") and out[-1][-1].isalpha() and text[:1].isalpha():
                text = " " + text
            out.append(text)
        elif isinstance(item, Group):
            inner = canonical(item.body.items)
            out.append(inner if item.open == "{" else f"{item.open}{inner}{item.close}")
        elif isinstance(item, Scripts):
            inner = canonical((item.base,)) if item.base is not None else ""
            inner += "'" * item.primes
            if item.sub is not None:
                inner += f"_{{{canonical(item.sub.items)}}}"
            if item.sup is not None:
                inner += f"^{{{canonical(item.sup.items)}}}"
            out.append(inner)
        elif isinstance(item, Macro):
            out.append(item.name + "".join(f"{{{canonical(a.items)}}}" for a in item.args))
        else:
            out.append(f"\\begin{{{item.name}}}")
    return "".join(out)


def is_derivative_operator(item: Item | None) -> bool:
    """`\\frac{d}{dx}` with nothing but `d` above the line."""
    if not (isinstance(item, Macro) and item.name in ("\\frac", "\\dfrac", "\\tfrac") and len(item.args) == 2):
        return False
    top = drop_spaces(item.args[0].items)
    head = base_leaf(top[0]) if len(top) == 1 else None
    return head is not None and head.text in _DERIVATIVE_LETTERS and is_derivative_bottom(item.args[1].items)


def differential_letter(item: Item | None) -> bool:
    """`d`, `\\mathrm d` or `\\partial`, perhaps with an order `d^2`."""
    head = base_leaf(item)
    if head is None or head.text not in _DERIVATIVE_LETTERS:
        return False
    return not (isinstance(item, Scripts) and (item.sub is not None or item.primes))


def is_derivative_bottom(items: Sequence[Item]) -> bool:
    """Whether a denominator is all `d NAME` or `\\partial NAME`."""
    rest = drop_spaces(items)
    if not rest or len(rest) % 2:
        return False
    for d, name in zip(rest[::2], rest[1::2], strict=True):
        if not (isinstance(d, Leaf) and d.text in _DERIVATIVE_LETTERS):
            return False
        head = base_leaf(name)
        grouped = (isinstance(name, Group) and name.open in ("{", "(")) or (isinstance(name, Scripts) and isinstance(name.base, Group))
        if not grouped and (head is None or head.kind not in ("name", "macro", "text")):
            return False
    return True


# --- bars ---------------------------------------------------------------------------------------------------------------


def _bar_kind(item: Item) -> str | None:
    head = base_leaf(item)
    if head is not None and head.kind in ("bar", "dbar"):
        return head.kind
    return None


_OPERATORS_AFTER_WHICH_OPEN = frozenset(("op", "rel", "comma", "amp", "newline"))


def _after_operator(previous: Item | None, first: bool) -> bool:
    if previous is None:
        return True
    head = base_leaf(previous)
    if head is not None:
        if head.kind in _OPERATORS_AFTER_WHICH_OPEN:
            if head.text in ("!", "!!", "\\dots"):
                return False
            return not (head.text == "\\cdot" and first)
        return head.kind == "macro" and head.text not in ("\\infty", "\\const", "\\emptyset", "\\ell", "\\hbar", "\\top")
    return is_derivative_operator(previous)


def pair_bars(items: Items) -> Items:
    """Bars as groups, by rule 5; conditional bars, `\\|` of a divergence and evaluation bars stay as they are."""
    if not any(_bar_kind(i) for i in items):
        return items
    try:
        return _paired(items)
    except ReadError as error:
        if error.diagnostic.code == "D042" and any(_bar_kind(i) == "dbar" and (base_leaf(i) or Leaf("", "", Span(0, 0))).text == "||" for i in items):
            help_ = "`||` is the bar of a norm: write | |x| - |y| | with spaces, or \\left| … \\right|"
            raise ReadError("D042", error.diagnostic.message, error.diagnostic.span, help_) from None
        raise


def _paired(items: Items) -> Items:
    total = {"bar": 0, "dbar": 0}
    for i in items:
        kind = _bar_kind(i)
        if kind and not _is_evaluation(i):
            total[kind] += 1
    # stack of open bars: (kind, opening item, items so far); the bottom frame is the level itself
    stack: list[tuple[str, Item | None, list[Item]]] = [("", None, [])]
    for item in items:
        kind = _bar_kind(item)
        out = stack[-1][2]
        if kind is None:
            out.append(item)
            continue
        visible = [o for o in out[-3:] if not is_space(o)]
        previous = visible[-1] if visible else None
        after = _after_operator(previous, len(visible) == 1 and len(out) <= 2)
        remaining = total[kind]
        if _is_evaluation(item):
            # `|x|_{x=0}` closes nothing here: an evaluation needs an operand and no open bar
            if stack[-1][0] == kind and not after:
                opener, body = stack.pop()[1:]
                stack[-1][2].append(_close(opener, item, body, kind))
            else:
                out.append(item)
            continue
        total[kind] -= 1
        if after and isinstance(item, Leaf):
            stack.append((kind, item, []))
        elif stack[-1][0] == kind and not after:
            _, opener, body = stack.pop()
            stack[-1][2].append(_close(opener, item, body, kind))
        elif remaining % 2 == 1 and isinstance(item, Leaf):
            out.append(item)
        elif isinstance(item, Leaf):
            stack.append((kind, item, []))
        elif isinstance(item, Scripts) and item.sub is not None and item.base is not None and not after and kind == "bar":
            out.append(item)  # an evaluation that does not say of what
        else:
            raise ReadError("D042", "this bar closes nothing", item.span, "write \\left| … \\right| or \\lvert … \\rvert")
    if len(stack) > 1:
        opener = stack[-1][1]
        assert opener is not None
        raise ReadError("D042", "this bar is not closed", opener.span, "write \\left| … \\right|, or \\mid for a condition")
    return tuple(stack[0][2])


def _is_evaluation(item: Item) -> bool:
    return (
        isinstance(item, Scripts)
        and isinstance(item.base, Leaf)
        and item.base.kind == "bar"
        and item.sub is not None
        and any(is_relation(i) for i in item.sub.items)
    )


def _close(opener: Item | None, closer: Item, body: list[Item], kind: str) -> Item:
    assert opener is not None
    sign = "|" if kind == "bar" else "\\|"
    inner = span_of(body, opener.span)
    if isinstance(closer, Scripts):
        assert closer.base is not None
        whole = Span(opener.span.start, closer.base.span.end)
        group = Group(sign, sign, Seq(tuple(body), inner), whole)
        return Scripts(group, closer.sub, closer.sup, closer.primes, Span(opener.span.start, closer.span.end))
    return Group(sign, sign, Seq(tuple(body), inner), Span(opener.span.start, closer.span.end))


def walk(items: Iterable[Item]) -> Iterable[Item]:
    """Every item below, in order."""
    stack = list(items)[::-1]
    while stack:
        item = stack.pop()
        yield item
        below: list[Item] = []
        if isinstance(item, Group):
            below = list(item.body.items)
        elif isinstance(item, Scripts):
            if item.base is not None:
                below.append(item.base)
            for script in (item.sub, item.sup):
                if script is not None:
                    below.extend(script.items)
        elif isinstance(item, Macro):
            if item.optional is not None:
                below.extend(item.optional.items)
            for arg in item.args:
                below.extend(arg.items)
        elif isinstance(item, Env):
            for row in item.rows:
                for cell in row:
                    below.extend(cell.items)
        stack.extend(reversed(below))


def names_in(items: Iterable[Item]) -> set[str]:
    """The texts of all name leaves below."""
    return {i.text for i in walk(items) if isinstance(i, Leaf) and i.kind in ("name", "macro")}
