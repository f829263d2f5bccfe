"""The rows of a dissection, and the listener that makes them of what a codec tells while it reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from conformance.codec.dissect.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.codec.heard import Heard
    from conformance.errors import DecodeError


@dataclass(frozen=True, slots=True)
class Row:
    """One part: `offset` and `length` in octets, the whole of it; `octets` only what is its own, without its parts.

    `depth` is how many parts it lies within, `field` its name, `value` what it says, fit for a terminal; `key` names
    the part among all of its structure (`certificationRequest.certificationRequestInfo.version`).
    """

    offset: int
    length: int
    depth: int
    field: str
    value: str
    key: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Dissection:
    """The rows of a structure, the record it decodes to (None: it does not), and the fault it ends at.

    `loose` is the fault of a strict reading where only a lenient one succeeds.
    """

    structure: str
    length: int
    rows: tuple[Row, ...]
    record: Any = None
    fault: DecodeError | None = None
    loose: DecodeError | None = None


_MOST: Final = 20_000


class Recorder:
    """A listener that keeps a row of everything it hears; `describe` says a part's value."""

    def __init__(self, describe: Callable[[Heard], str]) -> None:
        self._describe = describe
        self._path: list[str] = []
        self._rows: list[Row] = []

    def __call__(self, heard: Heard) -> None:
        """Keep a row."""
        value = "cut off" if heard.value is None else self._describe(heard)
        self.add(heard, value, self.key_of(heard))

    def key_of(self, heard: Heard) -> str:
        """The names of all the part lies within, and its own."""
        del self._path[heard.depth :]
        self._path.extend([""] * (heard.depth - len(self._path)))
        self._path.append(heard.field)
        return ".".join(self._path)

    def add(self, heard: Heard, value: str, key: str) -> None:
        """Keep a row with this value and key; of a structure with more parts than anyone reads, the first."""
        if self.full:
            return
        self._rows.append(Row(heard.offset, 0, heard.depth, heard.field, value, key, heard.octets))

    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    @property
    def full(self) -> bool:
        """Whether no more rows are kept."""
        return len(self._rows) >= _MOST

    def split(self, behind: int) -> None:
        """Leave to the rows from number `behind` on what they show of the row before them, if that is all the rest."""
        inner = b"".join(row.octets for row in self._rows[behind:])
        outer = self._rows[behind - 1]
        if inner and outer.octets.endswith(inner):
            self._rows[behind - 1] = replace(outer, octets=outer.octets.removesuffix(inner))

    def rows(self) -> tuple[Row, ...]:
        """The rows, each as long as it and what lies within it."""
        measured: list[Row] = []
        ends: list[tuple[int, int]] = []  # of the rows behind, those an earlier row may hold: depth and end
        for row in reversed(self._rows):
            end = row.offset + len(row.octets)
            while ends and ends[-1][0] > row.depth:
                end = max(end, ends.pop()[1])
            ends.append((row.depth, end))
            measured.append(replace(row, length=end - row.offset))
        return tuple(reversed(measured))


def unread(rows: tuple[Row, ...], data: bytes) -> tuple[Row, ...]:
    """The rows, and one more for the octets behind the last of them, if there are any: those not read, or not kept."""
    end = max((row.offset + row.length for row in rows), default=0)
    left = len(data) - end
    if not left:
        return rows
    return (*rows, Row(end, left, 0, "(not shown)", counted(left), "unread", data[end:]))
