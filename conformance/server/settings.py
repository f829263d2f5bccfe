"""What a reference server is started with, and what it says when it is ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Settings:
    """`port` 0 takes a free one; `like` is None (strict) or "field"; without `state` nothing outlives the server.

    `workers` is the number of processes that serve; `log` tells of every request on standard error;
    `chaos` is a seed of trouble; `redirect_uris` are more of those that authorization answers may go to.
    """

    port: int = 0
    tls: bool = False
    defects: tuple[str, ...] = ()
    like: str | None = None
    state: Path | None = None
    workers: int = 1
    log: bool = False
    chaos: int | None = None
    redirect_uris: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """The first line on standard output. `token` and `challenge` are secrets of this server and of no other."""

    url: str
    tenant: str
    domain: str
    token: str
    upn: str
    challenge: str
    ca: str
    more: dict[str, object]

    def document(self) -> dict[str, object]:
        """The line as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}
