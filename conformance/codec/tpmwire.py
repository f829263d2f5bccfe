"""The TPM's wire: big-endian numbers, sized buffers, lists, and structures of them (TPM 2.0 Part 1 section 8, Part 2).

The one rule: a structure is a table of named fields, each of a kind that reads and writes itself; what was read is told
to whoever listens, field by field, so that a dissection shows the same reading the codec makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from conformance.codec.heard import Heard, Listener, nobody
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Walk:
    """A walk over the octets of one structure, from its first to its last."""

    __slots__ = ("data", "depth", "listen", "position", "structure")

    def __init__(self, data: bytes, structure: str, listen: Listener = nobody) -> None:
        self.data = data
        self.structure = structure
        self.position = 0
        self.depth = 0
        self.listen = listen

    def take(self, size: int, field: str, start: int | None = None) -> bytes:
        """The next `size` octets of a field that began at `start`; fewer are told, and are a DecodeError."""
        octets = self.data[self.position : self.position + size]
        if len(octets) < size:
            self.tell(self.position if start is None else start, field, None)
            problem = f"cut off in {field}: {size} octets belong there, {len(octets)} are left"
            raise DecodeError(self.structure, len(self.data), problem)
        self.position += size
        return octets

    def tell(self, start: int, field: str, value: object) -> None:
        """Say what lies between `start` and here (to the end of the data when it is cut off)."""
        end = len(self.data) if value is None else self.position
        self.listen(Heard(start, self.depth, field, self.data[start:end], value))

    def finish(self) -> None:
        """Nothing may follow."""
        if left := len(self.data) - self.position:
            raise DecodeError(self.structure, self.position, f"{left} octets follow where nothing may")


class Kind(Protocol):
    """How a field is read and written."""

    def read(self, walk: Walk, field: str) -> Any:
        """The field's value."""

    def write(self, value: Any) -> bytes:
        """The field's octets."""


@dataclass(frozen=True, slots=True)
class Number:
    """An unsigned number of `size` octets."""

    size: int

    def read(self, walk: Walk, field: str) -> int:
        """The number."""
        start = walk.position
        value = int.from_bytes(walk.take(self.size, field), "big")
        walk.tell(start, field, value)
        return value

    def write(self, value: int) -> bytes:
        """Its octets; OverflowError when it needs more."""
        return value.to_bytes(self.size, "big")


@dataclass(frozen=True, slots=True)
class Tag:
    """TPM_ST: a number of two octets that says what follows, so it must be one of those known here."""

    known: frozenset[int]
    what: str

    def read(self, walk: Walk, field: str) -> int:
        """The number."""
        start = walk.position
        value = UINT16.read(walk, field)
        if value not in self.known:
            raise DecodeError(walk.structure, start, f"{field} 0x{value:04x} is no {self.what}")
        return value

    def write(self, value: int) -> bytes:
        """Its octets, also of one that is not known."""
        return UINT16.write(value)


@dataclass(frozen=True, slots=True)
class Octets:
    """Octets whose number is written before them, in `size` octets: TPM2B_* with two, a PCR bit map with one."""

    size: int

    def read(self, walk: Walk, field: str) -> bytes:
        """The octets, without their size."""
        start = walk.position
        length = int.from_bytes(walk.take(self.size, f"the size of {field}"), "big")
        value = walk.take(length, field, start)
        walk.tell(start, field, value)
        return value

    def write(self, value: bytes) -> bytes:
        """The octets behind their size."""
        return len(value).to_bytes(self.size, "big") + value


@dataclass(frozen=True, slots=True)
class Fixed:
    """Octets of a fixed number; whatever number a record holds is written."""

    size: int

    def read(self, walk: Walk, field: str) -> bytes:
        """The octets."""
        start = walk.position
        value = walk.take(self.size, field)
        walk.tell(start, field, value)
        return value

    def write(self, value: bytes) -> bytes:
        """The octets as they are."""
        return value


class YesNo:
    """TPMI_YES_NO: one octet, 0 or 1 (Part 2 9.2)."""

    __slots__ = ()

    def read(self, walk: Walk, field: str) -> bool:
        """Whether it is yes."""
        start = walk.position
        octet = walk.take(1, field)[0]
        walk.tell(start, field, octet)
        if octet > 1:
            raise DecodeError(walk.structure, start, f"{field} is {octet}, where 0 or 1 belongs")
        return bool(octet)

    def write(self, value: bool) -> bytes:
        """The octet."""
        return bytes([value])


@dataclass(frozen=True, slots=True)
class Structure:
    """Fields in a row, by their names in Part 2, each with the record's attribute and its kind."""

    record: Callable[..., Any]
    fields: Mapping[str, tuple[str, Kind]]

    def read(self, walk: Walk, field: str) -> Any:
        """The record."""
        values = {}
        if field:
            walk.tell(walk.position, field, "")
            walk.depth += 1
        for name, (attribute, kind) in self.fields.items():
            values[attribute] = kind.read(walk, name)
        if field:
            walk.depth -= 1
        return self.record(**values)

    def write(self, value: Any) -> bytes:
        """The octets of the record's fields, in their order."""
        return b"".join(kind.write(getattr(value, attribute)) for attribute, kind in self.fields.values())


@dataclass(frozen=True, slots=True)
class ListOf:
    """TPML_*: a count of four octets, and as many items."""

    item: Structure
    name: str

    def read(self, walk: Walk, field: str) -> tuple[Any, ...]:
        """The items; a count the octets cannot hold ends at the item that is missing."""
        count = Number(4).read(walk, f"{field} count")
        walk.depth += 1
        items = tuple([self.item.read(walk, f"{self.name} {index}") for index in range(count)])
        walk.depth -= 1
        return items

    def write(self, value: tuple[Any, ...]) -> bytes:
        """The count and the items."""
        return Number(4).write(len(value)) + b"".join(self.item.write(item) for item in value)


UINT8: Final = Number(1)
UINT16: Final = Number(2)
UINT32: Final = Number(4)
UINT64: Final = Number(8)
TPM2B: Final = Octets(2)
YES_NO: Final = YesNo()
