"""Memory and time per case, as cases grow: a long run must cost no more for a case than a short one, nor hold more.

The same requirements are tested as much as `quick` does, and 10 and 100 times as much: those whose cases are drawn, so
that there are as many as one asks for. Memory is the most that the suite's process held. CPU per case is that of the
whole process, start and reports included; time per case that of the tests alone, the server's part included. A case is
one requirement looked at once, as the stream counts them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.parts import How
from bench.serving import fresh, serving
from bench.spent import profiled, spend

SELECTED = (
    "join-request/csr-signature",
    "join-request/csr-structure",
    "join-request/transport-key-lengths",
    "join-request/transport-key-magic",
    "join-answer/raw-body",
)
MEMORY_GOAL, CPU_GOAL = 1.5, 1.0


@dataclass(frozen=True, slots=True)
class Grown:
    """One run: `seconds` of its tests, CPU, cases, requests, the most memory in MiB, and the octets of its stream."""

    factor: int
    seconds: float
    cpu: float
    cases: int
    requests: int
    peak: float
    stream: int

    @property
    def time_per_case(self) -> float:
        """Milliseconds of the tests."""
        return 1000 * self.seconds / self.cases

    @property
    def cpu_per_case(self) -> float:
        """Milliseconds of the process."""
        return 1000 * self.cpu / self.cases


def measure(how: How) -> dict[str, Any]:
    """Ten times the cases; in short, twice."""
    return measured(how, 2 if how.short else 10)


def measured(how: How, factor: int) -> dict[str, Any]:
    """So many times the cases beside as many as quick has. Raises `FailedError`."""
    state = how.folder / "growth.sqlite"
    with serving(state):
        pass
    found = []
    for times in (1, factor):
        how.say(f"{times} times the cases")
        found.append(grown(times, state, how))
    return {
        "figures": [figure.to_json() for figure in figures(*found)],
        "runs": [{name: getattr(one, name) for name in one.__slots__} for one in found],
    }


def grown(factor: int, state: Path, how: How) -> Grown:
    """One run of the selected requirements, with so many times the examples."""
    folder = how.folder
    more = {"times": factor, "peak": str(folder / "peak.txt")}
    chosen = [word for id_ in SELECTED for word in ("--select", id_)]
    with serving(fresh(state, folder)) as server:
        options = ["run", "--profile", "quick", "--seed", "1", "--out", "grown", *chosen]
        command = profiled(["-m", "bench.drive", str(server.first_line), json.dumps(more)], how.profile)
        spent = spend([*command, *options], folder)
    stream = folder / "grown" / "results.jsonl"
    tests = [line for line in map(json.loads, stream.open(encoding="utf-8")) if line["record"] == "test"]
    return Grown(
        factor,
        sum(test["seconds"] for test in tests),
        spent.cpu,
        sum(item["cases"] for test in tests for item in test["requirements"]),
        sum(test["requests"] for test in tests),
        int((folder / "peak.txt").read_text(encoding="ascii")) / 1024,
        stream.stat().st_size,
    )


def figures(one: Grown, many: Grown) -> list[Figure]:
    """The ratios, and what they are made of."""
    times = f"{many.cases / one.cases:.0f} times the cases"
    name = f"growth/{many.factor}"
    return [
        Figure(f"{name}/memory", f"peak memory with {times} over that with one", "",
               (many.peak / one.peak,), goal=MEMORY_GOAL),
        Figure(f"{name}/cpu", f"CPU per case with {times} over that with one", "",
               (many.cpu_per_case / one.cpu_per_case,), goal=CPU_GOAL, limit=CPU_GOAL),
        Figure(f"{name}/peak", f"peak memory with {many.cases:,} cases", "MiB", (many.peak,)),
        Figure(f"{name}/time", f"time per case with {many.cases:,} cases", "ms", (many.time_per_case,)),
        Figure(f"{name}/time-before", f"time per case with {one.cases:,} cases", "ms", (one.time_per_case,)),
    ]  # fmt: skip
