"""Chains and claims: every step judged in turn, proved steps composed into the claim.

`judge_document` is the one entry point; it is given an elaborated file and returns its report.
"""

from derivcheck.chain.document import judge_document

__all__ = ["judge_document"]
