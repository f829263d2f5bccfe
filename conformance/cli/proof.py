"""A proof: its rows, what they come to, and which requirements no defect breaks, with the reason.

The one rule: what is exact is decided by a row for itself (`proof_row`), and only summed up here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conformance.cli.power import Power
from conformance.cli.proof_row import CONTROL, Row
from conformance.plugin.order import named
from conformance.server.defects import Defect
from conformance.spec import Level, Party, Requirement, Source, catalogue

FORMAT = "drs-conformance proof 1"
OPEN = "no defect yet"


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A requirement that no defect breaks, and why; `open` when a defect could and is not written yet."""

    requirement: Requirement
    reason: str

    @property
    def open(self) -> bool:
        """Whether it is only not done yet."""
        return self.reason == OPEN


@dataclass(frozen=True, slots=True)
class Proof:
    """All rows of a proof, the control's first, and what of the catalogue no defect covers.

    `planned` is how many rows there were to be: fewer were made when it was interrupted. `seconds` is the wall's time.
    """

    rows: tuple[Row, ...]
    profile: str
    fast: bool
    uncovered: tuple[Uncovered, ...]
    planned: int
    seconds: float = 0.0
    power: Power | None = None

    @property
    def exit_status(self) -> int:
        """3 when something could not be done, 1 when not every row is exact, else 0."""
        if len(self.rows) < self.planned or any(row.problem for row in self.rows):
            return 3
        return 0 if all(row.exact for row in self.rows) else 1

    @property
    def defects(self) -> tuple[Row, ...]:
        """The rows without the control's."""
        return tuple(row for row in self.rows if row.name != CONTROL)

    @property
    def control(self) -> Row | None:
        """The control's row, once there is one."""
        return next((row for row in self.rows if row.name == CONTROL), None)

    @property
    def requirements(self) -> int:
        """How many requirements its defects break."""
        return len({id_ for row in self.rows for id_ in row.expected})

    def to_json(self) -> dict[str, Any]:
        """`proof.json`."""
        return {
            "format": FORMAT,
            "profile": self.profile,
            "fast": self.fast,
            "complete": len(self.rows) == self.planned,
            "exact": self.exit_status == 0,
            "seconds": self.seconds,
            "defects": len(self.defects),
            "requirements": self.requirements,
            "requests": sum(row.requests for row in self.rows),
            "power": self.power.to_json() if self.power else None,
            "rows": [row.to_json() for row in self.rows],
            "tests": [
                {"test": named(one.test), "seconds": one.seconds}
                for one in (self.control.tests if self.control else ())
            ],
            "uncovered": [
                {"id": one.requirement.id, "level": one.requirement.level.value, "open": one.open, "reason": one.reason}
                for one in self.uncovered
            ],
        }


def coverage(defects: Iterable[Defect]) -> tuple[Uncovered, ...]:
    """The requirements that no defect breaks, in the order of the catalogue; each with its reason."""
    broken = {id_ for one in defects for id_ in one.breaks}
    return tuple(
        Uncovered(entry, _reason(entry)) for entry in catalogue().requirements.values() if entry.id not in broken
    )


def _reason(entry: Requirement) -> str:
    if entry.untestable:
        return entry.untestable
    if entry.party is Party.CLIENT:
        return "a duty of the client"
    if entry.source is Source.FIELD or entry.level is Level.MAY:
        return "may be done or left: an observation, which nothing can break"
    if entry.id == "processing/http2":
        return "the reference server speaks no HTTP/2"
    return OPEN
