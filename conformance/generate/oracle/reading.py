"""The record of one strict reading.

The one rule: it names one requirement at most, that of the first thing that is wrong from the outside in.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.generate.edits import Layer


@dataclass(frozen=True, slots=True)
class Reading:
    """What a target owes some octets: a refusal (of which requirement), acceptance (of which), or neither.

    `why` is a clause; `layer` and `offset` (in the octets read) say where the first wrong thing sits, if any does.
    """

    why: str
    must_refuse: str | None = None
    accepted_by: str | None = None
    layer: Layer | None = None
    offset: int | None = None

    @property
    def must_accept(self) -> bool:
        """Whether a refusal is a fault of the target."""
        return self.accepted_by is not None

    @property
    def left_open(self) -> bool:
        """Whether the target may do either."""
        return self.must_refuse is None and self.accepted_by is None
