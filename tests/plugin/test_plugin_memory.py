"""A run of any length keeps no exchange in memory: what was judged goes into the stream, and out of the process."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from conformance.exchange import Answer, Exchange, Request
from conformance.plugin.activation import Controller
from conformance.plugin.run import Run
from conformance.results import Header, Judged, Outcome, TestRecord, Writer, load

SENT = Request("POST", "https://drs.invalid/EnrollmentServer/device/", label="a join")
RECORD = TestRecord(
    "suites/test_any.py::test_any",
    "Any.",
    "2.1.1.1.1",
    0.1,
    1,
    Outcome.PASS,
    judged=(Judged("refused", ("join-request/csr-cn",), twin="join", exchange=0, title="any"),),
    exchanges=(Exchange(SENT, Answer(400)),),
    kept=("join-request/csr-version",),
)
NOTHING: Any = None
HEADER = Header("2026-01-01T00:00:00.000+00:00", {}, "quick", "must", 0, {}, (), ())


def test_what_was_judged_is_in_the_stream_and_not_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    report = pytest.TestReport("any", ("", 0, ""), {}, "passed", None, "call")
    report.user_properties = [("drs-test", RECORD.to_json())]
    with Writer(path) as writer:
        run = Run(NOTHING, NOTHING, NOTHING, writer)
        run.record(HEADER)
        Controller(run, quiet=True).pytest_runtest_logreport(report)
    assert load(path)[1] == RECORD
    held = (run.records[1], TestRecord.from_json(report.user_properties[0][1]))
    for record in held:
        kept = cast("TestRecord", record)
        assert (kept.judged, kept.exchanges, kept.kept) == ((), (), ())
        assert (kept.test, kept.outcome, kept.requests) == (RECORD.test, Outcome.PASS, 1)
