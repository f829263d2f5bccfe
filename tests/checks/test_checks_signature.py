"""Signatures at the limits of what is looked at, and parameters of RSASSA-PSS that are BER and not DER."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.checks_answer import key_of
from conformance.checks import signature
from conformance.codec import der
from conformance.codec.spki import AlgorithmIdentifier
from conformance.generate import keys, signing

SHA256_RSA = signing.SHA256_RSA.identifier
PADDED_PSS = AlgorithmIdentifier(signature.PSS, b"\x30\x81" + signing.PSS.identifier.parameters[1:])


@pytest.mark.parametrize(("more", "holds"), [(0, False), (1, None)])
def test_a_signature_longer_than_any_is_not_judged(more: int, holds: bool | None) -> None:
    assert signature.holds(key_of(), SHA256_RSA, bytes(4_096 + more), b"") is holds


@pytest.mark.parametrize(("size", "holds"), [(4_096, False), (4_097, None)])
def test_a_key_longer_than_any_is_not_judged(size: int, holds: bool | None) -> None:
    modulus = keys.named("rsa-4096").rsa_numbers[1] << 8 * (size - 524) | 1
    key = replace(key_of(), key=der.sequence(der.integer(modulus), der.integer(3)))
    assert len(key.key) == size
    assert signature.holds(key, SHA256_RSA, bytes(256), b"") is holds


def test_parameters_in_longer_lengths_than_need_be_are_read() -> None:
    message = b"to be signed"
    octets = signing.sign(keys.named("rsa-2048-00"), signing.PSS, message)
    assert signature.holds(key_of(), PADDED_PSS, octets, message) is True
    assert signature.broken_hash(replace(PADDED_PSS, parameters=b"\x30\x81\0")) == "SHA-1"
