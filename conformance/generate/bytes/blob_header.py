"""The 24 octets of BCRYPT_RSAKEY_BLOB's header: every octet, every field at its boundaries, and fields by twos.

The one rule: the body stays; only what the header says of it changes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import combinations, product
from typing import Final

from conformance.codec.rsakey import HEADER_FIELDS, HEADER_SIZE
from conformance.generate.bytes.mutation import Family, Mutation
from conformance.generate.edits import TRANSPORT_KEY, Layer
from conformance.generate.join import Rendering

UINT32: Final = 1 << 32
OTHER_OCTETS: Final = 255
_NUMBERS: Final = struct.Struct("<6I")
_WORDS: Final = ("magic", "bit-length", "exponent-length", "modulus-length", "prime1-length", "prime2-length")

MAGICS: Final = (
    *(b"RSA2 RSA3 1ASR rsa1 RSA\0 RSA0 RSAA".split()),
    *(b"ECS1 ECS2 ECS3 ECS4 ECS5 ECS6 ECK1 ECK2 ECK3 ECK4 ECK5 ECK6 ECKP ECKV ECDP ECDV".split()),
    *(b"DHPB DHPV DHPM DSPB DSPV DSPM DPB2 DPV2 DPM2".split()),
    *(b"KDBM KPMP MLPB MLPV XMSS LMSP".split()),
    bytes(4),
    b"\xff\xff\xff\xff",
)
"""What CNG writes in front of other keys (bcrypt.h), RSA1 in other spellings, and no letters at all."""

Written = tuple[int, int]
"""A field by its place in the header, and the value written there."""


def octets(_model: Rendering) -> Family:
    """Every octet of the header as every other octet."""
    return Family("blob-header-octet", HEADER_SIZE * OTHER_OCTETS, lambda index: octet(*divmod(index, OTHER_OCTETS)))


def octet(offset: int, further: int) -> Mutation:
    """The octet there, so much further than it was (by one more than the number says)."""
    title = f"The octet at offset {offset}, of {HEADER_FIELDS[offset // 4]}, is larger by {further + 1} (modulo 256)."

    def change(blob: bytes) -> bytes:
        return blob[:offset] + bytes([(blob[offset] + further + 1) % 256]) + blob[offset + 1 :]

    return _mutation(f"octet-{offset}-by-{further + 1}", title, change)


def boundaries(model: Rendering) -> Family:
    """Every field at each of its boundaries, and each field as each other."""
    rows = [written for field in range(1, 6) for written in _values(field, model)]
    return Family("blob-header-boundary", len(rows), lambda index: _written(rows[index]))


def magics(_model: Rendering) -> Family:
    """The magic of every other kind of key."""
    return Family("blob-magic", len(MAGICS), lambda index: _magic(MAGICS[index]))


def pairs(model: Rendering) -> Family:
    """Two fields at a time, each at its boundaries."""
    rows = [
        (left, right)
        for first, second in combinations(range(1, 6), 2)
        for left, right in product(_values(first, model), _values(second, model))
    ]
    return Family("blob-header-pair", len(rows), lambda index: _written(*rows[index]))


def sums(model: Rendering) -> Family:
    """Lengths that add up to the octets there are, two of them to what they did, only in a sum of 32 bits."""
    there, fields = len(model.blob) - HEADER_SIZE, _NUMBERS.unpack_from(model.blob)
    rows = [
        _row((one, other), (value, (fields[one] + fields[other] - value) % UINT32))
        for one, other in combinations(range(2, 6), 2)
        for value in (UINT32 - 1, UINT32 - 3, UINT32 - 256, 1 << 31, there + 1)
    ]
    return Family("blob-header-sum", len(rows), lambda index: _written(*rows[index]))


def _row(fields: tuple[int, ...], values: tuple[int, ...]) -> tuple[Written, ...]:
    return tuple(zip(fields, values, strict=True))


def _values(field: int, model: Rendering) -> list[Written]:
    """The values that differ from the field's own, each once: edges, off by one, others' values, big-endian."""
    fields = _NUMBERS.unpack_from(model.blob)
    true = fields[field]
    swapped = int.from_bytes(true.to_bytes(4, "little"), "big")
    near = (true - 1, true + 1, true * 2, true // 2, true // 2 - 1, true * 8, true // 8)
    edges = (0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000, 1 << 31, (1 << 31) - 1, UINT32 - 1)
    values = (*near, *edges, *fields[1:], swapped, len(model.blob), len(model.blob) - HEADER_SIZE)
    return [(field, value) for value in dict.fromkeys(values) if 0 <= value < UINT32 and value != true]


def _written(*values: Written) -> Mutation:
    name = "-".join(f"{_WORDS[field]}-{value}" for field, value in values)
    title = f"{' and '.join(f'{HEADER_FIELDS[field]} is {value}' for field, value in values)}."

    def change(blob: bytes) -> bytes:
        fields = list(_NUMBERS.unpack_from(blob))
        for field, value in values:
            fields[field] = value
        return _NUMBERS.pack(*fields) + blob[HEADER_SIZE:]

    return _mutation(name, title, change)


def _magic(magic: bytes) -> Mutation:
    title = f"Magic is {magic.decode('latin-1')!r}."
    return _mutation(f"magic-{magic.hex()}", title, lambda blob: magic + blob[4:])


def _mutation(name: str, title: str, change: Callable[[bytes], bytes]) -> Mutation:
    return Mutation.of(Layer.BLOB_HEADER, TRANSPORT_KEY, name, title, change)
