"""What the hand-made servers of this folder share: discovery, nonces, bearer tokens, and a CA made at start.

The one rule: nothing of `conformance` is used here, and all of this is meant to be right, so that a server of its own
is wrong only where it says so.
"""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from cryptography import x509

from wrong.wrong_authority import Authority
from wrong.wrong_rules import Refused, careful
from wrong.wrong_said import Asked, Said

TENANT = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"
DOMAIN = "fabrikam.example"
UPN = "ada@fabrikam.example"
LARGEST = 1 << 20


class Service:
    """A whole service; `read` gives the key to certify and says whether SIDs were asked for, or raises `Refused`."""

    versions: Mapping[str, str] = {"discovery": "1.9", "nonce": "1.0", "join": "2.0"}
    chunks = True  # whether a body may come without its length (RFC 9112 6.3 lets a server insist on one)
    largest = LARGEST

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.authority = Authority()
        self.nonces: set[str] | None = set()

    def answer(self, asked: Asked) -> Said:
        """Any request's answer."""
        try:
            handler, method, version = self.route(asked.segments)
            if asked.method != method:
                return Said(405, None, {"Allow": method})
            if asked.version != version:
                refuse(400, f"api-version is not {version}")
            return handler(asked)
        except Refused as refused:
            return self.refusal(refused)

    def route(self, segments: tuple[str, ...]) -> tuple[Callable[[Asked], Said], str, str | None]:
        """What answers at a path, by which method and in which version."""
        match [segment.lower() for segment in segments]:
            case [tenant, "discover"]:
                self.known(tenant)
                return self.discover, "GET", self.versions["discovery"]
            case ["enrollmentserver", "nonce", tenant, ""]:
                self.known(tenant)
                return self.nonce, "GET", self.versions["nonce"]
            case ["enrollmentserver", "device", ""]:
                return self.join, "POST", self.versions["join"]
            case [tenant, "oauth2", "token"]:
                self.known(tenant)
                return self.issue, "POST", None
            case _:
                raise Refused("there is nothing here", 404)

    def known(self, tenant: str) -> None:
        """Refuses a tenant that is not ours."""
        if tenant not in {TENANT, DOMAIN}:
            refuse(404, "there is no such tenant")

    def refusal(self, refused: Refused) -> Said:
        """What a refusal looks like: shape A of the field."""
        body = {
            "ErrorType": "InvalidParameter",
            "Message": refused.reason,
            "TraceId": str(uuid.uuid4()),
            "Time": "02-24-2016 17:37:01Z",
        }
        return Said(refused.status, body, refused.headers)

    def discover(self, _: Asked) -> Said:
        """3.1: the services there are."""
        resource, there = "urn:ms-drs:127.0.0.1", self.origin
        login = f"{there}/{TENANT}/oauth2"
        services = {
            "DiscoveryService": {"DiscoveryEndpoint": f"{there}/{TENANT}/Discover", "ServiceVersion": "1.9"},
            "DeviceRegistrationService": {
                "RegistrationEndpoint": f"{there}/EnrollmentServer/DeviceEnrollmentWebService.svc",
                "RegistrationResourceId": resource,
                "ServiceVersion": "1.0",
            },
            "AuthenticationService": {
                "OAuth2": {"AuthCodeEndpoint": f"{login}/authorize", "TokenEndpoint": f"{login}/token"}
            },
            "DeviceJoinService": {
                "JoinEndpoint": f"{there}/EnrollmentServer/device/",
                "JoinResourceId": resource,
                "ServiceVersion": self.versions["join"],
            },
            "NonceService": {
                "Endpoint": f"{there}/EnrollmentServer/nonce/{TENANT}/",
                "ResourceId": resource,
                "ServiceVersion": self.versions["nonce"],
            },
            "TenantInfo": {"DisplayName": "Fabrikam", "TenantId": TENANT, "TenantName": DOMAIN},
        }
        return Said(200, services)

    def issue(self, _: Asked) -> Said:
        """RFC 6749 5.2: tokens are asked for in another way than any that a test could know."""
        refuse(400, "invalid_request")

    def new_nonce(self) -> str:
        """A nonce that is good for one join."""
        nonce = base64.b64encode(secrets.token_bytes(48)).decode()
        assert self.nonces is not None
        self.nonces.add(nonce)
        return nonce

    def old_nonce(self) -> str:
        """A nonce whose time is over: it was good for one join, and no longer is."""
        nonce = self.new_nonce()
        assert self.nonces is not None
        self.nonces.discard(nonce)
        return nonce

    def nonce(self, _: Asked) -> Said:
        """3.2: a nonce."""
        status = {"message": "done", "traceId": str(uuid.uuid4()), "time": "10/12/2023 3:05:30 PM"}
        return Said(200, {"ReponseStatus": status, "Value": self.new_nonce()}, {"Cache-Control": "no-store"})

    def join(self, asked: Asked) -> Said:
        """3.3: a device, for who is let in and asks rightly."""
        user = self.user(asked)
        if asked.media_type not in {"application/json", ""}:
            refuse(415, "the body is no JSON")
        key, sids = self.read(asked)
        thumbprint, certificate = self.authority.certify(key, str(uuid.uuid4()), *self.extensions(asked))
        body: dict[str, Any] = {
            "Certificate": {"Thumbprint": thumbprint, "RawBody": certificate},
            "User": {"Upn": user},
        }
        if sids:
            body["MembershipChanges"] = [{"LocalSID": "S-1-5-32-544", "AddSIDs": ["S-1-12-1-1-2-3-4"]}]
        return Said(201, body)

    def token(self, tenant: str = TENANT, **claims: Any) -> str:
        """A bearer token; with claims of its own, one that is good for nothing here."""
        return self.authority.token(tenant, UPN, **claims)

    def user(self, asked: Asked) -> str:
        """Whom the request's token stands for."""
        return str(self.authority.user(asked.headers.get("authorization"), TENANT)["upn"])

    def extensions(self, _: Asked) -> Sequence[x509.ExtensionType]:
        """What else the certificate says: nothing."""
        return ()

    def read(self, asked: Asked) -> tuple[Any, bool]:
        """The key to certify, of a request that is right in every respect."""
        return careful(asked.body, self.nonces)


def refuse(status: int, reason: str) -> NoReturn:
    """Refuses the request at hand."""
    raise Refused(reason, status)
