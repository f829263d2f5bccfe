"""Dissection of a nonce: opaque to a client, and a compact JWE at the services of the field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from conformance.codec.dissect.rows import Dissection, Recorder
from conformance.codec.dissect.text import counted, printable, quoted
from conformance.codec.heard import Heard
from conformance.codec.jose import Compact
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

STRUCTURE: Final = "nonce"
_SHOWN: Final = 60


def nonce(data: bytes) -> Dissection:
    """The octets of a nonce: the parts of a compact JWE or JWS where they are one, otherwise octets; never a fault."""
    recorder = Recorder(lambda heard: str(heard.value))
    try:
        token = Compact.decode(data.decode("ascii"), STRUCTURE)
    except (DecodeError, UnicodeDecodeError):
        token = None
    for heard in _parts(token, data) if token else _opaque(data):
        recorder(heard)
    return Dissection(STRUCTURE, len(data), recorder.rows(), data)


def _opaque(data: bytes) -> Iterator[Heard]:
    text = data.decode("latin-1")
    said = f": {quoted(text[:_SHOWN])}" if text.isascii() and text.isprintable() else ""
    yield Heard(0, 0, "nonce", data, f"{counted(len(data))}, opaque{said}")


def _parts(token: Compact, data: bytes) -> Iterator[Heard]:
    yield Heard(0, 0, f"compact {token.kind}", b"", f"{len(token.parts)} parts")
    offset = 0
    for index, (name, part, text) in enumerate(zip(token.part_names, token.parts, data.split(b"."), strict=True)):
        said = printable(json.dumps(token.header, ensure_ascii=False)) if index == 0 else counted(len(part))
        dot = b"." if index + 1 < len(token.parts) else b""
        yield Heard(offset, 1, name, text + dot, said)
        offset += len(text) + 1
