"""Reading a request's body, whole and within bounds.

The one rule: a body is read to its end before it is judged, up to `DRAINED` octets and for `READ_SECONDS`, so that a
client hears the refusal of what it sent instead of a reset; nothing past the behaviour's limit is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .asked import Asked
from .refusal import Refusal

if TYPE_CHECKING:
    from starlette.types import Receive

READ_SECONDS = 10.0
DRAINED = 16 * 1024 * 1024
DIGITS = 20  # of 2^64


class Gone(Exception):
    """The client left before its request was whole; there is nobody to answer."""


async def read_body(receive: Receive, asked: Asked, limit: int) -> bytes:
    """The whole body. Too large a one is still read to its end, up to `DRAINED`, so that its sender hears the 413."""
    declared = asked.header("content-length") or ""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        return body
    if declared.isdigit() and len(declared) < DIGITS and int(declared) > DRAINED:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await _rest(receive, message, limit)
    except TimeoutError:
        raise Refusal("The request took too long to arrive.", status=408, headers={"Connection": "close"}) from None


async def _rest(receive: Receive, message: Mapping[str, object], limit: int) -> bytes:
    chunks, size = [], 0
    while True:
        if message["type"] != "http.request":
            raise Gone
        chunk = message.get("body", b"")
        assert isinstance(chunk, bytes)
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        if size > DRAINED or not message.get("more_body"):
            break
        message = await receive()
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int) -> Refusal:
    return Refusal(f"The body is larger than {limit} octets.", status=413, headers={"Connection": "close"})
