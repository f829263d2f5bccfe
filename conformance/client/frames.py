"""Connections to a target that agreed to HTTP/2 in TLS, kept from one request to the next; httpcore's, by its classes.

The one rule: an answer whose `:status` is missing, twice there or no status is none (RFC 9113 8.3.2). httpcore reads
that as 200.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import h2.connection
import h2.errors
import h2.events
import httpcore

from conformance.client.decoding import OversizedError

if TYPE_CHECKING:
    import ssl

    import h11

    from conformance.client.deadline import Wire
    from conformance.client.lines import Origin

_AGREED = "h2"
_SECURE = {"https", "wss"}
_VERSIONS = {b"HTTP/1.0", b"HTTP/1.1", b"HTTP/2"}
_STATUS = re.compile(rb"[1-9][0-9]{2}")  # RFC 9110 15
_TOLD = 20  # octets of what stands in its place


class Frames:
    """One connection for each place, used by one request at a time."""

    def __init__(self, wire: Wire, tls: ssl.SSLContext) -> None:
        self._wire = wire
        self._tls = tls
        self._idle: dict[Origin, httpcore.ConnectionInterface] = {}

    def close(self) -> None:
        """Closes every connection."""
        while self._idle:
            self._idle.popitem()[1].close()

    def ask(
        self, origin: Origin, request: h11.Request, pieces: Iterable[bytes], largest: int
    ) -> tuple[httpcore.Response, bytes]:
        """Sends a request and reads its answer whole: the answer's head, and its body as it came.

        Over HTTP/1.1 where the target does not agree to more. Raises `httpcore`'s errors and `OversizedError`.
        """
        place = httpcore.Origin(origin.scheme.encode(), origin.host.encode(), origin.port)
        url = httpcore.URL(scheme=place.scheme, host=place.host, port=place.port, target=request.target)
        fields, content = request.headers.raw_items(), tuple(pieces)
        asked = httpcore.Request(request.method, url, headers=fields, content=content)
        kept = self._idle.pop(origin, None)
        if kept is not None:
            with suppress(httpcore.ConnectionNotAvailable):  # ended before this request, which it says (RFC 9113 6.8)
                return self._exchange(origin, kept, asked, largest)
        try:
            return self._exchange(origin, self._opened(origin, place), asked, largest)
        except httpcore.ConnectionNotAvailable:
            raise httpcore.RemoteProtocolError("it ended the connection before the request") from None

    def _opened(self, origin: Origin, place: httpcore.Origin) -> httpcore.ConnectionInterface:
        stream: httpcore.NetworkStream = self._wire.connect_tcp(origin.host, origin.port)
        if origin.scheme in _SECURE:
            self._tls.set_alpn_protocols([_AGREED, "http/1.1"])  # by preference (RFC 7301 3.1), as in `handshake`
            stream = stream.start_tls(self._tls, origin.host)
            session = stream.get_extra_info("ssl_object")
            if session is not None and session.selected_alpn_protocol() == _AGREED:
                return _Connection(place, stream)
        return httpcore.HTTP11Connection(place, stream)

    def _exchange(
        self, origin: Origin, connection: httpcore.ConnectionInterface, asked: httpcore.Request, largest: int
    ) -> tuple[httpcore.Response, bytes]:
        """Asks on one connection, which is kept when that went well and another request may follow."""
        try:
            response = connection.handle_request(asked)
            try:
                held = self._read(response, largest)
            finally:
                response.close()
        except BaseException:
            connection.close()
            raise
        if connection.is_available():
            self._idle[origin] = connection
        else:
            connection.close()
        return response, held

    def _read(self, response: httpcore.Response, largest: int) -> bytes:
        version = bytes(response.extensions["http_version"])
        if version not in _VERSIONS:
            raise httpcore.RemoteProtocolError(f"{version.decode('latin-1')} was not asked for")
        held = bytearray()
        for chunk in response.iter_stream():
            held += chunk
            if len(held) > largest:
                raise OversizedError
            self._wire.left()
        return bytes(held)


class _Protocol(h2.connection.H2Connection):
    """One that hears out a target that takes no further request but finishes those it has (RFC 9113 6.8)."""

    leaving = False

    def _receive_goaway_frame(self, frame: Any) -> tuple[list[Any], list[h2.events.Event]]:
        heard = frame.last_stream_id >= self.highest_outbound_stream_id
        if heard and frame.error_code == h2.errors.ErrorCodes.NO_ERROR:
            self.leaving = True
            return [], []
        return super()._receive_goaway_frame(frame)


class _Connection(httpcore.HTTP2Connection):
    """One that looks at the fields of an answer's head itself."""

    def __init__(self, place: httpcore.Origin, stream: httpcore.NetworkStream) -> None:
        super().__init__(place, stream)
        self._h2_state: _Protocol = _Protocol(config=self.CONFIG)

    def is_available(self) -> bool:
        """Whether another request may go over it."""
        return super().is_available() and not self._h2_state.leaving

    def _receive_stream_event(
        self, request: httpcore.Request, stream_id: int
    ) -> h2.events.ResponseReceived | h2.events.DataReceived | h2.events.StreamEnded:
        event = super()._receive_stream_event(request, stream_id)
        if isinstance(event, h2.events.ResponseReceived):
            found = [bytes(value) for name, value in event.headers or [] if name == b":status"]
            if len(found) != 1:
                raise httpcore.RemoteProtocolError(f"it has {len(found)} fields `:status`, not one")
            if not _STATUS.fullmatch(found[0]):
                raise httpcore.RemoteProtocolError(f"its status is {found[0][:_TOLD].decode('latin-1')!a}")
        return event
