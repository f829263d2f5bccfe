"""What a target agrees to before a request is sent: the versions of TLS it still speaks, and the protocol of ALPN.

The one rule: a handshake is all that happens here. No request follows it, so that nothing secret goes over a
connection whose certificate nobody looked at.
"""

from __future__ import annotations

import ssl
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from conformance.client.route import Route
from conformance.client.trust import show

if TYPE_CHECKING:
    from conformance.client.target import Target

OLD: Final = ("TLSv1", "TLSv1_1")
"""What RFC 8996 says is not to be spoken any more, by Python's names."""

_SECURITY_LEVEL: Final = "ALL:@SECLEVEL=0"  # or OpenSSL does not even offer what it thinks nobody should speak


@dataclass(frozen=True, slots=True)
class Agreed:
    """How a handshake ended: `version` and `protocol` agreed on, empty where nothing was; else why, in a clause.

    `offered` is false where our own TLS library would not offer it, so that nothing was sent and nothing is shown.
    `refused` says that the target ended the handshake; where neither holds, no connection came about at all.
    """

    version: str = ""
    protocol: str = ""
    offered: bool = True
    refused: bool = False
    why: str = ""


def old_version(target: Target, url: str, version: str) -> Agreed:
    """A handshake that offers only this version, with whatever ciphers there are and without looking at anybody."""
    made = _careless(target)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of what is asked for here
            made.minimum_version = made.maximum_version = ssl.TLSVersion[version]
            made.set_ciphers(_SECURITY_LEVEL)
    except (ssl.SSLError, ValueError) as error:
        return Agreed(offered=False, why=str(error))
    return (
        _agreed(made, target, url) if _offers(made) else Agreed(offered=False, why="our TLS library does not offer it")
    )


def http2(target: Target, url: str) -> Agreed:
    """A handshake that offers HTTP/2 before HTTP/1.1 (RFC 9113 3.2, RFC 7301), without looking at the certificate."""
    made = _careless(target)
    made.set_alpn_protocols(["h2", "http/1.1"])
    return _agreed(made, target, url)


def _careless(target: Target) -> ssl.SSLContext:
    """Looks at nobody's certificate, and shows that of `--client-cert`: without it a target may refuse any version."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if target.network.certificate is not None:
        show(made, str(target.network.certificate), str(target.network.key) if target.network.key else None)
    return made


def _offers(made: ssl.SSLContext) -> bool:
    """Whether our own side has a first message to send."""
    hello = ssl.MemoryBIO()
    try:
        made.wrap_bio(ssl.MemoryBIO(), hello).do_handshake()
    except ssl.SSLWantReadError:
        return bool(hello.pending)
    except ssl.SSLError:
        return False
    return False


def _agreed(made: ssl.SSLContext, target: Target, url: str) -> Agreed:
    parts = urlsplit(url)
    try:
        line = Route(target.network).dial(parts.hostname or "", parts.port or 443, target.timeout)
    except (OSError, ValueError) as error:
        return Agreed(why=f"no connection ({error})")
    with line:
        line.settimeout(target.timeout)
        try:
            with made.wrap_socket(line, server_hostname=parts.hostname) as secured:
                return Agreed(secured.version() or "", secured.selected_alpn_protocol() or "")
        except ssl.SSLError as error:
            return Agreed(refused=True, why=str(error.reason or error))
        except TimeoutError:
            return Agreed(why="no answer in time")
        except OSError as error:  # closed, or reset, in place of an alert
            return Agreed(refused=True, why=str(error))
