"""Matrix equations among the hypotheses as rewriting rules on words, completed a little.

A hypothesis A = B is the relation A - B = 0: its leading word (longest first) is replaced by the rest, and so is its transpose; square
A B = I gives B A = I too.  Overlaps of leading words give further relations (Buchberger's algorithm in the free algebra, bounded): each
is a consequence of the hypotheses.  Source: Mora, An introduction to commutative and noncommutative Gröbner bases (1994).
"""

from __future__ import annotations

from dataclasses import dataclass

from derivcheck.kernel.matrix_form import Form, Word, decode, flipped, monomial_key, put, times
from derivcheck.kernel.rewrite import Rewriter
from derivcheck.terms import build as b
from derivcheck.terms.term import Term

GROUP, REVERSED = "matrix-hypotheses", "matrix-hypotheses-reversed"
MAX_RELATIONS = 24
MAX_LENGTH = 8


@dataclass(frozen=True)
class Relation:
    """`lead` equals the combination `rest`."""

    lead: Word
    rest: tuple[tuple[Word, Term], ...]


def relations(rw: Rewriter) -> tuple[Relation, ...]:
    """The relations that the hypotheses of a rewriter's context give."""
    memo = rw.oracle.__dict__
    key = "_matrix_relations_reversed" if REVERSED in rw.groups else "_matrix_relations"
    got: tuple[Relation, ...] | None = memo.get(key)
    if got is None:
        memo[key] = ()
        got = memo[key] = _gather(rw)
    return got


def _gather(rw: Rewriter) -> tuple[Relation, ...]:
    from derivcheck.kernel.randomness import randomness

    reverse = REVERSED in rw.groups
    plain = Rewriter(rw.oracle, rw.groups - {GROUP, REVERSED}, rw.budget, rw.used, rw.conditions, rw.depth, rw.skip)
    random = randomness(rw.oracle)
    found: list[Relation] = []
    for h in rw.oracle.context.hypotheses:
        for p in h.statement.args if h.statement.op == "and" else (h.statement,):
            if p.op != "rel" or p.data != "=" or p.args[0].sort.kind != "mat" or random.atoms(p):
                continue
            x = plain.nf(b.add(p.args[0], b.neg(p.args[1])))
            form = decode(x, plain)
            for f in (form, flipped(form, plain)):
                _note(found, f, plain, reverse)
            _other_side(found, p, plain, reverse)
    _complete(found, plain, reverse)
    return tuple(found)


def _other_side(found: list[Relation], p: Term, rw: Rewriter, reverse: bool) -> None:
    # A B = I for square A, B gives B A = I
    form = decode(rw.nf(b.add(p.args[0], b.neg(p.args[1]))), rw)
    words = [w for w in form if w]
    if len(form) == 2 and () in form and len(words) == 1 and all(f.sort.rows is f.sort.cols for f in words[0]):
        w = words[0]
        for i in range(1, len(w)):
            turned = w[i:] + w[:i]
            f: Form = {turned: form[w], (): form[()]}
            _note(found, f, rw, reverse)


def _note(found: list[Relation], form: Form, rw: Rewriter, reverse: bool) -> None:
    words = [w for w in form if w]
    if not words or len(found) >= MAX_RELATIONS:
        return
    # of the longest words the largest, or with `reverse` the smallest
    # outer products count as small: what stands beside them takes them apart into numbers
    pool = [w for w in words if not any(f.sort.cols is b.ONE for f in w[:-1])] or words
    lead = max(pool, key=lambda w: monomial_key(w, reverse))
    c = form[lead]
    if len(lead) > MAX_LENGTH or (c.op != "num" and not rw.oracle.nonzero(c)):
        return
    factor = rw.nf(b.div(b.MINUS_ONE, c))
    rest = tuple((w, times(factor, d, rw)) for w, d in form.items() if w != lead)
    if any(r.lead == lead and r.rest == rest for r in found):
        return
    found.append(Relation(lead, rest))


def reduce_once(w: Word, rules: list[Relation] | tuple[Relation, ...]) -> list[tuple[Term, Word]] | None:
    """One replacement of a leading word in w."""
    for r in rules:
        n = len(r.lead)
        for i in range(len(w) - n + 1):
            if w[i : i + n] == r.lead:
                return [(c, w[:i] + v + w[i + n :]) for v, c in r.rest]
    return None


def reduced(form: Form, rules: list[Relation] | tuple[Relation, ...], rw: Rewriter) -> Form:
    """A form with every leading word replaced."""
    out: Form = {}
    stack = [(c, w) for w, c in form.items()]
    while stack:
        rw.budget.spend(1)
        c, w = stack.pop()
        step = reduce_once(w, rules) if w else None
        if step is None or len(stack) > 200:
            put(out, w, c, rw)
        else:
            stack.extend((times(c, d, rw), v) for d, v in step)
    return out


def _complete(found: list[Relation], rw: Rewriter, reverse: bool) -> None:
    tried: set[tuple[Word, Word, int]] = set()
    for _ in range(3):
        size = len(found)
        for r in list(found):
            for s in list(found):
                for k in range(1, min(len(r.lead), len(s.lead)) + 1):
                    if r.lead[-k:] != s.lead[:k] or (r is s and k == len(r.lead)) or (r.lead, s.lead, k) in tried:
                        continue
                    tried.add((r.lead, s.lead, k))
                    form: Form = {}
                    for w, c in r.rest:
                        put(form, w + s.lead[k:], c, rw)
                    for w, c in s.rest:
                        put(form, r.lead[:-k] + w, times(b.MINUS_ONE, c, rw), rw)
                    form = reduced(form, found, rw)
                    if form and len(found) < MAX_RELATIONS and len(form) <= 8:
                        _note(found, form, rw, reverse)
        if len(found) == size:
            return
