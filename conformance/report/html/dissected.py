"""What was sent, taken apart as `inspect` does: the parts around the change, and in them the octets that it changed.

The one rule: a mark rests on the octets that were sent (`octets.marks`); where none can be found, the part that holds
the edit's offset is pointed at, and no octet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from conformance.codec import dissect
from conformance.codec.dissect import Dissection, Row
from conformance.report import octets
from conformance.results import EditRecord

_KINDS: Final[dict[str, tuple[str, Callable[[bytes], Dissection]]]] = {
    "/TransportKey": ("transport key", dissect.transport_key),
    "/CertificateRequest/Data": ("certificate request", dissect.request),
    "/AttestationData": ("attestation", dissect.attestation),
}
_AROUND = 4  # parts shown on either side of a changed one
_MOST = 28  # parts shown
_WIDTH = 16  # octets shown of a part


@dataclass(frozen=True, slots=True)
class Octet:
    """One octet in hexadecimal, and whether the edit changed it."""

    hex: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a structure; `more` is how many of its octets are left out, `gap` how many parts before it."""

    offset: int
    depth: int
    field: str
    value: str
    octets: tuple[Octet, ...]
    more: int
    changed: bool
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Dissected:
    """A structure, the parts shown of it, and how many more follow these."""

    title: str
    length: int
    parts: tuple[Part, ...]
    after: int


def dissected(edit: EditRecord, body: bytes) -> Dissected | None:
    """The structure an edit worked on; None where it is of no kind that is taken apart, or nothing in it is changed."""
    data = octets.subject(edit, body) if edit.path in _KINDS else None
    if data is None:
        return None
    title, take_apart = _KINDS[edit.path]
    marks = octets.marks(edit, data)
    rows = take_apart(data).rows
    changed = [number for number, row in enumerate(rows) if _touched(row, marks, edit.offset)]
    if not changed:
        return None
    near = {number + step for number in changed for step in range(-_AROUND, _AROUND + 1)}
    shown = [number for number in sorted(near) if 0 <= number < len(rows)][:_MOST]
    parts = tuple(
        _part(rows[number], marks, changed=number in changed, gap=number - before - 1)
        for before, number in pairwise([-1, *shown])
    )
    return Dissected(title, len(data), parts, len(rows) - shown[-1] - 1)


def _touched(row: Row, marks: frozenset[int], offset: int | None) -> bool:
    """Whether an octet of this part's own is marked; or, where none is at all, is at the offset."""
    own = range(row.offset, row.offset + len(row.octets))
    return any(mark in own for mark in marks) if marks else offset is not None and offset in own


def _part(row: Row, marks: frozenset[int], *, changed: bool, gap: int) -> Part:
    first = min((mark for mark in marks if row.offset <= mark < row.offset + len(row.octets)), default=row.offset)
    start = max(min(first - row.offset - _WIDTH // 2, len(row.octets) - _WIDTH), 0)
    shown = row.octets[start : start + _WIDTH]
    hexes = tuple(Octet(f"{octet:02x}", row.offset + start + at in marks) for at, octet in enumerate(shown))
    return Part(row.offset + start, row.depth, row.field, row.value, hexes, len(row.octets) - len(shown), changed, gap)
