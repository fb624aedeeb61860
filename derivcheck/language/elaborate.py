"""From a read file to derivations with terms: `elaborate(source, diagnostics) -> DocumentSource`.

Statements before the first `derivation` line are shared by all derivations of the file; each derivation starts from a copy of that
scope.  An error in a statement is a diagnostic; an error in a link of a chain makes the steps beside it errors, and the others
are judged.  The outline: `elaborate` cuts the file into derivations, `_Derivation` reads one of them statement by statement,
`elaborate_chain.py` reads chains.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath

from derivcheck.language import assumptions, define, let, statements
from derivcheck.language.diagnostics import Diagnostic, ReadError
from derivcheck.language.document import ChainSource, DerivationSource, DocumentSource, Part
from derivcheck.language.elaborate_chain import claim_chain, failed_chain, read_chain, source_slice
from derivcheck.language.expressions import Elaborator
from derivcheck.language.items import (
    Items,
    base_leaf,
    canonical,
    differential_letter,
    drop_spaces,
    find,
    is_derivative_bottom,
    leaf,
    span_of,
    walk,
)
from derivcheck.language.scope import Scope
from derivcheck.language.syntax import Bad, Chain, Group, Item, Leaf, Macro, Scripts, Seq, SourceFile, Span, Statement
from derivcheck.terms import build
from derivcheck.terms.context import Context, Hypothesis
from derivcheck.terms.sorts import BOOL
from derivcheck.terms.term import Term

Catalog = Callable[[str], object]
_RECURSION = 100_000
_NAMES = re.compile(r"\\[A-Za-z]+|(?<![A-Za-z])[A-Za-z]{1,3}(?![A-Za-z])")


@contextmanager
def deep_stack() -> Iterator[None]:
    """Room for deeply nested formulas; nesting itself is limited by `Elaborator.deeper`."""
    old = sys.getrecursionlimit()
    sys.setrecursionlimit(max(old, _RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(old)


def elaborate(source: SourceFile, diagnostics: list[Diagnostic] | None = None, catalog: Catalog | None = None) -> DocumentSource:
    """All derivations of a file."""
    document = DocumentSource(source.path, source.text, [], diagnostics if diagnostics is not None else [])
    with deep_stack():
        _document(source, document, catalog)
    document.diagnostics.sort(key=lambda d: d.span.start)
    return document


def _document(source: SourceFile, document: DocumentSource, catalog: Catalog | None) -> None:
    entries = list(source.entries)
    starts = [i for i, x in enumerate(entries) if isinstance(x, Statement) and x.keyword == "derivation"]
    stem = _stem(source.path)
    if not starts:
        if entries:
            span = Span(entries[0].span.start, entries[-1].span.end)
            one = _Derivation(document, Scope(), stem, span, explicit=False, catalog=catalog)
            one.read(entries)
            document.derivations.append(one.finish())
        return
    shared = Scope()
    before = entries[: starts[0]]
    if before:
        span = Span(before[0].span.start, before[-1].span.end)
        prefix = _Derivation(document, shared, stem, span, explicit=False, catalog=catalog)
        prefix.read(before)
        made = prefix.finish()
        if made.claim_latex is not None or any(p.chains for p in made.parts):
            document.derivations.append(made)
        shared = prefix.scope
        shared.uses.clear()
    seen: set[str] = set()
    for k, start in enumerate(starts):
        end = starts[k + 1] if k + 1 < len(starts) else len(entries)
        head = entries[start]
        assert isinstance(head, Statement)
        name = head.text.strip()
        if name in seen:
            document.diagnostics.append(Diagnostic("D068", "error", f"a derivation {name} stands in this file already", head.span, "use another name"))
        seen.add(name)
        one = _Derivation(document, shared.copy(), name, head.span, explicit=True, catalog=catalog)
        one.read(entries[start + 1 : end])
        document.derivations.append(one.finish())


def _stem(path: str) -> str:
    name = PurePath(path).name
    return name.rsplit(".", 1)[0] if "." in name else (name or "derivation")


class _Derivation:
    """Reads one derivation."""

    def __init__(
        self, document: DocumentSource, scope: Scope, name: str, span: Span, *, explicit: bool, catalog: Catalog | None
    ) -> None:
        self.document = document
        self.scope = scope
        self.catalog = catalog
        self.source = DerivationSource(name, span, explicit=explicit)
        self.e = Elaborator(scope, document.diagnostics, document.text)
        self.part: Part | None = None
        self.base: Scope | None = None
        self.induction: Term | None = None
        self.conditions: list[Term] = []
        self.claimed = False
        self.started = False

    # --- reading --------------------------------------------------------------------------------------------------------

    def read(self, entries: list[Statement | Chain | Bad]) -> None:
        scan_names(self.scope, entries)
        for entry in entries:
            if isinstance(entry, Chain):
                self.chain(entry)
            elif isinstance(entry, Statement):
                try:
                    self.statement(entry)
                except ReadError as error:
                    self.document.diagnostics.append(error.diagnostic)
                    self.lost(entry.keyword, entry.text, entry.span, error.diagnostic)
                except RecursionError:
                    self.too_deep(entry.span)
                    self.lost(entry.keyword, entry.text, entry.span, self.document.diagnostics[-1])
                except Exception as problem:  # a defect here must not take the rest of the file with it
                    self.lost(entry.keyword, entry.text, entry.span, self.defect(entry.span, problem))
            elif not entry.is_chain:
                raw = self.document.text[entry.span.start : entry.span.end].strip()
                keyword, _, rest = raw.partition(" ")
                known = (d for d in self.document.diagnostics if entry.span.start <= d.span.start <= entry.span.end and d.severity == "error")
                found = next(known, Diagnostic("D040", "error", "this statement could not be read", entry.span))
                self.lost(keyword, rest, entry.span, found)

    def lost(self, keyword: str, text: str, span: Span, diagnostic: Diagnostic) -> None:
        """A statement that can't be read: its names mean nothing, and without it nothing below can be refuted.

        The hypothesis in its place is one that no model is known to satisfy; provers pass over it."""
        if keyword == "show":
            self.claim_failed(text, span, diagnostic)
            return
        if keyword in ("let", "define"):
            for name in _NAMES.findall(text):  # letters one by one, words of a `let` not at all
                self.scope.unreadable.update((name,) if name.startswith("\\") else name)
        if keyword in ("let", "define", "assume", "vary", "as", "convention", "case", "suppose"):
            missing = build.opaque("a statement that could not be read", BOOL)
            if not any(h.statement is missing for h in self.scope.hypotheses):
                self.scope.hypotheses.append(Hypothesis(missing, None, "assume"))

    def defect(self, span: Span, problem: Exception) -> Diagnostic:
        """An error that is the program's own."""
        message = f"this cannot be read: {type(problem).__name__} inside of derivcheck"
        found = Diagnostic("D099", "error", message, span, "write it in another way, and report it")
        self.document.diagnostics.append(found)
        return found

    def too_deep(self, span: Span) -> None:
        self.document.diagnostics.append(Diagnostic("D049", "error", "this is nested too deeply", span, "give parts of it names with define"))

    def finish(self) -> DerivationSource:
        for definition, diagnostic in self.scope.unread:
            if not definition.memo:
                with suppress(ReadError):
                    define.read_body(self.e, definition)
            errors = [got.diagnostic for got in definition.memo.values() if isinstance(got, ReadError)]
            if len(errors) == len(definition.memo):
                # what was missing once may have been defined since, in a circle
                found = errors[-1] if diagnostic.code == "D105" and errors else diagnostic
                if not any(d.code == found.code and d.message == found.message for d in self.document.diagnostics):
                    self.document.diagnostics.append(found)
        self.scope.unread.clear()
        self.source.uses = tuple(self.scope.uses)
        self.source.places = dict(self.scope.places)
        return self.source

    def statement(self, entry: Statement) -> None:
        """One keyword statement."""
        keyword, text = entry.keyword, entry.text.strip()
        e = self.e
        if keyword == "title":
            self.source.title = text
        elif keyword == "source":
            self.source.source = text
        elif keyword == "tags":
            self.source.tags = tuple(t.strip() for t in text.split(",") if t.strip())
        elif keyword == "rubric":
            self.source.rubric = entry.text
        elif keyword == "convention":
            assumptions.convention(e, text, entry.span)
        elif keyword == "use":
            self.use(text, entry.span)
        elif keyword == "proof":
            self.started = True
        elif keyword == "let":
            e.begin()
            let.LetReader(e, self.body(entry)).read()
        elif keyword == "define":
            e.begin()
            body = self.body(entry)
            items, _ = assumptions.split_labels(body.items)
            define.define(e, items, body.span)
        elif keyword == "assume":
            assumptions.assume(e, self.body(entry))
        elif keyword == "vary":
            assumptions.vary(e, self.body(entry))
        elif keyword == "as":
            assumptions.growth(e, self.body(entry))
        elif keyword == "show":
            self.show(entry)
        elif keyword == "case":
            self.case(entry)
        elif keyword == "induction":
            self.open_induction(entry)
        elif keyword == "suppose":
            self.suppose(entry)

    def body(self, entry: Statement) -> Seq:
        if entry.body is None or not drop_spaces(entry.body.items):
            raise ReadError("D018", f"{entry.keyword} needs something after it", entry.span, None)
        return entry.body

    def use(self, text: str, span: Span) -> None:
        for name in re.split(r"[,\s]+", text):
            if not name:
                continue
            known = any(d.name == name for d in self.document.derivations)
            if not known and self.catalog is not None:
                known = self.catalog(name) is not None
                if not known:
                    self.e.warn("D303", f"nothing named {name} is known here", span, "use the name of a catalog entry or of a derivation above")
            if name == self.source.name:
                raise ReadError("D069", "a derivation cannot use itself", span, "use the name of an earlier derivation or of a catalog entry")
            self.scope.uses.append(name)
            self.scope.labels.add(name)

    # --- claims and parts -------------------------------------------------------------------------------------------------

    def show(self, entry: Statement) -> None:
        body = self.body(entry)
        items, label = assumptions.split_labels(body.items)
        if self.claimed:
            raise ReadError("D070", "a derivation has one claim", entry.span, "start another derivation, or join the claims with \\land")
        self.claimed = True
        self.close_part()
        self.conditions, self.induction = [], None
        self.source.claim_latex = self.latex(items, body.span)
        self.source.claim_span = span_of(items, body.span)
        self.e.begin()
        term = self.claim_term(items, body.span)
        self.source.claim = self.e.settle(term, body.span)
        if label:
            self.scope.labels.add(label)
        self.source.claim_context = self.scope.context()
        self.part = None

    def claim_term(self, items: Items, span: Span) -> Term:
        """The claim.  Relations between expressions are read as the steps of a chain would be."""
        found = claim_chain(self.e, items, span, self.document.text)
        return found if found is not None else statements.signed(self.e, lambda: self.e.statement(items, span))

    def claim_failed(self, text: str, span: Span, diagnostic: Diagnostic) -> None:
        self.source.claim_error = self.source.claim_error or diagnostic
        if self.source.claim_latex is None:
            self.source.claim_latex = text.strip()
            self.source.claim_span = span

    def close_part(self) -> None:
        """Hypotheses of a part end with it."""
        if self.base is not None:
            self.scope.restore(self.base)
            self.base = None

    def open_part(self, kind: str, span: Span, condition: Term | None, latex: str, hypotheses: list[Hypothesis]) -> None:
        self.close_part()
        self.base = self.scope.copy()
        self.scope.hypotheses.extend(hypotheses)
        self.part = Part(kind, self.scope.context(), span, condition, self.induction, latex)
        self.source.parts.append(self.part)

    def case(self, entry: Statement) -> None:
        body = self.body(entry)
        items = drop_spaces(body.items)
        latex = self.latex(items, body.span)
        arrow = find(items, lambda i: leaf(i, "rel", "\\to"))
        self.close_part()
        self.e.begin()
        if arrow > 0:
            variable = self.e.number(items[:arrow], body.span)
            target = self.e.number(items[arrow + 1 :], body.span)
            if variable.op != "sym" or not self.is_successor(variable, target):
                raise ReadError("D071", "an induction goes from n to n+1", body.span, "write case n \\to n+1")
            self.induction = variable
            hypotheses = []
            if self.source.claim is not None:
                hypotheses = [Hypothesis(self.source.claim, None, "induction")]
            self.open_part("successor", entry.span, None, latex, hypotheses)
            return
        words = [i for i in items if isinstance(i, Leaf) and i.kind == "text"]
        if len(items) == len(words) == 1 and words[0].text.strip() in ("otherwise", "else") and self.conditions:
            condition: Term = build.not_(build.or_(*self.conditions))
        else:
            condition = self.e.settle(statements.signed(self.e, lambda: self.e.statement(items, body.span)), body.span)
        kind = "case"
        if self.induction is not None and condition.op == "rel" and condition.data == "=" and condition.args[0] is self.induction:
            kind = "base"
        elif self.induction is None and self.later_successor(condition):
            kind = "base"
            self.induction = condition.args[0]
        else:
            self.conditions.append(condition)
        self.open_part(kind, entry.span, condition, latex, [Hypothesis(condition, None, "assume")])

    def later_successor(self, condition: Term) -> bool:
        """Whether a case `n = 0` is the base of an induction: a case `n \\to n+1` follows."""
        if not (condition.op == "rel" and condition.data == "=" and condition.args[0].op == "sym"):
            return False
        return condition.args[0].data[0] in self.scope.successors

    @staticmethod
    def is_successor(variable: Term, target: Term) -> bool:
        return target.op == "add" and len(target.args) == 2 and variable in target.args and build.ONE in target.args

    def open_induction(self, entry: Statement) -> None:
        body = self.body(entry)
        items = drop_spaces(body.items)
        words = 0
        while words < len(items) and leaf(items[words], "text"):
            words += 1
        self.close_part()
        self.e.begin()
        variable = self.e.value(items[words:], body.span)
        if variable.op != "sym":
            raise ReadError("D071", "an induction is on a symbol", body.span, "write induction on n")
        self.induction = variable
        self.open_part("induction", entry.span, None, self.latex(items, body.span), [])

    def suppose(self, entry: Statement) -> None:
        body = self.body(entry)
        items, _ = assumptions.split_labels(body.items)
        self.close_part()
        self.e.begin()
        condition = self.e.settle(statements.signed(self.e, lambda: self.e.statement(items, body.span)), body.span)
        self.open_part("suppose", entry.span, condition, self.latex(items, body.span), [Hypothesis(condition, None, "suppose")])

    # --- chains -----------------------------------------------------------------------------------------------------------

    def current_part(self, span: Span) -> Part:
        if self.part is None:
            kind = "main" if self.claimed or not self.claim_follows() else "before"
            self.part = Part(kind, self.scope.context(), span)
            self.source.parts.append(self.part)
        return self.part

    def claim_follows(self) -> bool:
        return self.scope.claim_ahead

    def chain(self, chain: Chain) -> None:
        part = self.current_part(chain.span)
        try:
            part.chains.extend(self.read_one(chain))
        except ReadError as error:
            self.document.diagnostics.append(error.diagnostic)
        except RecursionError:
            self.too_deep(chain.span)
            part.chains.append(failed_chain(chain, self.document.diagnostics[-1], self.document.text))
        except Exception as problem:  # a defect here must not take the rest of the file with it
            part.chains.append(failed_chain(chain, self.defect(chain.span, problem), self.document.text))

    def read_one(self, chain: Chain) -> list[ChainSource]:
        made = read_chain(self.e, chain, self.document.text)
        for step in made.steps:
            if step.label:
                self.scope.labels.add(step.label)
            if step.error is not None and step.error not in self.document.diagnostics:
                self.document.diagnostics.append(step.error)
        return [made]

    def latex(self, items: Items, span: Span) -> str:
        return source_slice(self.document.text, span_of(drop_spaces(items), span))


# --- what is looked up in a derivation's text before it is read -----------------------------------------------------------


def scan_names(scope: Scope, entries: list[Statement | Chain | Bad]) -> None:
    """Names that stand somewhere without a bracket behind them; variables of derivatives and integrals; what an induction steps over."""
    scope.claim_ahead = any(isinstance(x, Statement) and x.keyword == "show" for x in entries)
    for entry in entries:
        if isinstance(entry, Statement):
            if entry.keyword == "case" and entry.body is not None:
                items = drop_spaces(entry.body.items)
                if len(items) > 2 and leaf(items[1], "rel", "\\to"):
                    scope.successors.add(canonical(items[:1]))
            if entry.body is not None and entry.keyword not in ("let", "vary"):
                _scan(scope, entry.body)
        elif isinstance(entry, Chain):
            for link in entry.links:
                _scan(scope, link.body)


def _scan(scope: Scope, seq: Seq) -> None:
    stack: list[Items] = [seq.items]
    while stack:
        items = tuple(i for i in stack.pop() if not (isinstance(i, Leaf) and i.kind == "space"))
        for k, item in enumerate(items):
            following = items[k + 1] if k + 1 < len(items) else None
            bracket = following.base if isinstance(following, Scripts) else following
            if base_leaf(item) is not None and not (isinstance(bracket, Group) and bracket.open in ("(", "[", "\\{")):
                scope.standing_alone.add(_name_key(item))
            if isinstance(item, Macro) and item.name == "\\frac" and len(item.args) == 2:
                _scan_derivative(scope, item)
            if differential_letter(item) and following is not None and base_leaf(following) is not None:
                scope.integral_variables.add(canonical((following,)))
            stack.extend(_below(item))


def _name_key(item: Item) -> str:
    if isinstance(item, Scripts):
        base = canonical((item.base,)) if item.base is not None else ""
        return base + "'" * item.primes + (f"_{{{canonical(item.sub.items)}}}" if item.sub is not None else "")
    return canonical((item,))


def _scan_derivative(scope: Scope, item: Macro) -> None:
    top, bottom = drop_spaces(item.args[0].items), drop_spaces(item.args[1].items)
    if top and differential_letter(top[0]) and is_derivative_bottom(bottom):
        for name in bottom[1::2]:
            inner = name.base if isinstance(name, Scripts) and name.sub is None and name.base is not None else name
            scope.derivative_variables.add(canonical((inner,)))


def _below(item: Item) -> list[Items]:
    if isinstance(item, Group):
        return [item.body.items]
    if isinstance(item, Macro):
        return [a.items for a in item.args]
    if isinstance(item, Scripts):
        out: list[Items] = [s.items for s in (item.sub, item.sup) if s is not None]
        if item.base is not None:
            out += _below(item.base)
        return out
    if isinstance(item, Leaf):
        return []
    return [cell.items for row in item.rows for cell in row]


# --- one statement from the command line -----------------------------------------------------------------------------------


def elaborate_statement(
    text: str, let: list[str] | tuple[str, ...] = (), define: list[str] | tuple[str, ...] = (), assume: list[str] | tuple[str, ...] = ()
) -> DocumentSource:
    """`LHS REL RHS` or a chain under declarations, as a document with one derivation named `statement`."""
    from derivcheck.language.reader import read_source

    lines = [f"let {x}" for x in let] + [f"define {x}" for x in define] + [f"assume {x}" for x in assume] + ["", text]
    source, diagnostics = read_source("\n".join(lines), "statement")
    return elaborate(source, diagnostics)


__all__ = ["Context", "elaborate", "elaborate_statement", "walk"]
