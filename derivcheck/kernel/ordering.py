"""A total order on terms that doesn't depend on names of bound variables or on the order of creation.

Declared symbols compare by name, opened binder variables by nesting depth, everything else by a structural digest.  A collision of
digests costs a canonical form, never a verdict.
"""

from __future__ import annotations

from hashlib import blake2b

from derivcheck.terms.term import Term

HUGE = 10_000  # bits
_memo: dict[Term, int] = {}


def order_key(t: Term) -> int:
    """The digest by which sums and products are sorted."""
    got = _memo.get(t)
    if got is not None:
        return got
    from derivcheck.kernel.rewrite import LEVELS

    if t.op == "sym":
        name, tag = t.data
        label = f"s{name}" if not tag else f"b{LEVELS.get(t, 0)}:{name if t not in LEVELS else ''}"
        if tag < 0 and t not in LEVELS:
            # symbols that inferences introduce are told apart by their number, which the context fixes
            label += f":{tag}"
    elif t.op == "num":
        # decimal digits of a huge number take long, and Python refuses them
        huge = max(t.data.numerator.bit_length(), t.data.denominator.bit_length()) > HUGE
        label = f"n{t.data.numerator:x}/{t.data.denominator:x}" if huge else f"n{t.data}"
    else:
        label = f"{t.op}|{t.data}|" + ",".join(str(order_key(a)) for a in t.args)
    key = int.from_bytes(blake2b(label.encode(), digest_size=12).digest(), "big")
    _memo[t] = key
    return key
