"""The result stream and what it comes to.

`records` are what a run writes down, `stream` writes and reads them, `fold` makes one verdict per requirement and one
for the run out of them. Nothing here looks at a clock or a network.
"""

from __future__ import annotations

from conformance.results.baseline import Standing
from conformance.results.fold import fold
from conformance.results.outcome import RequirementResult, Results, SectionTotals, Verdict
from conformance.results.records import (
    LEFT_OUT,
    NOT_OFFERED,
    NOT_WITHIN,
    Accepted,
    Device,
    EditRecord,
    Evidence,
    Footer,
    Header,
    Judged,
    Load,
    Observation,
    Outcome,
    Record,
    RequirementOutcome,
    Stop,
    StreamRecord,
    TestRecord,
    Timing,
    left_out,
    not_offered,
)
from conformance.results.stream import FORMAT, STREAM, Writer, load, read

__all__ = [
    "FORMAT",
    "LEFT_OUT",
    "NOT_OFFERED",
    "NOT_WITHIN",
    "STREAM",
    "Accepted",
    "Device",
    "EditRecord",
    "Evidence",
    "Footer",
    "Header",
    "Judged",
    "Load",
    "Observation",
    "Outcome",
    "Record",
    "RequirementOutcome",
    "RequirementResult",
    "Results",
    "SectionTotals",
    "Standing",
    "Stop",
    "StreamRecord",
    "TestRecord",
    "Timing",
    "Verdict",
    "Writer",
    "fold",
    "left_out",
    "load",
    "not_offered",
    "read",
]
