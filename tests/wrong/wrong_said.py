"""What a hand-made server is asked and what it says, apart from how HTTP carries it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request as it came; `version` is the api-version, header names are in lower case."""

    method: str
    segments: tuple[str, ...]
    version: str | None
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """What the body says it is, without parameters; empty where it says nothing."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Said:
    """An answer; `value` is its JSON, and nothing where None."""

    status: int
    value: Any = None
    headers: dict[str, str] = field(default_factory=dict)
