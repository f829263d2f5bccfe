"""What MS-DRS 2.1.1.1.1 asks of a join request, read from the document anew: a server takes these rules or leaves some.

The one rule: a rule raises `Refused` and nothing else, whatever it is given.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

CN = "7E980AD9-B86D-4306-9425-9AC066FB014A"
NONCE = x509.ObjectIdentifier("1.2.840.113556.1.5.284.2.1")
STRINGS = (0x0C, 0x13, 0x16, 0x04)  # UTF8String, PrintableString, IA5String, OCTET STRING (A10)
TEXTS = ("TransportKey", "TargetDomain", "DeviceType", "OSVersion", "DeviceDisplayName")
UNUSED = ("AikCertificate", "AttestationData", "PreAuthorizedJoinChallenge")  # no service of ours takes any of them
JOIN_TYPES = (0, 3, 4, 6, 8)
UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    RecursionError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    UserWarning,  # of an empty name, which pytest makes an error of
)


class Refused(Exception):
    """A request that is refused: why, and with which status and headers."""

    def __init__(self, reason: str, status: int = 400, **headers: str) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def need(holds: object, reason: str) -> None:
    """Refuses unless it holds."""
    if not holds:
        raise Refused(reason)


def document(body: bytes) -> dict[str, Any]:
    """The JSON object of a body."""
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused("the body is no JSON") from None
    need(isinstance(value, dict), "the body is no object")
    return dict(value)


def octets(text: Any) -> bytes:
    """Base64 of RFC 4648 section 4."""
    need(isinstance(text, str), "base64 is a text")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("this is no base64") from None


def members(value: dict[str, Any]) -> None:
    """Every member but what is inside the base64 texts."""
    request = value.get("CertificateRequest")
    need(isinstance(request, dict) and request.get("Type") == "pkcs10", "CertificateRequest is no pkcs10")
    for name in TEXTS:
        need(isinstance(value.get(name), str), f"{name} is no text")
    need(type(value.get("JoinType")) is int and value["JoinType"] in JOIN_TYPES, "JoinType is none of the table")
    need(all(value.get(name) is None for name in UNUSED), "this member is not for here")
    attributes = value.get("Attributes")
    need(attributes is None or isinstance(attributes, dict), "Attributes is no object")
    need(all(isinstance(one, bool) for one in (attributes or {}).values()), "an attribute is neither true nor false")


def certificate_request(data: bytes, nonces: set[str] | None) -> RSAPublicKey:
    """The key of a certificate request that is as the document says, with one of the nonces, which is then spent."""
    try:
        csr = x509.load_der_x509_csr(data)
        key = csr.public_key()
        need(isinstance(key, RSAPublicKey) and key.key_size == 2048, "the key is not RSA-2048")
        assert isinstance(key, RSAPublicKey)
        numbers = key.public_numbers()
        need(numbers.n % 2 and numbers.e % 2 and numbers.e >= 3, "the key is no RSA key")
        need(csr.signature_algorithm_oid == SignatureAlgorithmOID.RSA_WITH_SHA256, "not signed with SHA-256 and RSA")
        need(csr.is_signature_valid, "the signature does not hold")
        names = [part.value for part in csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        need(names == [CN], "the CN is not the constant")
        if nonces is not None:
            spend(csr, nonces)
    except UNREADABLE:
        raise Refused("this is no certificate request") from None
    return key


def spend(csr: x509.CertificateSigningRequest, nonces: set[str]) -> None:
    """Takes the nonce of a certificate request out of those that are good."""
    try:
        extension: Any = csr.extensions.get_extension_for_oid(NONCE).value
    except x509.ExtensionNotFound:
        raise Refused("there is no nonce") from None
    nonce = string(extension.value)
    need(nonce in nonces, "the nonce is not one of ours, or was used")
    nonces.discard(nonce)


def string(value: bytes) -> str:
    """The text of a DER string; of none, its bare octets."""
    head = 2 + (value[1] & 0x7F if len(value) > 1 and value[1] & 0x80 else 0)
    inner = value[head:] if value[:1] and value[0] in STRINGS else value
    return inner.decode("latin-1")


def transport_key(blob: bytes) -> None:
    """A public BCRYPT_RSAKEY_BLOB, the header in little-endian order (A16)."""
    blob_in_order(blob, "<")


def blob_in_order(blob: bytes, order: str) -> None:
    """The same with the header's integers in the order that `struct` calls so."""
    need(len(blob) >= 24, "the blob has no header")
    magic, bits, exponent_length, modulus_length, prime1, prime2 = struct.unpack(f"{order}4s5I", blob[:24])
    need(magic == b"RSA1", "the magic is not RSA1")
    need(prime1 == 0 and prime2 == 0, "primes are declared")
    need(len(blob) == 24 + exponent_length + modulus_length, "the lengths are not those of the octets")
    exponent = int.from_bytes(blob[24 : 24 + exponent_length])
    modulus = int.from_bytes(blob[24 + exponent_length :])
    need(modulus % 2 == 1 and modulus.bit_length() == bits, "the modulus is none of BitLength bits")
    need(exponent % 2 == 1 and 3 <= exponent < modulus, "the exponent is none of RSA")


def careful(
    body: bytes,
    nonces: set[str] | None,
    blob: Callable[[bytes], None] = transport_key,
    key: Callable[[Any], bytes] = octets,
) -> tuple[Any, bool]:
    """A join request by all of these rules: the key to certify, and whether SIDs are asked for."""
    value = document(body)
    members(value)
    blob(key(value["TransportKey"]))
    certified = certificate_request(octets(value["CertificateRequest"].get("Data")), nonces)
    return certified, (value.get("Attributes") or {}).get("ReturnClientSid") is True
