"""Moulds: a structure that was read before, and which of its octets may be others without its being read otherwise.

The one rule: a hole is content that the reading kept as octets and never looked into. Whatever fits a mould has its
length, and every octet outside the holes: all that a reader judges by. So it reads alike; what fits none is read anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")
_MOST = 64  # lengths that are remembered; whoever sends all lengths makes the few that come again be read anew


class Moulds(Generic[T]):
    """The moulds of one structure, by length the last that was read, each with whatever was kept of that reading."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[tuple[slice, bytes], ...], T]] = {}

    def find(self, data: bytes) -> T | None:
        """What was kept of a structure that differs from these octets in its holes alone; None where there is none."""
        found = self._known.get(len(data))
        if found is None:
            return None
        for place, octets in found[0]:
            if data[place] != octets:
                return None
        return found[1]

    def keep(self, data: bytes, holes: Iterable[slice], value: T) -> None:
        """Remembers a structure that was read without a fault; `holes` are slices of it with both ends, in order."""
        if len(self._known) >= _MOST:
            self._known.clear()
        walls, position = [], 0
        for hole in holes:
            walls.append(slice(position, hole.start))
            position = hole.stop
        walls.append(slice(position, len(data)))
        self._known[len(data)] = tuple((wall, data[wall]) for wall in walls), value
