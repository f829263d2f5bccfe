"""A message body for the eye: JSON laid out, text as it is, octets as rows; what an edit changed is marked.

The one rule: what is laid out again is the same document. A body that would lose something by it (a name given twice,
text that is no JSON) is shown as it came; the bytes themselves always lie beside the report.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from conformance.report import octets
from conformance.report.html.markup import Child, el, fragment
from conformance.report.text import as_text, clip, plural, pointed
from conformance.results import EditRecord

_TEXT = 3_000  # octets of a text shown
_WHOLE = 65_536  # octets of a document laid out; a longer one is shown as it came
_LINES = 80  # lines of a laid out document shown
_VALUE = 72  # characters of a string value shown
_TAIL = 16
_CONTEXT = 240  # octets of text shown before a mark


class _Number(str):
    """A number as it was spelled."""

    __slots__ = ()


def show(body: bytes, edit: EditRecord | None = None, where: str = "") -> Markup:
    """The body, as far as it fits a glance, with the edit marked in it; or, of an answer, what `where` points to."""
    if not body:
        return el("p", "no body", cls="none")
    marks = octets.marks(edit, body) if edit is not None and not edit.path else frozenset()
    text = _text(body)
    if text is None:
        return show_octets(body, marks)
    document = None if marks or len(body) > _WHOLE else _parsed(text)
    if document is None:
        return _plain(body, marks)
    try:
        if edit is not None:
            return _laid_out(document[0], edit.path, "is left out")
        return _laid_out(document[0], where if where.startswith("/") else "", "is not there")
    except RecursionError:
        return _plain(body, marks)


def _text(body: bytes) -> str | None:
    """The body as text, of a long one the beginning; None where it is none."""
    cut = (body[:end] for end in range(_WHOLE, _WHOLE - 4, -1))  # a character has up to four octets
    return as_text(body) if len(body) <= _WHOLE else next(filter(None, map(as_text, cut)), None)


def show_octets(data: bytes, marks: frozenset[int] = frozenset()) -> Markup:
    """Rows of octets, changed ones marked."""
    shown = octets.dump(data, marks)
    rows = [piece for row in shown.rows for piece in _row(row)]
    if shown.after:
        rows.append(el("span", f"… {plural(shown.after, 'octet')} more\n", cls="gap"))
    return el("pre", *rows, cls="octets", tabindex=0)


def show_subject(edit: EditRecord, body: bytes) -> Markup | None:
    """The decoded octets an edit inside a base64 member worked on; None for an edit of another kind."""
    data = octets.subject(edit, body) if edit.path else None
    if data is None:
        return None
    caption = el("p", f"{edit.path}, base64 decoded: {plural(len(data), 'octet')}", cls="caption")
    return fragment(caption, show_octets(data, octets.marks(edit, data)))


def _row(row: octets.Row) -> Iterator[Child]:
    if row.gap:
        yield el("span", f"… {plural(row.gap, 'octet')} not shown\n", cls="gap")
    yield el("span", f"{row.offset:06x}", cls="offset")
    for index, octet in enumerate(row.octets):
        yield "  " if index % 8 == 0 else " "
        yield el("mark", octet.hex) if octet.marked else octet.hex
    missing = octets.WIDTH - len(row.octets)
    yield " " * (missing * 3 + (missing >= octets.WIDTH // 2) + 2)
    for octet in row.octets:
        yield el("mark", octet.character) if octet.marked else octet.character
    yield "\n"


def _parsed(text: str) -> tuple[Any] | None:
    """The document in a one-tuple, numbers as spelled; None for what cannot be laid out without loss."""
    try:
        return (json.loads(text, parse_float=_Number, parse_int=_Number, object_pairs_hook=_without_duplicates),)
    except (ValueError, RecursionError):
        return None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name given twice")
    return document


def _plain(body: bytes, marks: frozenset[int]) -> Markup:
    """Text as it came; an edit of the text itself is marked, and what lies far from it left out."""
    first, last = (min(marks), max(marks) + 1) if marks else (0, 0)
    start, end = max(first - _CONTEXT, 0), last + _TEXT
    before, marked, after = (
        body[here:there].decode("utf-8", "replace") for here, there in pairwise((start, first, last, end))
    )
    return el(
        "pre",
        _gap(start),
        before,
        el("mark", marked) if marks else None,
        after,
        _gap(len(body) - end),
        cls="body",
        tabindex=0,
    )


def _gap(octets_: int) -> Markup | None:
    return el("span", f"… {plural(octets_, 'octet')} not shown …", cls="gap") if octets_ > 0 else None


def _laid_out(document: Any, path: str, absent: str) -> Markup:
    lines = list(_lines(document, "", path, 0))
    shown: list[Child] = [piece for line in lines[:_LINES] for piece in (*line, "\n")]
    if len(lines) > _LINES:
        shown.append(el("span", f"… {plural(len(lines) - _LINES, 'line')} more", cls="gap"))
    if path and (missing := _missing(document, path)):
        shown.append(el("mark", f"{missing} {absent}", cls="left-out"))
    return el("pre", *shown, cls="body json", tabindex=0)


def _missing(document: Any, path: str) -> str:
    try:
        pointed(document, path)
    except KeyError:
        return path
    return ""


def _lines(value: Any, here: str, path: str, depth: int) -> Iterator[tuple[Child, ...]]:
    """The lines of a value; the one `path` leads to is marked whole."""
    if path and here == path:
        yield from ((el("mark", *line),) for line in _lines(value, here, "", depth))
        return
    if not isinstance(value, dict | list) or not value:
        yield (_scalar(value),)
        return
    names = value.items() if isinstance(value, dict) else enumerate(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield (opening,)
    for index, (name, item) in enumerate(names):
        label: tuple[Child, ...] = (
            el("span", json.dumps(clip(str(name), _VALUE), ensure_ascii=False), cls="name"),
            ": ",
        )
        step = str(name).replace("~", "~0").replace("/", "~1")
        inner = list(_lines(item, f"{here}/{step}", path, depth + 1))
        inner[0] = ("  ", *(label if isinstance(value, dict) else ()), *inner[0])
        inner[1:] = [("  ", *line) for line in inner[1:]]
        inner[-1] = (*inner[-1], "," if index < len(value) - 1 else "")
        yield from inner
    yield (closing,)


def _scalar(value: Any) -> Markup:
    if isinstance(value, _Number):
        return el("span", clip(value, _VALUE), cls="number")
    if isinstance(value, str):
        return _string(value)
    return el("span", json.dumps(value), cls="number")


def _string(value: str) -> Markup:
    left_out = len(value) - _VALUE - _TAIL
    if left_out <= _TAIL:
        return el("span", json.dumps(value, ensure_ascii=False), cls="string")
    head, tail = value[:_VALUE], value[-_TAIL:]
    note = el("span", f" {left_out:,} more ", cls="gap")
    return el(
        "span", json.dumps(head, ensure_ascii=False)[:-1], note, json.dumps(tail, ensure_ascii=False)[1:], cls="string"
    )
