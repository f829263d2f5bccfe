"""Dissection of a transport key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.codec import rsakey
from conformance.codec.dissect.rows import Dissection, Recorder, unread
from conformance.codec.dissect.text import counted, quoted_octets
from conformance.codec.heard import Heard
from conformance.codec.rsakey import HEADER_FIELDS, RsaKeyBlob
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXPONENT_SHOWN: Final = 8


def transport_key(data: bytes) -> Dissection:
    """A BCRYPT_RSAKEY_BLOB: its header's fields as far as they are there, and the body as the header divides it."""
    recorder = Recorder(lambda heard: str(heard.value))
    for heard in _header(data):
        recorder(heard)
    try:
        blob = RsaKeyBlob.decode(data)
    except DecodeError as error:
        return Dissection(rsakey.STRUCTURE, len(data), recorder.rows(), None, error)
    for heard in _body(blob):
        recorder(heard)
    return Dissection(rsakey.STRUCTURE, len(data), unread(recorder.rows(), data), blob, _cut(blob, len(data)))


def _cut(blob: RsaKeyBlob, length: int) -> DecodeError | None:
    """The fault of a body that is shorter than the header says; the codec keeps such a blob as it is."""
    announced = (blob.public_exp_length, blob.modulus_length, blob.prime1_length, blob.prime2_length)
    if len(blob.body) >= sum(announced):
        return None
    problem = f"cut off: the header announces {sum(announced)} octets behind it, {len(blob.body)} are there"
    return DecodeError(rsakey.STRUCTURE, length, problem)


def _header(data: bytes) -> Iterator[Heard]:
    for index, field in enumerate(HEADER_FIELDS):
        start = 4 * index
        octets = data[start : start + 4]
        if octets:
            value = quoted_octets(octets) if index == 0 else int.from_bytes(octets, "little")
            yield Heard(start, 0, field, octets, value if len(octets) == 4 else None)  # noqa: PLR2004 - uint32


def _body(blob: RsaKeyBlob) -> Iterator[Heard]:
    exponent, modulus = blob.exponent, blob.modulus
    offset = rsakey.HEADER_SIZE
    number = int.from_bytes(exponent, "big")
    small = len(exponent) <= _EXPONENT_SHOWN
    said = str(number) if small else f"a number of {number.bit_length()} bits"
    yield Heard(offset, 0, "PublicExponent", exponent, _there(said, exponent, blob.public_exp_length))
    offset += len(exponent)
    said = f"a number of {int.from_bytes(modulus, 'big').bit_length()} bits"
    yield Heard(offset, 0, "Modulus", modulus, _there(said, modulus, blob.modulus_length))
    offset += len(modulus)
    for field, announced in (("Prime1", blob.prime1_length), ("Prime2", blob.prime2_length)):
        if announced:
            start = offset - rsakey.HEADER_SIZE
            octets = blob.body[start : start + announced]
            yield Heard(offset, 0, field, octets, _there(counted(len(octets)), octets, announced))
            offset += len(octets)


def _there(said: str, octets: bytes, announced: int) -> str:
    return said if len(octets) == announced else f"{said}: {announced} octets announced, {len(octets)} are there"
