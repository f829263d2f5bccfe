"""Trouble on purpose, for those who write clients: seeded, announced and off unless asked for.

The one rule: the same seed troubles the same requests in the same way, counted in the order they come; and whatever is
answered says in the header `DRS-Chaos` which trouble it is and why. The management interface is left alone.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .refusal import Refusal, unauthorized

if TYPE_CHECKING:
    from .asked import Asked, Reply

HEADER = "DRS-Chaos"
ONE_IN = 3
SLOW = (0.2, 4.0)  # seconds; libhimmelblau waits for 3
RETRY_AFTER = (1, 3)  # seconds
SPARED = ("/management/", "/healthz")

KINDS: dict[str, str] = {
    "throttled": "429 with Retry-After; nothing was done",
    "busy": "503 with Retry-After; nothing was done",
    "expired": "401 as if the token had expired; nothing was done",
    "slow": "what was asked for, some seconds late",
    "lost": "nothing was done, and the connection is reset without an answer",
    "unheard": "what was asked for was done, and the connection is reset without an answer",
    "cut": "what was asked for was done, and the answer breaks off in its middle",
}


@dataclass(frozen=True, slots=True)
class Ordeal:
    """One request's trouble: its kind, how many seconds it takes or names, and the request's number, from 1."""

    kind: str
    seconds: float
    number: int
    seed: int

    @property
    def words(self) -> str:
        """The header's value, and what the log says."""
        return f"{self.kind}: {KINDS[self.kind]} (request {self.number} of seed {self.seed})"

    @property
    def header(self) -> dict[str, str]:
        """The announcement."""
        return {HEADER: self.words}

    async def before(self, asked: Asked) -> None:
        """What happens in place of the request's handling: Refusal for an answer, Reset for none."""
        await asyncio.sleep(self.seconds if self.kind == "slow" else 0)
        if self.kind == "lost":
            raise Reset
        if self.kind == "expired" and asked.header("authorization") is not None:
            refused = unauthorized("The bearer token is past its expiry (exp).")
            refused.headers |= self.header
            raise refused
        if self.kind in ("throttled", "busy"):
            status, code = (429, "too_many_requests") if self.kind == "throttled" else (503, "service_unavailable")
            headers = {"Retry-After": str(round(self.seconds)), **self.header}
            raise Refusal("The server is busy; try again later.", status=status, code=code, headers=headers)

    def after(self, reply: Reply) -> Reply:
        """The answer, announced; Reset where it is never sent."""
        if self.kind == "unheard":
            raise Reset
        if self.kind in ("slow", "cut"):
            return replace(reply, headers=(*reply.headers, *self.header.items()))
        return reply

    @property
    def cuts(self) -> bool:
        """Whether only half of the answer's body is sent."""
        return self.kind == "cut"


class Reset(Exception):
    """The connection is to be reset; there is no answer."""


class Chaos:
    """The troubles of one seed, in their order."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 - it is to be the same again
        self._number = 0

    def __call__(self, path: str) -> Ordeal | None:
        """The next request's trouble, if it has one; `path` in lower case."""
        if path.startswith(SPARED):
            return None
        self._number += 1
        chance, kind, part = self._random.random(), self._random.choice(list(KINDS)), self._random.random()
        if chance * ONE_IN >= 1:
            return None
        least, most = SLOW if kind == "slow" else RETRY_AFTER
        return Ordeal(kind, least + part * (most - least), self._number, self._seed)
