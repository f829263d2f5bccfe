"""The habits of the field (field notes; clients' sources), as one function from the strict behaviour to the field's.

The one rule: a habit changes what the field does otherwise and nothing else; what no client or server was seen to do
stays strict.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.codec import CSR_CN, base64
from conformance.codec.rsakey import RsaKeyBlob
from conformance.errors import DecodeError

from . import csr
from .behaviour import VERSIONS, Behaviour, flag
from .certificate import field_order
from .members import MEMBERS, MISSING, Body, Member, at, member_rules
from .refusal import Refusal, undecodable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.codec.pkcs10 import CertificationRequest

    from .asked import Asked
    from .case import JoinCase
    from .rules import Rules
    from .site import Site, Tenant

EC = "1.2.840.10045.2.1"
P256 = "1.2.840.10045.3.1.7"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_P256_DER = bytes.fromhex("06082a8648ce3d030107")
FLAGS = ("ReuseDevice", "SharedDevice", "ReturnClientSid")
OLD_SERVICES = (
    "DiscoveryService",
    "DeviceRegistrationService",
    "AuthenticationService",
    "DeviceJoinService",
    "KeyProvisioningService",
)
SINCE: Mapping[str, str] = {
    "IdentityProviderService": "1.2",
    "WebAuthNService": "1.6",
    "DeviceManagementService": "1.6",
    "TenantInfo": "1.6",
    "MsaProviderData": "1.7",
    "PrecreateService": "1.7",
    "AzureRbacService": "1.8",
    "BPLService": "1.8",
    "DeviceJoinResourceService": "1.9",
    "NonceService": "1.9",
}


def like_field(strict: Behaviour) -> Behaviour:
    """Everything the field does otherwise."""
    return replace(
        strict,
        versions={**VERSIONS, "DeviceJoin": ("1.0", "2.0", "3.0")},
        accept_version=version_of_removal(strict.accept_version),
        accept_join=strict.accept_join.only("aik", when=_not_empty("/AikCertificate")).only(
            "attestation", when=_not_empty("/AttestationData")
        ),
        accept_members=members(),
        flag=lenient_flag,
        accept_csr=requests(strict.accept_csr),
        transport_key=any_key(strict.transport_key),
        order=lambda order, holder, _case: field_order(order, holder),
        discovery_document=by_age(strict.discovery_document),
    )


def version_of_removal(
    usual: Callable[[Asked, tuple[str, ...]], str],
) -> Callable[[Asked, tuple[str, ...]], str]:
    """A removal may come without api-version (roadlib); everything else says which it means."""

    def version(asked: Asked, known: tuple[str, ...]) -> str:
        absent = asked.method == "DELETE" and not asked.argument("api-version")
        return known[0] if absent else usual(asked, known)

    return version


def _not_empty(pointer: str) -> Callable[[JoinCase], bool]:
    """Clients send `""` for what they do not have."""
    return lambda join: bool(join.text(pointer))


def members() -> Rules[Body]:
    """TargetDomain may be anything, attestation empty, attributes strings; a key may come in DeviceKeys."""
    free = {"/TargetDomain", "/AikCertificate", "/AttestationData"}
    rows = [replace(row, check=None) if row.pointer in free else row for row in MEMBERS]
    kept = tuple(row for row in rows if not row.pointer.startswith("/Attributes/"))
    stringly = tuple(
        Member(f"/{group}/{name}", "true, false or either as a string")
        for group in ("Attributes", "attributes")
        for name in FLAGS
    )
    rules = member_rules((*kept, *stringly))
    return rules.only("/TransportKey required", when=lambda body: at(body, "/DeviceKeys") is MISSING)


def lenient_flag(body: Body, name: str) -> bool:
    """`true`, `"true"` and `"True"`, under Attributes or attributes."""
    value = at(body, f"/attributes/{name}")
    return flag(body, name) or any(_yes(found) for found in (value, at(body, f"/Attributes/{name}")))


def _yes(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def by_age(document: Callable[[Site, Tenant, str], dict[str, Any]]) -> Callable[[Site, Tenant, str], dict[str, Any]]:
    """Services appear with the api-version that brought them; the old five are always there."""

    def aged(site: Site, tenant: Tenant, version: str) -> dict[str, Any]:
        services = document(site, tenant, version)
        return {name: value for name, value in services.items() if name in OLD_SERVICES or SINCE[name] <= version}

    return aged


def requests(strict: Rules[CertificationRequest]) -> Rules[CertificationRequest]:
    """The CN may end in a NUL (Windows, A11), and the key may be an EC key on P-256 (macOS 14)."""

    def otherwise(name: str, check: Callable[[CertificationRequest], None]) -> Callable[[CertificationRequest], None]:
        usual = dict(strict.table)[name]

        def either(request: CertificationRequest) -> None:
            (check if request.info.public_key.algorithm.oid == EC else usual)(request)

        return either

    def anything(_request: CertificationRequest) -> None:
        """An EC key has no size or exponent to judge apart from its curve."""

    rules = strict.changed("subject", _subject)
    ec_checks = {
        "key-algorithm": _curve,
        "key-size": anything,
        "key-value": anything,
        "signature-algorithm": _ecdsa,
        "proof-of-possession": _ec_possession,
    }
    for name, check in ec_checks.items():
        rules = rules.changed(name, otherwise(name, check))
    return rules


def _subject(request: CertificationRequest) -> None:
    texts = [csr.common_name(name) for name in csr.common_names(request)]
    if len(texts) != 1 or texts[0].removesuffix("\0") != CSR_CN:
        raise Refusal(f"{csr.NAME}: the subject must have one CN, {CSR_CN}.")


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
