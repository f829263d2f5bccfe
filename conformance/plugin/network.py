"""From options to how the target is reached: proxy, addresses, headers, certificate, pace; a wrong one is one sentence.

The one rule: what may hold a secret (a header's value, a proxy's password) is in no sentence.
"""

from __future__ import annotations

import base64
import ipaddress
import math
import re
import ssl
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from conformance.client import Network, Proxy, Secrets, Target
from conformance.client.trust import show
from conformance.errors import UsageError
from conformance.plugin.options import Raw

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # a token (RFC 9110 5.6.2)
_VALUE = re.compile(r"[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?")
_OURS = {
    *("accept", "accept-encoding", "authorization", "connection", "content-encoding", "content-length", "content-type"),
    *("expect", "host", "keep-alive", "ocp-adrs-client-name", "ocp-adrs-client-version", "proxy-authorization", "te"),
    *("trailer", "transfer-encoding", "upgrade", "user-agent"),
}
_RESOLVE = re.compile(r"(\[[^\]]+\]|[^:\[\]]+):([0-9]{1,5}):(.+)")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::([0-9]{1,5}))?")
_FASTEST = 10_000.0


def read_network(raw: Raw, place: tuple[str, int]) -> Network:
    """How the target at this host and port is reached. Raises `UsageError`."""
    certificate, key = _certificate(raw)
    hosts = tuple(_host(text, raw.said("allow-host"), place) for text in raw.many("allow-host"))
    addresses = tuple(_address(text, raw.said("resolve"), {place, *hosts}) for text in raw.many("resolve"))
    headers = tuple(_header(text, raw.said("header")) for text in raw.many("header"))
    return Network(_proxy(raw), addresses, certificate, key, headers, _rate(raw), hosts)


def hiding(target: Target) -> Secrets:
    """The secrets of a run, its headers among them; but not what every record tells anyway."""
    secrets = Secrets()
    for name, value in target.network.headers:
        secrets.hide(name)
        if value not in {target.tenant, target.domain, target.upn}:
            secrets.add(value)
    return secrets


def sharing(target: Target, workers: int) -> Target:
    """The target as one of so many workers asks it: none knows when the others do, so each has its part of the rate."""
    rate = target.network.rate
    return replace(target, network=replace(target.network, rate=rate / workers if rate else None))


def _proxy(raw: Raw) -> Proxy | None:
    text, said = raw.text("proxy"), raw.said("proxy")
    if text is None:
        return None
    example = "pass a URL such as http://proxy.example.com:3128"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(f"{said} is not a URL; {example}") from None
    if parts.scheme != "http":
        raise UsageError(f"{said} is no http: URL, and proxies are spoken to by HTTP alone; {example}")
    if not host or parts.path not in {"", "/"} or parts.query or parts.fragment or not text.isprintable():
        raise UsageError(f"{said} is more or less than a host and a port; {example}")
    authorization = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(host, port or 80, authorization)


def _host(text: str, said: str, target: tuple[str, int]) -> tuple[str, int]:
    """A host and port that discovery may lead to; the port is the target's scheme's own where none is said."""
    if (found := _HOST.fullmatch(text)) is None or int(found[2] or 0) >= 1 << 16:
        raise UsageError(f"{said} {text!r} is not HOST or HOST:PORT; pass one such as join.example.com")
    return found[1].strip("[]").lower(), int(found[2]) if found[2] else target[1]


def _address(text: str, said: str, places: set[tuple[str, int]]) -> tuple[tuple[str, int], str]:
    example = "pass HOST:PORT:ADDRESS, such as drs.example.com:443:192.0.2.7"
    if (found := _RESOLVE.fullmatch(text)) is None:
        raise UsageError(f"{said} {text!r} is not HOST:PORT:ADDRESS; {example}")
    host, port, address = found[1].strip("[]").lower(), int(found[2]), found[3].removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise UsageError(f"{said} {text!r} has an address that is no IP address; {example}") from None
    if (host, port) not in places:
        known = " and ".join(sorted(f"{name}:{number}" for name, number in places))
        raise UsageError(f"{said} {text!r} is about a place that gets no request; what does is at {known}")
    return (host, port), address


def _header(text: str, said: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not _NAME.fullmatch(name):
        raise UsageError(f"{said} has no field name before a colon; pass 'Name: value'")
    if name.lower() in _OURS:
        raise UsageError(f"{said} {name!r} is a field that the suite sets itself and tests; leave it out")
    if not _VALUE.fullmatch(value.strip(" \t")):
        raise UsageError(f"{said} {name!r} has no value that HTTP can carry; pass 'Name: value' in Latin-1")
    return name, value.strip(" \t")


def _certificate(raw: Raw) -> tuple[Path | None, Path | None]:
    certificate, key = raw.text("client-cert"), raw.text("client-key")
    if certificate is None:
        if key is not None:
            raise UsageError(f"{raw.said('client-key')} is given without --client-cert; pass the certificate too")
        return None, None
    show(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, key)
    return Path(certificate), Path(key) if key else None


def _rate(raw: Raw) -> float | None:
    text = raw.text("rate")
    if text is None:
        return None
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate <= _FASTEST:
        raise UsageError(f"{raw.said('rate')} {text!r} is no number of requests a second above 0 and up to 10000")
    return rate
