"""The protocol's steps as requests: discover (3.1), nonce (3.2), join (3.3 and 2.1.1.1), with the headers they list.

The one rule: only discovery's own URL is built; every other comes from a discovery answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from conformance.exchange import Headers

DISCOVERY_VERSION = "1.9"
NONCE_VERSION = "1.0"
JOIN_VERSION = "2.0"
KEY_VERSION = "1.0"
DEVICE_VERSION = "1.0"
CLIENT_NAME = "drs-conformance"
CLIENT_VERSION = "1.0"

JSON_TYPE: Headers = (("Content-Type", "application/json"),)


@dataclass(frozen=True, slots=True)
class Step:
    """One request ready to send but for its bearer token. A body of several pieces is sent chunked (RFC 9112 7.1)."""

    method: str
    url: str = field(repr=False)  # either may hold a token, and a traceback may show local variables
    headers: Headers = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    chunked: bool = False

    def without(self, name: str) -> Step:
        """The step without a header field."""
        return replace(self, headers=tuple(item for item in self.headers if item[0].lower() != name.lower()))

    def having(self, *headers: tuple[str, str]) -> Step:
        """The step with these header fields in place of those of the same names."""
        names = {name.lower() for name, _ in headers}
        return replace(self, headers=(*(item for item in self.headers if item[0].lower() not in names), *headers))


def client_headers(version: str) -> Headers:
    """The headers by which a client names itself (3.1, 3.3)."""
    return (("ocp-adrs-client-name", CLIENT_NAME), ("ocp-adrs-client-version", version))


def discover(origin: str, tenant: str, version: str = DISCOVERY_VERSION, path: str = "Discover") -> Step:
    """`GET /{tenant}/Discover?api-version=…` (3.1); the tenant is an id or a domain name."""
    url = f"{origin}/{quote(tenant, safe='')}/{path}?api-version={quote(version, safe='')}"
    return Step("GET", url, (*JSON_TYPE, *client_headers(CLIENT_VERSION)))


def nonce(endpoint: str, version: str = NONCE_VERSION) -> Step:
    """`GET` the discovered nonce endpoint (3.2). No header is listed there."""
    return Step("GET", with_version(endpoint, version), ())


def join(endpoint: str, body: bytes, headers: Headers = JSON_TYPE, version: str = JOIN_VERSION) -> Step:
    """`POST` a join request (2.1.1.1.1) to the discovered join or precreate endpoint, without its bearer token."""
    return Step("POST", with_version(endpoint, version), headers, body)


def key(endpoint: str, body: bytes) -> Step:
    """`POST` a key (MS-KPP) to the discovered key provisioning endpoint, without its bearer token."""
    return Step("POST", with_version(endpoint, KEY_VERSION), JSON_TYPE, body)


def device(endpoint: str, id_: object, method: str = "DELETE") -> Step:
    """A request about one device, below the JoinEndpoint (field notes); its removal, if not another method."""
    path, _, query = endpoint.partition("?")
    return Step(method, with_version(f"{path.rstrip('/')}/{id_}{'?' if query else ''}{query}", DEVICE_VERSION), ())


@lru_cache(maxsize=64)  # of the few endpoints of a target, for each request to them
def with_version(endpoint: str, version: str | None) -> str:
    """The endpoint with its `api-version` set, or without any when None."""
    parts = urlsplit(endpoint)
    kept = [p for p in parts.query.split("&") if p and not p.lower().startswith("api-version=")]
    if version is not None:
        kept.append(f"api-version={quote(version, safe='')}")
    return urlunsplit(parts._replace(query="&".join(kept)))


def retenanted(endpoint: str, tenant: str, other: str) -> str | None:
    """The endpoint addressed by the tenant's other name (3.2: id or domain name); None if it names no tenant."""
    parts = urlsplit(endpoint)
    segments = parts.path.split("/")
    found = [s.lower() == tenant.lower() for s in segments]
    if not any(found):
        return None
    path = "/".join(quote(other, safe="") if hit else s for s, hit in zip(segments, found, strict=True))
    return urlunsplit(parts._replace(path=path))


@lru_cache(maxsize=64)
def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL, defaults filled in. Raises `ValueError` for what is no URL."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default
