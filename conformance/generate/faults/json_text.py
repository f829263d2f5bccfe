"""Bodies that are no JSON object in UTF-8 (MS-DRS 2.1.1.1.1; RFC 8259 2 and 8.1), and media types that are not JSON's.

The one rule: it is no JSON in any reading. What parsers take beyond JSON (comments, a comma at the end, NaN, a byte
order mark) is a variant to be observed, since RFC 8259 section 9 allows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.generate.edits import DOCUMENT, Edit, Layer, text_edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.generate.join import Headers

OBJECT: Final = "join-request/body-object"
REQUIRED: Final = "join-request/body-required"
MALFORMED: Final = "processing/malformed-json"
TAIL: Final = "processing/json-tail"
UTF8: Final = "processing/json-utf8"
MEDIA_TYPE: Final = "processing/media-type"


def _content_type(value: str) -> Callable[[Headers], Headers]:
    def change(headers: Headers) -> Headers:
        return (("Content-Type", value), *(field for field in headers if field[0].lower() != "content-type"))

    return change


def _at_first_text(octets: bytes) -> Callable[[bytes], bytes]:
    """Octets put into the first text of a member that names a device, which is any text."""
    mark = b'"DeviceType":'  # as the plain spelling writes it; elsewhere the edit changes nothing, which is an error

    def change(text: bytes) -> bytes:
        before, found, behind = text.partition(mark)
        return before + found + b'"' + octets + behind[1:] if found else text

    return change


def _replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda text: text.replace(old, new, 1)


_OBJECT = (text_edit(OBJECT, "in-array", "The object stands in an array.", lambda text: b"[" + text + b"]"),)

_REQUIRED = (
    text_edit(REQUIRED, "empty", "The body is empty.", lambda _: b""),
    text_edit(REQUIRED, "white-space", "The body is white space.", lambda _: b" \r\n"),
)

_MALFORMED = tuple(
    text_edit(MALFORMED, name, title, change)
    for name, title, change in (
        ("cut-by-one-octet", "The last brace is missing.", lambda t: t[:-1]),
        ("cut-in-half", "The second half of the text is missing.", lambda t: t[: len(t) // 2]),
        ("brace-alone", "The text is an opening brace.", lambda _: b"{"),
        ("form", "The body is a form.", lambda _: b"JoinType=4&DeviceType=Linux&OSVersion=1&DeviceDisplayName=MyPC"),
        (
            "xml",
            "The body is XML.",
            lambda _: b'<?xml version="1.0"?><JoinRequest><JoinType>4</JoinType></JoinRequest>',
        ),
        ("words", "The body is a sentence.", lambda _: b"please register this device"),
        ("no-colon", "A member has no colon.", _replaced(b'"JoinType":', b'"JoinType" ')),
        ("no-comma", "Two members have no comma between them.", _replaced(b',"JoinType":', b' "JoinType":')),
        ("name-without-end", "A member's name has no end.", _replaced(b'"JoinType":', b'"JoinType:')),
        ("escape-unknown", "A text holds the escape \\x, which JSON has not.", _at_first_text(b"\\x41")),
        ("escape-cut-short", "A text holds a \\u escape without digits.", _at_first_text(b"\\uzzzz")),
    )
)

_TAIL = tuple(
    text_edit(TAIL, name, title, change)
    for name, title, change in (
        ("brace", "A closing brace follows the object.", lambda t: t + b"}"),
        ("words", "Words follow the object.", lambda t: t + b" and thanks"),
        ("twice", "The object is there twice.", lambda t: t + t),
    )
)

_UTF8 = tuple(
    text_edit(UTF8, name, title, change)
    for name, title, change in (
        ("lone-continuation", "A text holds the octet 0x80.", _at_first_text(b"\x80")),
        ("never", "A text holds the octet 0xff, which UTF-8 has not.", _at_first_text(b"\xff")),
        ("overlong", "A text holds a slash in two octets.", _at_first_text(b"\xc0\xaf")),
        ("surrogate", "A text holds a surrogate in three octets.", _at_first_text(b"\xed\xa0\x80")),
        ("latin-1", "A text holds an e with acute accent in Latin-1.", _at_first_text("é".encode("latin-1"))),
        ("utf-16", "The text is in UTF-16.", lambda t: t.decode("utf-8").encode("utf-16-le")),
    )
)

_MEDIA_TYPE = tuple(
    Edit(MEDIA_TYPE, name, f"The media type is {value}.", Layer.HTTP, DOCUMENT, _content_type(value), after=value)
    for name, value in (
        ("text", "text/plain"),
        ("xml", "application/xml"),
        ("form", "application/x-www-form-urlencoded"),
        ("octets", "application/octet-stream"),
    )
)

FAULTS: Final = (*_OBJECT, *_REQUIRED, *_MALFORMED, *_TAIL, *_UTF8, *_MEDIA_TYPE)
