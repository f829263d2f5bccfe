"""How a target is reached beyond its URL: by a proxy, at another address, with headers and a certificate, how fast.

The one rule: nothing here comes from anywhere but the run's own options. Proxies of the environment are not obeyed: a
run shall send the same requests the same way wherever it is started.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.exchange import Headers


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy, asked for a tunnel (CONNECT, RFC 9110 9.3.6); `authorization` is the field's value, or empty."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Network:
    """`headers` go with every request; `addresses` are `((host, port), address)`; `rate` is of requests a second.

    `hosts` are the hosts and ports besides the target's that its discovery may lead to.
    """

    proxy: Proxy | None = None
    addresses: tuple[tuple[tuple[str, int], str], ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    headers: Headers = field(default=(), repr=False)
    rate: float | None = None
    hosts: tuple[tuple[str, int], ...] = ()

    def address(self, host: str, port: int) -> str:
        """Where to connect to for a host and port: the address given for them, else the host itself."""
        return dict(self.addresses).get((host.lower(), port), host)
