"""Shallow trees as short texts, for tests: `S(x; sub; sup)` for scripts, `{…}` for groups, `\\frac<…>` for macros."""

from __future__ import annotations

from derivcheck.language.syntax import Env, Group, Item, Leaf, Macro, Scripts, Seq


def text(node: Item | Seq | None) -> str:
    """The tree without spans."""
    if node is None:
        return ""
    if isinstance(node, Seq):
        return " ".join(text(i) for i in node.items)
    if isinstance(node, Leaf):
        return {"macro": "!", "text": "#", "rel": "~"}.get(node.kind, "") + node.text
    if isinstance(node, Group):
        return f"{node.open}{text(node.body)}{node.close}"
    if isinstance(node, Scripts):
        return f"S({text(node.base)}{chr(39) * node.primes};{text(node.sub)};{text(node.sup)})"
    if isinstance(node, Macro):
        optional = f"[{text(node.optional)}]" if node.optional is not None else ""
        return f"{node.name}{optional}<{'|'.join(text(a) for a in node.args)}>"
    assert isinstance(node, Env)
    return f"{node.name}<{' / '.join(' & '.join(text(c) for c in row) for row in node.rows)}>"
