"""A strict reading of a certificate request (MS-DRS 2.1.1.1.1; RFC 2986; X.690).

The one rule: from the outside in, and the first wrong thing decides: the structure, what follows it, the signature over
the octets as sent, lengths that are not DER, version, CN, key. What is wrong only by a narrower reading than the
catalogue's (a part that DER forbids but no length, another declared algorithm over a signature that holds, the inside
of an extension) is left open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.codec import CSR_CN, der, spki
from conformance.codec.der import tags
from conformance.codec.name import common_names
from conformance.codec.pkcs10 import CertificationRequest
from conformance.errors import DecodeError
from conformance.generate.edits import Layer
from conformance.generate.oracle import ber
from conformance.generate.oracle.reading import Reading

_PREFIX: Final = "join-request/csr-"
_BITS: Final = 2048
_LEAST_EXPONENT: Final = 3
_STRING_TYPES: Final = (tags.UTF8_STRING, tags.PRINTABLE_STRING)


@dataclass(frozen=True, slots=True)
class _Read:
    """A request, the octets that stand for what was signed, how much of them is read, and what is not DER of them."""

    request: CertificationRequest
    signed: tuple[bytes, ...]
    end: int
    lengths: bool = False
    loose: bool = False


def csr(octets: bytes, baseline: Callable[[], bytes]) -> Reading:
    """What a target owes these octets as CertificateRequest.Data, where it accepts `baseline` (with the same nonce).

    That one is made only where it bears on these, for making it costs a signature.
    """
    try:
        read = _read(octets)
    except DecodeError as error:
        return _refuse("structure", str(error), Layer.DER, error.offset)
    if read.end < len(octets):
        return _refuse("trailing", f"{len(octets) - read.end} octets follow the request", Layer.DER, read.end)
    accepted = CertificationRequest.decode(baseline())
    if not _holds(read, accepted):
        return _refuse("signature", "the signature is none over these octets by this key", Layer.CRI)
    if read.loose:
        return Reading("not DER, and not for its lengths alone")
    if read.lengths:
        return _refuse("der", "a length is not written as DER writes it", Layer.DER)
    return _content(read.request, accepted)


def _read(octets: bytes) -> _Read:
    """The request, as strictly as it can be read. DecodeError where it is none in any reading."""
    try:
        whole = der.read(octets, strict=False)
        request = CertificationRequest.decode(whole.raw)
        return _Read(request, (request.tbs,), whole.end)
    except DecodeError:
        pass
    element = ber.read(octets)
    loose = False
    try:
        request = CertificationRequest.decode(element.der)
    except DecodeError:
        request, loose = CertificationRequest.decode(element.der, strict=False), True
    return _Read(request, (element.parts[0].raw, request.tbs), len(element.raw), lengths=not loose, loose=loose)


def _content(request: CertificationRequest, accepted: CertificationRequest) -> Reading:  # noqa: PLR0911 - a return per rule
    if request.info.version != 0:
        return _refuse("version", f"the version is {request.info.version}", Layer.CRI)
    if _without_cn(request):
        return _refuse("cn", "no CN is the constant", Layer.CRI)
    try:
        modulus, exponent = request.info.public_key.rsa()
    except DecodeError as error:
        return _unread_key(request.info.public_key, error)
    if modulus <= 0 or modulus % 2 == 0 or exponent < _LEAST_EXPONENT or exponent % 2 == 0:
        return _refuse("key-valid", "the key is none of RSA", Layer.SPKI)
    if modulus.bit_length() != _BITS:
        return _refuse("key-size", f"the key has {modulus.bit_length()} bits", Layer.SPKI)
    if _differs_in_string_type(request, accepted):
        return Reading("the same request, its CN of the other string type", accepted_by=f"{_PREFIX}cn-string-types")
    return Reading("nothing that the catalogue speaks of is wrong")


def _unread_key(public_key: spki.SubjectPublicKeyInfo, problem: DecodeError) -> Reading:
    """A key of another algorithm, or one not in DER, is open; what is no RSAPublicKey in any reading is not."""
    try:
        _numbers(public_key)
    except DecodeError:
        if public_key.algorithm.oid == spki.RSA_ENCRYPTION:
            return _refuse("structure", str(problem), Layer.SPKI, problem.offset)
    return Reading(f"a key that only another reader has: {problem}")


def _without_cn(request: CertificationRequest) -> bool:
    """Whether there is certainly no CN that is the constant; one of no known type, or in other letters, may be."""
    for name in common_names(request.info.subject):
        try:
            text = name.text
        except DecodeError:
            return False
        if text.rstrip("\0").strip().upper() == CSR_CN:
            return False
    return True


def _differs_in_string_type(request: CertificationRequest, accepted: CertificationRequest) -> bool:
    names = common_names(request.info.subject)
    subject = tuple(
        tuple(replace(part, tag=tags.UTF8_STRING) if part.tag in _STRING_TYPES else part for part in rdn)
        for rdn in request.info.subject
    )
    same = replace(request.info, subject=subject) == accepted.info
    return same and [name.tag for name in names] == [tags.PRINTABLE_STRING] and _algorithm(request, accepted)


def _algorithm(request: CertificationRequest, accepted: CertificationRequest) -> bool:
    return request.signature_algorithm == accepted.signature_algorithm


def _holds(read: _Read, accepted: CertificationRequest) -> bool:
    """Whether the signature holds over what was sent, by the key in it, or where that is unreadable by the true one.

    The declared algorithm is not asked for: what it says is another question than possession.
    """
    for info in (read.request.info, accepted.info):
        try:
            modulus, exponent = _numbers(info.public_key)
            key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        except (DecodeError, ValueError, OverflowError):
            continue
        return any(_verifies(key, read.request.signature, signed) for signed in read.signed)
    return False


def _numbers(public_key: spki.SubjectPublicKeyInfo) -> tuple[int, int]:
    """Modulus and exponent, also of a key that is not in DER."""
    try:
        return public_key.rsa()
    except DecodeError:
        element = ber.read(public_key.key)
        return spki.read_rsa(der.Cursor(element.der, spki.RSA_STRUCTURE, strict=False))


def _verifies(key: rsa.RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _refuse(requirement: str, why: str, layer: Layer, offset: int | None = None) -> Reading:
    return Reading(why, _PREFIX + requirement, layer=layer, offset=offset)
