r"""Text that a hostile target may have had a hand in, made safe to look at.

The one rule: a character that moves a cursor, turns the line around, hides, or has no place in XML is shown as its
escape (`\x1b`, `\u202e`), never passed on; everything else stays as it came.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.results import Accepted

# C0 but tab and line feed; DEL and C1; the letters that only steer (bidi, zero width, line separators, fillers, tags);
# lone surrogates and noncharacters, which XML 1.0 (2.2) and UTF-8 do not carry.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_UNSEEN_RUN = re.compile(f"{_UNSEEN.pattern}+")


def visible(text: str) -> str:
    """The text with every unseen character as its escape; line feeds and tabs stay."""
    return _UNSEEN.sub(lambda match: _escape(match.group()), text)


def line(text: str, length: int | None = None) -> str:
    """The text as one visible line, of at most `length` characters when given one."""
    some = text if length is None else text[: length + 1]  # no character becomes less than one
    flat = visible(some.replace("\n", " ").replace("\t", " "))
    return flat if length is None else clip(flat, length)


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text in runs, each with whether it is the escapes of unseen characters."""
    start = 0
    for match in _UNSEEN_RUN.finditer(text):
        if match.start() > start:
            yield text[start : match.start()], False
        yield visible(match.group()), True
        start = match.end()
    if start < len(text):
        yield text[start:], False


def clip(text: str, length: int) -> str:
    """The text, cut to `length` characters, the last of which is then an ellipsis."""
    return text if len(text) <= length else text[: max(length - 1, 0)] + "…"


def plural(number: int, noun: str, many: str = "") -> str:
    """`1 request`, `2 requests`."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def duration(seconds: float) -> str:
    """A length of time for people: `0.4 s`, `12 s`, `3 min 20 s`."""
    if seconds < 10:  # noqa: PLR2004 (below that a tenth matters)
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def moment(iso: str) -> str:
    """An ISO 8601 time for people: `2026-11-22 16:00:00 UTC`; as it is when it is of another form."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)", iso)
    return f"{found[1]} {found[2]} UTC" if found else iso


def until(entry: Accepted) -> str:
    """Why a failure is accepted, and through which day where that is said."""
    return entry.reason + (f"; until {entry.expires}" if entry.expires else "")


def as_text(body: bytes) -> str | None:
    """The body as text where it is UTF-8 and at most one character in eight is unseen, else None."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _UNSEEN.subn("", text)[1] * 8 > len(text) else text


def pointed(document: Any, path: str) -> Any:
    """The value a JSON pointer (RFC 6901) leads to; KeyError where it leads nowhere."""
    for step in path.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(name)] if isinstance(document, list) else document[name]
        except (IndexError, TypeError, ValueError):
            raise KeyError(path) from None
    return document


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004
