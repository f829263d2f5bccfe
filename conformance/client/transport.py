"""The only importer of httpx: sends one request, whatever it holds, and returns what came of it as an `Exchange`.

The one rule: whatever a target does (silence, resets, bytes that are not HTTP, endless bodies) becomes a `Failure`; an
exception from here is our own fault. Of httpx only its connections are used: redirects are not followed, cookies not
kept, proxies and netrc of the environment not looked at, and no log is written, which would hold what was sent.
"""

from __future__ import annotations

import functools
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

import httpx

from conformance.client.deadline import Wire
from conformance.client.decoding import ACCEPTED, CodingError, OversizedError, decoded
from conformance.client.redaction import Secrets
from conformance.errors import UsageError
from conformance.exchange import REDACTED, Answer, Exchange, Failure, FailureKind, Headers, Request

if TYPE_CHECKING:
    from conformance.client.identity import Identity
    from conformance.client.target import Target

LARGEST_ANSWER = 4 * 1024 * 1024
_OWN: Headers = (("User-Agent", "drs-conformance"), ("Accept", "*/*"), ("Accept-Encoding", ACCEPTED))
_CREDENTIALS = {"authorization", "proxy-authorization"}
_HTTP = b"HTTP/"
_VERSIONS = {"HTTP/1.0", "HTTP/1.1"}
_TOLD = 200  # characters of what a library says of a failure, which may quote the target at length

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)  # their debug logs hold headers and URLs as sent


class Transport:
    """The connections to one target; knows the run's secrets, so that no exchange holds one. To be closed."""

    def __init__(self, target: Target, secrets: Secrets, identity: Identity | None = None) -> None:
        """With an identity, its certificate is shown to a target that asks. Raises `UsageError` for a bad CA file."""
        self._secrets = secrets
        self._timeout = target.timeout
        trust = _verification(target) if identity is None else _showing(identity, target)
        self._http = httpx.HTTPTransport(verify=trust, trust_env=False)
        pool: Any = self._http._pool  # noqa: SLF001 - httpx has no door to its network backend
        self._wire = pool._network_backend = Wire(pool._network_backend)  # noqa: SLF001
        self.requests = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection."""
        self._http.close()

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
        started = time.perf_counter()

        def exchange() -> Answer:
            content = _pieces(body) if chunked else body or None
            return self._exchange(method, url, headers, content, timeout or self._timeout)

        outcome = self._attempt(exchange)
        if isinstance(outcome, Failure) and self._was_stale(outcome):
            outcome = self._attempt(exchange)
        seconds = time.perf_counter() - started
        request = recorded(self._secrets, method, url, headers, body=body, label=label)
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
        except httpx.LocalProtocolError as error:
            raise UsageError(f"a request that HTTP cannot carry: {redact(str(error))[:_TOLD]}") from None
        except _FAILURES as error:
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
        request = httpx.Request(method, url, headers=raw, content=content)
        if not request.url.host:
            raise httpx.InvalidURL("it names no host")
        self._wire.begin(timeout)
        response = self._http.handle_request(request)
        try:
            if response.http_version not in _VERSIONS:
                raise httpx.RemoteProtocolError(f"{response.http_version} was not asked for")
            held = self._read(response)
        finally:
            response.close()
        redact = self._secrets.redact_text
        kept = tuple((redact(k.decode("latin-1")), redact(v.decode("latin-1"))) for k, v in response.headers.raw)
        return Answer(response.status_code, kept, self._secrets.redact(held), response.http_version)

    def _read(self, response: httpx.Response) -> bytes:
        """The body, whole and decoded."""
        held = bytearray()
        for chunk in response.iter_raw():
            held += chunk
            if len(held) > LARGEST_ANSWER:
                raise OversizedError
            self._wire.left()
        return decoded(bytes(held), ", ".join(response.headers.get_list("Content-Encoding")), LARGEST_ANSWER)


def recorded(secrets: Secrets, method: str, url: str, headers: Headers, *, body: bytes, label: str) -> Request:
    """What was sent, as it may be written down."""
    redact = secrets.redact_text
    shown = tuple((redact(name), _shown(name, redact(value))) for name, value in headers)
    return Request(redact(method), redact(url), shown, secrets.redact(body), redact(label))


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


def _verification(target: Target) -> ssl.SSLContext | bool:
    if target.insecure:
        return False
    try:
        return trusting(str(target.tls_ca) if target.tls_ca else None)
    except (OSError, ssl.SSLError):
        raise UsageError(f"the CA file {str(target.tls_ca)!r} cannot be read as PEM certificates") from None


def _showing(identity: Identity, target: Target) -> ssl.SSLContext:
    """TLS of its own for a client certificate, which no other connection shall show."""
    trust = ssl.create_default_context(cafile=str(target.tls_ca) if target.tls_ca else None)
    if target.insecure:
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    identity.show_by(trust)
    return trust


@functools.cache
def trusting(ca_file: str | None) -> ssl.SSLContext:
    """TLS that trusts the CA of a file, or those of the system; costly to make, and the same for every connection."""
    return ssl.create_default_context(cafile=ca_file)


# --- what a failure is: the first kind that fits, and its words

_FAILURES = (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, OversizedError, CodingError)
_KINDS: tuple[tuple[type[Exception], FailureKind], ...] = (
    (OversizedError, FailureKind.OVERSIZED),
    (CodingError, FailureKind.MALFORMED),
    (httpx.InvalidURL, FailureKind.UNREACHABLE),
    (httpx.UnsupportedProtocol, FailureKind.UNREACHABLE),
    (httpx.ConnectTimeout, FailureKind.UNREACHABLE),
    (httpx.ConnectError, FailureKind.UNREACHABLE),
    (httpx.TimeoutException, FailureKind.TIMEOUT),
    (TimeoutError, FailureKind.TIMEOUT),
    (httpx.ProtocolError, FailureKind.MALFORMED),
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
    if isinstance(error, httpx.RemoteProtocolError) and str(error).startswith(_CUT_OFF):
        return FailureKind.RESET
    return next((kind for known, kind in _KINDS if isinstance(error, known)), FailureKind.RESET)


def _cut_off_tls(error: Exception) -> bool:
    """Whether a TLS session that stood was ended without a word."""
    return isinstance(error, httpx.ReadError) and any(isinstance(cause, ssl.SSLEOFError) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
