"""Hostile bodies: what no parser should fall over (RFC 8259 9, CWE-400, CWE-755).

The one rule: nothing is said about accepting or refusing them. A service may do either; it may not break, and it must
go on with the next request. They are no twins of a baseline, and so no part of `faults()`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from conformance.generate.edits import Edit, put, text_edit

REQUIREMENT: Final = "processing/no-server-error"
DEPTH: Final = 20_000
DIGITS: Final = 10_000
MARK: Final = "\u00b7drs\u00b7"  # stands for what a JSON encoder will not write


def _raw(name: str, title: str, path: str, octets: bytes) -> Edit:
    """An edit that writes these octets as the value of a member."""
    first = put(REQUIREMENT, name, title, path, MARK)
    mark = json.dumps(MARK, ensure_ascii=False).encode()

    def change(text: bytes) -> bytes:
        document = first.change(json.loads(text))
        return json.dumps(document, ensure_ascii=False).encode().replace(mark, octets, 1)

    return text_edit(REQUIREMENT, name, title, change)


_VALUES: tuple[tuple[str, str, str, Any], ...] = (
    ("empty-names", "A member has an empty name and an empty object.", "/", {}),
    ("nul-in-name", "A text holds a NUL.", "/DeviceDisplayName", "a\0b"),
    ("controls-in-name", "A text holds every control character.", "/DeviceDisplayName", "".join(map(chr, range(32)))),
    ("noncharacters", "A text holds U+FFFE and U+FFFF.", "/DeviceDisplayName", "\ufffe\uffff"),
    ("bidi-controls", "A text turns its direction over.", "/DeviceDisplayName", "\u202e\u2066\u200f"),
    ("long-name", "A text has 20,000 letters.", "/DeviceDisplayName", "n" * 20_000),
    ("many-attributes", "Attributes has 5,000 members.", "/Attributes", {f"m{n}": n for n in range(5_000)}),
    (
        "prototype",
        "Members are called as a JavaScript object's own are.",
        "/__proto__",
        {"constructor": {"prototype": 1}},
    ),
    ("sql", "A text holds the end of an SQL statement.", "/DeviceDisplayName", "'); DROP TABLE devices; --"),
    ("format", "A text holds format directives.", "/DeviceDisplayName", "%s%n{0}${jndi:x}{{7*7}}"),
)

_OCTETS: tuple[tuple[str, str, str, bytes], ...] = (
    ("lone-surrogate", "A text holds half of a surrogate pair, escaped.", "/DeviceDisplayName", rb'"\ud800"'),
    (
        "swapped-surrogates",
        "A text holds a surrogate pair in the wrong order.",
        "/DeviceDisplayName",
        rb'"\udc00\ud800"',
    ),
    ("raw-controls", "A text holds control characters as they are.", "/DeviceDisplayName", b'"\x01\x02\t\n"'),
    ("raw-nul", "A text holds a NUL as it is.", "/DeviceDisplayName", b'"\x00"'),
    ("huge-exponent", "JoinType is 1e400.", "/JoinType", b"1e400"),
    ("tiny-exponent", "JoinType is 4e-400.", "/JoinType", b"4e-400"),
    ("many-digits", "JoinType has 10,000 digits.", "/JoinType", b"4" * DIGITS),
    ("many-decimals", "JoinType has 10,000 decimals.", "/JoinType", b"4." + b"0" * DIGITS + b"1"),
    ("infinity", "JoinType is Infinity.", "/JoinType", b"Infinity"),
    ("deep-arrays", "Attributes is an array in 20,000 arrays.", "/Attributes", b"[" * DEPTH + b"]" * DEPTH),
    (
        "deep-objects",
        "Attributes is an object in 20,000 objects.",
        "/Attributes",
        b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
    ),
    ("deep-without-end", "20,000 arrays are opened and none is closed.", "/Attributes", b"[" * DEPTH),
)

HOSTILE: Final = (
    *(put(REQUIREMENT, name, title, path, value) for name, title, path, value in _VALUES),
    *(_raw(name, title, path, octets) for name, title, path, octets in _OCTETS),
    text_edit(REQUIREMENT, "all-octets", "The body is every octet there is.", lambda _: bytes(range(256))),
    text_edit(
        REQUIREMENT,
        "byte-order-marks",
        "The body starts with a byte order mark twice.",
        lambda t: b"\xef\xbb\xbf" * 2 + t,
    ),
    text_edit(
        REQUIREMENT,
        "many-bytes-of-space",
        "A mebibyte of spaces precedes the document.",
        lambda t: b" " * (1 << 20) + t,
    ),
)
