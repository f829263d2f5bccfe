"""What a step of a case may come to beside an answer: reasons why it proves nothing, and the device it made."""

from __future__ import annotations

from dataclasses import dataclass

from _pytest.outcomes import Skipped


class Unproven(Skipped):
    """What a case rests on does not hold, so that it proves nothing; its requirements come out inconclusive.

    A kind of skip, so that Hypothesis lets it through at once instead of looking for a smaller example of it.
    """


class QuotaReached(Unproven):
    """A join was refused because there are too many devices: that is the tenant's state, and shows nothing else."""


class NotOffered(Unproven):
    """The target does not offer the service a case is about; it cannot be held to it."""


@dataclass(frozen=True, slots=True)
class Made:
    """A device that a join created: `certificate` is its DER in base64; `url` is where it is removed, or empty."""

    id: str
    thumbprint: str
    url: str = ""
    certificate: str = ""
