"""What a benchmark comes to: figures, each a few samples with their median and how far apart they lie.

The one rule: a figure that is a ratio was made within one run, on one machine, of things measured by turns; only such
are compared with those of another day (`guard`). All others are told with the machine they were taken on.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

_DIGITS = {"s": 2, "MiB": 0, "/s": 0, "": 2, "ms": 1}


@dataclass(frozen=True, slots=True)
class Figure:
    """`name` is `part/what`, `says` what it is in words; `unit` is one of s, ms, /s, MiB, and empty for a ratio.

    `goal` is what it should come to, `limit` what it must not pass: at most, or at least where `more_is_better`.
    """

    name: str
    says: str
    unit: str
    samples: tuple[float, ...]
    goal: float | None = None
    limit: float | None = None
    more_is_better: bool = False

    def __post_init__(self) -> None:
        if not self.samples:
            raise ValueError(f"the figure {self.name} has no samples")
        if self.unit not in _DIGITS:
            raise ValueError(f"the figure {self.name} has the unit {self.unit!r}; {', '.join(_DIGITS)} would do")

    @property
    def median(self) -> float:
        """The middle of the samples."""
        return statistics.median(self.samples)

    @property
    def ratio(self) -> bool:
        """Whether it is free of any unit, and so of the machine."""
        return not self.unit

    def within(self, bound: float) -> bool:
        """Whether the median is on the right side of a bound."""
        return self.median >= bound if self.more_is_better else self.median <= bound

    def worse_than(self, other: Figure) -> float:
        """By what part of the other's it is worse: 0.1 is a tenth; below 0 it is better."""
        if not other.median:
            return 0.0
        more = self.median / other.median - 1
        return -more if self.more_is_better else more

    def text(self) -> str:
        """The median with its unit, and lowest and highest where there are several: `1.31 (1.27-1.40)`."""
        digits = _DIGITS[self.unit]
        if len(self.samples) == 1:
            return f"{_number(self.median, digits)}{_unit(self.unit)}"
        low, high = (_number(value, digits) for value in (min(self.samples), max(self.samples)))
        return f"{_number(self.median, digits)}{_unit(self.unit)} ({low}\N{EN DASH}{high})"

    def wanted(self) -> str:
        """Goal and limit in words; empty where there is neither."""
        side = "at least" if self.more_is_better else "at most"
        told = [f"{side} {_number(self.goal, _DIGITS[self.unit])}{_unit(self.unit)}"] if self.goal is not None else []
        if self.limit is not None:
            told.append(f"never {'below' if self.more_is_better else 'above'} {self.limit:g}{_unit(self.unit)}")
        return ", ".join(told)

    def verdict(self) -> str:
        """`met`, `within the limit` or `missed`; empty where nothing is wanted."""
        if self.goal is not None and self.within(self.goal):
            return "met"
        if self.limit is not None:
            return "within the limit" if self.within(self.limit) else "missed"
        return "missed" if self.goal is not None else ""

    def to_json(self) -> dict[str, Any]:
        """Its fields and what follows from them, which people want to read."""
        return {
            **asdict(self),
            "samples": [round(sample, 6) for sample in self.samples],
            "median": round(self.median, 6),
            "low": round(min(self.samples), 6),
            "high": round(max(self.samples), 6),
            "verdict": self.verdict(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Figure:
        """The figure again; what follows from its fields is not read."""
        fields = {name: value[name] for name in cls.__slots__}
        return cls(**(fields | {"samples": tuple(value["samples"])}))


def ratios(above: Iterable[float], below: Iterable[float]) -> tuple[float, ...]:
    """One by the other, repetition by repetition: what ran by turns had the same neighbours on the machine."""
    return tuple(one / other for one, other in zip(above, below, strict=True))


def _number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}"


def _unit(unit: str) -> str:
    return unit if unit in {"", "/s"} else f" {unit}"
