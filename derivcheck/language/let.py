"""The body of a `let` as declarations: names, then `\\in S`, `: S \\to T`, `\\sim D`, bounds or nothing, attributes, `for n = 1, \\dots, N`.

The words have been marked by the reader (`Leaf.kind == "text"`); what the declarations do to the scope is in `declarations.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from derivcheck.language import declarations, matrix_names, sets
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    drop_spaces,
    find,
    is_comma,
    is_relation,
    leaf,
    span_of,
    split_on,
)
from derivcheck.language.syntax import Item, Leaf, Scripts, Seq, Span
from derivcheck.terms import build
from derivcheck.terms.build import INF, ONE, ZERO
from derivcheck.terms.term import Term

if TYPE_CHECKING:
    from derivcheck.language.expressions import Elaborator


SYNONYMS = {"nonsingular": "invertible", "regular": "invertible", "pd": "positive definite", "psd": "positive semidefinite"}


MATRIX_WORDS = frozenset(("symmetric", "positive definite", "positive semidefinite", "negative definite", "negative semidefinite", "invertible",
                           "orthogonal", "diagonal", "permutation"))  # fmt: skip


FUNCTION_WORDS = frozenset(("convex", "concave", "increasing", "decreasing", "bounded", "smooth", "continuous", "differentiable", "integrable",
                             "strictly convex", "strictly concave", "strictly increasing", "strictly decreasing"))  # fmt: skip


class Declared:
    """One declaration of a `let` as it is read."""

    def __init__(self) -> None:
        self.names: list[Items] = []
        self.kind = ""
        self.domain: Term | None = None
        self.arg_domains: list[Term] = []
        self.law_items: Items = ()
        self.iid = False
        self.words: list[str] = []  # attributes; those that the set itself says are in `set_words`
        self.set_words: list[str] = []
        self.constant_in: Items = ()
        self.indices: list[tuple[str, Term]] = []
        self.chain: Items = ()
        self.span = Span(0, 0)


class LetReader:
    """Reads the body of a `let`."""

    def __init__(self, e: Elaborator, body: Seq) -> None:
        self.e = e
        self.items = drop_spaces(body.items)
        self.span = body.span
        self.i = 0

    def peek(self) -> Item | None:
        return self.items[self.i] if self.i < len(self.items) else None

    def at_word(self) -> bool:
        item = self.peek()
        return isinstance(item, Leaf) and item.kind == "text"

    def fail(self, message: str, span: Span, help: str | None = None) -> Exception:
        return self.e.fail("D046", message, span, help)

    def read(self) -> None:
        """All declarations."""
        if not self.items:
            raise self.fail("let declares nothing", self.span, "write let x \\in \\R")
        while self.i < len(self.items):
            declared = self.declaration()
            declarations.declare(self.e, declared)
            item = self.peek()
            if item is None:
                return
            if is_comma(item) or (isinstance(item, Leaf) and item.text in ("\\land", "and", ";")):
                self.i += 1
                continue
            raise self.fail("this cannot be read in a let", item.span, "separate declarations by commas")

    def until(self, *, relations: bool = True, colon: bool = False) -> Items:
        """Items up to a comma, a word, perhaps a relation or colon."""
        start = self.i
        while self.i < len(self.items):
            item = self.items[self.i]
            if is_comma(item) or (isinstance(item, Leaf) and item.kind == "text"):
                break
            if relations and is_relation(item):
                break
            if colon and isinstance(item, Leaf) and item.text == ":":
                break
            if isinstance(item, Leaf) and item.text in ("\\forall", "\\land"):
                break
            self.i += 1
        return self.items[start : self.i]

    def declaration(self) -> Declared:
        d = Declared()
        start = self.i
        while True:
            name = self.until(colon=True)
            if not name:
                where = self.peek()
                raise self.fail("a name is missing in this let", where.span if where is not None else self.span, None)
            d.names.append(name)
            item = self.peek()
            if item is not None and is_comma(item):
                following = self.items[self.i + 1] if self.i + 1 < len(self.items) else None
                if isinstance(following, Leaf) and following.kind == "text":
                    self.i += 1
                    break
                self.i += 1
                continue
            break
        item = self.peek()
        if item is None and not d.words:
            self.nothing_said(d, start)
        if isinstance(item, Leaf) and item.text == ":":
            self.i += 1
            self.function(d)
        elif item is not None and is_relation(item):
            self.relation(d, item)
        self.attributes(d)
        d.span = span_of(self.items[start : self.i], self.span)
        return d

    def nothing_said(self, d: Declared, start: int) -> None:
        name = canonical(d.names[0])
        raise self.fail(f"nothing is said about {name}", span_of(self.items[start:], self.span), f"write let {name} \\in \\R")

    def function(self, d: Declared) -> None:
        d.kind = "function"
        start = self.i
        while self.i < len(self.items) and not leaf(self.items[self.i], "rel", "\\to"):
            if isinstance(self.items[self.i], Leaf) and self.items[self.i].kind == "text":  # type: ignore[union-attr]
                break
            self.i += 1
        domain_items = self.items[start : self.i]
        if not leaf(self.peek(), "rel", "\\to") or not domain_items:
            raise self.fail("a function needs its domain and its codomain", span_of(domain_items, self.span), "write let f : \\R \\to \\R")
        self.i += 1
        codomain_items = self.until(relations=False)
        if not codomain_items:
            raise self.fail("the codomain is missing", self.span, "write let f : \\R \\to \\R")
        for piece in split_on(domain_items, lambda i: leaf(i, None, "\\times") or is_comma(i)):
            d.arg_domains.append(sets.read_set(self.e, piece, span_of(piece, self.span)))
        d.domain = sets.read_set(self.e, codomain_items, span_of(codomain_items, self.span))

    def relation(self, d: Declared, item: Item) -> None:
        head = base_leaf(item)
        assert head is not None
        if head.text in ("\\in", "\\subset"):
            if head.text == "\\subset":
                raise self.fail("sets cannot be declared", item.span, None)
            self.i += 1
            d.kind = "member"
            set_items = self.until()
            if not set_items:
                raise self.fail("the set is missing after \\in", item.span, "write let x \\in \\R")
            d.domain = sets.read_set(self.e, set_items, span_of(set_items, self.span))
            if sets.is_symmetric_cone(self.e, set_items) and d.domain.op == "setof":  # the attributes say the same, and more provers know them
                d.set_words = sets.cone_words(set_items)
                d.domain = d.domain.args[0]
            after = self.peek()
            if after is not None and is_relation(after):
                raise self.fail("a condition on what is declared belongs to assume", after.span, "write it on a line of its own: assume …")
            return
        if head.text in ("\\sim", "\\simiid"):
            self.i += 1
            d.kind = "law"
            d.iid = head.text == "\\simiid"
            d.law_items = self.until()
            if not d.law_items:
                raise self.fail("the law is missing", item.span, "write let X \\sim \\mathcal{N}(0, 1)")
            return
        if head.text in ("=", ":="):
            name = canonical(d.names[0])
            raise self.fail("let declares; an equation defines", item.span, f"write define {name} = …, or assume {name} = …")
        if head.text in ("<", "\\le", ">", "\\ge", "\\ne", "\\succ", "\\succeq"):
            d.kind = "bounds"
            self.bounds(d)
            return
        raise self.fail(f"{head.text} declares nothing", item.span, "write let x \\in \\R")

    def bounds(self, d: Declared) -> None:
        """`a, b > 0`, `0 < \\beta < 1`, `0 < a, b < 1`."""
        last = d.names.pop()
        chain: list[Item] = list(last)
        first_is_name = len(last) == 1 and base_leaf(last[0]) is not None and base_leaf(last[0]).kind == "name" and self.fresh_name(last)  # type: ignore[union-attr]
        if d.names and not first_is_name:
            raise self.fail("the names before this bound cannot be read", span_of(last, self.span), None)
        middle: list[Items] = []
        while True:
            item = self.peek()
            if item is None or not is_relation(item):
                break
            chain.append(item)
            self.i += 1
            piece = self.until()
            if not piece:
                raise self.fail("a bound is missing", item.span, None)
            # 0 < a, b < 1
            while self.list_goes_on(piece) and not first_is_name:
                middle.append(piece)
                self.i += 1
                piece = self.until()
            chain += piece
        if first_is_name:
            d.names.append(last)
            d.chain = tuple(chain)
            return
        d.chain = tuple(chain)
        d.names = middle

    def fresh_name(self, items: Items) -> bool:
        key = canonical(items)
        return key not in ("\\infty", "\\pi", "e") or self.e.scope.declared(key)

    def list_goes_on(self, piece: Items) -> bool:
        """Whether a comma inside a chain of bounds goes on with another name and then a relation."""
        item = self.peek()
        if item is None or not is_comma(item) or len(piece) != 1:
            return False
        k = self.i + 1
        while k < len(self.items) and not is_comma(self.items[k]) and not is_relation(self.items[k]):
            if isinstance(self.items[k], Leaf) and self.items[k].kind == "text":  # type: ignore[union-attr]
                return False
            k += 1
        if k >= len(self.items) or not is_relation(self.items[k]):
            return False
        head = base_leaf(self.items[k])
        return head is not None and head.text in ("<", "\\le", ">", "\\ge") and k == self.i + 2

    def attributes(self, d: Declared) -> None:
        words: list[str] = []
        while True:
            item = self.peek()
            if item is None:
                break
            if is_comma(item):
                following = self.items[self.i + 1] if self.i + 1 < len(self.items) else None
                if isinstance(following, Leaf) and following.kind == "text" and following.text.strip() not in ("with",):
                    self.i += 1
                    continue
                behind = self.items[self.i + 2] if self.i + 2 < len(self.items) else None
                runs = isinstance(following, Leaf) and following.text in _script_letters(d.names) and base_leaf(behind) is not None
                if runs and base_leaf(behind).text in ("=", "\\in"):  # type: ignore[union-attr]
                    self.i += 1  # x_i \in \R, i = 1, \dots, n
                    self.for_clause(d)
                    continue
                break
            if isinstance(item, Leaf) and item.text == "\\forall":
                self.i += 1
                self.for_clause(d)
                continue
            if not self.at_word():
                break
            assert isinstance(item, Leaf)
            self.i += 1
            for word in item.text.split():
                word = word.strip(",.")
                if word in ("is", "are", "and", "with", ""):
                    continue
                if word == "iid" and d.kind == "law":
                    d.iid = True
                    continue
                if word == "for":
                    self.for_clause(d)
                    break
                if word in ("all", "every", "each"):
                    continue
                if word == "in" and words and words[-1] == "constant":
                    words[-1] = "constant in"
                    d.constant_in = self.constants()
                    continue
                words.append(word)
        d.words = [*d.set_words, *_phrases(self, words)]

    def constants(self) -> Items:
        """The names after `constant in`: a list that ends where a name with a relation of its own begins."""
        start = self.i
        self.until()
        end = self.i
        while end < len(self.items) and is_comma(self.items[end]):
            k = end + 1
            while k < len(self.items) and not is_comma(self.items[k]):
                if is_relation(self.items[k]) or (isinstance(self.items[k], Leaf) and (self.items[k].kind == "text" or self.items[k].text == ":")):  # type: ignore[union-attr]
                    self.i = end
                    return self.items[start:end]
                k += 1
            end = k
        self.i = end
        return self.items[start:end]

    def for_clause(self, d: Declared) -> None:
        """`n = 1, \\dots, N`, `n \\in \\{1, \\dots, N\\}`, `i, j = 1, \\dots, N`, several joined by commas or `and`."""
        letters = _script_letters(d.names)
        while True:
            while self.at_word() and self.items[self.i].text.strip() in ("all", "every", "each"):  # type: ignore[union-attr]
                self.i += 1
            group: list[Items] = []
            while True:
                name = self.until()
                if not name:
                    break
                group.append(name)
                item = self.peek()
                if item is not None and is_comma(item) and self.i + 1 < len(self.items) and not is_relation(self.items[self.i + 1]):
                    ahead = self.items[self.i + 1]
                    if isinstance(ahead, Leaf) and ahead.text in letters:
                        self.i += 1
                        continue
                break
            if not group:
                raise self.fail("the index is missing after for", self.span, "write for n = 1, \\dots, N")
            item = self.peek()
            head = base_leaf(item)
            domain: Term
            if head is not None and head.text in ("=", ":="):
                self.i += 1
                low = self.until()
                domain = self.listed(low)
            elif head is not None and head.text == "\\in":
                self.i += 1
                domain = sets.read_set(self.e, self.until(), self.span)
            elif head is not None and head.text in ("\\ge", ">") :
                self.i += 1
                bound = self.e.number(self.until(), self.span)
                low_term = bound if head.text == "\\ge" else build.add(bound, ONE)
                domain = build.POSITIVE_INTEGERS if low_term is ONE else build.NATURALS if low_term is ZERO else build.int_range(low_term, INF)
            else:
                known = [self.e.scope.ranges.get(canonical(n)) for n in group]
                if any(k is None for k in known):
                    raise self.fail("the range of this index is missing", span_of(group[0], self.span), "write for n = 1, \\dots, N")
                for n, k in zip(group, known, strict=True):
                    assert k is not None
                    d.indices.append((canonical(n), k))
                if not self.more_indices(letters):
                    return
                continue
            for n in group:
                d.indices.append((canonical(n), domain))
            if not self.more_indices(letters):
                return

    def more_indices(self, letters: set[str]) -> bool:
        """Whether another index of the same declaration follows."""
        item = self.peek()
        joined = item is not None and (is_comma(item) or (isinstance(item, Leaf) and item.text in ("\\land", "and")))
        if not joined or self.i + 1 >= len(self.items):
            return False
        ahead = self.items[self.i + 1]
        if isinstance(ahead, Leaf) and ahead.text in letters:
            self.i += 1
            return True
        return False

    def listed(self, low: Items) -> Term:
        """`1, \\dots, N` from its first number on."""
        e = self.e
        pieces = [low]
        dotted = any(leaf(i, None, "\\dots") for i in low)
        if dotted:
            position = find(low, lambda i: leaf(i, None, "\\dots"))
            return build.int_range(e.number(low[:position], self.span), _size_number(e, low[position + 1 :], self.span))
        while True:
            item = self.peek()
            if item is None or not is_comma(item):
                break
            following = self.items[self.i + 1] if self.i + 1 < len(self.items) else None
            if leaf(following, None, "\\dots"):
                numbers = [e.number(p, self.span) for p in pieces]
                if any(x.op == y.op == "num" and y.data != x.data + 1 for x, y in pairwise(numbers)):
                    raise self.fail("this list does not go in steps of one", span_of(pieces[-1], self.span), "write it as a set with a condition")
                self.i += 2
                item = self.peek()
                if item is not None and is_comma(item):
                    self.i += 1
                    last = self.until()
                    if last:
                        return build.int_range(e.number(pieces[0], self.span), _size_number(e, last, self.span))
                first = e.number(pieces[0], self.span)
                return build.POSITIVE_INTEGERS if first is ONE else build.NATURALS if first is ZERO else build.int_range(first, INF)
            if isinstance(following, Leaf) and following.kind == "num":
                self.i += 1
                pieces.append(self.until())
                continue
            break
        values = [e.number(p, self.span) for p in pieces]
        return build.finset(*values)


def _size_number(e: Elaborator, items: Items, span: Span) -> Term:
    return matrix_names.size_of(e, Seq(items, span_of(items, span)))


def _script_letters(names_: Sequence[Items]) -> set[str]:
    """Letters in the scripts of the names of a declaration."""
    from derivcheck.language.items import names_in

    out: set[str] = set()
    for items in names_:
        for item in items:
            if isinstance(item, Scripts):
                for seq in (item.sub, item.sup):
                    if seq is not None:
                        out |= names_in(seq.items)
    return out


def _phrases(reader: LetReader, words: list[str]) -> list[str]:
    """Words joined to the attributes of the specification."""
    out: list[str] = []
    k = 0
    known = MATRIX_WORDS | FUNCTION_WORDS | {"random", "density", "positive", "negative", "nonnegative", "independent", "constant in", "nonzero",
                                               "integer", "real", "constant"}  # fmt: skip
    while k < len(words):
        two = " ".join(words[k : k + 2])
        if two in known:
            out.append(two)
            k += 2
            continue
        word = SYNONYMS.get(words[k], words[k])
        if word not in known:
            near = difflib.get_close_matches(words[k], sorted(known), 1)
            raise reader.fail(f"the attribute `{words[k]}` is not known", reader.span, f"did you mean {near[0]}?" if near else "known are " + ", ".join(sorted(known)))
        out.append(word)
        k += 1
    return out
