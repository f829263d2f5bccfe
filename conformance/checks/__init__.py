"""Was the answer right: what a target answered, held against catalogue, schemas and codecs.

The one rule: a check is a pure function of exchanges; it returns what it looked at and what it found, every mismatch at
once, and raises nothing that speaks of the target.
"""

from conformance.checks.judgement import Finding, Judgement
from conformance.checks.verdict import Verdict, classify

__all__ = ["Finding", "Judgement", "Verdict", "classify"]
