"""How soon a run shows what is wrong: from a proof, the order of tests that catches most defects in the least time.

The one rule: a test catches a defect when something fails in it that the defect breaks; what else fails is no catch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.cli.proof_row import CONTROL, Row, Timed
from conformance.plugin.order import named

MOMENTS = (5, 20, 60)  # seconds of suite time
_SHORTEST = 0.001  # seconds: what took no time at all is worth no more than that


@dataclass(frozen=True, slots=True)
class Step:
    """A test in the order: its name as `plugin.order` has it, its seconds, how many defects it is first to catch."""

    test: str
    seconds: float
    first: int


@dataclass(frozen=True, slots=True)
class Power:
    """The order, how many defects there are to catch, and the same tests as the document has them."""

    steps: tuple[Step, ...]
    defects: int
    plain: tuple[Step, ...]

    def caught(self, seconds: float, *, plain: bool = False) -> int:
        """How many defects are caught by the tests that end within so many seconds of suite time."""
        caught, spent = 0, 0.0
        for step in self.plain if plain else self.steps:
            spent += step.seconds
            if spent > seconds:
                break
            caught += step.first
        return caught

    @property
    def seconds(self) -> float:
        """How long all of the tests take."""
        return sum(step.seconds for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """`power` in `proof.json`."""
        return {
            "defects": self.defects,
            "seconds": round(self.seconds, 2),
            "after": [
                {"seconds": at, "caught": self.caught(at), "in_document_order": self.caught(at, plain=True)}
                for at in MOMENTS
            ],
        }


def measure(rows: Sequence[Row]) -> Power | None:
    """The power of a proof; None without a control that ran the whole suite, or where nothing was caught."""
    control = next((row for row in rows if row.name == CONTROL and not row.problem), None)
    catches = _catches(rows)
    if control is None or not control.tests or not catches:
        return None
    plain, seen = [], set[str]()
    for test in control.tests:
        new = catches.get(named(test.test), set()) - seen
        plain.append(Step(named(test.test), test.seconds, len(new)))
        seen |= new
    return Power(order(control.tests, catches), sum(row.name != CONTROL for row in rows), tuple(plain))


def _catches(rows: Iterable[Row]) -> dict[str, set[str]]:
    """The defects that each test catches."""
    catches: dict[str, set[str]] = {}
    for row in rows:
        for test in row.caught_by:
            catches.setdefault(named(test), set()).add(row.name)
    return catches


def order(tests: Iterable[Timed], catches: dict[str, set[str]]) -> tuple[Step, ...]:
    """Most new defects a second first; when all are caught, most new requirements a second, then what is quickest."""
    left = {named(test.test): test for test in tests}
    steps: list[Step] = []
    defects, judged = set[str](), set[str]()

    def worth(name: str) -> tuple[float, float, float, str]:
        seconds = max(left[name].seconds, _SHORTEST)
        new = len(catches.get(name, set()) - defects)
        return -new / seconds, -len(left[name].judged - judged) / seconds, seconds, name

    while left:
        name = min(left, key=worth)
        new = catches.get(name, set()) - defects
        test = left.pop(name)
        steps.append(Step(name, test.seconds, len(new)))
        defects |= new
        judged |= test.judged
    return tuple(steps)
