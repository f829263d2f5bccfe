"""Services that conform, and do everything that is left to them otherwise than the reference server does.

Nothing here breaks a MUST of the document: whoever fails one of these fails what is right. What they leave undone below
MUST is in the table of `test_wrong_verdicts`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from wrong.wrong_authority import ISSUER, Authority, common_name, told
from wrong.wrong_base import TENANT, UPN, Service, refuse
from wrong.wrong_rules import Refused, certificate_request, document, need, octets, transport_key
from wrong.wrong_said import Asked, Said

FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 4.1.2.5: no well-defined end
TEXTS = ("TargetDomain", "DeviceType", "OSVersion", "DeviceDisplayName")


class Edwards(Authority):
    """Signs devices with Ed25519, names them at length, and says nothing of what their keys are for."""

    def __init__(self) -> None:
        super().__init__()
        self.key, self.hash = ed25519.Ed25519PrivateKey.generate(), None
        self.certificate = self.sign(common_name(ISSUER), self.key.public_key(), ca=True)

    def sign(self, subject: x509.Name, key: Any, *_: x509.ExtensionType, ca: bool = False) -> x509.Certificate:
        """A certificate that never ends; that of a device has no extension at all."""
        builder = (
            x509.CertificateBuilder()
            .issuer_name(common_name(ISSUER))
            .subject_name(subject)
            .public_key(key)
            .serial_number(int.from_bytes(secrets.token_bytes(19)) + 1)
            .not_valid_before(datetime.now(UTC))
            .not_valid_after(FOREVER)
        )
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return builder.sign(self.key, self.hash)

    def certify(self, key: Any, device: str, *_: x509.ExtensionType) -> tuple[str, str]:
        organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Fabrikam, Söhne & Co")
        subject = x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, device.upper())])
        thumbprint, certificate = told(self.sign(subject, key))
        return thumbprint.lower(), certificate


class Contrary(Service):
    """Another error shape, 200 for 201, further members, another certificate profile, upper-case GUIDs, no chunks."""

    versions: Mapping[str, str] = {"discovery": "1.9", "nonce": "1.1", "join": "2.1"}
    chunks = False
    largest = 64 * 1024

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.authority = Edwards()

    def route(self, segments: tuple[str, ...]) -> Any:
        match [segment.lower() for segment in segments]:
            case ["drs", "v2", tenant, "challenges"]:
                self.known(tenant)
                return self.nonce, "GET", self.versions["nonce"]
            case ["drs", "v2", tenant, "devices"]:
                self.known(tenant)
                return self.join, "POST", self.versions["join"]
        return super().route(segments)

    def answer(self, asked: Asked) -> Said:
        said = super().answer(asked)
        return Said(404, None) if said.status == 405 else said  # RFC 9110 15.5.5: who may not know is told nothing

    def refusal(self, refused: Refused) -> Said:
        """RFC 9457, and the code for content that is understood and not wanted."""
        status = 422 if refused.status == 400 else refused.status
        problem = {"type": "about:blank", "title": refused.reason, "status": status}
        headers = dict(refused.headers)
        if "WWW-Authenticate" in headers:
            challenge = headers["WWW-Authenticate"].partition(" ")
            headers["WWW-Authenticate"] = f'Negotiate, {challenge[0].lower()} realm="a, b" {", " * bool(challenge[2])}'
            headers["WWW-Authenticate"] += challenge[2]
        return Said(status, problem, {"Content-Type": "application/problem+json", **headers})

    def discover(self, asked: Asked) -> Said:
        """Another layout of URLs, null for services that nobody needs, and one that nobody knows."""
        services: dict[str, Any] = super().discover(asked).value
        there, tenant = f"{self.origin}/drs/v2/{TENANT.upper()}", TENANT.upper()
        services["DiscoveryService"]["DiscoveryEndpoint"] = f"{self.origin}/{tenant}/discover?region=eu"
        services["DeviceJoinService"]["JoinEndpoint"] = f"{there}/devices?region=eu"
        services["NonceService"]["Endpoint"] = f"{there}/challenges"
        services["TenantInfo"] |= {"TenantId": tenant, "Sovereign": None, "Rings": [{"Id": 1}, {"Id": 2.5}]}
        services["WebAuthNService"] = services["PrecreateService"] = None
        services["LoggingService"] = {"Endpoints": [], "ServiceVersion": 3, "Template": "{deviceId}"}
        return Said(200, services, {"Content-Type": "Application/JSON; Charset=utf-8"})

    def nonce(self, asked: Asked) -> Said:
        """The other spelling (A6)."""
        value: dict[str, Any] = super().nonce(asked).value
        value["ResponseStatus"] = value.pop("ReponseStatus")
        return Said(200, value, {"Cache-Control": "private, no-cache, max-age=0"})

    def join(self, asked: Asked) -> Said:
        """A device whose id is its key's hash; SIDs come always, and may be none."""
        user = self.user(asked)
        need(asked.headers.get("ocp-adrs-client-name"), "name yourself")
        if asked.media_type != "application/json":
            refuse(415, "say that it is JSON")
        key, sids = self.read(asked)
        thumbprint, certificate = self.authority.certify(key, device_of(key))
        return Said(
            200,
            {
                "Certificate": {"RawBody": certificate, "Thumbprint": thumbprint, "Chain": []},
                "User": {"Upn": user.swapcase(), "DisplayName": None},
                "MembershipChanges": [{"LocalSID": "S-1-5-32-544", "AddSIDs": [] if sids else ["S-1-12-1-1-2-3-4"]}],
                "traceId": 7,
            },
        )

    def read(self, asked: Asked) -> tuple[Any, bool]:
        """What the document says MUST be, and nothing that it does not: types of texts are taken as they come."""
        value = document(asked.body)
        request = value.get("CertificateRequest")
        if not isinstance(request, dict) or request.get("Type") != "pkcs10":
            refuse(400, "not pkcs10")
        need(all(name in value for name in TEXTS), "a member is missing")
        need(value.get("JoinType") in (0, 4, 6) and value["JoinType"] is not False, "no such type of join")  # A8
        need("PreAuthorizedJoinChallenge" not in value, "this is not for here")
        transport_key(octets(value.get("TransportKey")))
        attributes = value.get("Attributes")
        asks = isinstance(attributes, dict) and attributes.get("ReturnClientSid") is True
        return certificate_request(octets(request.get("Data")), self.nonces), asks


def device_of(key: Any) -> str:
    """A GUID that is the key's own."""
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digits = hashlib.sha256(spki).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


class Sparse(Service):
    """The least that conforms: two services, two methods, opaque tokens, no nonces, no reasons, no second request."""

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.nonces = None
        self.opaque = secrets.token_urlsafe(32)

    def token(self, tenant: str = TENANT, **_: Any) -> str:
        del tenant
        return self.opaque

    def user(self, asked: Asked) -> str:
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token != self.opaque:
            raise Refused("who are you?", 403)
        return UPN

    def discover(self, asked: Asked) -> Said:
        services = super().discover(asked).value
        return Said(200, {name: services[name] for name in ("DiscoveryService", "DeviceJoinService")})

    def join(self, asked: Asked) -> Said:
        """Null where others leave a member out."""
        said = super().join(asked)
        said.value.setdefault("MembershipChanges", None)
        return said

    def answer(self, asked: Asked) -> Said:
        """Two methods are all there are (RFC 9110 9.1)."""
        said = super().answer(asked) if asked.method in {"GET", "HEAD", "POST"} else Said(501)
        return Said(said.status, said.value, {**said.headers, "Connection": "close"})

    def refusal(self, refused: Refused) -> Said:
        return Said(refused.status)
