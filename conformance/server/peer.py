"""The HTTP protocol of the server: uvicorn's, with what TLS and the connection know put where handlers can see it.

The one rule: the certificate here was verified by the handshake against the device CA; nothing else ever is.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    import ssl

LINGER = 0.05  # seconds for the last octets of a TLS connection to leave
_numbers = itertools.count(1)


class PeerProtocol(H11Protocol):
    """Puts `peer_certificate` (DER or None) and `connection` (a number from 1) into the scope's state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is there, its TLS handshake done."""
        super().connection_made(transport)
        tls = cast("ssl.SSLObject | None", transport.get_extra_info("ssl_object"))
        seen: dict[str, Any] = {"connection": next(_numbers), "requests": itertools.count(1)}
        if tls is not None:
            seen["peer_certificate"] = tls.getpeercert(binary_form=True)
        self.app_state = {**self.app_state, **seen}

    def shutdown(self) -> None:
        """The server ends: an idle connection is closed, and not waited for when its client does not answer (TLS)."""
        super().shutdown()
        if self.transport.is_closing():
            self.loop.call_later(LINGER, self.transport.abort)
