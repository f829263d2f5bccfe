"""Each fault of a transport key changes the fields it says and leaves the others as they were: read with `struct`."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key, load_ssh_public_key

from conformance.generate.edits import Edit
from conformance.generate.faults import faults
from conformance.generate.join import JoinDraft, render

PREFIX: Final = "join-request/transport-key-"
DRAFT: Final = JoinDraft.baseline(11)
BASELINE: Final = render(DRAFT).blob


@dataclass(frozen=True, slots=True)
class Blob:
    """The six header fields and the body, by the layout of bcrypt.h."""

    magic: bytes
    bits: int
    exponent_length: int
    modulus_length: int
    primes: tuple[int, int]
    body: bytes

    @property
    def declared(self) -> int:
        return self.exponent_length + self.modulus_length

    @property
    def exponent(self) -> int:
        return int.from_bytes(self.body[: self.exponent_length], "big")

    @property
    def modulus(self) -> int:
        return int.from_bytes(self.body[self.exponent_length : self.declared], "big")


def read(octets: bytes) -> Blob:
    magic, bits, exponent, modulus, prime1, prime2 = struct.unpack_from("<4s5I", octets)
    return Blob(magic, bits, exponent, modulus, (prime1, prime2), octets[24:])


TRUE: Final = read(BASELINE)


def magic(blob: Blob) -> None:
    assert blob.magic != b"RSA1"
    assert (blob.bits, blob.declared, blob.primes, blob.body) == (2048, len(TRUE.body), (0, 0), TRUE.body)


def bit_length(blob: Blob) -> None:
    assert blob.bits != blob.modulus.bit_length()
    assert (blob.magic, blob.declared, blob.primes) == (b"RSA1", len(blob.body), (0, 0))
    assert blob.body == TRUE.body or blob.bits == 8 * blob.modulus_length  # a modulus that does not fill its octets


def lengths(blob: Blob) -> None:
    assert blob.declared > len(blob.body) or 0 in (blob.exponent_length, blob.modulus_length)
    assert (blob.magic, blob.primes) == (b"RSA1", (0, 0))
    assert blob.bits in (2048, 0, 8 * blob.modulus_length)  # as many bits as the modulus would have were it there
    if blob.bits == 0:
        assert blob.modulus == 0


def no_primes(blob: Blob) -> None:
    assert blob.primes != (0, 0)
    assert (blob.magic, blob.bits, blob.declared) == (b"RSA1", 2048, len(TRUE.body))
    assert blob.body.startswith(TRUE.body)


def no_tail(blob: Blob) -> None:
    assert (blob.magic, blob.bits, blob.primes) == (b"RSA1", 2048, (0, 0))
    assert blob.declared == len(TRUE.body) < len(blob.body)
    assert blob.body.startswith(TRUE.body)


def exponent(blob: Blob) -> None:
    assert blob.exponent < 3 or blob.exponent % 2 == 0 or blob.exponent >= blob.modulus
    well_told(blob)
    assert blob.modulus == TRUE.modulus


def modulus(blob: Blob) -> None:
    assert blob.modulus % 2 == 0
    well_told(blob)
    assert blob.exponent == 65537


def well_told(blob: Blob) -> None:
    """The header describes what is there, rightly."""
    assert (blob.magic, blob.primes, blob.declared) == (b"RSA1", (0, 0), len(blob.body))
    assert blob.bits == blob.modulus.bit_length()


ORACLES: Final[dict[str, Callable[[Blob], None]]] = {
    "magic": magic,
    "bit-length": bit_length,
    "lengths": lengths,
    "no-primes": no_primes,
    "no-tail": no_tail,
    "exponent": exponent,
    "modulus": modulus,
}


OTHER_STRUCTURES: Final = ("spki", "pkcs1", "spki-pem", "pkcs1-pem", "ssh")


@pytest.mark.parametrize(
    "edit",
    [edit for words in ORACLES for edit in faults(PREFIX + words) if edit.name not in OTHER_STRUCTURES],
    ids=lambda edit: edit.id,
)
def test_a_fault_breaks_what_it_says_and_nothing_else(edit: Edit) -> None:
    ORACLES[edit.requirement.removeprefix(PREFIX)](read(render(edit.apply(DRAFT)).blob))


@pytest.mark.parametrize("name", OTHER_STRUCTURES)
def test_another_structure_is_the_same_key(name: str) -> None:
    edit = next(edit for edit in faults(PREFIX + "magic") if edit.name == name)
    octets = render(edit.apply(DRAFT)).blob
    if name == "pkcs1":  # which cryptography reads within PEM only
        octets = b"-----BEGIN RSA PUBLIC KEY-----\n" + base64.encodebytes(octets) + b"-----END RSA PUBLIC KEY-----\n"
    load = {"spki": load_der_public_key, "ssh": load_ssh_public_key}.get(name, load_pem_public_key)
    key = load(octets)
    assert isinstance(key, rsa.RSAPublicKey)
    assert (key.public_numbers().n, key.public_numbers().e) == DRAFT_NUMBERS


@pytest.mark.parametrize("words", ORACLES)
def test_no_oracle_takes_the_baseline_for_a_fault(words: str) -> None:
    assert faults(PREFIX + words)
    with pytest.raises(AssertionError):
        ORACLES[words](TRUE)


def test_the_baseline_is_well_told() -> None:
    well_told(TRUE)
    assert (TRUE.modulus, TRUE.exponent) == DRAFT_NUMBERS


DRAFT_NUMBERS: Final = (int.from_bytes(DRAFT.transport_key.modulus, "big"), 65537)


@pytest.mark.parametrize(
    "edit", [e for e in faults(PREFIX + "header") if e.layer.name != "JSON_VALUE"], ids=lambda edit: edit.id
)
def test_a_header_is_cut_off(edit: Edit) -> None:
    blob = render(edit.apply(DRAFT)).blob
    assert len(blob) < 24
    assert BASELINE.startswith(blob)


def test_a_sum_of_32_bits_would_be_right_for_the_wrapping_lengths() -> None:
    edit = next(edit for edit in faults(PREFIX + "lengths") if edit.name == "wrapping")
    assert read(render(edit.apply(DRAFT)).blob).declared % 2**32 == len(TRUE.body)
