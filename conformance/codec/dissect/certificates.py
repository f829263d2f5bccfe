"""Dissections of certificate requests and certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.codec import der, pkcs10, x509
from conformance.codec.dissect.asn1 import Asn1Recorder
from conformance.codec.dissect.rows import Dissection, unread
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable


def request(data: bytes) -> Dissection:
    """A certificate request, as far as it can be read."""
    return _dissect(data, pkcs10.STRUCTURE, pkcs10.read)


def certificate(data: bytes) -> Dissection:
    """A certificate, as far as it can be read."""
    return _dissect(data, x509.STRUCTURE, x509.read)


def _dissect(data: bytes, structure: str, read: Callable[[der.Cursor], Any]) -> Dissection:
    """Overhear a lenient reading; the faults are those of readings nobody listens to, which forgive no cut."""
    recorder = Asn1Recorder()
    _attempt(read, der.Cursor(data, structure, strict=False, listen=recorder))
    record, fault = _attempt(read, der.Cursor(data, structure, strict=False))
    strict, loose = _attempt(read, der.Cursor(data, structure))
    rows = unread(recorder.rows(), data)
    return Dissection(structure, len(data), rows, strict or record, fault, None if fault else loose)


def _attempt(read: Callable[[der.Cursor], Any], walk: der.Cursor) -> tuple[Any, DecodeError | None]:
    try:
        return read(walk), None
    except DecodeError as error:
        return None, error
