"""What is tested and with which credentials: complete when built, secrets held apart from what may be printed."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from conformance.client.network import Network
from conformance.client.secrets import Supply
from conformance.errors import UsageError


@dataclass(frozen=True, slots=True)
class Target:
    """A Device Registration Service: `url` is its origin (scheme, host, port), `tenant` an id or a domain name."""

    url: str
    tenant: str
    domain: str | None = None
    upn: str | None = None
    ca_file: Path | None = None
    tls_ca: Path | None = None
    insecure: bool = False
    timeout: float = 10.0
    devices_allowed: bool = False
    network: Network = field(default_factory=Network)

    @property
    def loopback(self) -> bool:
        """Whether this is a service on this machine: by its own address or as `localhost`, and reached straight.

        A name that is looked up, or sent here by `--resolve`, does not count, for what answers at this machine's end of
        a tunnel is somebody's service; nor does an address that a proxy, or `--resolve`, would take elsewhere, nor one
        whose discovery may lead to other machines.
        """
        host, port = self.place
        places = ((host, port), *self.network.hosts)
        return self.network.proxy is None and all(
            _is_loopback(name) and _is_loopback(self.network.address(name, number)) for name, number in places
        )

    def trusts(self, place: Sequence[str | int | None]) -> bool:
        """Whether requests, and the token with them, may go to a host and port: its own, or one of `--allow-host`."""
        return tuple(place) in {self.place, *self.network.hosts}

    @property
    def place(self) -> tuple[str, int]:
        """The host and port of the URL, the host in lower case."""
        parts = urlsplit(self.url)
        return (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def _is_loopback(host: str) -> bool:
    """RFC 6761 6.3 for the name; RFC 1122 3.2.1.3 and RFC 4291 2.5.3 for the addresses."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets a run was given, each None when it was not. Never printed."""

    token: Supply | None = field(default=None, repr=False)
    challenge: Supply | None = field(default=None, repr=False)
    foreign_token: Supply | None = field(default=None, repr=False)
    expired_token: Supply | None = field(default=None, repr=False)
    audience_token: Supply | None = field(default=None, repr=False)
    other_token: Supply | None = field(default=None, repr=False)  # as good as `token`, and perhaps of another user
    client_token: Supply | None = field(default=None, repr=False)
    expired_nonce: Supply | None = field(default=None, repr=False)
    expired_challenge: Supply | None = field(default=None, repr=False)
    foreign_challenge: Supply | None = field(default=None, repr=False)
    future_token: Supply | None = field(default=None, repr=False)


def check_url(text: str, option: str = "--target") -> str:
    """The origin (and base path) of a target without its trailing slash. Raises `UsageError` saying what would do."""
    example = "pass a URL such as https://drs.example.com or http://127.0.0.1:8080"
    if not text.isprintable() or any(c.isspace() for c in text):
        raise UsageError(f"{option} has a space or control character in it; {example}")
    if "@" in text:
        raise UsageError(f"{option} holds a user name or password, which DRS does not take; {example}")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{option} is not a URL ({error}); {example}") from None
    if parts.query or parts.fragment:
        raise UsageError(f"{option} has a query or a fragment, which the URL of a service has not; {example}")
    if "://" not in text:
        raise UsageError(f"{option} {text!r} has no scheme; {example}")
    if parts.scheme not in {"http", "https"}:
        raise UsageError(
            f"{option} {text!r} has the scheme {parts.scheme!r}, and only http and https are spoken; {example}"
        )
    if not parts.hostname or port == 0:
        raise UsageError(f"{option} {text!r} names no host that could be reached; {example}")
    return text.rstrip("/")
