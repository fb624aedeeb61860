"""The rubric gone through for one answer: milestones, words, deductions, and what a person must see.

- A milestone is *given* where a line that is it is got to by proved steps from the start and says more than the start; a later one gives
  the earlier ones, unless these say `must` or more of them were jumped than the rubric's `max jump` allows.
- It is *proposed* for a person where something undecided or unreadable may hide it, or where the line that should be it comes after a slip
  and is reached in altered form (the same calculus in it, solved where the milestone is solved).
- Wrong steps that are equal count once; one that undoes another does not count; a listed mistake brings its own marks instead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from derivcheck.grading.answers import Answer
from derivcheck.grading.forms import in_form
from derivcheck.grading.lines import FROZEN, Rearranger, solved, written
from derivcheck.grading.model import Award, Criterion, WrongStep
from derivcheck.grading.reference import Task
from derivcheck.grading.rubric import MILESTONES, parts, schemes
from derivcheck.grading.walk import ARROWS, Line, Taken, Walker
from derivcheck.kernel.budget import OutOfBudget
from derivcheck.kernel.check import Rejected
from derivcheck.kernel.ordering import order_key
from derivcheck.terms.term import Term, substitute, subterms, sym


@dataclass
class _Hit:
    """Where a milestone was found: the line, and whether it was got to."""

    line: Line
    reached: bool


class Marker:
    """Goes through the rubric for one answer."""

    def __init__(self, task: Task, answer: Answer, walker: Walker, set_marks: dict[str, float], comments: dict[str, str]) -> None:
        self.task, self.answer, self.walker = task, answer, walker
        self.set_marks, self.comments = set_marks, comments
        self.lines = walker.lines
        self.reached: set[Term] = set()
        self.written_out: set[Term] = set()
        self.claimed = False
        self.decided_wrong: list[WrongStep] = []

    @property
    def loose(self) -> Rearranger:
        return self.task.loose

    # --- which lines are got to -----------------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Follow the steps; chains that begin in the middle are joined to the start where that would bring a milestone."""
        self.reached = self.walker.reached()
        self.written_out = self.walker.reached(written)
        milestones = [(c, self.only_rearranges(c)) for c in self.task.criteria if c.kind in MILESTONES]
        for chain in dict.fromkeys(x.chain for x in self.lines):
            own = [x for x in self.lines if x.chain == chain]
            settled = all(s.verdict == "proved" for s in self.walker.steps if s.chain == chain)
            if not settled or self.redefines:
                continue
            wanted = any(self.is_target(c, x) and not self.is_reached(x.term, strictly) for c, strictly in milestones for x in own)
            if wanted and self.walker.link(own[0].term):
                self.reached = self.walker.reached()
                self.written_out = self.walker.reached(written)
        if self.walker.structured and self.task.claim is not None:
            self.claimed = self._claim_established()

    @property
    def redefines(self) -> bool:
        """Whether the submission speaks of something else under the reference's names."""
        return any(r.startswith("redefines") for r in self.answer.reports)

    def _claim_established(self) -> bool:
        """Whether cases, an induction or a contradiction establish the claim as a whole."""
        from derivcheck.chain.claims import judge_claim
        from derivcheck.chain.established import Established

        if any(s.verdict != "proved" or s.by_person for s in self.walker.steps) or self.task.claim is None:
            return False
        established = Established(self.task.context)
        for number, part in enumerate(self.walker.parts):
            if any(s.report.conditions for s in self.walker.steps if s.part == number):
                return False
            for chain in part.chains:
                established.add_chain(part, chain, [(s, True, (), "exact") for s in chain.steps])
        source = self.answer.source
        source.claim, source.claim_context = self.task.claim, self.task.context
        try:
            found, warning = judge_claim(source, established, (), [], self.walker.questions.options)
        except (OutOfBudget, Rejected, RecursionError, ZeroDivisionError):
            return False
        return found.verdict.kind == "proved" and found.verdict.method != "direct" and warning is None

    def is_reached(self, term: Term, as_written: bool = False) -> bool:
        """Whether a line is got to; with `as_written` every step of the way counts, also one that only rearranges."""
        return written(term) in self.written_out if as_written else self.loose.key(term) in self.reached

    def only_rearranges(self, c: Criterion) -> bool:
        """Whether a milestone is a rearrangement of the task itself."""
        start = self.task.start
        targets = [t for f in c.formulas if (t := self.task.formulas.get(f)) is not None]
        return start is not None and any(t.sort.kind == start.sort.kind and self.task.loose.same(t, start) for t in targets)

    def is_target(self, c: Criterion, line: Line) -> bool:
        """Whether a line is a milestone (got to or not), and more than the task restated."""
        return any(self._is(line.term, t, c.form) for f in c.formulas if (t := self.task.formulas.get(f)) is not None)

    def _is(self, line: Term, target: Term, form: str | None) -> bool:
        start = self.task.start
        if line.sort.kind != target.sort.kind:
            return False
        loose, strict = self.task.loose, self.task.strict
        same = loose.same(line, target) or strict.same(line, target)
        if not same and not solved(target):
            same = loose.same(line, target, moving=True)
        if not same or not in_form(line, target, form, loose):
            return False
        if start is None:
            return True
        if strict.same(target, start, moving=not solved(target)):
            # the milestone itself is a rearrangement of the task: then its writing counts
            return written(line) is not written(start) and (form is not None or written(line) is written(target))
        return not strict.same(line, start, moving=not solved(line))

    # --- milestones --------------------------------------------------------------------------------------------------------------------

    def milestones(self) -> list[Award]:
        """The awards for milestones and words, part by part, in the better one of alternative schemes."""
        out: list[Award] = []
        for part in parts(self.task.criteria):
            best: list[Award] | None = None
            for scheme in schemes(self.task.criteria, part):
                own = [c for c in self.task.criteria if c.part == part and c.scheme == scheme and c.kind in (*MILESTONES, "uses")]
                awards = self._scheme(own)
                if best is None or _worth(awards) > _worth(best):
                    best = awards
            out += best or []
        return out

    def _scheme(self, criteria: list[Criterion]) -> list[Award]:
        ordered = [c for c in criteria if c.kind in MILESTONES]
        hits = [self._find(c) for c in ordered]
        given: dict[int, tuple[str, int | None]] = {i: ("reached", h.line.place) for i, h in enumerate(hits) if h is not None and h.reached}
        limit = next((c.marks for c in self.task.criteria if c.kind == "jump"), None)
        for i in sorted(given):
            skipped = [k for k in range(self._before(given, i) + 1, i) if k not in given]
            if limit is not None and len(skipped) > limit:
                continue
            for k in skipped:
                if not ordered[k].must and ordered[k].kind == "reaches":
                    given[k] = ("given by a later milestone", given[i][1])
        later: dict[int, int] = {i: h.line.place for i, h in enumerate(hits) if h is not None and i not in given}
        altered = self._altered([(i, c) for i, c in enumerate(ordered) if i not in given])
        out: list[Award] = []
        for c in criteria:
            if c.kind == "uses":
                out.append(self._words(c, bool(given)))
                continue
            i = ordered.index(c)
            if i in given:
                reason, place = given[i]
                out.append(Award(c.text, c.marks, c.marks, 0.0, reason, c.part, place))
                continue
            why, place = self._proposal(c, i, later, altered)
            out.append(Award(c.text, c.marks, 0.0, max(0.0, c.marks) if why else 0.0, why or "not reached", c.part, place))
        return out

    @staticmethod
    def _before(given: dict[int, tuple[str, int | None]], i: int) -> int:
        return max((k for k in given if k < i and given[k][0] == "reached"), default=-1)

    def _find(self, c: Criterion) -> _Hit | None:
        """A line that is the milestone, one that is got to before others."""
        if self.claimed and c.kind == "concludes" and self.task.claim is not None and self.lines:
            ends = [*self.task.claim.args[1:2], self.task.claim]
            if any(t is not None and any(e.sort.kind == t.sort.kind and self.loose.same(e, t) for e in ends) for t in map(self.task.formulas.get, c.formulas)):
                return _Hit(self.lines[-1], True)
        candidates = self.lines if c.kind == "reaches" else self._last()
        found: _Hit | None = None
        strictly = self.only_rearranges(c)
        for line in candidates:
            if self.is_target(c, line):
                if self.is_reached(line.term, strictly):
                    return _Hit(line, True)
                found = found or _Hit(line, False)
        return found

    def _last(self) -> list[Line]:
        """The last line; also the end of an earlier chain, where what follows are true side remarks.  None where what stands behind the last
        readable line can't be read."""
        if not self.lines or (self.walker.steps and self.walker.steps[-1].right is None and self.walker.steps[-1].verdict == "error"):
            return []
        chains = list(dict.fromkeys(x.chain for x in self.lines))
        ends = [self._end([x for x in self.lines if x.chain == k]) for k in chains]
        out = [ends[-1]]
        for k, end in reversed(list(zip(chains[:-1], ends[:-1], strict=True))):
            after = [s for s in self.walker.steps if s.chain > k]
            first = next(x for x in self.lines if x.chain > k)
            start = self.task.start
            if any(s.verdict != "proved" for s in after) or (start is not None and self.loose.same(first.term, start)):
                break
            out.append(end)
        return out

    def _end(self, own: list[Line]) -> Line:
        """Where a chain ends: its last line, or its first where it runs back to the start of the task."""
        start = self.task.start
        if len(own) > 1 and start is not None and self.task.strict.same(own[-1].term, start) and not self.task.strict.same(own[0].term, start):
            return own[0]
        return own[-1]

    def _words(self, c: Criterion, any_given: bool) -> Award:
        """`uses`: a true step on the way, which does something, says so."""
        hopeful = False
        for s in self.walker.steps:
            said = " ".join(f"{s.source.by or ''} {s.source.note or ''}".lower().split())
            if not any(" ".join(w.lower().split()) in said for w in c.formulas):
                continue
            trivial = s.left is not None and s.right is not None and s.left.sort.kind == s.right.sort.kind and self.task.strict.same(s.left, s.right)
            if trivial:
                continue
            if s.verdict == "proved" and s.right is not None and (self.is_reached(s.right) or any_given):
                return Award(c.text, c.marks, c.marks, 0.0, "named", c.part, s.line)
            if s.verdict in ("undecided", "error", "proved"):
                hopeful = True
        if hopeful:
            return Award(c.text, c.marks, 0.0, max(0.0, c.marks), "held: named at a step that is not settled", c.part)
        return Award(c.text, c.marks, 0.0, 0.0, "not named", c.part)

    # --- what a person must see ---------------------------------------------------------------------------------------------------------

    @property
    def unreadable(self) -> bool:
        return bool(self.answer.held or self.answer.reading.troubles) or any(s.verdict == "error" for s in self.walker.steps)

    def _proposal(self, c: Criterion, i: int, later: dict[int, int], altered: dict[int, Line]) -> tuple[str | None, int | None]:
        """Why a milestone that is not given is proposed, and where."""
        undecided = any(s.verdict == "undecided" for s in self.walker.steps)
        seen = [k for k in later if k == i or (k > i and not c.must and c.kind == "reaches")]
        if seen and undecided:
            return "held: the way there has an undecided step", later[min(seen)]
        if self.unreadable:
            return "held: part of the submission can't be read", None
        if self.loose.gave_up or self.task.strict.gave_up:
            return "held: lines could not be compared", None
        if self.walker.structured and not self.claimed and any(s.verdict == "proved" for s in self.walker.steps):
            return "held: the proof has parts", None
        if i in altered:
            return "after a wrong step: in altered form", altered[i].place
        if undecided and self._after_undecided(c):
            return "held: an undecided step comes before it", None
        return None, None

    def _after_undecided(self, c: Criterion) -> bool:
        """A milestone may hide behind an undecided step, if what follows it has its shape."""
        for number, s in enumerate(self.walker.steps):
            if s.verdict == "undecided" and s.right is not None:
                after = [x for x in self.lines if x.step is not None and x.step >= number]
                if any(self._same_shape(x.term, t) for x in after for f in c.formulas if (t := self.task.formulas.get(f)) is not None):
                    return True
        return False

    def _altered(self, missing: list[tuple[int, Criterion]]) -> dict[int, Line]:
        """Lines that come from a slip by proved steps and have the shape of a milestone: a line for each at most, in order.  The line
        in which the slip was made is none."""
        if self.redefines:
            return {}
        slips = [s for s in self.walker.steps if s.verdict == "refuted" and s.right is not None]
        after = [(s, self.walker.places_from(s.right, [s.part])) for s in slips if s.right is not None]
        found: dict[int, Line] = {}
        limit = len(self.lines)
        for i, c in reversed(missing):
            targets = [t for f in c.formulas if (t := self.task.formulas.get(f)) is not None]
            allowed = self.lines if c.kind == "reaches" else self._last()
            for k in range(limit - 1, -1, -1):
                line = self.lines[k]
                if line not in allowed or self.is_reached(line.term) or not any(self._same_shape(line.term, t) for t in targets):
                    continue
                if any(line.term is not s.right and self.loose.key(line.term) in places for s, places in after):
                    found[i], limit = line, k
                    break
        return found

    def _same_shape(self, line: Term, target: Term) -> bool:
        if line.sort.kind != target.sort.kind:
            return False
        if line.sort.kind == "bool":
            return line.op == target.op and solved(line) == solved(target) and _calculus(line) == _calculus(target)
        return _calculus(line) == _calculus(target)

    def held(self) -> list[str]:
        """What a person must decide, in words."""
        out: list[str] = []
        for s in self.walker.steps:
            if s.verdict == "undecided":
                out.append(f"the step in line {s.line} is undecided: {s.report.reason}")
            elif s.verdict == "error":
                out.append(f"the step in line {s.line} can't be read: {s.report.reason}")
        if self.loose.gave_up or self.task.strict.gave_up:
            out.append("some lines could not be compared with the rubric within the limits")
        return out

    # --- wrong steps ------------------------------------------------------------------------------------------------------------------------

    def wrong_steps(self) -> tuple[list[WrongStep], list[WrongStep]]:
        """The wrong steps, and the undecided ones."""
        wrong: list[WrongStep] = []
        still_open: list[WrongStep] = []
        seen: set[str] = set()
        for number, s in enumerate(self.walker.steps):
            if s.verdict not in ("refuted", "undecided"):
                continue
            key = group_key(s, self.task)
            mistake = self._mistake(s)
            found = s.report.counterexample.to_json() if s.report.counterexample else None
            entry = WrongStep(
                number + 1, s.line, s.report.lhs, s.report.rhs, ARROWS.get(s.report.relation, s.report.relation), _feedback(s, mistake, found),
                found, s.report.hint, key, number not in self.walker.repaired and key not in seen, s.verdict, s.report.reason,
                mistake.text if mistake else None,
            )  # fmt: skip
            if s.verdict == "refuted":
                seen.add(key)
                wrong.append(entry)
            else:
                still_open.append(entry)
        return wrong, still_open

    def _mistake(self, s: Taken) -> Criterion | None:
        """The listed mistake that a step makes."""
        for c in self.task.criteria:
            if c.kind != "mistake":
                continue
            for f in c.formulas:
                target = self.task.formulas.get(f)
                if target is None:
                    continue
                if s.right is not None and s.right.sort.kind == target.sort.kind and self.loose.same(s.right, target):
                    return c
                statement = s.source.statement
                if statement is not None and target.sort.kind == "bool" and self.loose.same(statement, target):
                    return c
        return None

    def deductions(self, wrong: list[WrongStep]) -> list[Award]:
        """The awards for wrong steps and listed mistakes, and what a person has set for a group."""
        out: list[Award] = []
        for key in dict.fromkeys(w.group for w in wrong):
            if key in self.set_marks:
                place = next(w.line for w in wrong if w.group == key)
                reason = self.comments.get(key) or "decided for the group"
                out.append(Award(f"group {key}", 0.0, self.set_marks[key], 0.0, reason, "", place))
        self.decided_wrong = [w for w in wrong if w.group in self.set_marks]
        wrong = [w for w in wrong if w.group not in self.set_marks]
        carried = self._carried(wrong)
        for c in self.task.criteria:
            if c.kind == "wrong":
                count = sum(w.counted and w.mistake is None and w.index not in carried for w in wrong)
                marks = c.marks * count
                if c.most is not None:
                    marks = max(marks, c.most) if c.marks < 0 else min(marks, c.most)
                out.append(Award(c.text, 0.0, marks or 0.0, 0.0, f"{count} wrong", c.part))
            elif c.kind == "mistake":
                made = next((w for w in wrong if w.mistake == c.text), None)
                if made is None and any(w.mistake == c.text for w in self.decided_wrong):
                    continue
                where = made.line if made is not None else self._line_of(c)
                if where is not None:
                    out.append(Award(c.text, 0.0, c.marks, 0.0, c.comment or "a known mistake", c.part, where))
        return out

    def _carried(self, wrong: list[WrongStep]) -> set[int]:
        """The wrong steps from which proved steps lead to a listed mistake: it brings its own marks instead of theirs."""
        out: set[int] = set()
        for c in self.task.criteria:
            if c.kind != "mistake" or any(w.mistake == c.text for w in (*wrong, *self.decided_wrong)):
                continue
            line = self._line_of(c)
            slips = [w for w in wrong if w.counted and w.mistake is None and line is not None and w.line < line and w.index not in out]
            between = self.walker.steps[slips[-1].index :] if slips else []
            if slips and line is not None and all(s.verdict == "proved" for s in between if s.line <= line):
                out.add(slips[-1].index)
        return out

    def _line_of(self, c: Criterion) -> int | None:
        """Where a listed mistake stands as a line that is not true of the task."""
        for f in c.formulas:
            target = self.task.formulas.get(f)
            for line in self.lines if target is not None else ():
                if target is None or line.term.sort.kind != target.sort.kind or self.is_reached(line.term):
                    continue
                before = line.step is not None and any(s.verdict in ("undecided", "error") for s in self.walker.steps[: line.step + 1])
                if not before and self.loose.same(line.term, target):
                    return line.place
        return None


def _worth(awards: list[Award]) -> tuple[float, float]:
    return sum(a.given for a in awards), sum(a.proposed for a in awards)


def _calculus(t: Term) -> frozenset[str]:
    return frozenset(s.op for s in subterms(t) if s.op in FROZEN)


def _feedback(s: Taken, mistake: Criterion | None, counterexample: Mapping[str, Any] | None) -> str:
    """What the student reads: never the right side that should be there."""
    if mistake is not None and mistake.comment:
        return mistake.comment
    if s.verdict == "undecided":
        return "A person looks at this step."
    if s.report.relation in ARROWS:
        return "These statements do not say the same." if s.report.relation == "iff" else "This does not follow."
    if counterexample and counterexample["values"]:
        at = ", ".join(f"{k} = {v}" for k, v in list(counterexample["values"].items())[:4])
        return f"This step is not true: try {at}."
    return "This step is not true."


def group_key(s: Taken, task: Task) -> str:
    """A key for the same step in other submissions, up to renaming (of what the student named, and of bound variables) and equivalent
    writing."""
    if s.left is None or s.right is None:
        text = f"{s.report.lhs}|{s.report.relation}|{s.report.rhs}"
        return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:12]
    known = set(task.context.declarations) | {x for t in (task.start, *task.formulas.values()) if t is not None for x in t.free}
    renamed: dict[Term, Term] = {}
    for t in (s.left, s.right):
        for x in _symbols_in_order(t):
            if x not in known and x not in renamed:
                renamed[x] = sym(f"own{len(renamed) + 1}", x.sort)
    parts_ = [order_key(task.loose.plain(substitute(t, renamed))) for t in (s.left, s.right)]
    return hashlib.sha256(f"{task.name}|{parts_[0]:x}|{s.report.relation}|{parts_[1]:x}".encode()).hexdigest()[:12]


def _symbols_in_order(t: Term) -> list[Term]:
    return [x for x in subterms(t) if x.op == "sym"]
