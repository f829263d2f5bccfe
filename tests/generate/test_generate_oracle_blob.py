"""What the oracle says of a transport key is what `struct` and plain arithmetic say of it, whoever changed it."""

from __future__ import annotations

import struct
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.generate import keys, oracle
from conformance.generate.bytes import Mutation, judged, plan
from conformance.generate.bytes.mutation import Build
from conformance.generate.edits import Layer
from conformance.generate.join import JoinDraft, render

DRAFT: Final = JoinDraft.baseline(7)
MODEL: Final = render(DRAFT)
PREFIX: Final = "join-request/transport-key-"


def wrong(octets: bytes) -> list[str]:
    """All that is wrong with a blob, from the outside in, by the layout of bcrypt.h."""
    if len(octets) < 24:
        return ["header"]
    bits, exponent_size, modulus_size, *primes = struct.unpack("<5I", octets[4:24])
    body = octets[24:]
    exponent = int.from_bytes(body[:exponent_size], "big")
    modulus = int.from_bytes(body[exponent_size : exponent_size + modulus_size], "big")
    found = {
        "magic": octets[:4] != b"RSA1",
        "lengths": 0 in (exponent_size, modulus_size) or exponent_size + modulus_size > len(body),
        "no-primes": primes != [0, 0],
        "no-tail": exponent_size + modulus_size < len(body),
        "bit-length": bits not in (len(f"{modulus:b}".lstrip("0")), 8 * modulus_size),
        "exponent": exponent in (0, 1) or exponent % 2 == 0 or exponent >= modulus,
        "modulus": modulus % 2 == 0,
    }
    return [name for name, is_wrong in found.items() if is_wrong]


def blob_of(mutation: Mutation) -> bytes:
    return render(mutation.apply(DRAFT)).blob


def agrees(octets: bytes) -> None:
    reading = oracle.blob(octets)
    found = wrong(octets)
    assert reading.why
    if reading.must_refuse:
        assert reading.must_refuse == PREFIX + found[0]
        assert reading.layer is not None
        assert reading.offset is not None
        assert 0 <= reading.offset <= len(octets)
    else:
        assert not found


@pytest.mark.parametrize("build", plan.BLOB[:-1], ids=lambda build: f"{build.__module__}.{build.__name__}")
def test_arithmetic_finds_the_same_thing_wrong_first(build: Build) -> None:
    for mutation in plan.spread(build(MODEL), 300, 1):
        agrees(blob_of(mutation))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("spki", "a DER structure is in the blob's place"),
        ("pkcs1", "a DER structure is in the blob's place"),
        ("spki-pem", "a text in PEM is in the blob's place"),
        ("pkcs1-pem", "a text in PEM is in the blob's place"),
        ("ssh", "a key as OpenSSH writes it is in the blob's place"),
    ],
)
def test_another_structure_has_no_magic(name: str, words: str) -> None:
    octets = blob_of(next(mutation for mutation in plan.BLOB[-1](MODEL) if mutation.name == name))
    reading = oracle.blob(octets)
    assert (reading.must_refuse, reading.why, reading.offset) == (f"{PREFIX}magic", words, 0)


def test_of_all_that_stands_in_the_blobs_place_a_jwk_alone_is_open() -> None:
    left_open = [mutation.name for mutation in plan.BLOB[-1](MODEL) if oracle.blob(blob_of(mutation)).left_open]
    assert left_open == ["jwk"]


@pytest.mark.parametrize("octets", [b'{"n":"AQAB","e":"AQAB"}   ', b'["kty", "is in no object"]', b"[" * 20_000])
def test_json_that_is_no_jwk_has_no_magic(octets: bytes) -> None:
    assert oracle.blob(octets).must_refuse == f"{PREFIX}magic"


@given(octets=st.binary(max_size=400))
@example(octets=b"{SA1" + MODEL.blob[4:])
@example(octets=b"0SA1" + MODEL.blob[4:])
@example(octets=b"RSA1" + bytes(20))
@example(octets=b"")
def test_any_octets_are_read(octets: bytes) -> None:
    agrees(octets)


@given(at=st.integers(24, 282), value=st.integers(0, 255))
def test_a_changed_number_is_wrong_only_where_arithmetic_says_so(at: int, value: int) -> None:
    agrees(MODEL.blob[:at] + bytes([value]) + MODEL.blob[at + 1 :])


LARGE: Final = b"\xff\xff\xff\xff"


@pytest.mark.parametrize(
    ("at", "octets", "requirement", "layer", "offset"),
    [
        (8, bytes(4), "lengths", Layer.BLOB_HEADER, 8),
        (12, bytes(4), "lengths", Layer.BLOB_HEADER, 12),
        (8, LARGE, "lengths", Layer.BLOB_HEADER, 8),
        (8, struct.pack("<I", 259), "lengths", Layer.BLOB_HEADER, 12),  # the exponent is all there is
        (8, struct.pack("<I", 260), "lengths", Layer.BLOB_HEADER, 8),
        (12, LARGE, "lengths", Layer.BLOB_HEADER, 12),
        (12, struct.pack("<I", 255), "no-tail", Layer.BLOB_BODY, 282),
        (16, LARGE, "no-primes", Layer.BLOB_HEADER, 16),
        (20, LARGE, "no-primes", Layer.BLOB_HEADER, 20),
        (4, LARGE, "bit-length", Layer.BLOB_HEADER, 4),
        (24, bytes(3), "exponent", Layer.BLOB_BODY, 24),
        (282, b"\x02", "modulus", Layer.BLOB_BODY, 282),
    ],
)
def test_where_the_first_wrong_thing_sits(at: int, octets: bytes, requirement: str, layer: Layer, offset: int) -> None:
    reading = oracle.blob(MODEL.blob[:at] + octets + MODEL.blob[at + len(octets) :])
    assert (reading.must_refuse, reading.layer, reading.offset) == (PREFIX + requirement, layer, offset)


def test_every_key_of_the_pool_must_be_accepted_and_no_other() -> None:
    for index in range(len(keys.pool())):
        reading = oracle.blob(render(JoinDraft.baseline(index)).blob)
        assert reading.accepted_by == f"{PREFIX}accepted"
    exponent, modulus = DRAFT.transport_key.exponent, DRAFT.transport_key.modulus
    other_key = MODEL.blob[:24] + exponent + modulus[:100] + bytes([modulus[100] ^ 4]) + modulus[101:]
    assert oracle.blob(other_key).left_open


def test_a_mutation_that_the_oracle_leaves_open_bears_on_no_more_than_an_answer() -> None:
    jwk = next(mutation for mutation in plan.BLOB[-1](MODEL) if mutation.name == "jwk")
    told = judged(jwk, DRAFT)
    assert told.edit.requirement == "processing/no-server-error"
    assert told.reading.left_open
