"""Content codings undone (RFC 9110 8.4), never to more bytes than the client will hold.

The one rule: the limit holds while decompressing, not after, so that a small body that stands for gigabytes costs none.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial

ACCEPTED = "gzip, deflate"
_GZIP = 16 + zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS
_MOST = 5  # codings of one body
_SLICE = 4096  # octets at a time: what stands behind a member's end is copied, and an empty member has 20


class CodingError(ValueError):
    """A body that is not what its Content-Encoding says; one clause."""


class OversizedError(Exception):
    """More bytes than the client will hold."""


def decoded(body: bytes, encodings: str, limit: int) -> bytes:
    """The body with its codings undone, last applied first. Raises `CodingError` and `OversizedError`."""
    codings = [word for part in encodings.split(",") if (word := part.strip().lower()) not in {"", "identity"}]
    if len(codings) > _MOST:
        raise CodingError(f"it is said to have {len(codings)} content codings, each around the one before")
    for coding in reversed(codings):
        if coding not in _CODINGS:
            raise CodingError(f"its content coding {coding[:40]!r} was not asked for")
        if body:
            body = _CODINGS[coding](body, limit)
    return body


def _inflated(body: bytes, limit: int, *, window: int, name: str) -> bytes:
    """One coding undone; several gzip members in a row are one body (RFC 1952 2.2)."""
    made = bytearray()
    stream = zlib.decompressobj(window)
    for place in range(0, len(body), _SLICE):
        left = body[place : place + _SLICE]
        while left:
            if stream.eof:
                if window != _GZIP:
                    return bytes(made)
                stream = zlib.decompressobj(window)
            try:
                made += stream.decompress(left, limit + 1 - len(made))
            except zlib.error:
                raise CodingError(f"its body is not {name}, as its content coding says") from None
            if len(made) > limit:
                raise OversizedError
            left = stream.unused_data
    if not stream.eof:
        raise CodingError(f"its {name} body ends too early")
    return bytes(made)


def _deflate(body: bytes, limit: int) -> bytes:
    """The zlib format, as RFC 9110 8.4.1.2 says, or the bare deflate that some servers send."""
    try:
        return _inflated(body, limit, window=zlib.MAX_WBITS, name="deflate")
    except CodingError:
        return _inflated(body, limit, window=_RAW, name="deflate")


_gzip = partial(_inflated, window=_GZIP, name="gzip")
_CODINGS: dict[str, Callable[[bytes, int], bytes]] = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate}
