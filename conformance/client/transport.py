"""The only importer of httpx: sends one request, whatever it holds, and returns what came of it as an `Exchange`.

The one rule: whatever a target does (silence, resets, bytes that are not HTTP, endless bodies) becomes a `Failure`; an
exception from here is our own fault. Of httpx only its URLs are used, over connections of our own (`lines`), and for
HTTP/2 over those of its core (`frames`): redirects are not followed, cookies not kept, proxies and netrc of the
environment not looked at, and no log is written, which would hold what was sent.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import h11
import httpcore
import httpx

from conformance.client.deadline import Wire
from conformance.client.decoding import ACCEPTED, CodingError, OversizedError, decoded
from conformance.client.frames import Frames
from conformance.client.lines import Lines, Origin
from conformance.client.message import ACCEPT
from conformance.client.pace import Pace
from conformance.client.recorded import recorded
from conformance.client.redaction import Secrets
from conformance.client.route import Route
from conformance.client.trust import context
from conformance.errors import UsageError
from conformance.exchange import Answer, Exchange, Failure, FailureKind, Headers

if TYPE_CHECKING:
    from conformance.client.identity import Identity
    from conformance.client.target import Target

LARGEST_ANSWER = 4 * 1024 * 1024
_OWN: Headers = (("User-Agent", "drs-conformance"), ACCEPT, ("Accept-Encoding", ACCEPTED))
_WITH_BODY = {"POST", "PUT", "PATCH"}  # whose length is said even where there is none (RFC 9110 8.6)
_HTTP = b"HTTP/"
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
        tls = context(target, identity, alone=http2)  # into which is written which protocols are offered
        self._lines = Lines(self._wire, tls)
        self._frames = Frames(self._wire, tls) if http2 else None
        self.pace = pace or Pace(target.network.rate)
        self.requests = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection."""
        self._lines.close()
        if self._frames is not None:
            self._frames.close()

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
            return self._exchange(method, url, headers, body, chunked=chunked, timeout=timeout or self._timeout)

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
        except h11.LocalProtocolError as error:
            raise UsageError(f"a request that HTTP cannot carry: {redact(str(error))[:_TOLD]}") from None
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
        self, method: str, url: str, headers: Headers, body: bytes, *, chunked: bool, timeout: float
    ) -> Answer:
        self._wire.begin(timeout)
        place = _place(url)
        if not place.origin.host:
            raise httpx.InvalidURL("it names no host")
        request = _request(method, place, headers, None if chunked else len(body))
        pieces = _pieces(body) if chunked else (body,)
        if self._frames is None:
            head, held = self._lines.ask(place.origin, request, pieces, LARGEST_ANSWER)
            status, raw, version = head.status_code, head.headers.raw_items(), f"HTTP/{head.http_version.decode()}"
        else:
            response, held = self._frames.ask(place.origin, request, pieces, LARGEST_ANSWER)
            status, raw, version = response.status, response.headers, str(response.extensions["http_version"], "ascii")
        codings = [value.decode("latin-1") for name, value in raw if name.lower() == b"content-encoding"]
        plain = decoded(held, ", ".join(codings), LARGEST_ANSWER)
        redact = self._secrets.redact_answer_text
        kept = tuple([(redact(k.decode("latin-1")), redact(v.decode("latin-1"))) for k, v in raw])
        return Answer(status, kept, self._secrets.redact_answer(plain), version)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a URL says of a request: where it goes, its Host field's value, and its target in origin-form."""

    origin: Origin
    host: bytes
    target: bytes


@lru_cache(maxsize=64)  # reading a URL costs more than anything else of a request, and most go to the same few
def _place(text: str) -> _Place:
    url = httpx.URL(text)
    port = url.port or {"https": 443, "wss": 443}.get(url.scheme, 80)
    return _Place(Origin(url.scheme, url.raw_host.decode("ascii"), port), url.netloc, url.raw_path)


@lru_cache(maxsize=64)  # so does holding its head to the grammar, and the next is often the same
def _request(method: str, place: _Place, headers: Headers, length: int | None) -> h11.Request:
    """A request's head: Host, our own fields, the given ones, and the length of its body, or that it is chunked."""
    names = {name.lower() for name, _ in headers}
    every = [*(item for item in _OWN if item[0].lower() not in names), *headers]
    if length is None and not names & {"content-length", "transfer-encoding"}:
        every.append(("Transfer-Encoding", "chunked"))
    elif length and "content-length" not in names:
        every.append(("Content-Length", str(length)))
    elif length == 0 and method.upper() in _WITH_BODY and not names & {"content-length", "transfer-encoding"}:
        every.insert(0, ("Content-Length", "0"))
    raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in every]
    if "host" not in names:
        raw.insert(0, (b"Host", place.host))
    return h11.Request(method=method.upper(), target=place.target, headers=raw)


def _pieces(body: bytes) -> Iterator[bytes]:
    """A body in three pieces, which are sent in chunks."""
    third = max(1, len(body) // 3)
    yield body[:third]
    yield body[third : 2 * third]
    yield body[2 * third :]


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
