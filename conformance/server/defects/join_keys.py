"""Defects in the transport key (2.1.1.1.1), byte for byte, and in what a TPM or an administrator adds to a request."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.codec.rsakey import RsaKeyBlob
from conformance.codec.spki import SubjectPublicKeyInfo
from conformance.codec.tpms import Attestation
from conformance.errors import DecodeError
from conformance.server import transport_key
from conformance.server.refusal import Refusal

from .join_csr import foreign_dropped, padded_anew, reading
from .registry import defect

if TYPE_CHECKING:
    from conformance.server.behaviour import Behaviour


def _without(honest: Behaviour, *names: str) -> Behaviour:
    return replace(honest, accept_transport_key=honest.accept_transport_key.without(*names))


@defect(breaks={"join-request/transport-key-no-primes"})
def allows_private_primes(honest: Behaviour) -> Behaviour:
    """Registers a device that sends its private primes along."""

    def public_part(blob: RsaKeyBlob) -> RsaKeyBlob:
        primes = blob.prime1_length + blob.prime2_length
        body = blob.body[:-primes] if 0 < primes == len(blob.tail) else blob.body
        return replace(blob, prime1_length=0, prime2_length=0, body=body)

    return replace(honest, accept_transport_key=honest.accept_transport_key.seeing(public_part))


@defect(breaks={"join-request/transport-key-no-primes"})
def looks_at_the_first_prime_only(honest: Behaviour) -> Behaviour:
    """Reads cbPrime1Length and not cbPrime2Length."""

    def first(blob: RsaKeyBlob) -> None:
        if blob.prime1_length:
            raise Refusal("TransportKey: cbPrime1Length must be 0.")

    return replace(honest, accept_transport_key=honest.accept_transport_key.changed("primes", first))


@defect(breaks={"join-request/transport-key-no-primes"})
def adds_up_the_primes(honest: Behaviour) -> Behaviour:
    """Adds the lengths of the primes in 32 bits, and wants the sum to be 0."""

    def none(blob: RsaKeyBlob) -> None:
        if (blob.prime1_length + blob.prime2_length) % (1 << 32):
            raise Refusal("TransportKey: there must be no primes.")

    return replace(honest, accept_transport_key=honest.accept_transport_key.changed("primes", none))


@defect(breaks={"join-request/transport-key-magic"})
def takes_any_magic(honest: Behaviour) -> Behaviour:
    """Does not look at the magic of the transport key."""
    return _without(honest, "magic")


@defect(breaks={"join-request/transport-key-magic"})
def compares_magic_without_case(honest: Behaviour) -> Behaviour:
    """Takes `rsa1` for RSA1."""
    rules = honest.accept_transport_key.only("magic", lambda blob: blob.magic.upper() != b"RSA1")
    return replace(honest, accept_transport_key=rules)


@defect(breaks={"join-request/transport-key-magic"})
def takes_magics_of_private_keys(honest: Behaviour) -> Behaviour:
    """Takes the magic of a private key as well as that of a public one."""
    rules = honest.accept_transport_key.only("magic", lambda blob: blob.magic not in {b"RSA2", b"RSA3"})
    return replace(honest, accept_transport_key=rules)


@defect(breaks={"join-request/transport-key-magic"})
def takes_keys_in_der(honest: Behaviour) -> Behaviour:
    """Takes a SubjectPublicKeyInfo for a transport key as well as a blob."""

    def read(data: bytes) -> RsaKeyBlob:
        try:
            modulus, exponent = SubjectPublicKeyInfo.decode(data).rsa()
        except DecodeError:
            return honest.read_blob(data)
        return RsaKeyBlob.public(exponent, modulus)

    return replace(honest, read_blob=read)


@defect(breaks={"join-request/transport-key-bit-length"})
def does_not_read_bit_length(honest: Behaviour) -> Behaviour:
    """Does not look at BitLength."""
    return _without(honest, "bit-length")


@defect(breaks={"join-request/transport-key-bit-length"})
def rounds_bit_length_to_octets(honest: Behaviour) -> Behaviour:
    """Compares BitLength with the modulus in octets."""
    rules = honest.accept_transport_key.only(
        "bit-length", lambda blob: (blob.bit_length + 7) // 8 != len(blob.modulus.lstrip(b"\0"))
    )
    return replace(honest, accept_transport_key=rules)


@defect(breaks={"join-request/transport-key-no-tail"})
def takes_what_follows_the_modulus(honest: Behaviour) -> Behaviour:
    """Does not look at what follows the modulus."""
    return _without(honest, "tail")


@defect(breaks={"join-request/transport-key-exponent"})
def takes_any_exponent(honest: Behaviour) -> Behaviour:
    """Takes every number for the exponent of the transport key."""
    return _without(honest, "exponent")


@defect(breaks={"join-request/transport-key-exponent"})
def takes_even_exponents(honest: Behaviour) -> Behaviour:
    """Takes an even number for the exponent of the transport key."""

    def even(blob: RsaKeyBlob) -> bool:
        value = int.from_bytes(blob.exponent, "big")
        return value > 0 and value % 2 == 0

    return replace(
        honest, accept_transport_key=honest.accept_transport_key.only("exponent", lambda blob: not even(blob))
    )


@defect(breaks={"join-request/transport-key-exponent"})
def reads_exponents_in_the_other_order(honest: Behaviour) -> Behaviour:
    """Reads the exponent as little-endian, which tells no 65537 from another."""
    exponent = dict(honest.accept_transport_key.table)["exponent"]

    def reversed_(blob: RsaKeyBlob) -> None:
        exponent(replace(blob, body=blob.exponent[::-1] + blob.body[len(blob.exponent) :]))

    return replace(honest, accept_transport_key=honest.accept_transport_key.changed("exponent", reversed_))


@defect(breaks={"join-request/transport-key-modulus"})
def takes_even_moduli(honest: Behaviour) -> Behaviour:
    """Takes an even number for the modulus of the transport key."""
    return _without(honest, "modulus")


@defect(breaks={"join-request/transport-key-lengths"})
def reads_headers_in_either_byte_order(honest: Behaviour) -> Behaviour:
    """Takes a header whose lengths are big-endian as well."""

    def read(data: bytes) -> RsaKeyBlob:
        blob = honest.read_blob(data)
        if blob.public_exp_length < 1 << 24 or len(data) < transport_key.HEADER:
            return blob
        return RsaKeyBlob.decode(data[:4] + struct.pack("<5I", *struct.unpack_from(">5I", data, 4)) + data[24:])

    return replace(honest, read_blob=read)


@defect(breaks={"join-request/transport-key-base64", "join-request/transport-key-base64-canonical"})
def reads_base64_of_keys_leniently(honest: Behaviour) -> Behaviour:
    """Skips what is no letter of base64 in the transport key, and pads it where padding lacks."""
    return reading(honest, transport_key.NAME, foreign_dropped)


@defect(breaks={"join-request/transport-key-base64-canonical"})
def reads_keys_over_lines(honest: Behaviour) -> Behaviour:
    """Takes line breaks in the base64 of the transport key."""
    return reading(honest, transport_key.NAME, lambda text: text.replace("\r", "").replace("\n", ""))


@defect(breaks={"join-request/transport-key-base64-canonical"})
def pads_keys_anew(honest: Behaviour) -> Behaviour:
    """Does not look at the padding of the transport key's base64."""
    return reading(honest, transport_key.NAME, padded_anew)


# --- what a TPM adds


@defect(breaks={"join-request/aik-certificate-structure"})
def does_not_read_aik_certificates(honest: Behaviour) -> Behaviour:
    """Takes any octets for an AIK certificate."""
    return replace(honest, accept_aik=lambda _octets: None)


@defect(breaks={"join-request/aik-certificate-base64"})
def reads_base64_of_aik_leniently(honest: Behaviour) -> Behaviour:
    """Skips what is no letter of base64 in the AIK certificate, and takes what is left as it is."""
    return reading(honest, "AikCertificate", foreign_dropped)


@defect(
    breaks={
        "join-request/attestation-structure",
        "join-request/attestation-magic",
        "join-request/attestation-kind",
        "join-request/attestation-trailing",
    }
)
def does_not_read_attestations(honest: Behaviour) -> Behaviour:
    """Takes any octets for an attestation."""
    return replace(honest, accept_attestation=lambda _octets: None)


@defect(breaks={"join-request/attestation-magic"})
def takes_attestations_of_no_tpm(honest: Behaviour) -> Behaviour:
    """Does not look at the magic of an attestation, which only a TPM can sign."""

    def accept(octets: bytes) -> None:
        honest.accept_attestation(b"\xffTCG" + octets[4:])

    return replace(honest, accept_attestation=accept)


@defect(breaks={"join-request/attestation-trailing"})
def takes_what_follows_attestations(honest: Behaviour) -> Behaviour:
    """Does not look at what follows an attestation."""

    def accept(octets: bytes) -> None:
        try:
            Attestation.decode(octets)
        except DecodeError as error:
            honest.accept_attestation(octets[: error.offset])
        else:
            honest.accept_attestation(octets)

    return replace(honest, accept_attestation=accept)
