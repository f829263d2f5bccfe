"""What several cases of a session judge and is asked for once; it knows which of it was used."""

from __future__ import annotations

from typing import Any


class Kept(dict[str, Any]):
    """By name; `used` are the names that were looked at since somebody emptied it."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.used.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As a dict has it."""
        return self[name] if name in self else default  # noqa: SIM401 - this is `get`
