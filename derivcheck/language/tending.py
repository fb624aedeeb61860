r"""`A \to B \text{ as } x \to c` is `\lim_{x \to c} A = B`."""

from __future__ import annotations

from derivcheck.language.items import drop_spaces, is_relation, leaf, span_of
from derivcheck.language.syntax import Group, Item, Leaf, Macro, Scripts, Seq, Span


def as_limit(items: list[Item]) -> list[Item]:
    """The items with the words turned into a limit; as they are where nothing of that form stands there."""
    word = next((k for k, i in enumerate(items) if isinstance(i, Leaf) and i.kind == "text" and i.text.strip() == "as"), 0)
    arrows = [k for k, i in enumerate(items[:word]) if is_relation(i)]
    if len(arrows) != 1 or not leaf(items[arrows[0]], "rel", "\\to"):
        return items
    end = next((k for k in range(word + 1, len(items)) if _ends(items[k])), len(items))
    goes = drop_spaces(tuple(items[word + 1 : end]))
    body, value = drop_spaces(tuple(items[: arrows[0]])), drop_spaces(tuple(items[arrows[0] + 1 : word]))
    while value and isinstance(value[-1], Leaf) and value[-1].kind == "comma":
        value = value[:-1]
    if len(goes) < 3 or not leaf(goes[1], "rel", "\\to") or not body or not value:
        return items
    cover = span_of(body, items[0].span)
    sign = Scripts(Leaf("macro", "\\lim", Span(cover.start, cover.start)), Seq(goes, span_of(goes, cover)), None, 0, cover)
    return [sign, Group("(", ")", Seq(body, cover), cover), Leaf("rel", "=", items[arrows[0]].span), *value, *items[end:]]


def _ends(item: Item) -> bool:
    return isinstance(item, Macro) and item.name in ("\\by", "\\label", "\\tag") or (
        isinstance(item, Leaf) and (item.kind in ("newline", "text") or item.text in (".", ";"))
    )
