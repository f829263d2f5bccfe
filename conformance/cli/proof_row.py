"""A row of the matrix: what a defect breaks, what the suite saw of it, and whether that is the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CONTROL = "no defect"


@dataclass(frozen=True, slots=True)
class Timed:
    """A test of a run: its name, its seconds, and the requirements it came to a verdict on or failed."""

    test: str
    seconds: float
    judged: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the matrix. `problem` is why the suite came to no verdict, and then nothing else counts."""

    name: str
    sentence: str
    expected: frozenset[str]
    seen: frozenset[str] = frozenset()
    unclear: frozenset[str] = frozenset()
    blinds: bool = False
    fast: bool = False
    seconds: float = 0.0
    requests: int = 0
    problem: str | None = None
    tests: tuple[Timed, ...] = ()

    @property
    def missed(self) -> frozenset[str]:
        """What the defect breaks and the suite did not see."""
        return self.expected - self.seen

    @property
    def noise(self) -> frozenset[str]:
        """What failed and is not broken; unknown, and so empty, in a fast run."""
        return frozenset() if self.fast else self.seen - self.expected

    @property
    def confused(self) -> frozenset[str]:
        """What could not be judged, where the defect does not say that it blinds the suite."""
        return frozenset() if self.blinds or self.fast else self.unclear

    @property
    def exact(self) -> bool:
        """Whether seen is expected, and nothing else."""
        return not (self.problem or self.missed or self.noise or self.confused)

    @property
    def caught_by(self) -> tuple[str, ...]:
        """The tests in which something failed that the defect breaks."""
        return tuple(one.test for one in self.tests if one.failed & self.expected)

    def to_json(self) -> dict[str, Any]:
        """The row in `proof.json`."""
        return {
            "defect": self.name,
            "sentence": self.sentence,
            "exact": self.exact,
            "expected": sorted(self.expected),
            "seen": sorted(self.seen),
            "missed": sorted(self.missed),
            "noise": sorted(self.noise),
            "unclear": sorted(self.unclear),
            "fast": self.fast,
            "seconds": self.seconds,
            "requests": self.requests,
            "problem": self.problem,
            "caught_by": list(self.caught_by),
        }
