"""Devices that could not be removed at a run's end are told of, with the reason and what would remove them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.kit import Made
from conformance.kit.removal import Left
from conformance.plugin import rounds
from conformance.plugin import run as runs
from conformance.plugin.tidying import Tidied
from conformance.results import Writer
from plugin.test_plugin_memory import HEADER, NOTHING


@pytest.mark.parametrize("count", [0, 1, 2])
def test_devices_that_are_left_are_told_of(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tuple(Left(Made("d", "", "", ""), "it\nsays \x1b[31mno") for _ in range(count))
    monkeypatch.setattr(runs, "tidy", lambda *_: Tidied(left=left))
    monkeypatch.setattr(rounds, "kind", lambda: "a round")  # which writes no report
    settings: Any = SimpleNamespace(out=tmp_path)
    with Writer(tmp_path / "results.jsonl") as writer:
        run = runs.Run(settings, NOTHING, NOTHING, writer)
        run.record(HEADER)
        run.finish()
    told = f"{count} device{'s' if count > 1 else ''} not removed: it says \\x1b[31mno; "
    again = f"drs-conformance cleanup {tmp_path / 'devices.jsonl'} tries again"
    assert list(run.remarks) == ([told + again] if count else [])
