"""Reference servers of the benchmark: each with a state of its own, at one port, so that a tape fits all of them."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.spent import FailedError, environment, profiled


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is up: its process, its first line, and the file it keeps its state in."""

    pid: int
    ready: dict[str, Any]
    state: Path

    @property
    def first_line(self) -> Path:
        """A file with its first line, for a process that is to speak to it."""
        return self.state.with_suffix(".json")

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.ready["url"].rpartition(":")[2])


@contextlib.contextmanager
def serving(state: Path, port: int = 0, profile: Path | None = None) -> Iterator[Server]:
    """A server on this state, which is made if it is not there. Raises `FailedError` when it does not start."""
    with subprocess.Popen(
        [sys.executable, *profiled(["-m", "bench.serve", str(state), str(port)], profile)],
        cwd=state.parent,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise FailedError("the reference server did not start")
            server = Server(process.pid, json.loads(line), state)
            server.first_line.write_bytes(line)
            yield server
        finally:
            process.terminate()


def fresh(state: Path, folder: Path) -> Path:
    """A copy of a state, for a server that will change it."""
    return Path(shutil.copy(state, folder / f"state-{time.monotonic_ns()}.sqlite"))


def rewound(state: Path, began: float, folder: Path) -> Path:
    """A copy of the state a run has left, as if what it was given had not been used, and had been given now.

    Nonces are unspent, and good for as long as they were when the run `began` (seconds since the epoch); devices, keys
    and spent challenges are forgotten. So that what is on the run's tape comes to what it came to.
    """
    copy = fresh(state, folder)
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as db:
        db.execute("update nonce set spent = 0, expires = expires + ?", (time.time() - began,))
        for table in ("device", "challenge", "provisioned"):
            db.execute(f"delete from {table}")
    return copy
