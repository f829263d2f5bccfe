"""A strict reading of BCRYPT_RSAKEY_BLOB (MS-DRS 2.1.1.1.1; Windows CNG, bcrypt.h; RFC 8017 3.1).

The one rule: fields are read in the order a reader needs them (header, magic, lengths, primes, tail, BitLength,
exponent, modulus), and the first that is wrong decides; another structure in the blob's place has no magic. Of a
modulus that is an odd number of the declared size nobody can tell whether it is a key; the field takes a JWK in a
blob's place; and .NET writes the bits of the modulus' octets as BitLength (`Modulus.Length * 8`): all three are open.
"""

from __future__ import annotations

import json
from typing import Final

from conformance.codec import der
from conformance.codec.rsakey import HEADER_SIZE, PUBLIC_MAGIC, RsaKeyBlob
from conformance.errors import DecodeError
from conformance.generate import keys
from conformance.generate.edits import Layer
from conformance.generate.oracle.reading import Reading

_PREFIX: Final = "join-request/transport-key-"
BIT_LENGTH_AT: Final = 4
EXPONENT_LENGTH_AT: Final = 8
MODULUS_LENGTH_AT: Final = 12
PRIME1_LENGTH_AT: Final = 16
PRIME2_LENGTH_AT: Final = 20
LEAST_EXPONENT: Final = 3


def blob(octets: bytes) -> Reading:
    """What a target owes these octets as a TransportKey."""
    try:
        read = RsaKeyBlob.decode(octets)
    except DecodeError as error:
        return _header("header", f"the header is cut off after {len(octets)} octets", error.offset)
    if read.magic != PUBLIC_MAGIC:
        if _is_jwk(octets):
            return Reading("a JWK in the blob's place, as macOS and Android write a key (field notes)")
        return _header("magic", _instead(octets), 0)
    return _lengths(read) or _primes(read) or _values(read)


def _lengths(read: RsaKeyBlob) -> Reading | None:
    for length, where in ((read.public_exp_length, EXPONENT_LENGTH_AT), (read.modulus_length, MODULUS_LENGTH_AT)):
        if not length:
            return _header("lengths", "a number of no octets is declared", where)
    there = len(read.body)
    if read.public_exp_length > there:
        return _header("lengths", f"an exponent longer than the {there} octets there are", EXPONENT_LENGTH_AT)
    if read.public_exp_length + read.modulus_length > there:
        return _header("lengths", f"exponent and modulus longer than the {there} octets there are", MODULUS_LENGTH_AT)
    return None


def _primes(read: RsaKeyBlob) -> Reading | None:
    for length, where in ((read.prime1_length, PRIME1_LENGTH_AT), (read.prime2_length, PRIME2_LENGTH_AT)):
        if length:
            return _header("no-primes", f"a prime of {length} octets is declared", where)
    if read.tail:
        where = HEADER_SIZE + len(read.body) - len(read.tail)
        return _body("no-tail", f"{len(read.tail)} octets follow the modulus", where)
    return None


def _values(read: RsaKeyBlob) -> Reading:
    exponent, modulus = int.from_bytes(read.exponent, "big"), int.from_bytes(read.modulus, "big")
    if read.bit_length not in {modulus.bit_length(), 8 * read.modulus_length}:
        why = f"BitLength is {read.bit_length}, the modulus has {modulus.bit_length()} bits"
        return _header("bit-length", why, BIT_LENGTH_AT)
    if exponent < LEAST_EXPONENT or exponent % 2 == 0 or exponent >= modulus:
        return _body("exponent", "the exponent is none of RSA", HEADER_SIZE)
    if modulus % 2 == 0:
        return _body("modulus", "the modulus is even", HEADER_SIZE + len(read.body) - 1)
    if read == RsaKeyBlob.public(exponent, modulus) and (exponent, modulus) in _known():
        return Reading("the key of a pair of the pool", accepted_by=f"{_PREFIX}accepted")
    return Reading("nothing that can be read from it is wrong: perhaps another key, or one of another size")


def _is_jwk(octets: bytes) -> bool:
    """Whether they are a JSON object with the one member that every JWK has (RFC 7517 4.1)."""
    try:
        value = json.loads(octets)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and isinstance(value.get("kty"), str)


def _instead(octets: bytes) -> str:
    """What stands where a blob begins."""
    if octets.startswith(b"-----BEGIN "):
        return "a text in PEM is in the blob's place"
    if octets.startswith(b"ssh-"):
        return "a key as OpenSSH writes it is in the blob's place"
    try:
        der.exact(octets, tag=der.tags.SEQUENCE)
    except DecodeError:
        return f"Magic is {octets[:4]!r}"
    return "a DER structure is in the blob's place"


def _known() -> frozenset[tuple[int, int]]:
    return frozenset(key.rsa_numbers for key in keys.pool())


def _header(requirement: str, why: str, offset: int) -> Reading:
    return Reading(why, _PREFIX + requirement, layer=Layer.BLOB_HEADER, offset=offset)


def _body(requirement: str, why: str, offset: int) -> Reading:
    return Reading(why, _PREFIX + requirement, layer=Layer.BLOB_BODY, offset=offset)
