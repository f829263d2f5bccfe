"""Ctrl-C while a record is being written: the line is whole, and so is what the same test told besides."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.plugin.activation import Controller
from conformance.plugin.interrupts import Interrupts
from conformance.plugin.run import Run
from conformance.results import Device, Stop, Writer, load
from plugin.test_plugin_memory import HEADER, NOTHING, RECORD

DEVICE = Device("8e0dd1c3-5bd7-4a44-9c40-1d7ab9b4b0e9", HEADER.started, "A" * 40)
JUDGED = replace(RECORD, judged=RECORD.judged * 3)


class Struck(list[Any]):
    """What is written item by item, with a signal between two of them."""

    def __iter__(self) -> Iterator[Any]:
        first, *others = super().__iter__()
        yield first
        signal.raise_signal(signal.SIGINT)
        yield from others


def test_a_record_is_written_whole_and_the_interrupt_comes_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with Interrupts() as interrupts, Writer(path) as writer:
        run = interrupts.run = Run(NOTHING, NOTHING, NOTHING, writer)
        run.record(HEADER)
        form = JUDGED.to_json()
        with pytest.raises(KeyboardInterrupt):
            run.record(JUDGED, {**form, "judged": Struck(form["judged"])})
        run.stop("interrupted")
    assert load(path)[1:] == (JUDGED, Stop("interrupted"))


def test_what_one_test_told_is_written_together(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    form: dict[str, Any] = JUDGED.to_json()
    report = pytest.TestReport("any", ("", 0, ""), {}, "passed", None, "call")
    report.user_properties = [
        ("drs-test", {**form, "judged": Struck(form["judged"])}),
        ("drs-device", DEVICE.to_json()),
    ]
    with Interrupts() as interrupts, Writer(path) as writer:
        run = interrupts.run = Run(NOTHING, NOTHING, NOTHING, writer)
        run.record(HEADER)
        with pytest.raises(KeyboardInterrupt):
            Controller(run, quiet=True).pytest_runtest_logreport(report)
        run.stop("interrupted")
    assert load(path)[1:] == (JUDGED, DEVICE, Stop("interrupted"))
