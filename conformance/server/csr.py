"""The certificate request (2.1.1.1.1): PKCS#10 (RFC 2986), RSA-2048, SHA256WithRSA, the constant CN, a nonce.

The one rule: the request is judged as the codec read it from the bytes, never through `cryptography`'s parser, which
refuses what real Windows clients send; `cryptography` only does the arithmetic of the proof of possession.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.codec import CSR_CN, NONCE_OID, der
from conformance.errors import DecodeError

from .refusal import Fault, Refusal, quoted, undecodable
from .rules import Rules

if TYPE_CHECKING:
    from conformance.codec.pkcs10 import (
        AlgorithmIdentifier,
        CertificationRequest,
        Extension,
        NameAttribute,
    )

NAME = "CertificateRequest.Data"
RSA = "1.2.840.113549.1.1.1"
SHA256_RSA = "1.2.840.113549.1.1.11"
COMMON_NAME = "2.5.4.3"
EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
NULL = b"\x05\x00"
BITS = 2048
_PADDING, _SHA256 = PKCS1v15(), SHA256()

# The parts that a refusal speaks of, as a dissection calls them.
INFO = "certificationRequest.certificationRequestInfo"
KEY = f"{INFO}.subjectPKInfo"
ALGORITHM = f"{KEY}.algorithm"
MODULUS = f"{KEY}.subjectPublicKey.RSAPublicKey.modulus"
SIGNATURE_ALGORITHM = "certificationRequest.signatureAlgorithm"

_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
_NONCES: der.Moulds[tuple[int, str]] = der.Moulds()  # where their text begins, and its encoding
_NONCE_TAGS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii", 0x04: "ascii"}


def _refuse(problem: str, offset: int | None = None, *, part: str = "") -> Refusal:
    said = f"{NAME}: {problem}" + ("." if offset is None else f" at offset {offset}.")
    return Refusal(said, fault=Fault(NAME, offset, part))


def common_name(attribute: NameAttribute) -> str:
    """The text of a name's attribute, by its ASN.1 string type; Refusal when it is none, or no text of it."""
    encoding = _ENCODINGS.get(attribute.tag)
    if encoding is None:
        raise _refuse("the CN is not of a string type", attribute.offset)
    try:
        return attribute.value.decode(encoding)
    except UnicodeDecodeError:
        raise _refuse("the CN holds octets outside its string type", attribute.offset) from None


def common_names(request: CertificationRequest) -> list[NameAttribute]:
    """Every CN of the subject, in order."""
    return [attribute for rdn in request.info.subject for attribute in rdn if attribute.oid == COMMON_NAME]


def _version(request: CertificationRequest) -> None:
    if request.info.version != 0:
        raise _refuse(f"version is {_short(request.info.version)}, it must be 0 (v1)", part=f"{INFO}.version")


def _subject(request: CertificationRequest) -> None:
    names = common_names(request)
    if len(names) != 1:
        raise _refuse(f"the subject has {len(names)} CNs, it must have one", part=f"{INFO}.subject")
    if (text := common_name(names[0])) != CSR_CN:
        raise _refuse(f"the CN is {quoted(text)}, it must be '{CSR_CN}'", names[0].offset)


def _key_algorithm(request: CertificationRequest) -> None:
    algorithm = request.info.public_key.algorithm
    if algorithm.oid != RSA:
        raise _refuse(
            f"the key's algorithm is {quoted(algorithm.oid)}, it must be rsaEncryption ({RSA})",
            part=f"{ALGORITHM}.algorithm",
        )
    if algorithm.parameters != NULL:
        raise _refuse(
            "the parameters of rsaEncryption are not NULL (RFC 3279, section 2.3.1)", part=f"{ALGORITHM}.parameters"
        )


def _key_size(request: CertificationRequest) -> None:
    modulus, _ = _rsa(request)
    if modulus.bit_length() != BITS:
        raise _refuse(f"the key has {modulus.bit_length()} bits, it must have {BITS}", part=MODULUS)


def _key_value(request: CertificationRequest) -> None:
    modulus, exponent = _rsa(request)
    if modulus <= 0 or modulus % 2 == 0:
        raise _refuse("the key's modulus is not a positive odd number", part=MODULUS)
    if exponent < 3 or exponent % 2 == 0 or exponent >= modulus:  # noqa: PLR2004 - RFC 8017, 3.1
        raise _refuse(
            "the key's public exponent is not an odd number of at least 3 and below the modulus",
            part=MODULUS.replace("modulus", "publicExponent"),
        )


def _signature_algorithm(request: CertificationRequest) -> None:
    algorithm: AlgorithmIdentifier = request.signature_algorithm
    if algorithm.oid != SHA256_RSA:
        raise _refuse(
            f"the signature algorithm is {quoted(algorithm.oid)}, it must be SHA256WithRSA ({SHA256_RSA})",
            part=f"{SIGNATURE_ALGORITHM}.algorithm",
        )
    if algorithm.parameters not in (NULL, b""):
        raise _refuse(
            "the parameters of SHA256WithRSA are neither NULL nor absent (RFC 4055, section 5)",
            part=f"{SIGNATURE_ALGORITHM}.parameters",
        )


def _proof_of_possession(request: CertificationRequest) -> None:
    modulus, exponent = _rsa(request)
    try:
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        key.verify(request.signature, request.tbs, _PADDING, _SHA256)
    except (InvalidSignature, ValueError, OverflowError):
        raise _refuse(
            "the signature does not hold under the request's own key", part="certificationRequest.signature"
        ) from None


def _attributes(request: CertificationRequest) -> None:
    kinds = [attribute.oid for attribute in request.info.attributes]
    if len(set(kinds)) != len(kinds):
        raise _refuse("an attribute is there twice (RFC 2986, section 4.1)", part=f"{INFO}.attributes")


def _extensions(request: CertificationRequest) -> None:
    found = extensions(request)
    kinds = [extension.oid for extension in found]
    for extension in found:
        if kinds.count(extension.oid) > 1:
            raise _refuse(
                f"the extension {quoted(extension.oid)} is there twice (RFC 5280, section 4.2)", extension.offset
            )


def _rsa(request: CertificationRequest) -> tuple[int, int]:
    try:
        return request.info.public_key.rsa()
    except DecodeError as error:
        raise undecodable(NAME, error) from None


def extensions(request: CertificationRequest) -> tuple[Extension, ...]:
    """The extensions asked for; Refusal where their attribute cannot be read."""
    try:
        return request.extensions
    except DecodeError as error:
        raise undecodable(NAME, error) from None


def nonce_extension(request: CertificationRequest) -> bytes | None:
    """The value of the nonce extension, None when there is none."""
    return next((extension.value for extension in extensions(request) if extension.oid == NONCE_OID), None)


def nonce_text(value: bytes) -> str:
    """The nonce in an extension's value, in any of the readings of A10: the four string types, or the bare text."""
    like = _NONCES.find(value)
    try:
        if like is not None:
            return value[like[0] :].decode(like[1])
        element = der.read(value, "nonce extension")
        encoding = _NONCE_TAGS.get(element.tag)
        if encoding and element.end == len(value):
            _NONCES.keep(value, (slice(element.start, element.end),), (element.start, encoding))
            return element.content.decode(encoding)
    except (DecodeError, UnicodeDecodeError):
        pass
    try:
        return value.decode("ascii")
    except UnicodeDecodeError:
        raise _refuse("the nonce extension holds no text", part=f"extension {NONCE_OID}") from None


def _short(value: int) -> str:
    return str(value) if value.bit_length() < 64 else "a large number"  # noqa: PLR2004


CSR_RULES: Rules[CertificationRequest] = Rules.of(
    version=_version,
    subject=_subject,
    key_algorithm=_key_algorithm,
    key_size=_key_size,
    key_value=_key_value,
    signature_algorithm=_signature_algorithm,
    attributes=_attributes,
    extensions=_extensions,
    proof_of_possession=_proof_of_possession,
)
