"""The way to a target's port: straight, at an address given for its name, or through a proxy's tunnel.

The one rule: TLS begins behind all of this and is with the name of the URL, so that neither a proxy nor an address is
trusted with anything. Both clients, the library's and the one that speaks octet by octet, go this way.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from typing import Any

import h11
import httpcore

from conformance.client.network import Network, Proxy

_READ = 4096
_LARGEST_HEAD = 64 * 1024


class Route(httpcore.NetworkBackend):
    """Connections as httpcore asks for them, and sockets for who wants no library in between."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to this host and port. Raises `httpcore.ConnectError` and `httpcore.ConnectTimeout`."""
        address, proxy = self._network.address(host, port), self._network.proxy
        first = (address, port) if proxy is None else (proxy.host, proxy.port)
        ends = time.monotonic() + (timeout if timeout is not None else float("inf"))
        try:
            stream = self._backend.connect_tcp(*first, timeout, local_address, socket_options)
        except httpcore.ConnectError as error:
            if proxy is None:
                raise
            raise httpcore.ConnectError(f"the proxy cannot be reached: {error}") from error
        if proxy is not None:
            try:
                _tunnel(stream, proxy, f"[{address}]:{port}" if ":" in address else f"{address}:{port}", ends)
            except BaseException:
                stream.close()
                raise
        return stream

    def dial(self, host: str, port: int, timeout: float) -> socket.socket:
        """The socket of such a connection. Raises `OSError`."""
        try:
            stream = self.connect_tcp(host, port, timeout)
        except httpcore.ConnectTimeout as error:
            raise TimeoutError(str(error)) from error
        except httpcore.ConnectError as error:
            raise ConnectionError(str(error)) from error
        found = stream.get_extra_info("socket")
        assert isinstance(found, socket.socket)  # without TLS that is what httpcore has
        return found


def _tunnel(stream: httpcore.NetworkStream, proxy: Proxy, place: str, ends: float) -> None:
    """Asks the proxy for a tunnel; afterwards the stream is as one to the target."""
    fields = [("Host", place), ("User-Agent", "drs-conformance")]
    if proxy.authorization:
        fields.append(("Proxy-Authorization", proxy.authorization))
    talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
    try:
        asked = talk.send(h11.Request(method="CONNECT", target=place, headers=fields))
        stream.write(asked or b"", _left(ends))
        while (said := talk.next_event()) is h11.NEED_DATA:
            talk.receive_data(stream.read(_READ, _left(ends)))
    except h11.ProtocolError as error:
        raise httpcore.ConnectError(f"the proxy does not speak HTTP ({error})") from error
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise httpcore.ConnectTimeout("the proxy gave no answer in time") from error
    except (httpcore.NetworkError, OSError) as error:
        raise httpcore.ConnectError(f"the proxy ended the connection ({error})") from error
    if not isinstance(said, h11.Response) or not 200 <= said.status_code < 300:  # noqa: PLR2004 - RFC 9110 9.3.6
        status = said.status_code if isinstance(said, h11.Response) else "nothing"
        wanted = "; give its user and password as http://user:password@host:port" if status == 407 else ""  # noqa: PLR2004
        raise httpcore.ConnectError(f"the proxy answered {status} to CONNECT {place}{wanted}")


def _left(ends: float) -> float | None:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return None if left == float("inf") else left
