"""Keys as macOS and Android write them (roadlib): JWKs in place of a blob, and in api-version 3.0 keys on P-256.

The one rule: another form is the same key. An RSA JWK is judged by the transport key's own rules, as the blob it stands
for; an EC request is judged by the CSR's rules but for those that speak of RSA.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.codec import base64
from conformance.codec.rsakey import RsaKeyBlob
from conformance.errors import DecodeError

from . import csr
from .members import at
from .refusal import Refusal, undecodable

if TYPE_CHECKING:
    from conformance.codec.pkcs10 import CertificationRequest

    from .case import JoinCase
    from .rules import Rules

EC = "1.2.840.10045.2.1"
P256 = "1.2.840.10045.3.1.7"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_P256_DER = bytes.fromhex("06082a8648ce3d030107")


def on_p256(usual: Rules[CertificationRequest], request: CertificationRequest) -> Rules[CertificationRequest]:
    """The rules for this request: the usual ones, or for an EC key those of P-256 in place of those of RSA."""
    if request.info.public_key.algorithm.oid != EC:
        return usual
    rules = usual
    for name, check in _EC_CHECKS.items():
        rules = rules.changed(name, check) if name in rules.names else rules
    return rules


def _anything(_request: CertificationRequest) -> None:
    """An EC key has no size and no exponent to judge apart from its curve."""


def _curve(request: CertificationRequest) -> None:
    if request.info.public_key.algorithm.parameters != _P256_DER:
        raise Refusal(f"{csr.NAME}: the EC key must be on the curve P-256 ({P256}).")


def _ecdsa(request: CertificationRequest) -> None:
    if request.signature_algorithm.oid != ECDSA_SHA256 or request.signature_algorithm.parameters:
        raise Refusal(f"{csr.NAME}: the signature algorithm of an EC key must be ecdsa-with-SHA256.")


def _ec_possession(request: CertificationRequest) -> None:
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), request.info.public_key.key)
        key.verify(request.signature, request.tbs, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        raise Refusal(f"{csr.NAME}: the signature does not hold under the request's own key.") from None


_EC_CHECKS: Mapping[str, Callable[[CertificationRequest], None]] = {
    "key-algorithm": _curve,
    "key-size": _anything,
    "key-value": _anything,
    "signature-algorithm": _ecdsa,
    "proof-of-possession": _ec_possession,
}


def any_key(strict: Callable[[JoinCase], bytes]) -> Callable[[JoinCase], bytes]:
    """A transport key may be a base64 JWK (macOS, Android), or stand in DeviceKeys (macOS 14)."""

    def key(join: JoinCase) -> bytes:
        if not join.has("/TransportKey"):
            return device_keys(at(join.body, "/DeviceKeys"))
        octets = join.octets("/TransportKey")
        if octets[:1] != b"{":
            return strict(join)
        _judge_jwk(join, _jwk(octets, "TransportKey"))
        return octets

    return key


def _jwk(octets: bytes, member: str) -> Mapping[str, Any]:
    try:
        value = json.loads(octets)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refusal(f"{member} is not a JWK.")
    return value


def _judge_jwk(join: JoinCase, jwk: Mapping[str, Any]) -> None:
    """An RSA JWK is judged as the blob it stands for; its numbers may be in either base64 alphabet."""
    if jwk.get("kty") != "RSA":
        raise Refusal("TransportKey is a JWK, but not of an RSA key.")
    exponent, modulus = (int.from_bytes(_number(jwk.get(name), "TransportKey"), "big") for name in ("e", "n"))
    join.behaviour.accept_transport_key(RsaKeyBlob.public(exponent, modulus))


def _number(text: object, member: str) -> bytes:
    if not isinstance(text, str):
        raise Refusal(f"{member}: the JWK's numbers must be strings.")
    try:
        return base64.decode_url(text.rstrip("=").replace("+", "-").replace("/", "_"))
    except DecodeError as error:
        raise undecodable(member, error) from None


def device_keys(value: object) -> bytes:
    """The octets of a macOS 14 request's keys: an array of objects, each with the JWK of a P-256 key in Data."""
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        raise Refusal("DeviceKeys is not an array of objects.")
    return b"\n".join(_device_key(item) for item in value)


def _device_key(item: Mapping[str, Any]) -> bytes:
    data = item.get("Data")
    if item.get("Encoding") != "JWK" or not isinstance(data, str):
        raise Refusal("DeviceKeys: a key must have Encoding JWK and Data, a string.")
    octets = data.encode()
    jwk = _jwk(octets, "DeviceKeys")
    numbers = [int.from_bytes(_number(jwk.get(name), "DeviceKeys"), "big") for name in ("x", "y")]
    try:
        ec.EllipticCurvePublicNumbers(numbers[0], numbers[1], ec.SECP256R1()).public_key()
    except ValueError:
        raise Refusal("DeviceKeys: the JWK is not a point of P-256.") from None
    return octets
