r"""`A \to B \text{ as } x \to c`, or with `\quad (x \to c)`, is `\lim_{x \to c} A = B`; behind a longer chain it says what moves there."""

from __future__ import annotations

from derivcheck.language.items import drop_spaces, is_relation, leaf, span_of
from derivcheck.language.syntax import Group, Item, Leaf, Macro, Scripts, Seq, Span


def as_limit(items: list[Item]) -> list[Item]:
    """The items with the words turned into a limit; as they are where nothing of that form stands there."""
    written, items = items, _bracketed(items)
    word = next((k for k, i in enumerate(items) if isinstance(i, Leaf) and i.kind == "text" and i.text.strip() == "as"), 0)
    arrows = [k for k, i in enumerate(items[:word]) if is_relation(i)]
    if len(arrows) != 1 or not leaf(items[arrows[0]], "rel", "\\to"):
        return written
    end = next((k for k in range(word + 1, len(items)) if _ends(items[k])), len(items))
    goes = drop_spaces(tuple(items[word + 1 : end]))
    body, value = drop_spaces(tuple(items[: arrows[0]])), drop_spaces(tuple(items[arrows[0] + 1 : word]))
    while value and isinstance(value[-1], Leaf) and value[-1].kind == "comma":
        value = value[:-1]
    if len(goes) < 3 or not leaf(goes[1], "rel", "\\to") or not body or not value:
        return written
    cover = span_of(body, items[0].span)
    sign = Scripts(Leaf("macro", "\\lim", Span(cover.start, cover.start)), Seq(goes, span_of(goes, cover)), None, 0, cover)
    return [sign, Group("(", ")", Seq(body, cover), cover), Leaf("rel", "=", items[arrows[0]].span), *value, *items[end:]]


def going(items: list[Item]) -> tuple[list[Item], Seq | None]:
    """What stands behind a chain that ends in `\\to B`, or that holds an `O(…)`, as `x \\to c`; the chain without it."""
    inside = _bracketed(items)
    word = next((k for k, i in enumerate(inside) if isinstance(i, Leaf) and i.kind == "text" and i.text.strip().rstrip(",") in ("as", "for")), 0)
    if not word:
        return items, None
    end = next((k for k in range(word + 1, len(inside)) if _ends(inside[k])), len(inside))
    goes = drop_spaces(tuple(inside[word + 1 : end]))
    relations = [i for i in inside[:word] if is_relation(i)]
    if len(goes) < 3 or not leaf(goes[1], "rel", "\\to") or not relations or sum(is_relation(i) for i in goes) != 1:
        return items, None
    tends = leaf(relations[-1], "rel", "\\to") and len(relations) > 1 and not any(leaf(r, "rel", "\\to") for r in relations[:-1])
    grows = any(isinstance(i, Leaf) and i.text in ("O", "\\mathcal{O}") for i in inside[:word]) and not any(leaf(r, "rel", "\\to") for r in relations)
    if not (tends or grows):
        return items, None
    rest = inside[:word]
    while rest and isinstance(rest[-1], Leaf) and rest[-1].kind in ("comma", "space"):
        rest.pop()
    return [*rest, *inside[end:]], Seq(goes, span_of(goes, items[0].span))


def said_where(items: list[Item], k: int) -> bool:
    """Whether behind place k, a wide space, stands `\\text{as } x \\to c`, and something tends before it."""
    word = items[k + 1]
    if not (isinstance(word, Leaf) and word.kind == "text" and word.text.strip() == "as") or k + 3 >= len(items):
        return False
    return leaf(items[k + 3], "rel", "\\to") and any(leaf(i, "rel", "\\to") for i in items[:k])


def _bracketed(items: list[Item]) -> list[Item]:
    """`A \\to B \\quad (n \\to \\infty)`: the bracket behind the wide space in words; without brackets too, behind another arrow."""
    arrows = [k for k, i in enumerate(items) if leaf(i, "rel", "\\to")]
    if len(arrows) == 2 and arrows[1] > 2 and not any(is_relation(i) for i in items[arrows[1] + 1 :]):
        at = items[arrows[1] - 2]
        if isinstance(at, Leaf) and at.kind == "space" and at.text in ("\\quad", "\\qquad") and arrows[1] - 2 > arrows[0]:
            return [*items[: arrows[1] - 2], Leaf("text", "as", at.span), *items[arrows[1] - 1 :]]
    for k, item in enumerate(items):
        if k > 1 and isinstance(item, Group) and item.open == "(" and isinstance(items[k - 1], Leaf) and items[k - 1].kind == "space":  # type: ignore[union-attr]
            inside = list(drop_spaces(tuple(item.body.items)))
            if len(inside) >= 3 and leaf(inside[1], "rel", "\\to") and (k + 1 == len(items) or _ends(items[k + 1])):
                return [*items[: k - 1], Leaf("text", "as", items[k - 1].span), *inside, *items[k + 1 :]]
    return items


def _ends(item: Item) -> bool:
    return isinstance(item, Macro) and item.name in ("\\by", "\\label", "\\tag") or (
        isinstance(item, Leaf) and (item.kind in ("newline", "text") or item.text in (".", ";"))
    )
