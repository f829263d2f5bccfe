"""What the catalogue says of a transport key, an attestation and a nonce (MS-DRS 2.1.1.1.1 and 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.cli.inspect_rules import Rule
from conformance.codec import rsakey, tpms

if TYPE_CHECKING:
    from conformance.codec.rsakey import RsaKeyBlob
    from conformance.errors import DecodeError

_LEAST_EXPONENT: Final = 3
_LEAST_NONCE: Final = 16
_NO_SUCH_TYPE: Final = "type 0x"


def _lengths(blob: RsaKeyBlob) -> bool:
    announced = (blob.public_exp_length, blob.modulus_length)
    return all(announced) and sum(announced) <= len(blob.body)


def _bit_length(blob: RsaKeyBlob) -> bool | None:
    return int.from_bytes(blob.modulus, "big").bit_length() == blob.bit_length if _lengths(blob) else None


def _no_primes(blob: RsaKeyBlob) -> bool:
    return blob.prime1_length == blob.prime2_length == 0


def _no_tail(blob: RsaKeyBlob) -> bool | None:
    """Of a blob that declares primes this says nothing: octets behind the modulus are then where they are declared."""
    return not blob.tail if _lengths(blob) and _no_primes(blob) else None


def _exponent(blob: RsaKeyBlob) -> bool | None:
    if not _lengths(blob):
        return None
    exponent, modulus = int.from_bytes(blob.exponent, "big"), int.from_bytes(blob.modulus, "big")
    return exponent % 2 == 1 and _LEAST_EXPONENT <= exponent < modulus


def _modulus(blob: RsaKeyBlob) -> bool | None:
    return int.from_bytes(blob.modulus, "big") % 2 == 1 if _lengths(blob) else None


def _big_endian(blob: RsaKeyBlob) -> bool:
    """Whether the header makes sense in the other byte order only."""
    turned = [
        int.from_bytes(value.to_bytes(4, "little"), "big") for value in (blob.public_exp_length, blob.modulus_length)
    ]
    return not _lengths(blob) and all(turned) and sum(turned) <= len(blob.body)


TRANSPORT_KEY: Final = (
    Rule("join-request/transport-key-magic", "Magic", lambda blob: blob.magic == rsakey.PUBLIC_MAGIC),
    Rule("A16", "BitLength", _big_endian),
    Rule("join-request/transport-key-bit-length", "BitLength", _bit_length),
    Rule("join-request/transport-key-lengths", "cbModulusLength", _lengths),
    Rule("join-request/transport-key-no-primes", "cbPrime2Length", _no_primes),
    Rule("join-request/transport-key-exponent", "PublicExponent", _exponent),
    Rule("join-request/transport-key-modulus", "Modulus", _modulus),
    Rule("join-request/transport-key-no-tail", "Modulus", _no_tail),
)

ATTESTATION: Final = (
    Rule("join-request/attestation-magic", "magic", lambda attestation: attestation.magic == tpms.GENERATED),
    Rule("join-request/attestation-kind", "type", lambda attestation: attestation.type in tuple(tpms.AttestationType)),
)


def attestation_fault(fault: DecodeError) -> str:
    """The requirement a faulty attestation breaks: that of its kind where the fault is its type."""
    return (
        "join-request/attestation-kind"
        if fault.problem.startswith(_NO_SUCH_TYPE)
        else "join-request/attestation-structure"
    )


NONCE: Final = (Rule("nonce/unpredictable", "nonce", lambda octets: None if len(octets) >= _LEAST_NONCE else False),)
