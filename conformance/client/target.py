"""What is tested and with which credentials: complete when built, secrets held apart from what may be printed."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

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

    @property
    def loopback(self) -> bool:
        """Whether requests stay on this machine."""
        host = urlsplit(self.url).hostname or ""
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
