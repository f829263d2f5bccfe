"""A request as it may be written down: whatever it holds of a secret is replaced, and it says which secret stood there.

The one rule: what was sent is not changed by it; a record is made beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.exchange import REDACTED, Headers, Request

if TYPE_CHECKING:
    from conformance.client.redaction import Secrets

_CREDENTIALS = {"authorization", "proxy-authorization"}


def recorded(secrets: Secrets, method: str, url: str, headers: Headers, *, body: bytes, label: str) -> Request:
    """What was sent, as it may be written down."""
    redact = secrets.redact_text
    shown = tuple(
        (redact(name), REDACTED if secrets.hides(name) else _shown(name, redact(value))) for name, value in headers
    )
    held, called = secrets.redact(body), tuple(_called(secrets, url, headers))
    if held is not body:
        called += secrets.named(body)
    return Request(redact(method), redact(url), shown, held, redact(label), secrets=called)


def _called(secrets: Secrets, url: str, headers: Headers) -> Iterator[str]:
    """What stands redacted in a URL and headers, in order."""
    yield from secrets.named(url.encode("utf-8", "surrogatepass"))
    for name, value in headers:
        if secrets.hides(name):
            yield "header"
        elif name.lower() not in _CREDENTIALS:
            yield from secrets.named(value.encode("utf-8", "surrogatepass"))
        elif value:
            scheme, _, rest = value.partition(" ")
            pieces = secrets.named((rest if rest and scheme.isalpha() else value).encode("utf-8", "surrogatepass"))
            yield pieces[0] if len(pieces) == 1 and " " not in pieces[0] else ""


def _shown(name: str, value: str) -> str:
    if name.lower() not in _CREDENTIALS:
        return value
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {REDACTED}" if rest and scheme.isalpha() else REDACTED if value else ""
