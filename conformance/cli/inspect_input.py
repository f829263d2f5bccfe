"""What `inspect` is given: a file or standard input, raw, base64 or PEM, and the octets in it.

The one rule: input that gives no octets is a `UsageError` of one sentence, which shows nothing of it raw.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from conformance.codec import base64
from conformance.codec.dissect import printable
from conformance.errors import DecodeError, UsageError

if TYPE_CHECKING:
    from conformance.cli.inspect_kinds import Kind

LARGEST: Final = 1 << 20  # what the join service itself takes, 1 MiB
_PEM: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,60})-----\s")
_BASE64_TEXT: Final = re.compile(rb"[A-Za-z0-9+/\s]+=*\s*")
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Input:
    """The octets, and how they were given (`raw`, `base64` or `PEM`).

    `fault` is what a strict reading of base64 finds in the text; `whole` is false where the octets end at it, and true
    where only line breaks or other white space were passed over.
    """

    name: str
    form: str
    data: bytes
    fault: DecodeError | None = None
    whole: bool = True


def read(file: str, kind: Kind) -> Input:
    """The input of a file (`-`: standard input), as that kind of structure is written."""
    name = "standard input" if file == "-" else printable(file)
    content = _content(file, name)
    if not content.strip():
        raise UsageError(f"{name} is empty: a {kind.title} is expected, raw, base64 or PEM")
    if b"-----BEGIN " in content:
        return _pem(name, content, kind)
    if _is_base64(content, kind):
        return _base64(name, content.decode("ascii"))
    return Input(name, "raw", content.strip() if kind.text else content)


def _is_base64(content: bytes, kind: Kind) -> bool:
    """Whether the input is text where the structure itself is not; where it is, only what is base64 throughout."""
    if content.startswith(kind.raw):
        return False
    return bool(_BASE64_TEXT.fullmatch(content)) if kind.text else content.isascii() and b"\0" not in content


def _content(file: str, name: str) -> bytes:
    try:
        if file == "-":
            content = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in a file's name
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{name} cannot be read: {reason}") from None
    if len(content) > LARGEST:
        raise UsageError(f"{name} is larger than {LARGEST} octets, the most that is inspected")
    return content


def _pem(name: str, content: bytes, kind: Kind) -> Input:
    begin = _PEM.search(content)
    end = content.find(b"-----END " + begin[1] + b"-----", begin.end()) if begin else -1
    if begin is None or end < 0:
        raise UsageError(f"{name}: a PEM block begins but is not well-formed or does not end")
    label = begin[1].decode("ascii")
    if kind.labels and label not in kind.labels:
        raise UsageError(f"{name} holds a PEM block of {label}; a {kind.title} is one of {' or '.join(kind.labels)}")
    return _decoded(name, "PEM", _SPACE.sub("", content[begin.end() : end].decode("latin-1")))


def _base64(name: str, text: str) -> Input:
    """White space around the text is the file's; any within it is the base64's, which is read on without it."""
    text = text.strip()
    given = _decoded(name, "base64", text)
    if given.whole or not _SPACE.search(text):
        return given
    joined = _decoded(name, "base64", _SPACE.sub("", text))
    return joined if joined.fault else replace(joined, fault=given.fault)


def _decoded(name: str, form: str, text: str) -> Input:
    """The octets of a base64 text, or those before its first fault."""
    try:
        return Input(name, form, base64.decode(text, form))
    except DecodeError as fault:
        readable = text[: fault.offset - fault.offset % 4]
        if not readable:
            raise UsageError(f"{name}: {fault}") from None
        return Input(name, form, base64.decode(readable), fault, whole=False)
