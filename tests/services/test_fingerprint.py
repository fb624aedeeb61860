"""Keys of obligations: equal for equal ones in different processes, different for different ones."""

from __future__ import annotations

import subprocess
import sys

from derivcheck.services.fingerprint import obligation_key
from derivcheck.services.options import Options
from derivcheck.terms import build as b
from derivcheck.terms.context import Context, Declaration, Hypothesis
from derivcheck.terms.sorts import vec
from derivcheck.terms.term import Term, mk, num, sym

x, y = sym("x"), sym("y")
REALS = mk("rn", (num(1),))


def key(statement: Term, *hypotheses: Term, attributes: tuple[str, ...] = (), options: Options | None = None) -> str | None:
    context = Context().with_declaration(Declaration(x, REALS, frozenset(attributes))).with_hypotheses([Hypothesis(h) for h in hypotheses])
    return obligation_key(context, statement, options or Options())


def samples() -> list[str | None]:
    s = b.add(x, num(1))
    t = b.add(x, num(2))
    return [
        key(s),
        key(t),
        key(b.add(num(1), x)),
        key(s, t),
        key(s, attributes=("positive",)),
        key(s, attributes=("positive", "increasing", "bounded")),
        key(s, options=Options(certainty="exact")),
        key(b.sum_(x, num(0), num(3), x)),
        key(b.sum_(x, num(0), num(3), y)),
        key(sym("x", vec(num(2)))),
        key(sym("x", vec(num(3)))),
        key(num("1/2")),
        key(mk("num", (), "1/2")),
    ]


def test_different_obligations_have_different_keys() -> None:
    found = samples()
    assert None not in found and len(set(found)) == len(found)
    assert key(b.add(x, num(1))) == key(b.add(x, num(1)), options=Options(timeout=3.0, jobs=7))
    assert key(b.sum_(x, num(0), num(3), x)) == key(b.sum_(y, num(0), num(3), y))


def test_keys_are_the_same_in_another_process() -> None:
    code = "from tests.services.test_fingerprint import samples; print(samples())"
    runs = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in range(2)}
    assert runs == {f"{samples()}\n"}


def test_deep_terms() -> None:
    t = x
    for _ in range(50_000):
        t = b.neg(t)
    assert key(t) is not None


def test_what_has_no_stable_writing_has_no_key() -> None:
    assert key(mk("num", (), object())) is None
