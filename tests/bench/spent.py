"""What a process of ours spent: wall time, its own CPU, and that of another process meanwhile.

The one rule: both are read from the kernel's clocks, in nanoseconds; nothing is asked of the process itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.machine import ROOT

BYTE_CODE = ROOT / "reports" / "bench" / "byte-code"
_NOT_OURS = ("DRS_", "PYTEST_", "HYPOTHESIS", "PYTHON")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds: `wall` from start to end, `cpu` of the process and its children, `server` of the other process."""

    wall: float
    cpu: float
    server: float = 0.0


class FailedError(Exception):
    """A process that was to be measured did not do what it was started for."""


def cpu_of(pid: int) -> float:
    """The CPU seconds that a running process has used so far: its clock, as clock_getcpuclockid(3) makes it."""
    return time.clock_gettime((~pid << 3) | 2)


def environment(**more: str) -> dict[str, str]:
    """That of a process: nobody's options, the code of this checkout, and byte code as installed code has it.

    That lies in the benchmark's own folder, so that it is there whatever the user's Python was told of writing it.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    code = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]), "PYTHONPYCACHEPREFIX": str(BYTE_CODE)}
    return own | code | more


def profiled(arguments: list[str], profile: Path | None) -> list[str]:
    """Python's arguments, under pyinstrument where a profile is to be written."""
    if profile is None:
        return arguments
    return ["-m", "pyinstrument", "--renderer", "text", "--outfile", str(profile.absolute()), *arguments]


def spend(arguments: list[str], folder: Path, *, server: int | None = None) -> Spent:
    """Runs Python with these arguments to its end. Raises `FailedError`, with its last words, unless it ends with 0."""
    said = folder / "said.txt"
    with said.open("wb") as file:
        before = cpu_of(server) if server else 0.0
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment(),
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        after = cpu_of(server) if server else 0.0
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise FailedError(f"{' '.join(arguments)} ended with {process.returncode}: {' '.join(lines[-3:])}")
    return Spent(wall, used.ru_utime + used.ru_stime, after - before)
