"""Whether a document can hold anything to check: told at the cost of one search, so that the many that don't cost nothing more."""

from __future__ import annotations

import re

_MARKER = re.compile(r"derivcheck\s*:|begin\s*\{derivation\}|(?:```|~~~)\s*\{?\s*\.?deriv\b")


def has_derivations(text: str) -> bool:
    """False only where nothing is checked.  (In a notebook's JSON backslashes are doubled, hence no `\\\\` before `begin`.)"""
    return _MARKER.search(text) is not None
