r"""A submission read under a task's meaning: chains, and what else of it may count.

Meaning comes from the reference.  Of a submission's own statements

- a definition of a fresh name is kept (`define s = …`, `s := …`, a line `s = …` of its own, `$s = …$` in running text);
- a declaration of fresh symbols is kept where the set certainly has a member;
- an `assume` is a fact where it follows from the reference's declarations and hypotheses;
- what repeats the reference changes nothing;
- everything else is taken out and reported: redefinitions (of the reference's names, of macros, of `e`, `\pi`, `\log`), hypotheses of the
  student's own, `use`, `vary`, `convention`, `as`.

A step that is refuted although it speaks of a name whose declaration was taken out is held for a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from derivcheck.documents.preamble import definition_end
from derivcheck.grading.documents import Place, Reading
from derivcheck.grading.lenient import continued, equations, lenient
from derivcheck.grading.reference import Reader, Task
from derivcheck.kernel.check import Session
from derivcheck.language import define, symbols
from derivcheck.language.definitions import body_of, default_sort
from derivcheck.language.diagnostics import ReadError
from derivcheck.language.document import DerivationSource
from derivcheck.language.functions import ONE_LETTER_FUNCTIONS
from derivcheck.language.items import base_leaf, drop_spaces
from derivcheck.language.lines import classify
from derivcheck.language.reader import _parser, read_source
from derivcheck.language.scope import Entry, Scope
from derivcheck.language.syntax import Bad, Chain, Group, Item, Seq, Span, Statement
from derivcheck.terms.build import INF
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.term import Term, substitute

Follows = Callable[[Context, Term], bool]
AnEntry = Statement | Chain | Bad

BUILT_IN = (
    frozenset({"e", "i", "\\pi", "d", "\\infty", "\\emptyset", "\\top", "\\R", "\\N", "\\Z", "\\Q", "\\C"})
    | symbols.LEAF_MACROS
    | frozenset("\\" + w for w in ONE_LETTER_FUNCTIONS if len(w) > 1)
    | frozenset({"\\E", "\\Var", "\\Cov", "\\Pr", "\\KL", "\\tr", "\\diag", "\\const", "\\erf", "\\operatorname{erf}", "\\mathrm{erf}"})
)
"""Names with a meaning of their own that a submission must not change."""

_INHABITED = frozenset({"R", "Rpos", "Rnn", "Rneg", "N", "Npos", "Z", "Q", "C"})
_TOGETHER = (
    frozenset({"density", "positive"}),
    frozenset({"symmetric", "positive definite", "positive semidefinite", "invertible"}),
    frozenset({"random", "independent"}),
)
"""Attributes that do not contradict each other."""
_MACRO_START = re.compile(r"\\(?:re)?newcommand\*?|\\providecommand\*?|\\DeclareMathOperator\*?|\\DeclarePairedDelimiter|\\g?def|\\let")
_MACRO_NAME = re.compile(r"\s*\{?\s*(\\[A-Za-z@]+)")
_MOST_HEADERS = 60


@dataclass
class Answer:
    """What a submission says about one task.

    `taken_out` holds the names whose declaration was not accepted, `held` what could not be read; `origins` gives the reading's line for
    each line of `text`.
    """

    task: Task
    reading: Reading
    text: str
    source: DerivationSource
    scope: Scope
    reports: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    taken_out: set[str] = field(default_factory=set)
    facts: list[Hypothesis] = field(default_factory=list)
    unreadable: int = 0
    origins: list[int] = field(default_factory=list)

    def place(self, offset: int) -> Place:
        """Where a character of the text comes from."""
        line = self.text.count("\n", 0, offset) + 1
        return self.reading.place(self.origins[line - 1] if line <= len(self.origins) else line)


def read_answer(task: Task, reading: Reading, follows: Follows) -> Answer:
    """The submission's answer to a task: as plain text, or as it stands where that reads better."""
    easy = _read(task, reading, _arranged(task, lenient(reading.text)), follows, True)
    if easy.unreadable == 0:
        return easy
    plain = _read(task, reading, _arranged(task, reading.text), follows, False)
    return plain if plain.unreadable < easy.unreadable else easy


def _arranged(task: Task, text: str) -> str:
    return continued(text, task.start_latex)


def _read(task: Task, reading: Reading, text: str, follows: Follows, apart: bool) -> Answer:
    origins: list[int] = []
    if apart:
        text, origins = equations(text)
    answer = Answer(task, reading, text, DerivationSource("submission", Span(0, len(text))), task.scope, origins=origins)
    text = _without_foreign_macros(text, task, answer)
    extra = "".join(f"\n\ndefine {left} = {right}" for left, right in reading.named[:20])
    source, diagnostics = read_source(text + extra, "submission", task.macros)
    answer.text = text + extra
    errors = [d for d in diagnostics if d.severity == "error" and d.span.start <= len(text)]
    if not text.strip():
        errors = []
    picked = _Picker(task, answer, follows, len(text)).pick(list(source.entries))
    reader = Reader(answer.text, task.scope.copy())
    reader.source.claim = task.claim
    reader.read(picked)
    answer.source = reader.finish()
    answer.scope = reader.scope
    steps = [s for p in answer.source.parts for c in p.chains for s in c.steps]
    inside = [s.error for s in steps if s.error is not None]
    errors += [d for d in reader.document.diagnostics if d.severity == "error" and d not in inside and d not in errors]
    for d in dict.fromkeys(errors):
        if d not in inside:
            answer.held.append(f"line {answer.place(d.span.start).line} can't be read: {d.message}")
    answer.unreadable = len(errors) + len(inside)
    return answer


# --- macros -------------------------------------------------------------------------------------------------------------------------


def _without_foreign_macros(text: str, task: Task, answer: Answer) -> str:
    """The text without macro definitions that would change what a name means; offsets stay."""
    if "\\newcommand" not in text and not _MACRO_START.search(text):
        return text
    out = text
    for block in _parser().parse(list(classify(text, 0, len(text)))):
        if block.kind != "macros":
            continue
        at, end = block.span.start, block.span.end
        while (found := _MACRO_START.search(text, at, end)) is not None:
            named = _MACRO_NAME.match(text, found.end())
            stop = max(definition_end(text, found.start()), found.end())
            name = named[1] if named else ""
            if name in task.macros.macros or known_macro(name):
                gone = re.sub(r"[^\n]", " ", text[found.start() : stop])
                out = out[: found.start()] + gone + out[stop:]
                answer.reports.append(f"redefines {name}")
            at = stop
    return out


@lru_cache(maxsize=500)
def known_macro(name: str) -> bool:
    """Whether a macro means something already."""
    if not re.fullmatch(r"\\[A-Za-z@]+", name):
        return True
    _, diagnostics = read_source(f"{name}{{1}}{{1}} = 1\n", "macro")
    return not any(d.code == "D007" for d in diagnostics)


# --- statements ---------------------------------------------------------------------------------------------------------------------


class _Picker:
    """Goes through a submission's entries and keeps those that may count; declarations come first, so that `where u = cz` works."""

    def __init__(self, task: Task, answer: Answer, follows: Follows, end: int) -> None:
        self.task, self.answer, self.follows, self.end = task, answer, follows, end
        self.scope = task.scope.copy()
        self.text = answer.text
        self.taken: set[str] = set()

    def pick(self, entries: list[AnEntry]) -> list[AnEntry]:
        headers: list[Statement] = []
        rest: list[AnEntry] = []
        for entry in entries:
            if isinstance(entry, Chain):
                defining = self.defining(entry)
                if isinstance(defining, Statement):
                    headers.append(defining)
                elif defining is None:
                    rest.append(entry)
            elif isinstance(entry, Bad):
                continue  # its diagnostic is reported
            elif entry.keyword in ("case", "induction", "suppose"):
                rest.append(entry)
            elif entry.keyword in ("let", "define", "assume"):
                headers.append(_as_definition(entry))
            else:
                self.other(entry)
        if len(headers) > _MOST_HEADERS:
            self.answer.held.append(f"more than {_MOST_HEADERS} declarations: the others are left out")
        return [*self.headers(headers[:_MOST_HEADERS]), *rest]

    def headers(self, waiting: list[Statement]) -> list[AnEntry]:
        """Accepted declarations, in an order in which each can be read."""
        kept: list[AnEntry] = []
        progress = True
        while waiting and progress:
            progress = False
            later: list[Statement] = []
            for entry in waiting:
                trial, error = self.trial(entry)
                if error is not None:
                    later.append(entry)
                    continue
                progress = True
                if trial is not None:
                    self.scope = trial
                    kept.append(entry)
            waiting = later
        for entry in waiting:
            _, error = self.trial(entry)
            if entry.span.start < self.end:
                self.answer.held.append(f"this declaration can't be read: {self.words(entry)} ({error})")
                self.answer.taken_out |= self.unknown(_letters(entry.text))
        return kept

    def unknown(self, names: set[str]) -> set[str]:
        """Those that the reference does not know."""
        return {n for n in names if n not in self.task.scope.names and n not in self.known_names()}

    def other(self, entry: Statement) -> None:
        """Statements that say nothing in a submission."""
        text = "".join(self.text[entry.span.start : entry.span.end].split())
        if entry.keyword in ("vary", "convention", "as") and text not in self.task.header:
            self.report(f"sets {self.words(entry)}")
        elif entry.keyword == "use":
            names = [n for n in re.split(r"[,\s]+", entry.text) if n and n not in self.task.uses]
            if names:
                self.report(f"uses {', '.join(names)}")

    def report(self, what: str) -> None:
        if what not in self.answer.reports:
            self.answer.reports.append(what)

    def words(self, entry: Statement) -> str:
        return " ".join(self.text[entry.span.start : entry.span.end].split())[:160]

    # --- one declaration ----------------------------------------------------------------------------------------------------------

    def trial(self, entry: Statement) -> tuple[Scope | None, str | None]:
        """The scope with this declaration (None where it is left out), or why it can't be read."""
        if "".join(self.text[entry.span.start : entry.span.end].split()) in self.task.header:
            return None, None
        reader = Reader(self.text, self.scope.copy())
        reader.read([entry])
        errors = [d for d in reader.document.diagnostics if d.severity == "error"]
        soft = entry.span.start >= self.end
        if errors:
            if entry.keyword == "define" and (name := self.redefined(entry)) is not None:
                if not soft and not self.defines_the_same(entry, name):
                    self.report(f"redefines {name}")
                return None, None
            if entry.keyword == "let" and (names := self.declared_again(entry)) is not None:
                if names:
                    self.report(f"declares {', '.join(names)} anew")
                return None, None
            return None, errors[0].message
        new = reader.scope
        changed = [k for k, v in new.names.items() if not _same_entry(self.scope.names.get(k), v)]
        old = [k for k in changed if k in self.task.scope.names or k in BUILT_IN or k in self.known_names()]
        if entry.keyword == "assume":
            return self.assumption(entry, new), None
        if old:
            if entry.keyword == "let" and self.repeats(new, old):
                return None, None
            if not soft:
                self.report(f"{'redefines' if entry.keyword == 'define' else 'declares'} {', '.join(old)}{'' if entry.keyword == 'define' else ' anew'}")
            return None, None
        if entry.keyword == "let" and not self.harmless(new):
            self.report(f"declares {self.words(entry).removeprefix('let').strip()}")
            self.answer.taken_out |= self.unknown(set(changed) | _letters(entry.text))
            return None, None
        if len(new.hypotheses) != len(self.scope.hypotheses):
            self.report(f"assumes {self.words(entry)}")
            return None, None
        return new, None

    def redefined(self, entry: Statement) -> str | None:
        """The reference's or built-in name that a definition tries to change."""
        if entry.body is None:
            return None
        reader = Reader(self.text, self.scope.copy())
        try:
            left, body = define.split_definition(reader.e, entry.body.items, entry.span)
            key = define.read_left(reader.e, left, body, entry.span).key
        except ReadError:
            return None
        return key if key in self.task.scope.names or key in BUILT_IN or key in self.known_names() else None

    def defines_the_same(self, entry: Statement, name: str) -> bool:
        """Whether a definition of a name that the reference defines says the same."""
        old = self.task.scope.names.get(name)
        if old is None or old.definition is None:
            return False
        scope = self.scope.copy()
        del scope.names[name]
        reader = Reader(self.text, scope)
        reader.read([entry])
        new = reader.scope.names.get(name)
        if new is None or new.definition is None or len(new.definition.params) != len(old.definition.params):
            return False
        try:
            sorts = tuple(default_sort(reader.e, p) for p in old.definition.params)
            ours, body = body_of(reader.e, new.definition, sorts, entry.span)
            theirs, other = body_of(Reader("", self.task.scope.copy()).e, old.definition, sorts, entry.span)
        except ReadError:
            return False
        return self.task.loose.same(substitute(body, dict(zip(ours, theirs, strict=True))), other)

    def declared_again(self, entry: Statement) -> list[str] | None:
        """Of a declaration of known symbols, those of which it says something else; None where it is no such declaration."""
        scope = self.scope.copy()
        mentioned = [k for k in scope.names if k in self.task.scope.names and re.sub(r"_.*", "", k) in _letters(entry.text)]
        for k in mentioned:
            del scope.names[k]
        reader = Reader(self.text, scope)
        reader.read([entry])
        if any(d.severity == "error" for d in reader.document.diagnostics):
            return None
        again = [k for k in mentioned if k in reader.scope.names]
        return [k for k in again if not self.repeats(reader.scope, [k])] if again else None

    def known_names(self) -> set[str]:
        """Names that the reference uses without declaring them."""
        terms = [self.task.start, self.task.claim, *self.task.formulas.values()]
        return {str(s.data[0]) for t in terms if t is not None for s in t.free if s.op == "sym"}

    def repeats(self, new: Scope, old: list[str]) -> bool:
        """Whether a declaration says of known symbols what the reference says, and nothing more."""
        if len(new.hypotheses) != len(self.scope.hypotheses) or new.independent != self.scope.independent:
            return False
        for key in old:
            before, after = self.scope.names.get(key), new.names[key]
            if before is None or before.symbol is not after.symbol or before.symbol is None:
                return False
            if self.scope.declarations.get(before.symbol) != new.declarations.get(before.symbol):
                return False
        return True

    def assumption(self, entry: Statement, new: Scope) -> Scope | None:
        """A hypothesis that follows from the reference is a fact for the steps; others are reported."""
        added = new.hypotheses[len(self.scope.hypotheses) :]
        quiet = dict(new.declarations) == dict(self.scope.declarations) and new.independent == self.scope.independent
        context = self.scope.context()
        if quiet and added and all(self.follows(context, h.statement) for h in added):
            self.answer.facts.extend(Hypothesis(h.statement, h.label, "step") for h in added)
            return None
        self.report(f"assumes {self.words(entry).removeprefix('assume').strip()}")
        return None

    def harmless(self, new: Scope) -> bool:
        """Whether what is declared certainly exists, whatever the reference's symbols are."""
        if len(new.hypotheses) != len(self.scope.hypotheses):
            return False
        fresh = [d for s, d in new.declarations.items() if self.scope.declarations.get(s) != d]
        context = self.scope.context()
        return all(d.symbol not in self.scope.declarations and _inhabited(d, context) for d in fresh)

    # --- definitions among the chains -----------------------------------------------------------------------------------------------

    def defining(self, chain: Chain) -> Statement | bool | None:
        """A chain that names something as a definition; True where it is left out; None for any other chain."""
        if chain.arrows or len(chain.links) < 2 or chain.links[1].relation is None:
            return None
        sign = base_leaf(chain.links[1].relation)
        if sign is None or sign.text not in ("=", ":=") or any(link.error for link in chain.links):
            return None
        left = drop_spaces(chain.links[0].body.items)
        if not _nameable(left):
            return None
        reader = Reader(self.text, self.scope.copy())
        body = chain.links[1].body.items
        try:
            key = define.read_left(reader.e, left, body, chain.links[0].body.span).key
        except ReadError:
            return None
        if key in self.task.scope.names or key in self.known_names():
            return None  # an equation about something known; `:=` is then `=`
        if key in BUILT_IN:
            if sign.text == ":=":
                self.report(f"redefines {key}")
                return True
            return None
        if (len(chain.links) > 2 or key in self.taken) and sign.text == "=":
            return None
        if key in self.taken or len(chain.links) > 2:
            return None
        self.taken.add(key)
        items: tuple[Item, ...] = (*left, chain.links[1].relation, *body)
        span = chain.span
        return Statement("define", self.text[span.start : span.end], Seq(items, span), span)


def _nameable(left: tuple[Item, ...]) -> bool:
    """A name, alone or with one bracket of names."""
    if not left or len(left) > 2 or base_leaf(left[0]) is None:
        return False
    head = base_leaf(left[0])
    if head is None or head.kind not in ("name", "text"):
        return False
    return len(left) == 1 or (isinstance(left[1], Group) and left[1].open in ("(", "["))


def _as_definition(entry: Statement) -> Statement:
    """`let u = cz` defines, as students mean it."""
    if entry.keyword != "let" or entry.body is None:
        return entry
    items = drop_spaces(entry.body.items)
    relations = [base_leaf(i) for i in items if (leaf := base_leaf(i)) is not None and leaf.kind == "rel"]
    if len(relations) != 1 or relations[0] is None or relations[0].text not in ("=", ":=") or not _nameable(items[: _at(items)]):
        return entry
    return Statement("define", entry.text, Seq(items, entry.span), entry.span)


def _at(items: tuple[Item, ...]) -> int:
    """The place of the first relation."""
    return next(k for k, i in enumerate(items) if (leaf := base_leaf(i)) is not None and leaf.kind == "rel")


def _same_entry(x: Entry | None, y: Entry) -> bool:
    if x is None:
        return False
    return x.symbol is y.symbol and x.definition is y.definition and x.densities == y.densities and x.density_definitions == y.density_definitions


def _letters(text: str) -> set[str]:
    """The names that a declaration mentions."""
    return set(re.findall(r"\\[A-Za-z]+|[A-Za-z]", re.sub(r"\\(?:in|R|N|Z|to|dots|le|ge|sim|mathbb|times)(?![A-Za-z])", " ", text)))


def _inhabited(d: Declaration, context: Context) -> bool:
    """Whether something of this declaration certainly exists."""
    if len(d.attributes) > 1 and not any(d.attributes <= kind for kind in _TOGETHER):
        return False
    return (d.law is None or _lawful(d.law, context)) and _has_member(d.domain, context)


def _lawful(law: Term, context: Context) -> bool:
    """Whether the parameters of a named law are certainly allowed."""
    if law.op != "dist" or law.data not in ("N", "Po", "Exp", "Ga", "Beta", "Laplace") or any(p.sort.kind != "num" for p in law.args):
        return False
    oracle = Session().oracle(context)
    try:
        return all(oracle.positive(p) for p in law.args[1 if law.data in ("N", "Laplace") else 0 :])
    except Exception:  # the oracle gave up: not certain
        return False


def _has_member(domain: Term, context: Context) -> bool:
    if domain.op == "set":
        return domain.data in _INHABITED
    if domain.op in ("rn", "rmn"):
        return True
    if domain.op in ("prob", "funset"):
        return all(_has_member(a, context) for a in domain.args)
    if domain.op == "interval":
        low, high = domain.args
        if low.op == high.op == "num":
            return bool(low.data < high.data)
        below = low.op == "neg" and low.args[0] is INF
        return (below or low.op == "num") and (high is INF or high.op == "num")
    if domain.op == "range":
        try:
            return bool(Session().oracle(context).less_equal(domain.args[0], domain.args[1]))
        except Exception:  # the oracle gave up: not certain
            return False
    return False
