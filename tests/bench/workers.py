"""One worker of pytest-xdist beside two: plain pytest against a reference server that it starts itself.

Counted is the whole command. Where two cores are shared by two workers and the server, twice as fast is out of reach:
the server alone takes a part of a core.
"""

from __future__ import annotations

from typing import Any

from bench.figures import Figure, ratios
from bench.parts import How
from bench.spent import Spent, profiled, spend

GOAL = 0.8


def measure(how: How) -> dict[str, Any]:
    """`-n 1` and `-n 2` by turns: standard twice; in short, quick once."""
    profile, times = ("quick", 1) if how.short else ("standard", 2)
    spent: dict[int, list[Spent]] = {1: [], 2: []}
    for number in range(times):
        for workers, came in spent.items():
            how.say(f"-n {workers}, {number + 1} of {times}")
            came.append(spend(profiled(_command(workers, profile), how.profile), how.folder))
    return {"figures": [figure.to_json() for figure in figures(profile, spent[1], spent[2])]}


def _command(workers: int, profile: str) -> list[str]:
    options = ["--drs-profile", profile, "--drs-seed", "1", "--drs-out", "out"]
    return ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs", "conformance", "-n", str(workers), *options]


def figures(profile: str, one: list[Spent], two: list[Spent]) -> list[Figure]:
    """The ratio of wall times, and what it is made of."""
    return [
        Figure(f"workers/{profile}/wall", f"`{profile}`: wall time with `-n 2` over that with `-n 1`", "",
               ratios([it.wall for it in two], [it.wall for it in one]), goal=GOAL),
        Figure(f"workers/{profile}/one", f"`{profile}` with `-n 1`", "s", tuple(it.wall for it in one)),
        Figure(f"workers/{profile}/two", f"`{profile}` with `-n 2`", "s", tuple(it.wall for it in two)),
    ]  # fmt: skip
