"""What an edit did to a draft: the first changed offset, and the content before and after, short and printable.

The one rule: it is measured on the octets of the edit's layer, never told by the edit, and shows no challenge.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from conformance.generate.csr import CsrDraft
from conformance.generate.edits import CHALLENGE, Layer, member
from conformance.generate.join import render

if TYPE_CHECKING:
    from conformance.generate.edits import Edit
    from conformance.generate.join import JoinDraft

WIDTH: Final = 60
OCTETS: Final = 12
NOTHING: Final = "(nothing)"


def measured(edit: Edit, draft: JoinDraft) -> Edit:
    """The edit with `before`, `after` and `offset` as they are on this draft, which does not have the edit yet."""
    seen: list[tuple[Any, Any]] = []

    def change(subject: Any) -> Any:
        after = edit.change(subject)
        seen.append((subject, after))
        return after

    render(replace(edit, change=change).apply(draft))
    if not seen:  # nothing at that path: an edit of an attestation the draft does not have
        return replace(edit, before=NOTHING, after=NOTHING, offset=None)
    before, after = seen[-1]
    if edit.layer is Layer.JSON_VALUE:
        values = _value(before, edit.path), _value(after, edit.path)
        return replace(edit, before=values[0], after=values[1], offset=_within_text(before, after, edit.path))
    if edit.layer is Layer.HTTP:
        return replace(edit, before=_short(repr(before)), after=_short(repr(after)), offset=None)
    old, new = _octets(before), _octets(after)
    offset = _first_difference(old, new)
    return replace(edit, before=_window(old, offset), after=_window(new, offset), offset=offset)


def _within_text(before: Any, after: Any, path: str) -> int | None:
    """Where two texts at a path part; None where either is no text."""
    try:
        texts = member(before, path), member(after, path)
    except (KeyError, TypeError):
        return None
    return _first_difference(*texts) if all(isinstance(text, str) for text in texts) else None


def _octets(subject: Any) -> bytes | str:
    return subject.encode() if isinstance(subject, CsrDraft) else subject


def _first_difference(old: bytes | str, new: bytes | str) -> int | None:
    """Where the two part; None when they are equal."""
    if old == new:
        return None
    low, high = 0, min(len(old), len(new))
    while low < high:  # the longest common prefix, by halves: both are whole requests at times
        middle = (low + high + 1) // 2
        low, high = (middle, high) if old[:middle] == new[:middle] else (low, middle - 1)
    return low


def _window(content: bytes | str, offset: int | None) -> str:
    start = offset or 0
    if start >= len(content):
        return "(end)"
    piece = content[start : start + OCTETS]
    shown = piece.hex(" ") if isinstance(piece, bytes) else repr(piece)
    return shown + ("…" if start + OCTETS < len(content) else "")


def _value(document: Any, path: str) -> str:
    try:
        value = member(document, path)
    except (KeyError, TypeError):
        return NOTHING
    if path == CHALLENGE and isinstance(value, str):
        return f"a challenge of {len(value)} characters"
    if not path and isinstance(value, dict):
        return f"an object of {len(value)} members"
    return _short(json.dumps(value))


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
