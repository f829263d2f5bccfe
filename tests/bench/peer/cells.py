"""One cell of the comparison: a server just started, one tool against it with one worker, and what it came to.

The one rule: both tools get the same server, built from the same checkout, and the same seconds; where a rung of
Schemathesis has two documents it gets half of them for each.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.peer.documents import copied
from bench.peer.judging import Cell, Seen, of_schemathesis, of_suite
from bench.peer.share import watched
from conformance.cli.proving import run
from conformance.errors import ConformanceError
from conformance.paths import PACKAGE
from conformance.plugin.embedded import ReferenceServer

HERE: Final = Path(__file__).parent
SUITE: Final = "suite"
_GRACE: Final = 120  # seconds beyond a budget until a run counts as hung
_DEEP: Final = 120  # seconds of budget from which on the suite's deepest profile has something to do


@dataclass(frozen=True, slots=True)
class Rung:
    """What Schemathesis is given: its hooks, the copies of the document, and what that is in words."""

    says: str
    hooks: str | None
    copies: tuple[str, ...]
    files: tuple[str, ...]


RUNGS: Final = {
    "rung-1": Rung(
        "a strict document with one valid example",
        None,
        ("patterns",),
        ("openapi.json", "schemathesis.toml", "patterns.toml"),
    ),
    "rung-2": Rung(
        "formats that give real requests and keys",
        "bench.peer.formats",
        ("formats", "patterns"),
        ("openapi.json", "schemathesis.toml", "patterns.toml", "formats.py"),
    ),
    "rung-3": Rung(
        "the suite's oracles as checks, its wrong encodings as formats",
        "bench.peer.oracles",
        ("formats", "wrong"),
        ("openapi.json", "schemathesis.toml", "patterns.toml", "formats.py", "oracles.py"),
    ),
}
TOOLS: Final = (*RUNGS, SUITE)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where things are: the interpreter that has Schemathesis, RSA keys in PEM for its hooks, a folder for runs."""

    python: str
    keys: Path
    folder: Path


def measured(cell: Cell, bench: Bench) -> Cell:
    """The cell with what came of it. Raises `ConformanceError` where a tool could not be run at all."""
    began = time.monotonic()
    with watched() as share:
        seen = _suite(cell, bench) if cell.tool == SUITE else _schemathesis(cell, bench)
    return replace(cell, seen=seen, seconds=round(time.monotonic() - began, 1), share=share.value)


def _suite(cell: Cell, bench: Bench) -> Seen:
    profile = "deep" if cell.budget >= _DEEP else "standard"
    options = ["--budget", f"{cell.budget}s", "--seed", str(cell.seed), "--profile", profile, "--gate", "should"]

    def tested(ready: dict[str, Any]) -> Seen:
        _, results, _ = run(ready, bench.folder, *options, seconds=cell.budget + _GRACE)
        return of_suite(results)

    return _served(cell.defect, tested)


def _schemathesis(cell: Cell, bench: Bench) -> Seen:
    document = json.loads((HERE / "openapi.json").read_text(encoding="utf-8"))
    seen = Seen()
    for kind in RUNGS[cell.tool].copies:
        (bench.folder / "openapi.json").write_text(json.dumps(copied(document, kind)), encoding="utf-8")
        (bench.folder / "schemathesis.toml").write_text(_configuration(kind), encoding="utf-8")
        seen += _served(cell.defect, partial(_run, cell, bench, kind))
    return seen


def _configuration(kind: str) -> str:
    files = ["schemathesis.toml"] if kind == "formats" else ["schemathesis.toml", "patterns.toml"]
    return "".join((HERE / name).read_text(encoding="utf-8") for name in files)


def _run(cell: Cell, bench: Bench, kind: str, ready: dict[str, Any]) -> Seen:
    """One run of Schemathesis, with one copy of the document."""
    rung = RUNGS[cell.tool]
    seconds = cell.budget // len(rung.copies)
    report = bench.folder / f"{kind}.ndjson"
    report.unlink(missing_ok=True)
    command = [bench.python, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", "openapi.json"]
    command += ["--url", ready["url"], "--max-time", str(seconds), "--seed", str(cell.seed), "--no-color"]
    command += ["--report-ndjson-path", str(report)]
    try:
        done = subprocess.run(
            command,
            cwd=bench.folder,
            env=_environment(bench, rung, ready),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds + _GRACE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Seen(troubles=(f"{kind}: Schemathesis did not end within {seconds + _GRACE} seconds",))
    if not report.exists():
        last = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["nothing"]
        raise ConformanceError(f"Schemathesis wrote no report (status {done.returncode}), it said: {last[0]}")
    with report.open(encoding="utf-8") as lines:
        return of_schemathesis(lines, kind)


def _environment(bench: Bench, rung: Rung, ready: dict[str, Any]) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DRS_", "SCHEMATHESIS_"))}
    own |= {
        "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), str(PACKAGE.parent)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PEER_TOKEN": ready["token"],
        "PEER_MINT": ready["more"]["mint"]["challenge"],
        "PEER_KEYS": str(bench.keys),
        "PEER_CA": ready["ca"],
        "PEER_UPN": ready["upn"],
    }
    return own | ({"SCHEMATHESIS_HOOKS": rung.hooks} if rung.hooks else {})


def _served(defect: str | None, test: Callable[[dict[str, Any]], Seen]) -> Seen:
    """What a test of a server just started comes to; the server ends with it."""
    server = ReferenceServer(("--quiet", *(("--defect", defect) if defect else ())))
    try:
        return test(server.ready)
    finally:
        server.stop()
