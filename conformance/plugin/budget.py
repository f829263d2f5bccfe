"""`--budget`: the tests that show most in the least time come first, and none begins that would not end in time.

The one rule: the clock decides, not the plan. How long each test takes is known of another machine (`order`); how this
run goes beside it is learned from the tests that ended, so that a slow target gets fewer tests and not more time.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from conformance.errors import UsageError
from conformance.plugin.order import named, order
from conformance.results import left_out

_FORM = re.compile(r"(?:([0-9]+(?:\.[0-9]+)?)m)?(?:([0-9]+(?:\.[0-9]+)?)s?)?", re.ASCII)
_FIRM = 1.0  # seconds of tests after which what they took says as much of the pace as what they should have taken
_UNKNOWN = 0.1  # seconds, of a test that is newer than the order


def seconds(text: str, said: str) -> float:
    """The seconds of `20`, `20s`, `2m` or `1m30s`. Raises `UsageError`, naming the option as it was given."""
    found = _FORM.fullmatch(text)
    total = sum(float(part or 0) * unit for part, unit in zip(found.groups(), (60, 1), strict=True)) if found else 0.0
    if not 0 < total < math.inf:
        raise UsageError(f"{said} {text!r} is not a time; give it as 20s, 2m or 1m30s")
    return total


@dataclass(slots=True)
class Budget:
    """What is left of so many seconds; `left` is what was left when this process began with its tests."""

    seconds: float
    left: float
    clock: Callable[[], float] = time.monotonic
    _until: float = field(init=False)
    _expected: float = _FIRM
    _took: float = _FIRM

    def __post_init__(self) -> None:
        self._until = self.clock() + self.left

    def refuses(self, test: str) -> str | None:
        """Why this test is not begun; None when it would end in time."""
        pace = self._took / self._expected
        would_end = self.clock() + order().get(named(test), _UNKNOWN) * pace
        return left_out(self.seconds) if would_end > self._until else None

    def ended(self, test: str, took: float) -> None:
        """A test ended, and took so many seconds."""
        self._expected += order().get(named(test), _UNKNOWN)
        self._took += took


def places() -> dict[str, int]:
    """Where each test stands in the order."""
    return {test: number for number, test in enumerate(order())}
