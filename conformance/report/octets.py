"""Octets for the eye: rows of sixteen with offset, hexadecimal and characters, the changed ones marked.

The one rule: a mark rests on the octets that were sent. An edit's offset counts only where its `after` is found there.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.report.text import pointed

if TYPE_CHECKING:
    from conformance.results import EditRecord

WIDTH = 16
_AROUND = 3  # rows shown on either side of a mark
_FIRST = 8  # rows shown where nothing is marked
_WINDOW = re.compile(r"[0-9a-f]{2}(?: [0-9a-f]{2})*…?")


@dataclass(frozen=True, slots=True)
class Octet:
    """One octet as shown; `character` is a dot for what has none."""

    hex: str
    character: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Row:
    """Up to sixteen octets and the offset of the first; `gap` is how many octets before it are left out."""

    offset: int
    octets: tuple[Octet, ...]
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Dump:
    """A piece of `length` octets: the rows shown, and how many octets are left out after the last."""

    rows: tuple[Row, ...]
    length: int
    after: int


def dump(data: bytes, marks: frozenset[int] = frozenset()) -> Dump:
    """The rows around the marks; the first rows where there are none."""
    total = (len(data) + WIDTH - 1) // WIDTH
    around = {mark // WIDTH + step for mark in marks for step in range(-_AROUND, _AROUND + 1)}
    shown = sorted(number for number in around if 0 <= number < total) or list(range(min(total, _FIRST)))
    rows: list[Row] = []
    end = 0
    for number in shown:
        start = number * WIDTH
        octets = (_octet(octet, start + index in marks) for index, octet in enumerate(data[start : start + WIDTH]))
        rows.append(Row(start, tuple(octets), gap=start - end))
        end = min(start + WIDTH, len(data))
    return Dump(tuple(rows), len(data), len(data) - end)


def _octet(octet: int, marked: bool) -> Octet:
    printable = 0x20 <= octet < 0x7F  # noqa: PLR2004 (ASCII)
    return Octet(f"{octet:02x}", chr(octet) if printable else "·", marked)


def subject(edit: EditRecord, body: bytes) -> bytes | None:
    """The octets an edit worked on, taken from what was sent: the base64 at its path; None when there are none."""
    if not _is_octets(edit):
        return None
    if not edit.path:
        return body
    try:
        text = pointed(json.loads(body), edit.path)
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (KeyError, ValueError, RecursionError, binascii.Error):
        return None


def marks(edit: EditRecord, data: bytes) -> frozenset[int]:
    """The positions in `data` at which `after` differs from `before`; empty where `after` cannot be found."""
    before, after = _window(edit.before), _window(edit.after)
    if not after or edit.offset is None:
        return frozenset()
    start = edit.offset if data.startswith(after, edit.offset) else data.find(after)
    if start < 0 or (start != edit.offset and data.count(after) > 1):
        return frozenset()
    differing = [index for index, octet in enumerate(after) if index >= len(before) or octet != before[index]]
    return frozenset(start + index for index in differing)


def _is_octets(edit: EditRecord) -> bool:
    return any(_WINDOW.fullmatch(window) for window in (edit.before, edit.after))


def _window(text: str) -> bytes:
    return bytes.fromhex(text.removesuffix("…")) if _WINDOW.fullmatch(text) else b""
