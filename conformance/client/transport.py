"""The only importer of httpx: sends one request, whatever it holds, and returns what came of it as an `Exchange`.

The one rule: whatever a target does (silence, resets, bytes that are not HTTP, endless bodies) becomes a `Failure`; an
exception from here is our own fault. Of httpx only its URLs and requests are used, over the connections of its core:
redirects are not followed, cookies not kept, proxies and netrc of the environment not looked at, and no log is written,
which would hold what was sent.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import httpcore
import httpx

from conformance.client.deadline import Wire
from conformance.client.decoding import ACCEPTED, CodingError, OversizedError, decoded
from conformance.client.pace import Pace
from conformance.client.redaction import Secrets
from conformance.client.route import Route
from conformance.client.trust import context
from conformance.errors import UsageError
from conformance.exchange import REDACTED, Answer, Exchange, Failure, FailureKind, Headers, Request

if TYPE_CHECKING:
    from conformance.client.identity import Identity
    from conformance.client.target import Target

LARGEST_ANSWER = 4 * 1024 * 1024
_KEPT = 5.0  # seconds a connection is kept for the next request
_OWN: Headers = (("User-Agent", "drs-conformance"), ("Accept", "*/*"), ("Accept-Encoding", ACCEPTED))
_CREDENTIALS = {"authorization", "proxy-authorization"}
_HTTP = b"HTTP/"
_VERSIONS = {"HTTP/1.0", "HTTP/1.1"}
_TOLD = 200  # characters of what a library says of a failure, which may quote the target at length

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)  # their debug logs hold headers and URLs as sent


class Transport:
    """The connections to one target; knows the run's secrets, so that no exchange holds one. To be closed."""

    def __init__(
        self,
        target: Target,
        secrets: Secrets,
        identity: Identity | None = None,
        pace: Pace | None = None,
        *,
        http2: bool = False,
    ) -> None:
        """With an identity, its certificate is shown to a target that asks. Raises `UsageError` for a bad CA file.

        With `http2`, that is spoken where the target agrees to it in TLS (RFC 9113 3.2), and HTTP/1.1 where not.
        """
        self._secrets = secrets
        self._timeout = target.timeout
        self._headers = target.network.headers
        self._wire = Wire(Route(target.network))
        self._pool = httpcore.ConnectionPool(
            ssl_context=context(target, identity, alone=http2),  # the pool writes into it which protocols it offers
            keepalive_expiry=_KEPT,
            network_backend=self._wire,
            http2=http2,
        )
        self._versions = _VERSIONS | {"HTTP/2"} if http2 else _VERSIONS
        self.pace = pace or Pace(target.network.rate)
        self.requests = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection."""
        self._pool.close()

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
        headers = (*headers, *self._headers)
        self.pace.take()
        started = time.perf_counter()

        def exchange() -> Answer:
            content = _pieces(body) if chunked else body or None
            return self._exchange(method, url, headers, content, timeout or self._timeout)

        outcome = self._attempt(exchange)
        if isinstance(outcome, Failure) and self._was_stale(outcome):
            outcome = self._attempt(exchange)
        seconds = time.perf_counter() - started
        request = replace(
            recorded(self._secrets, method, url, headers, body=body, label=label), chunked=chunked and bool(body)
        )
        answer, failure = (outcome, None) if isinstance(outcome, Answer) else (None, outcome)
        return Exchange(request, answer, failure, seconds)

    def _was_stale(self, failure: Failure) -> bool:
        """Whether a kept connection was closed before this request: the one case where RFC 9112 9.3.1 sends again."""
        return failure.kind is FailureKind.RESET and not self._wire.connected and not self._wire.began

    def _attempt(self, exchange: Callable[[], Answer]) -> Answer | Failure:
        self.requests += 1
        redact = self._secrets.redact_text
        try:
            return exchange()
        except _FAILURES as error:
            if isinstance(error, httpcore.LocalProtocolError) and not self._wire.began:
                raise UsageError(f"a request that HTTP cannot carry: {redact(str(error))[:_TOLD]}") from None
            kind = FailureKind.TLS if self._wire.securing else _kind(error)
            if kind is FailureKind.RESET and not self._wire.began[:5].startswith(_HTTP[: len(self._wire.began)]):
                kind = FailureKind.MALFORMED  # it ended, but with something else than HTTP
            detail = redact(str(error).strip())
            cut = detail if len(detail) <= _TOLD else f"{detail[:_TOLD]}…"
            return Failure(kind, f"{WORDS[kind]} ({cut})" if cut else WORDS[kind])

    def _exchange(
        self, method: str, url: str, headers: Headers, content: bytes | Iterator[bytes] | None, timeout: float
    ) -> Answer:
        names = {name.lower() for name, _ in headers}
        every = (*(item for item in _OWN if item[0].lower() not in names), *headers)
        raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in every]
        request = httpx.Request(method, _url(url), headers=raw, content=content)
        if not request.url.host:
            raise httpx.InvalidURL("it names no host")
        self._wire.begin(timeout)
        response = self._responded(_as_core(request))
        try:
            version = str(response.extensions.get("http_version", b""), "latin-1")
            if version not in self._versions:
                raise httpcore.RemoteProtocolError(f"{version} was not asked for")
            held = self._read(response)
        finally:
            response.close()
        redact = self._secrets.redact_text
        kept = tuple((redact(k.decode("latin-1")), redact(v.decode("latin-1"))) for k, v in response.headers)
        return Answer(response.status, kept, self._secrets.redact(held), version)

    def _responded(self, request: httpcore.Request) -> httpcore.Response:
        """The head of the answer. A library takes for our fault, or its own, what is wrong with frames that came."""
        try:
            response = self._pool.handle_request(request)
        except ValueError as error:
            if not self._wire.began:
                raise
            raise httpcore.RemoteProtocolError("its status is no number") from error
        if not 100 <= response.status <= 999:  # noqa: PLR2004 - RFC 9110 15
            response.close()
            raise httpcore.RemoteProtocolError(f"its status is {str(response.status)[:20]}")
        return response

    def _read(self, response: httpcore.Response) -> bytes:
        """The body, whole and decoded."""
        held = bytearray()
        for chunk in response.iter_stream():
            held += chunk
            if len(held) > LARGEST_ANSWER:
                raise OversizedError
            self._wire.left()
        codings = [value.decode("latin-1") for name, value in response.headers if name.lower() == b"content-encoding"]
        return decoded(bytes(held), ", ".join(codings), LARGEST_ANSWER)


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


@lru_cache(maxsize=64)  # reading a URL costs more than anything else of a request, and most go to the same few
def _url(text: str) -> httpx.URL:
    return httpx.URL(text)


def _pieces(body: bytes) -> Iterator[bytes]:
    """A body in three pieces, which are sent in chunks."""
    third = max(1, len(body) // 3)
    yield body[:third]
    yield body[third : 2 * third]
    yield body[2 * third :]


def _shown(name: str, value: str) -> str:
    if name.lower() not in _CREDENTIALS:
        return value
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {REDACTED}" if rest and scheme.isalpha() else REDACTED if value else ""


def _as_core(request: httpx.Request) -> httpcore.Request:
    """The same request for httpx's core."""
    url = httpcore.URL(
        scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
    )
    assert isinstance(request.stream, httpx.SyncByteStream)  # as its content is
    return httpcore.Request(request.method.encode("ascii"), url, headers=request.headers.raw, content=request.stream)


# --- what a failure is: the first kind that fits, and its words

_FAILURES = (
    *(httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol),
    *(httpx.InvalidURL, ssl.SSLError, OSError, OversizedError, CodingError),
)
_KINDS: tuple[tuple[type[Exception], FailureKind], ...] = (
    (OversizedError, FailureKind.OVERSIZED),
    (CodingError, FailureKind.MALFORMED),
    (httpx.InvalidURL, FailureKind.UNREACHABLE),
    (httpcore.UnsupportedProtocol, FailureKind.UNREACHABLE),
    (httpcore.ConnectTimeout, FailureKind.UNREACHABLE),
    (httpcore.ConnectError, FailureKind.UNREACHABLE),
    (httpcore.TimeoutException, FailureKind.TIMEOUT),
    (TimeoutError, FailureKind.TIMEOUT),
    (httpcore.ProtocolError, FailureKind.MALFORMED),
)
WORDS = {
    FailureKind.UNREACHABLE: "no connection",
    FailureKind.TLS: "no trusted TLS connection",
    FailureKind.TIMEOUT: "no whole answer in time",
    FailureKind.RESET: "the connection ended before the answer did",
    FailureKind.MALFORMED: "the answer is not HTTP",
    FailureKind.OVERSIZED: f"the answer is larger than {LARGEST_ANSWER} bytes",
}
_CUT_OFF = ("Server disconnected", "peer closed connection")  # httpcore's words and h11's, which have no class for it


def _kind(error: Exception) -> FailureKind:
    if any(isinstance(cause, ssl.SSLError) for cause in _causes(error)) and not _cut_off_tls(error):
        return FailureKind.TLS
    if isinstance(error, httpcore.RemoteProtocolError) and str(error).startswith(_CUT_OFF):
        return FailureKind.RESET
    return next((kind for known, kind in _KINDS if isinstance(error, known)), FailureKind.RESET)


def _cut_off_tls(error: Exception) -> bool:
    """Whether a TLS session that stood was ended without a word."""
    return isinstance(error, httpcore.ReadError) and any(isinstance(cause, ssl.SSLEOFError) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
