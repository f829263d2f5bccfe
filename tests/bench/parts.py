"""The parts of the benchmark, a row for each: its name, what it measures, and the module that does so.

A module has `measure(how) -> dict`, builtins only, with a list of figures (`Figure.to_json`) under `figures` and
whatever else is worth keeping beside them. It is imported when its part is run, not before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast


@dataclass(frozen=True, slots=True)
class How:
    """`short`: a try of the harness in seconds, whose figures say little. `folder` is empty, and gone afterwards.

    `profile` is where a profile of what is measured is to be written, None for none; `say` tells how far it has come.
    """

    short: bool
    folder: Path
    say: Callable[[str], None]
    profile: Path | None = None


class Measuring(Protocol):
    """The module of a part."""

    def measure(self, how: How) -> dict[str, Any]:
        """Runs it, and gives what came of it."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """`alone`: it takes so long that it runs only when it is named."""

    name: str
    says: str
    module: str
    alone: bool = False

    def measuring(self) -> Measuring:
        """Its module, imported."""
        return cast("Measuring", import_module(self.module))


PARTS = {
    part.name: part
    for part in (
        Part("start", "from the command to its first request", "bench.start"),
        Part("server", "the reference server beside RSA-2048 signatures", "bench.server_rate"),
        Part("replay", "the suite beside a bare replay of its exchanges", "bench.replay"),
        Part("growth", "memory and time per case, as cases grow", "bench.growth"),
        Part("workers", "one worker of pytest-xdist beside two", "bench.workers"),
        Part("deep", "the deep profile beside its replay, a hundred times the cases", "bench.deep", alone=True),
    )
}


def chosen(names: tuple[str, ...]) -> list[Part]:
    """The parts of these names in the table's order; without names all that do not run alone. Raises `ValueError`."""
    for name in names:
        if name not in PARTS:
            raise ValueError(f"there is no part {name!r}; the parts are {', '.join(PARTS)}")
    return [part for part in PARTS.values() if part.name in names or (not names and not part.alone)]
