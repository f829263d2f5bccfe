"""The only importer of httpx: sends one request, whatever it holds, and returns what came of it as an `Exchange`.

The one rule: whatever a target does (silence, resets, bytes that are not HTTP, endless bodies) becomes a `Failure`; an
exception from here is our own fault. Redirects are not followed, proxies and netrc of the environment are not used.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

import httpx

from conformance.client.secrets import Secrets
from conformance.errors import UsageError
from conformance.exchange import Answer, Exchange, Failure, FailureKind, Headers, Request

if TYPE_CHECKING:
    from conformance.client.target import Target

LARGEST_ANSWER = 4 * 1024 * 1024
USER_AGENT = "drs-conformance"


class Transport:
    """One client for one target; knows the run's secrets, so that no exchange holds one. To be closed."""

    def __init__(self, target: Target, secrets: Secrets) -> None:
        """Raises `UsageError` when a CA file cannot be used."""
        self._secrets = secrets
        self._timeout = target.timeout
        self._client = httpx.Client(
            verify=_verification(target),
            timeout=target.timeout,
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT},
        )
        self.requests = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection."""
        self._client.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Headers = (),
        body: bytes = b"",
        chunked: bool = False,
        label: str = "",
        timeout: float | None = None,
    ) -> Exchange:
        """One request and its answer or failure. Raises `UsageError` for a header that HTTP cannot carry."""
        self.requests += 1
        started = time.perf_counter()
        answer: Answer | None = None
        failure: Failure | None = None
        try:
            content = _pieces(body) if chunked else body or None
            answer = self._exchange(method, url, headers, content, timeout or self._timeout)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            failure = Failure(FailureKind.UNREACHABLE, f"no request can be sent to this URL: {error}")
        except httpx.LocalProtocolError as error:
            raise UsageError(f"a request that HTTP cannot carry: {self._secrets.redact_text(str(error))}") from None
        except (httpx.HTTPError, ssl.SSLError, _OversizedError) as error:
            failure = Failure(_kind(error), self._secrets.redact_text(_sentence(error)))
        seconds = time.perf_counter() - started
        redact = self._secrets.redact_text
        shown = tuple((name, _shown(name, redact(value))) for name, value in headers)
        request = Request(method, redact(url), shown, self._secrets.redact(body), label)
        return Exchange(request, answer, failure, seconds)

    def _exchange(
        self, method: str, url: str, headers: Headers, content: bytes | Iterator[bytes] | None, timeout: float
    ) -> Answer:
        deadline = time.monotonic() + timeout  # httpx's own limit is per read: a byte a second would never end
        raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
        with self._client.stream(method, url, headers=raw, content=content, timeout=timeout) as response:
            held = bytearray()
            for chunk in response.iter_bytes():
                held += chunk
                if len(held) > LARGEST_ANSWER:
                    raise _OversizedError
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer did not end in time")
            redact = self._secrets.redact_text
            kept = tuple((k.decode("latin-1"), redact(v.decode("latin-1"))) for k, v in response.headers.raw)
            return Answer(response.status_code, kept, self._secrets.redact(bytes(held)), response.http_version)


def _pieces(body: bytes) -> Iterator[bytes]:
    """A body in three pieces, which httpx sends in chunks."""
    third = max(1, len(body) // 3)
    yield body[:third]
    yield body[third : 2 * third]
    yield body[2 * third :]


class _OversizedError(Exception):
    """More bytes than `LARGEST_ANSWER`."""


def _shown(name: str, value: str) -> str:
    if name.lower() != "authorization":
        return value
    scheme, _, rest = value.partition(" ")
    return f"{scheme} [redacted]" if rest and scheme.isalpha() else "[redacted]" if value else ""


def _verification(target: Target) -> ssl.SSLContext | bool:
    if target.insecure:
        return False
    if target.tls_ca is None:
        return ssl.create_default_context() if target.url.startswith("https:") else True
    try:
        return ssl.create_default_context(cafile=str(target.tls_ca))
    except (OSError, ssl.SSLError):
        raise UsageError(f"the CA file {str(target.tls_ca)!r} cannot be read as PEM certificates") from None


_KINDS: tuple[tuple[type[Exception], FailureKind], ...] = (
    (_OversizedError, FailureKind.OVERSIZED),
    (httpx.ConnectTimeout, FailureKind.UNREACHABLE),
    (httpx.ConnectError, FailureKind.UNREACHABLE),
    (httpx.TimeoutException, FailureKind.TIMEOUT),
    (httpx.NetworkError, FailureKind.RESET),
    (httpx.DecodingError, FailureKind.MALFORMED),
    (httpx.RemoteProtocolError, FailureKind.MALFORMED),
)


def _kind(error: Exception) -> FailureKind:
    text = str(error)
    if isinstance(error, ssl.SSLError) or "SSL" in text or "CERTIFICATE" in text:
        return FailureKind.TLS
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" in text:
        return FailureKind.RESET
    if isinstance(error, httpx.RemoteProtocolError) and "closed connection" in text:
        return FailureKind.RESET
    return next((kind for known, kind in _KINDS if isinstance(error, known)), FailureKind.RESET)


def _sentence(error: Exception) -> str:
    words = {
        FailureKind.UNREACHABLE: "no connection",
        FailureKind.TLS: "no trusted TLS connection",
        FailureKind.TIMEOUT: "no whole answer in time",
        FailureKind.RESET: "the connection ended before the answer did",
        FailureKind.MALFORMED: "the answer is not HTTP",
        FailureKind.OVERSIZED: f"the answer is larger than {LARGEST_ANSWER} bytes",
    }[_kind(error)]
    detail = str(error).strip()
    return f"{words} ({detail})" if detail else words
