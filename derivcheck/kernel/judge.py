"""The judge: tries provers and the refuter on an obligation and makes the verdict.  Nothing else can.

Order: a proof by the cheap provers, cross-examined in models; a counterexample at a few models and special points; the dearer
provers; a longer search for counterexamples.  A proof that a model contradicts is a defect of the program: it is reported as
refuted, since the counterexample can be checked by anyone.  A proof of sides that have no value together anywhere is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

from derivcheck.kernel.budget import Budget, OutOfBudget
from derivcheck.kernel.check import Checked, Proof, Rejected, Session, apply_inference, check
from derivcheck.kernel.definedness import implied
from derivcheck.kernel.existence import not_holomorphic, stray_series, unestablished, unordered
from derivcheck.kernel.obligation import _SEAL, Counterexample, Obligation, Verdict
from derivcheck.kernel.oracle import Oracle
from derivcheck.kernel.random_laws import entangled
from derivcheck.kernel.satisfiable import satisfiable
from derivcheck.provers import Prove, provers
from derivcheck.refute import (
    almost_sure,
    couplings,
    exact_points,
    heavy_tails,
    implicit_values,
    moments_of_laws,
    normal_densities,
    optimum_values,
    revisit,
    search,
    size_one,
)
from derivcheck.refute.disprove import disproof
from derivcheck.refute.resolve import counterexample, outgrown
from derivcheck.refute.revisit import Revisit, Seen
from derivcheck.refute.search import PATIENCE, CrossExamination, Examination, Refutation
from derivcheck.semantics.evaluate import Origin
from derivcheck.services.options import Options
from derivcheck.terms.term import Term, contains_op, subterms

LIGHT = ("instances", "facts", "integer_cases", "breakpoints", "extrema", "summands", "covariances", "scalar", "approx", "matrix", "operators")
POINTS = search.USUAL  # models at which a proved statement is cross-examined
FIRST = 2  # of them before a proof is looked for: most false statements fail there
LONGEST = 5.0  # seconds for a model of hypotheses that seem to have none
LONG = ("facts", "extrema")  # their searches remember, and go on from where they were stopped


@dataclass
class Judgement:
    """A verdict with the terms of its conditions (for composition), the proof that the kernel accepted, what its cross-examination
    saw, and the origin of the model that is the counterexample."""

    verdict: Verdict
    conditions: tuple[Term, ...] = ()
    proof: Proof | None = None
    seen: Seen | None = None
    at: Origin | None = None


@dataclass(frozen=True)
class Known:
    """What is on record of an obligation: a proof, and what its cross-examination saw (`thorough`: to be cross-examined at all points again,
    if that can be done in time); or that it was refuted, and the origin of the counterexample; or the reason why it was undecided, so that
    nothing is searched for."""

    proof: Proof | None = None
    seen: Seen | None = None
    thorough: bool = False
    refuted: bool = False
    at: Origin | None = None
    reason: str | None = None


class Ledger(Protocol):
    """Keeps the evidence of obligations (a catalog's certificates).  What it knows is replayed here, never believed."""

    def recall(self, ob: Obligation) -> Known | None:
        """What is on record; None: judge as usual."""

    def record(self, ob: Obligation, found: Judgement) -> None:
        """Hear of a judgement."""


_ledger: Ledger | None = None


@contextmanager
def keeping(ledger: Ledger | None) -> Iterator[None]:
    """Judge with this ledger, or with none."""
    global _ledger
    before, _ledger = _ledger, ledger
    try:
        yield
    finally:
        _ledger = before


def undecided(reason: str) -> Judgement:
    """The verdict that nothing was found."""
    return Judgement(Verdict("undecided", reason=reason, seal=_SEAL))


def error(reason: str) -> Judgement:
    """The verdict on a step that can't be read."""
    return Judgement(Verdict("error", reason=reason, seal=_SEAL))


def composed(method: str, certainty: str, conditions: tuple[Term, ...]) -> Judgement:
    """The verdict on a claim that `chain.compose` has put together from proved steps (each of its links was proved here)."""
    return Judgement(
        Verdict("proved", method=method, certainty=certainty, conditions=_printed(conditions), seal=_SEAL), conditions
    )


def refuted_by(counterexample: Counterexample, hint: str | None = None) -> Judgement:
    """The verdict on what a certified counterexample refutes."""
    return Judgement(Verdict("refuted", method="counterexample", counterexample=counterexample, hint=hint, seal=_SEAL))


def judge(ob: Obligation, options: Options, hints: bool = True) -> Judgement:
    """Judge one obligation within the limits of `options`."""
    if entangled(ob.statement, ob.context) is not None:
        return undecided("not in the language yet: a bound variable that the law of a random symbol under it mentions")
    ledger = _ledger
    if ledger is None:
        return _within(ob, options, hints)
    known = ledger.recall(ob)
    found = None
    if known is not None:
        if known.reason is not None:
            found = undecided(known.reason)
        elif known.proof is not None:
            found = _replayed(ob, known.proof, None if known.thorough else known.seen, options)
            if known.thorough and known.seen is not None and (found is None or found.verdict.kind == "undecided"):
                found = _replayed(ob, known.proof, known.seen, options)
        elif known.refuted:
            found = _refuted_again(ob, known.at, options)
    if found is None:
        with keeping(None):  # what is asked on the way to a hint is no evidence
            found = _within(ob, options, hints)
    ledger.record(ob, found)
    return found


def _replayed(ob: Obligation, proof: Proof, seen: Seen | None, options: Options) -> Judgement | None:
    """The judgement from a proof on record, checked like any other; None if it proves nothing (any more).  It was cross-examined
    when it was recorded: the point at which the statement held then is enough here."""
    budget = Budget(seconds=options.timeout)
    try:
        session = Session(budget=budget)
        checked = check(ob, proof, session)
        if options.accepts(checked.certainty):
            examination = search.CrossExamination(ob, POINTS) if seen is None else Revisit(ob, seen, POINTS)
            return _confirm(ob, checked, session, budget, examination)
    except (Rejected, OutOfBudget, ZeroDivisionError, RecursionError, TypeError, ValueError, AttributeError, IndexError, KeyError):
        # a record that does not fit its obligation: whatever an inference stumbles over, it is no proof
        return None
    return None


def _refuted_again(ob: Obligation, at: Origin | None, options: Options) -> Judgement | None:
    """The counterexample on record, looked at again, or else another one."""
    refutation = None
    if at is not None:
        try:
            refutation = revisit.counterexample(ob, at)
        except (OutOfBudget, Rejected, ZeroDivisionError, RecursionError, TypeError, ValueError, AttributeError, IndexError, KeyError):
            refutation = None
    refutation = refutation or _search(ob, Budget(seconds=options.timeout), [])
    return _refuted(ob, refutation, False) if refutation is not None else None


def _within(ob: Obligation, options: Options, hints: bool) -> Judgement:
    seconds = options.timeout
    budget = Budget(seconds=seconds)
    try:
        return _judge(ob, options, budget, hints)
    except OutOfBudget as stop:
        return undecided(f"limit reached: {stop.reason}")
    except RecursionError:
        return undecided("limit reached: nesting")
    except MemoryError:
        return undecided("limit reached: memory")


def _judge(ob: Obligation, options: Options, budget: Budget, hints: bool) -> Judgement:
    missing = [t for t in subterms(ob.statement) if t.op == "opaque"] if contains_op(ob.statement, "opaque") else []
    if missing:
        return undecided(f"not in the language yet: {missing[0].data}")
    rough = not_holomorphic(ob.statement, ob.context)
    if rough is not None:
        return undecided(f"a derivative by a complex variable of a function that need not be holomorphic: {_printed((rough,))[0]}")
    session = Session(budget=budget)
    light, heavy = _by_cost()
    notes: list[str] = []
    examination = search.CrossExamination(ob, POINTS)
    refutation = _questioned(examination, FIRST)
    if refutation is not None:
        return _refuted(ob, refutation, hints)
    found = _prove(ob, light, session, 0.3, options, notes)
    if found is not None:
        return _confirm(ob, found, session, budget, examination)
    refutation = _search(ob, budget.share(0.25), notes)
    if refutation is None:
        refutation = _search_resolved(ob, session, budget, notes) or outgrown(ob, session) or _search_optima(ob, session, budget)
    if refutation is not None:
        return _refuted(ob, refutation, hints)
    found = _prove(ob, heavy, session, 0.6, options, notes)
    if found is not None:
        return _confirm(ob, found, session, budget, examination)
    refutation = _search(ob, budget.share(0.8), notes)
    if refutation is not None:
        return _refuted(ob, refutation, hints)
    refutation = _search_instances(ob, session, budget)
    if refutation is not None:
        # where models don't show that the step is false, they show no repair either
        return _refuted(ob, refutation, False)
    return undecided(_reason(ob, budget, notes))


@cache
def _by_cost() -> tuple[list[tuple[str, Prove]], list[tuple[str, Prove]]]:
    """The provers to try before the search for counterexamples, and those after it."""
    methods = provers()
    return [m for m in methods if m[0] in LIGHT], [m for m in methods if m[0] not in LIGHT or m[0] in LONG]


def _prove(
    ob: Obligation, methods: list[tuple[str, Prove]], session: Session, fraction: float, options: Options, notes: list[str]
) -> Checked | None:
    """The first proof that the kernel accepts with enough certainty."""
    with session.budget.limited(fraction):
        for name, prove in methods:
            try:
                with session.budget.limited(0.6):
                    proof: Proof | None = prove(ob, session)
                    if proof is None:
                        continue
                    checked = check(ob, proof, _replay_session(session))
                    if options.accepts(checked.certainty):
                        return checked
                    notes.append(f"proved only with certainty {checked.certainty}")
            except Rejected as why:
                notes.append(f"{name}: {why}")
            except OutOfBudget as stop:
                notes.append(f"{name}: limit reached: {stop.reason}")
            except ZeroDivisionError:
                notes.append(f"{name}: division by zero")
            except RecursionError:
                # a search that nests too deeply leaves the others their turn
                notes.append(f"{name}: limit reached: nesting")
    return None


def _replay_session(session: Session) -> Session:
    """The session to replay a proof in.  What rules and oracles of the kernel have established stays established, so that the
    search's own session will do, unless a condition was met on the way: those of the proof are then told apart from the others."""
    return Session(budget=session.budget) if session.conditions else session


def _search(ob: Obligation, share: Budget, notes: list[str]) -> Refutation | None:
    try:
        return search.search(ob, share)
    except OutOfBudget as stop:
        notes.append(f"refuter: limit reached: {stop.reason}")
    except RecursionError:
        notes.append("refuter: nesting")
    return None


def _search_instances(ob: Obligation, session: Session, budget: Budget) -> Refutation | None:
    """A counterexample with concrete functions and laws whose hypotheses are proved."""
    from derivcheck.refute.instances import refuted_by_instance

    try:
        with budget.limited(0.6):
            return refuted_by_instance(ob, session)
    except (OutOfBudget, Rejected, ZeroDivisionError, RecursionError):
        return None


def _search_resolved(ob: Obligation, session: Session, budget: Budget, notes: list[str]) -> Refutation | None:
    """A counterexample after limits, integrals and the like have been replaced by their values, by a proof that something does not
    exist, or with concrete laws."""
    ways: tuple[Callable[[], Refutation | None], ...] = (
        lambda: counterexample(ob, session, budget),
        lambda: disproof(ob, session, budget),
        lambda: normal_densities.counterexample(ob, budget),
        lambda: almost_sure.counterexample(ob, session, budget),
        lambda: moments_of_laws.counterexample(ob, session, budget),
        lambda: couplings.counterexample(ob, budget),
        lambda: heavy_tails.counterexample(ob, budget),
        lambda: size_one.counterexample(ob, session, budget),
        lambda: implicit_values.counterexample(ob, session, budget),
        lambda: exact_points.counterexample(ob, session),
    )
    for way in ways:
        try:
            found = way()
        except OutOfBudget as stop:
            notes.append(f"refuter: limit reached: {stop.reason}")
        except (Rejected, ZeroDivisionError, RecursionError):
            continue
        else:
            if found is not None:
                return found
    return None


def _search_optima(ob: Obligation, session: Session, budget: Budget) -> Refutation | None:
    """A counterexample after optima have been replaced by what they are shown to be."""
    try:
        return optimum_values.counterexample(ob, session, budget)
    except (OutOfBudget, Rejected, ZeroDivisionError, RecursionError):
        return None


def _refuted(ob: Obligation, refutation: Refutation, hints: bool) -> Judgement:
    from derivcheck.refute.hints import hint_for

    found = Counterexample(dict(refutation.values), refutation.lhs, refutation.rhs)
    hint = None
    if hints:
        try:
            hint = hint_for(ob, refutation)
        except (OutOfBudget, RecursionError, ZeroDivisionError, Rejected):
            hint = None
    return replace(refuted_by(found, hint), at=refutation.model.origin if refutation.model is not None else None)


def _questioned(examination: CrossExamination | Revisit, upto: int) -> Refutation | None:
    """Go on with a cross-examination; the counterexample that it found."""
    try:
        return examination.go_on(upto)
    except (OutOfBudget, RecursionError):
        return None


def _confirm(ob: Obligation, checked: Checked, session: Session, budget: Budget, questions: CrossExamination | Revisit) -> Judgement:
    """Cross-examine a checked proof, see that it is not vacuous, and collect the conditions."""
    witness = _questioned(questions, POINTS)
    if witness is not None:
        return _refuted(ob, witness, True)
    examination = questions.result()
    conditions = list(checked.conditions)
    for c in side_conditions(ob, session):
        if c not in conditions:
            conditions.append(c)
    stray = stray_series(conditions, ob.statement, session.rewriter(ob.context))
    if stray is not None:
        return undecided(f"rests on the existence of {_printed((stray,))[0]}, which is not given")
    if not examination.agree:
        vacuous = _vacuous(ob, examination, session)
        if vacuous == _NO_INSTANCE:
            # a busy machine must not be taken for hypotheses that contradict each other
            patient = search.CrossExamination(ob, POINTS, max(PATIENCE, min(LONGEST, 0.4 * budget.seconds_left)))
            witness = _questioned(patient, 1)
            if witness is not None:
                return _refuted(ob, witness, True)
            if patient.result().agree:
                vacuous, questions = None, patient
        if vacuous:
            refutation = _search(ob, budget.share(0.3), [])
            if refutation is not None:
                return _refuted(ob, refutation, True)
            return undecided(vacuous)
        doubtful = _doubtful(ob, checked.proof, session)
        if doubtful is not None:
            refutation = _search_resolved(ob, session, budget, [])
            if refutation is not None:
                return _refuted(ob, refutation, True)
            return undecided(f"not shown to have a value: {_printed((doubtful,))[0]}")
        never = [c for c in conditions if c.op == "rel" and session.oracle(ob.context).refutes(c)]
        if never:
            refutation = _search_resolved(ob, session, budget, [])
            if refutation is not None:
                return _refuted(ob, refutation, True)
            return undecided(f"the sides have no value together: {_printed((never[0],))[0]} never holds")
        complex_side = unordered(ob.statement, session.rewriter(ob.context))
        if complex_side is not None:
            return undecided(f"an inequality, and not shown to be real: {_printed((complex_side,))[0]}")
    return Judgement(
        Verdict("proved", method=checked.method, certainty=checked.certainty, conditions=_printed(tuple(conditions)), seal=_SEAL),
        tuple(conditions),
        checked.proof,
        revisit.seen(questions),
    )


def _doubtful(ob: Obligation, proof: Proof | None, session: Session) -> Term | None:
    """A limit process that is not shown to have a value, if need be case by case as the proof distinguishes them."""
    if proof is None or proof.rule not in ("cases", "substitute", "substitute-fact", "split-integral", "mixture-means", "gauss-marginal"):
        return unestablished(ob.statement, session.rewriter(ob.context))
    rest = apply_inference(ob, proof.rule, proof.params, session)
    return next((d for part, inner in zip(rest, proof.children, strict=True) if (d := _doubtful(part, inner, session)) is not None), None)


def _vacuous(ob: Obligation, examination: Examination, session: Session) -> str | None:
    """Why a proof without a single model in which both sides have values is not enough; None if definedness is plain."""
    if examination.undefined and not examination.unknown and not examination.agree:
        return "the sides have no value together at any point tried"
    supposed = any(h.kind in ("suppose", "induction") for h in ob.context.hypotheses)  # these may well have no instance
    if examination.models == 0 and ob.context.hypotheses and not supposed and not satisfiable(ob, session):
        return _NO_INSTANCE
    if examination.models == 0:
        oracle = session.oracle(ob.context)
        if any(_empty(d.domain, oracle) for d in ob.context.declarations.values() if d.domain is not None):
            return _NO_INSTANCE
    return None


_NO_INSTANCE = "no instance of the declarations and hypotheses was found: they may contradict each other"


def _empty(domain: Term, oracle: Oracle) -> bool:
    """Whether a declared domain is seen to have no element."""
    if domain.op == "set":
        return domain.data == "empty"
    if domain.op == "interval":
        low, high = domain.args
        return oracle.less(high, low) if domain.data == "[]" else oracle.less_equal(high, low)
    if domain.op == "range":
        return oracle.less(domain.args[1], domain.args[0])
    return domain.op == "inter" and any(_empty(d, oracle) for d in domain.args)


def side_conditions(ob: Obligation, session: Session) -> list[Term]:
    """The conditions under which the sides of a relation have values and that the context does not give."""
    p = ob.statement
    if p.op not in ("rel", "psd", "pd"):
        return []
    oracle = session.oracle(ob.context)
    out: list[Term] = []
    for side in p.args[:2]:
        try:
            for c in oracle.undefinedness(side):
                if c not in out:
                    out.append(c)
        except (RecursionError, OutOfBudget):
            continue
    return _essential(out, ob, session)


def _essential(conditions: list[Term], ob: Obligation, session: Session) -> list[Term]:
    """The conditions without those that follow from the others."""
    kept = list(conditions)
    for c in conditions:
        if len(kept) > 1 and c.op in ("rel", "or") and len(kept) <= 8 and implied(c, [d for d in kept if d is not c], session.oracle(ob.context)):
            kept.remove(c)
    return kept


def _printed(conditions: tuple[Term, ...]) -> tuple[str, ...]:
    if not conditions:
        return ()
    from derivcheck.terms.printer import to_latex

    out: list[str] = []
    for c in conditions:
        text = f"{c.data} {to_latex(c.args[0])}" if c.op == "opaque" and c.args else to_latex(c)
        if text not in out:
            out.append(text)
    return tuple(out)


def _reason(ob: Obligation, budget: Budget, notes: list[str]) -> str:
    limits = [n for n in notes if "limit" in n or "certainty" in n]
    evidence = ""
    try:
        if budget.seconds_left > 0.2:
            examination = search.cross_examine(ob, points=32)
            total = examination.agree + examination.disagree
            if total:
                evidence = f"; agrees at {examination.agree} of {total} points"
            elif examination.unknown:
                evidence = "; no point could be evaluated"
    except (OutOfBudget, RecursionError):
        evidence = ""
    return (limits[0] if limits else "no method proves or refutes it") + evidence
