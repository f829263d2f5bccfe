"""What the hand-made servers of this folder share: HTTP, discovery, nonces, bearer tokens, and a CA made at start.

The one rule: nothing of `conformance` is used here, and all of this is meant to be right, so that a server of its own
is wrong only where it says so.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn
from urllib.parse import parse_qs, unquote, urlsplit

from wrong.wrong_authority import Authority
from wrong.wrong_rules import Refused, careful

TENANT = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"
DOMAIN = "fabrikam.example"
UPN = "ada@fabrikam.example"
LARGEST = 1 << 20
JSON_TYPE = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Asked:
    """A request as it came; `version` is the api-version, header names are in lower case."""

    method: str
    segments: tuple[str, ...]
    version: str | None
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Said:
    """An answer; `value` is its JSON, and nothing where None."""

    status: int
    value: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Service:
    """A whole service; `read` gives the key to certify and says whether SIDs were asked for, or raises `Refused`."""

    versions = {"discovery": "1.9", "nonce": "1.0", "join": "2.0"}
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

    def route(self, segments: tuple[str, ...]) -> tuple[Callable[[Asked], Said], str, str]:
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
        refuse(404, "there is nothing here")

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

    def new_nonce(self) -> str:
        """A nonce that is good for one join."""
        nonce = base64.b64encode(secrets.token_bytes(48)).decode()
        assert self.nonces is not None
        self.nonces.add(nonce)
        return nonce

    def nonce(self, _: Asked) -> Said:
        """3.2: a nonce."""
        status = {"message": "done", "traceId": str(uuid.uuid4()), "time": "10/12/2023 3:05:30 PM"}
        return Said(200, {"ReponseStatus": status, "Value": self.new_nonce()}, {"Cache-Control": "no-store"})

    def join(self, asked: Asked) -> Said:
        """3.3: a device, for who is let in and asks rightly."""
        user = self.user(asked)
        if asked.headers.get("content-type", "application/json").partition(";")[0].strip().lower() != "application/json":
            refuse(415, "the body is no JSON")
        key, sids = self.read(asked)
        thumbprint, certificate = self.authority.certify(key, str(uuid.uuid4()))
        body: dict[str, Any] = {"Certificate": {"Thumbprint": thumbprint, "RawBody": certificate}, "User": {"Upn": user}}
        if sids:
            body["MembershipChanges"] = [{"LocalSID": "S-1-5-32-544", "AddSIDs": ["S-1-12-1-1-2-3-4"]}]
        return Said(201, body)

    def token(self, tenant: str = TENANT, **claims: Any) -> str:
        """A bearer token; with claims of its own, one that is good for nothing here."""
        return self.authority.token(tenant, UPN, **claims)

    def user(self, asked: Asked) -> str:
        """Whom the request's token stands for."""
        return self.authority.user(asked.headers.get("authorization"), TENANT)

    def read(self, asked: Asked) -> tuple[Any, bool]:
        """The key to certify, of a request that is right in every respect."""
        return careful(asked.body, self.nonces)


def refuse(status: int, reason: str) -> NoReturn:
    """Refuses the request at hand."""
    raise Refused(reason, status)


class Handler(BaseHTTPRequestHandler):
    """One connection; `service` is set by `serving`."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece
    timeout = 30
    service: Service

    def respond(self) -> None:
        try:
            body = self.content()
        except Refused as refused:
            self.close_connection = True  # what was not read cannot be told from the next request
            said = self.service.refusal(refused)
        else:
            parts = urlsplit(self.path)
            segments = tuple(unquote(segment, errors="replace") for segment in parts.path.split("/")[1:])
            version = parse_qs(parts.query).get("api-version", [None])[0]
            headers = {name.lower(): value for name, value in self.headers.items()}
            said = self.service.answer(Asked(self.command, segments, version, headers, body))
        octets = b"" if said.value is None else json.dumps(said.value).encode()
        self.send_response(said.status)
        for name, value in {**(JSON_TYPE if octets else {}), **said.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond  # noqa: N815 - the names http.server asks for

    def content(self) -> bytes:
        if "Transfer-Encoding" in self.headers:
            if not self.service.chunks:
                refuse(411, "say how long it is")
            return b"".join(self.pieces())
        length = int(self.headers.get("Content-Length", 0))
        if length > self.service.largest:
            refuse(413, "too much")
        return self.rfile.read(length)

    def pieces(self) -> Iterator[bytes]:
        """RFC 9112 7.1."""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(kind: type[Service]) -> Iterator[Service]:
    """A server of this kind on a free port of the loopback."""

    class Own(Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        server.daemon_threads = True
        Own.service = kind(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Own.service
        finally:
            server.shutdown()
