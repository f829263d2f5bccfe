"""Defects in the certificate request (2.1.1.1.1): its encoding, its names, its key, its proof of possession."""

from __future__ import annotations

import base64 as lenient
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.codec import CSR_CN, der
from conformance.codec.pkcs10 import CertificationRequest
from conformance.errors import DecodeError
from conformance.server import csr
from conformance.server.field_keys import EC
from conformance.server.refusal import Refusal, undecodable

from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.server.behaviour import Behaviour

_HASHES = {
    "1.2.840.113549.1.1.5": ("sha1", "1.3.14.3.2.26"),
    "1.2.840.113549.1.1.11": ("sha256", "2.16.840.1.101.3.4.2.1"),
    "1.2.840.113549.1.1.12": ("sha384", "2.16.840.1.101.3.4.2.2"),
    "1.2.840.113549.1.1.13": ("sha512", "2.16.840.1.101.3.4.2.3"),
    "1.2.840.113549.1.1.14": ("sha224", "2.16.840.1.101.3.4.2.4"),
}


def _without(honest: Behaviour, *names: str) -> Behaviour:
    return replace(honest, accept_csr=honest.accept_csr.without(*names))


def _decoding(honest: Behaviour, decode: Callable[[bytes], CertificationRequest]) -> Behaviour:
    def read(data: bytes) -> CertificationRequest:
        try:
            return decode(data)
        except DecodeError as error:
            raise undecodable(csr.NAME, error) from None

    return replace(honest, read_csr=read)


def reading(honest: Behaviour, name: str, decode: Callable[[str], str]) -> Behaviour:
    """The behaviour that reads the base64 of one member after `decode` changed its text."""

    def read(text: str, member: str) -> bytes:
        return honest.read_base64(decode(text) if member == name else text, member)

    return replace(honest, read_base64=read)


def foreign_dropped(text: str) -> str:
    """The text without what is no letter of base64, padded anew: what a lenient decoder makes of it."""
    kept = "".join(letter for letter in text if letter.isascii() and (letter.isalnum() or letter in "+/"))
    kept = kept[: len(kept) - (len(kept) % 4 == 1)]
    octets = lenient.b64decode(kept + "=" * (-len(kept) % 4))
    return lenient.b64encode(octets).decode("ascii")


@defect(breaks={"join-request/csr-base64", "join-request/csr-base64-canonical"})
def reads_base64_of_csr_leniently(honest: Behaviour) -> Behaviour:
    """Skips what is no letter of base64 in the certificate request, and pads it where padding lacks."""
    return reading(honest, csr.NAME, foreign_dropped)


@defect(breaks={"join-request/csr-base64-canonical"})
def reads_csr_over_lines(honest: Behaviour) -> Behaviour:
    """Takes line breaks in the base64 of the certificate request."""
    return reading(honest, csr.NAME, lambda text: text.replace("\r", "").replace("\n", ""))


def padded_anew(text: str) -> str:
    """The text with the padding that its letters ask for, whatever padding it has."""
    letters = text.rstrip("=")
    return letters + "=" * (-len(letters) % 4)


@defect(breaks={"join-request/csr-base64-canonical"})
def pads_csr_anew(honest: Behaviour) -> Behaviour:
    """Does not look at the padding of the certificate request's base64."""
    return reading(honest, csr.NAME, padded_anew)


@defect(breaks={"join-request/csr-der"})
def reads_csr_in_ber(honest: Behaviour) -> Behaviour:
    """Takes lengths in the certificate request that are longer than DER allows."""
    return _decoding(honest, lambda data: CertificationRequest.decode(data, strict=False))


@defect(breaks={"join-request/csr-trailing"})
def reads_csr_to_its_end_only(honest: Behaviour) -> Behaviour:
    """Does not look at what follows the certificate request."""
    return _decoding(
        honest, lambda data: CertificationRequest.decode(data[: der.read(data, "CertificationRequest").end])
    )


@defect(breaks={"join-request/csr-version"})
def takes_any_csr_version(honest: Behaviour) -> Behaviour:
    """Does not look at the version of the certificate request."""
    return _without(honest, "version")


@defect(breaks={"join-request/csr-cn"})
def takes_any_subject(honest: Behaviour) -> Behaviour:
    """Does not look at the subject of the certificate request."""
    return _without(honest, "subject")


def _comparing(honest: Behaviour, same: Callable[[str], bool]) -> Behaviour:
    def check(request: CertificationRequest) -> None:
        names = [csr.common_name(name) for name in csr.common_names(request)]
        if len(names) != 1 or not same(names[0]):
            raise Refusal("The CN is another.")

    return replace(honest, accept_csr=honest.accept_csr.changed("subject", check))


@defect(breaks={"join-request/csr-cn"})
def compares_cn_up_to_a_nul(honest: Behaviour) -> Behaviour:
    """Compares the CN as C does, up to the first NUL."""
    return _comparing(honest, lambda text: text.partition("\0")[0] == CSR_CN)


@defect(breaks={"join-request/csr-cn"})
def compares_the_beginning_of_cn(honest: Behaviour) -> Behaviour:
    """Compares as many characters of the CN as the constant has."""
    return _comparing(honest, lambda text: text.startswith(CSR_CN))


@defect(breaks={"join-request/csr-cn"})
def compares_the_end_of_cn(honest: Behaviour) -> Behaviour:
    """Takes a CN that ends in the constant."""
    return _comparing(honest, lambda text: text.endswith(CSR_CN))


@defect(breaks={"join-request/csr-cn"})
def finds_the_cn_in_a_line(honest: Behaviour) -> Behaviour:
    """Takes a CN of which one line is the constant, as a pattern's ^ and $ do in some languages."""
    return _comparing(honest, lambda text: CSR_CN in text.split("\n"))


@defect(breaks={"join-request/csr-cn"})
def compares_cn_as_a_guid(honest: Behaviour) -> Behaviour:
    """Takes every spelling of the constant that a reader of GUIDs does, in braces or without hyphens."""
    return _comparing(honest, lambda text: text.strip("{}").replace("-", "") == CSR_CN.replace("-", ""))


@defect(breaks={"join-request/csr-cn-string-types"})
def reads_utf8_cn_only(honest: Behaviour) -> Behaviour:
    """Refuses a CN that is a PrintableString."""

    def check(request: CertificationRequest) -> None:
        if any(name.tag == 0x13 for name in csr.common_names(request)):  # noqa: PLR2004 - PrintableString
            raise Refusal("The CN is not a UTF8String.")

    return replace(honest, accept_csr=honest.accept_csr.plus("utf8", check))


@defect(breaks={"join-request/csr-key-algorithm"})
def certifies_elliptic_keys(honest: Behaviour) -> Behaviour:
    """Certifies elliptic-curve keys, without judging them."""
    rules = honest.accept_csr
    for name in ("key-algorithm", "key-size", "key-value", "signature-algorithm", "proof-of-possession"):
        rules = rules.only(name, _is_not_elliptic)
    return replace(honest, accept_csr=rules)


def _is_not_elliptic(request: CertificationRequest) -> bool:
    return request.info.public_key.algorithm.oid != EC


@defect(breaks={"join-request/csr-key-size"})
def certifies_keys_of_any_size(honest: Behaviour) -> Behaviour:
    """Certifies RSA keys of every size."""
    return _without(honest, "key-size")


def _bits(request: CertificationRequest) -> int:
    """The length of the modulus, none for a key that cannot be read, which the honest rule refuses."""
    try:
        return request.info.public_key.rsa()[0].bit_length()
    except DecodeError:
        return 0


@defect(breaks={"join-request/csr-key-size"})
def certifies_larger_keys(honest: Behaviour) -> Behaviour:
    """Takes 2048 bits for the least that a key must have."""
    return replace(
        honest,
        accept_csr=honest.accept_csr.only("key-size", lambda request: _bits(request) < csr.BITS),
    )


@defect(breaks={"join-request/csr-key-size"})
def counts_key_sizes_in_octets(honest: Behaviour) -> Behaviour:
    """Takes a modulus of 256 octets for one of 2048 bits."""
    return replace(
        honest,
        accept_csr=honest.accept_csr.only("key-size", lambda request: (_bits(request) + 7) // 8 != csr.BITS // 8),
    )


def _proving(honest: Behaviour, holds: Callable[[CertificationRequest], bool]) -> Any:
    """The rules with another proof of possession."""

    def check(request: CertificationRequest) -> None:
        if not holds(request):
            raise Refusal("The signature does not hold.")

    return honest.accept_csr.changed("proof-of-possession", check)


def _padded(name: str, oid: str, tbs: bytes, size: int) -> int:
    """EMSA-PKCS1-v1_5 (RFC 8017 9.2) as a number, for a modulus of `size` octets."""
    digest = hashlib.new(name, tbs).digest()
    info = der.sequence(der.sequence(der.oid(oid), der.null()), der.octet_string(digest))
    return int.from_bytes(b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info, "big")


def _holds(request: CertificationRequest, name: str, oid: str) -> bool:
    """The arithmetic alone: any key, a signature of any length."""
    modulus, exponent = request.info.public_key.rsa()
    if modulus < 1 or exponent < 1:
        return False
    signed = pow(int.from_bytes(request.signature, "big"), exponent, modulus)
    return signed == _padded(name, oid, request.tbs, (modulus.bit_length() + 7) // 8)


@defect(breaks={"join-request/csr-signature-algorithm"})
def takes_the_hash_that_is_named(honest: Behaviour) -> Behaviour:
    """Verifies the certificate request with whatever hash its algorithm names."""

    def holds(request: CertificationRequest) -> bool:
        named = _HASHES.get(request.signature_algorithm.oid)
        whole = len(request.signature) == csr.BITS // 8
        return whole and named is not None and _holds(request, *named)

    return replace(honest, accept_csr=_proving(honest, holds).without("signature-algorithm"))


@defect(breaks={"join-request/csr-signature"})
def reads_signatures_as_numbers(honest: Behaviour) -> Behaviour:
    """Verifies the number that the signature is, whatever its length."""
    return replace(honest, accept_csr=_proving(honest, lambda request: _holds(request, *_HASHES[csr.SHA256_RSA])))


@defect(breaks={"join-request/csr-key-valid"})
def certifies_keys_that_are_none(honest: Behaviour) -> Behaviour:
    """Does the arithmetic of RSA with any number for a key."""
    rules = _proving(honest, lambda request: _holds(request, *_HASHES[csr.SHA256_RSA])).without("key-value")
    length = (csr.BITS + 7) // 8

    def whole(request: CertificationRequest) -> None:
        if len(request.signature) != length:
            raise Refusal("The signature is of another length than the modulus.")

    return replace(honest, accept_csr=rules.plus("length", whole))


@defect(breaks={"join-request/csr-signature"})
def skips_proof_of_possession(honest: Behaviour) -> Behaviour:
    """Certifies a key whose possession the request does not prove."""
    return _without(honest, "proof-of-possession")


@defect(breaks={"join-request/csr-structure"})
def reads_three_parts_of_csr(honest: Behaviour) -> Behaviour:
    """Reads the first three parts of a certificate request, whatever holds them and whatever comes as a fourth."""

    def decode(data: bytes) -> CertificationRequest:
        whole = der.read(data, "CertificationRequest")
        parts = [part.raw for part in whole.children()] if whole.end == len(data) else []
        return CertificationRequest.decode(der.sequence(*parts[:3]) if len(parts) > 3 else data)  # noqa: PLR2004

    return _decoding(honest, decode)
