"""A dissection on a screen: offset, octets, field and value, and under each row what the catalogue says of it.

The one rule: every line is laid out here and fits the width; nothing but printable text reaches it.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from conformance.cli.inspect_kinds import Remark
    from conformance.codec.dissect import Row

_WIDE: Final = 110
_OFFSET: Final = 6
_GAP: Final = "  "
_LINES: Final = 3
_DEEPEST: Final = 10
_LEAST: Final = 20
_MOST_ROWS: Final = 2000
_MARKS: Final = {True: ("+", "green"), False: ("!", "bold red"), None: ("o", "yellow")}


class View:
    """The layout for a width; `full` elides nothing."""

    def __init__(self, width: int, *, full: bool = False) -> None:
        self._wide = width >= _WIDE
        self._per_line = 16 if self._wide else 8
        self._full = full
        self._hex = 3 * self._per_line - 1
        self._said = max(_LEAST, width - _OFFSET - 2 * len(_GAP) - self._hex)
        self._remark = max(_LEAST, width - _OFFSET - len(_GAP))

    def lines(self, rows: Sequence[Row], remarks: Iterable[Remark]) -> Iterator[Text]:
        """Every line, top to bottom; remarks of rows that are not there stand at the nearest part that is."""
        waiting = _placed(rows, remarks)
        yield Text(f"{'offset':>{_OFFSET}}{_GAP}{'octets':{self._hex}}{_GAP}field: value", "bold")
        shown = rows if self._full else rows[:_MOST_ROWS]
        for number, row in enumerate(shown):
            yield from self._row(row)
            for remark in waiting.get(number, ()):
                yield from self._of(remark)
        if len(shown) < len(rows):
            yield Text(f"{'':{_OFFSET}}{_GAP}... and {len(rows) - len(shown)} parts more (--full shows them)", "dim")
        for number in range(len(shown), len(rows)):
            for remark in waiting.get(number, ()):
                yield from self._of(remark)

    def _row(self, row: Row) -> Iterator[Text]:
        octets = self._octets(row.octets)
        said = self._wrapped(row)
        label = len(row.field) + 1
        for index in range(max(len(octets), len(said))):
            line = Text(f"{row.offset if index == 0 else '':>{_OFFSET}}{_GAP}", "dim")
            line.append(f"{octets[index] if index < len(octets) else '':{self._hex}}", "cyan")
            if index < len(said):
                words = Text(_GAP + said[index], "red" if row.field.startswith("(") else "")
                if index == 0:
                    start = len(_GAP) + len(said[0]) - len(said[0].lstrip())
                    words.stylize("bold", start, start + label)
                line.append_text(words)
            line.rstrip()
            yield line

    def _octets(self, octets: bytes) -> list[str]:
        """Lines of hexadecimal; of more than three the first two, and how many octets are left out."""
        step = self._per_line
        lines = [octets[start : start + step].hex(" ") for start in range(0, len(octets), step)] or [""]
        if self._full or len(lines) <= _LINES:
            return lines
        return [*lines[: _LINES - 1], f"... {len(octets) - (_LINES - 1) * step} more octets"]

    def _wrapped(self, row: Row) -> list[str]:
        indent = " " * (min(row.depth, _DEEPEST) * (2 if self._wide else 1))
        text = f"{row.field}: {row.value}" if row.value else row.field
        return _wrap(text, self._said, indent, indent + _GAP)

    def _of(self, remark: Remark) -> Iterator[Text]:
        mark, style = _MARKS[remark.holds]
        for index, line in enumerate(_wrap(remark.words, self._remark, f"{mark} ", _GAP)):
            yield Text(" " * _OFFSET + _GAP).append(
                line, style if index == 0 or remark.holds is False else f"{style} dim"
            )


def _wrap(text: str, width: int, first: str, others: str) -> list[str]:
    wrapper = textwrap.TextWrapper(width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)
    return wrapper.wrap(text) or [""]


def _placed(rows: Sequence[Row], remarks: Iterable[Remark]) -> dict[int, list[Remark]]:
    """The remarks by the number of the row they stand under."""
    first: dict[str, int] = {}
    for number, row in enumerate(rows):
        first.setdefault(row.key, number)
    placed: dict[int, list[Remark]] = {}
    for remark in remarks:
        key = remark.key
        while key and key not in first:
            key = key.rpartition(".")[0]
        placed.setdefault(first.get(key, len(rows) - 1), []).append(remark)
    return placed
