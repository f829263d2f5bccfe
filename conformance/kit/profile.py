"""How much a run does: quick for every commit, standard for every merge, deep for every release."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from conformance.errors import UsageError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Profile:
    """`examples` per Hypothesis property, `edits` per requirement (None is all), `nonces` asked for.

    `at_once` says of how many requests together a crowd is.
    """

    name: str
    examples: int
    edits: int | None
    nonces: int
    at_once: tuple[int, ...]

    def sample(self, values: Sequence[T], seed: int, salt: str) -> tuple[T, ...]:
        """At most `edits` of the values, in their order: the same for the same seed and salt."""
        if self.edits is None or len(values) <= self.edits:
            return tuple(values)
        chosen = random.Random(f"{seed}/{salt}").sample(range(len(values)), self.edits)  # noqa: S311 - sampling, no secret
        return tuple(values[index] for index in sorted(chosen))


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", examples=5, edits=3, nonces=8, at_once=(2, 8)),
        Profile("standard", examples=40, edits=24, nonces=32, at_once=(2, 8, 32)),
        Profile("deep", examples=400, edits=None, nonces=256, at_once=(2, 8, 16, 32, 64)),
    )
}


def profile(name: str) -> Profile:
    """The profile of that name. Raises `UsageError` naming those there are."""
    if name not in PROFILES:
        raise UsageError(f"there is no profile {name!r}; the profiles are {', '.join(PROFILES)}")
    return PROFILES[name]
