"""A run against the reference server, to know beforehand what a run of the same options sends and costs.

The one rule: nothing is sent to the target. What is learned is what a conforming target gets; one that departs from the
document gets more, since a failing request is looked into.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.errors import TargetError
from conformance.plugin.settings import MOST_DEVICES, Settings
from conformance.plugin.thrift import Cost
from conformance.results import STREAM, Footer, load

COSTS = "_DRS_COSTS"  # where a rehearsal is told to write what each test cost; for no one but us


def rehearse(settings: Settings) -> dict[str, Cost]:
    """What each test costs, by its name; without `--max-devices` with a baseline after each case.

    Raises `TargetError` when the rehearsal comes to nothing.
    """
    with tempfile.TemporaryDirectory(prefix="drs-rehearsal-") as folder:
        costs = Path(folder) / "costs.jsonl"
        words = [
            *(sys.executable, "-m", "conformance", "run", "--out", "out"),
            *("--profile", settings.profile.name, "--seed", str(settings.seed)),
            *(("--max-devices", str(MOST_DEVICES)) if settings.max_devices is not None else ()),
            *(word for one in settings.select for word in ("--select", one)),
        ]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DRS_")}
        package = str(Path(sys.modules["conformance"].__path__[0]).parent)
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, (package, kept.get("PYTHONPATH", ""))))
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            words, cwd=folder, env=kept | {COSTS: str(costs)}, capture_output=True, text=True, check=False
        )
        if not costs.exists() or not _ended(Path(folder) / "out" / STREAM):
            lines = (done.stderr or done.stdout).strip().splitlines()
            raise TargetError(f"the rehearsal on the reference server failed: {(lines or ['without a word'])[-1]}")
        return read([json.loads(line) for line in costs.read_text(encoding="ascii").splitlines()])


def _ended(stream: Path) -> bool:
    """Whether a run came to its end; what only observes comes to no verdict, and has its cost all the same."""
    footers = [record for record in load(stream) if isinstance(record, Footer)] if stream.exists() else []
    return [footer.stopped for footer in footers] == [None]


def read(lines: list[Mapping[str, Any]]) -> dict[str, Cost]:
    """The costs as they were written; who made what several tests judge is found by its name."""
    maker = {name: line["test"] for line in reversed(lines) for name in line["kept"]}
    return {
        line["test"]: Cost(
            line["section"],
            line["devices"],
            line["every"],
            line["requests"],
            line["cases"],
            frozenset(line["twins"]),
            frozenset(maker[name] for name in line["used"] if name in maker) - {line["test"]},
            frozenset(line["requirements"]),
        )
        for line in lines
    }
