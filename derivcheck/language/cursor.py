"""A position in a flat sequence of items, and the factors that a product collects."""

from __future__ import annotations

from derivcheck.language.items import Items, is_space
from derivcheck.language.syntax import Item, Span
from derivcheck.terms.term import Term


class Cursor:
    """A position in a flat sequence; spaces are skipped, but their places are remembered for differentials."""

    __slots__ = ("bar_stops", "i", "items", "span")

    def __init__(self, items: Items, span: Span) -> None:
        self.items = items
        self.i = 0
        self.span = span
        self.bar_stops = 0  # operands of derivatives being read: an evaluation bar ends them

    def peek(self) -> Item | None:
        """The next item that is no space."""
        while self.i < len(self.items) and is_space(self.items[self.i]):
            self.i += 1
        return self.items[self.i] if self.i < len(self.items) else None

    def next(self) -> Item:
        item = self.peek()
        assert item is not None
        self.i += 1
        return item

    def here(self) -> Span:
        """Where the next item is, or the end of the last one."""
        item = self.peek()
        if item is not None:
            return item.span
        if self.items:
            end = self.items[-1].span.end
            return Span(max(self.items[-1].span.start, end - 1), end)
        return self.span

    def rest(self) -> Items:
        return self.items[self.i :]


class Factor:
    """A factor of a product with what the product must know of it."""

    __slots__ = ("derivative", "dot", "sign", "span", "term")

    def __init__(self, term: Term, span: Span, derivative: bool = False, dot: bool = False) -> None:
        self.term, self.span, self.derivative, self.dot = term, span, derivative, dot
        self.sign = ""  # the sign before it: `\\cdot`, `\\times`, `*`
