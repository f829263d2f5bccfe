"""BCRYPT_RSAKEY_BLOB: Microsoft's published example, keys of `cryptography`, and every lie a header can tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key
from hypothesis import given
from hypothesis import strategies as st

from codec.codec_golden import fixture_items
from conformance.codec import base64
from conformance.codec.rsakey import HEADER_SIZE, RsaKeyBlob
from conformance.errors import DecodeError

UINT32 = st.integers(0, (1 << 32) - 1)
BLOBS = st.builds(
    RsaKeyBlob, st.binary(min_size=4, max_size=4), UINT32, UINT32, UINT32, UINT32, UINT32, st.binary(max_size=64)
)


def test_the_published_blob(vectors: Path) -> None:
    """MS-DVRJ 4.1: RSA1, 2048, 3, 256, 0, 0, exponent 65537, modulus."""
    data = (vectors / "msdvrj_4_1_transportkey.bin").read_bytes()
    blob = RsaKeyBlob.decode(data)
    header = (blob.magic, blob.bit_length, blob.public_exp_length, blob.modulus_length)
    assert header == (b"RSA1", 2048, 3, 256)
    assert (blob.prime1_length, blob.prime2_length, blob.exponent, blob.tail) == (0, 0, b"\x01\x00\x01", b"")
    assert len(blob.modulus) == 256
    assert blob.encode() == data
    assert RsaKeyBlob.public(65537, int.from_bytes(blob.modulus, "big")) == blob


@pytest.mark.parametrize("item", fixture_items("keys-rsa-2048")[:3], ids=lambda item: item["name"])
def test_a_key_is_exported_as_windows_does(item: dict[str, str]) -> None:
    key = load_der_private_key(base64.decode(item["pkcs8"]), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    numbers = key.public_key().public_numbers()
    data = RsaKeyBlob.public(numbers.e, numbers.n).encode()
    assert data[:24] == bytes.fromhex("52534131 00080000 03000000 00010000 00000000 00000000")
    assert data[24:27] == bytes.fromhex("010001")
    assert data[27:] == numbers.n.to_bytes(256, "big")


@pytest.mark.parametrize(("size", "field"), [(0, "Magic"), (3, "Magic"), (4, "BitLength"), (23, "cbPrime2Length")])
def test_only_a_header_that_is_cut_is_refused(size: int, field: str) -> None:
    with pytest.raises(DecodeError) as refusal:
        RsaKeyBlob.decode(bytes(size))
    assert refusal.value.offset == size
    assert field in refusal.value.problem
    assert RsaKeyBlob.decode(bytes(HEADER_SIZE)).body == b""


def test_a_body_shorter_than_announced_gives_what_is_there() -> None:
    blob = RsaKeyBlob(b"RSA1", 2048, 3, 256, 0, 0, b"\x01\x00\x01\xab")
    assert (blob.exponent, blob.modulus, blob.tail) == (b"\x01\x00\x01", b"\xab", b"")
    primes = replace(blob, modulus_length=1, prime1_length=2, body=blob.body + b"\x05\x07")
    assert primes.tail == b"\x05\x07"


@given(BLOBS)
def test_any_blob_is_read_as_it_was_written(blob: RsaKeyBlob) -> None:
    data = blob.encode()
    assert RsaKeyBlob.decode(data) == blob
    assert RsaKeyBlob.decode(data).encode() == data
