"""Whatever frames a target sends over HTTP/2, it is its answer or its failure, and never taken for a fault of ours."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from conformance.client import Secrets, Target, Transport
from conformance.exchange import Exchange, FailureKind

if TYPE_CHECKING:
    from collections.abc import Callable

    Raw = Callable[..., str]


def frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    """RFC 9113 4.1."""
    return len(content).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + content


DATA, HEADERS, SETTINGS, PUSH, GOAWAY, WINDOW = 0, 1, 4, 5, 7, 8
LAST, WHOLE = 1, 4  # the flags END_STREAM and END_HEADERS
OK = b"\x88"  # :status 200 (RFC 7541 Appendix A)
BEGUN = frame(SETTINGS, 0, 0, b"")


def status(text: bytes) -> bytes:
    """The header block of a status (RFC 7541 6.2.1)."""
    return b"\x48" + bytes([len(text)]) + text


def got(raw: Raw, tmp_path: Path, octets: bytes) -> Exchange:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols(["h2"])

    def answer(connection: ssl.SSLSocket, _: bytes) -> None:
        connection.sendall(octets)
        while connection.recv(4096):  # until it has read that
            pass

    url = raw(answer, context)
    target = Target(url, "t", tls_ca=tmp_path / "ca.pem", timeout=5)
    with Transport(target, Secrets(), http2=True) as transport:
        return transport.send("GET", url)


def test_an_answer_is_read(raw: Raw, tmp_path: Path) -> None:
    octets = BEGUN + frame(HEADERS, WHOLE, 1, OK) + frame(DATA, LAST, 1, b"abc")
    answer = got(raw, tmp_path, octets).answer
    assert answer is not None
    assert (answer.status, answer.body, answer.http_version) == (200, b"abc", "HTTP/2")


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(BEGUN + frame(DATA, 0, 7, b"x"), id="stream"),
        pytest.param(frame(SETTINGS, 0, 0, b"\0\5\xff\xff\xff\xff"), id="setting"),
        pytest.param(BEGUN + frame(WINDOW, 0, 0, bytes(4)), id="window"),
        pytest.param(BEGUN + frame(PUSH, WHOLE, 1, b"\0\0\0\2\x82"), id="push"),
        pytest.param(BEGUN + frame(GOAWAY, 0, 0, bytes(8)), id="goaway"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, b"\xff" * 6), id="header-block"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE, 1, OK + b"\x5c\x015") + frame(DATA, LAST, 1, b"abc"), id="length"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, status(b"abc")), id="status-of-letters"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, status(b"99999")), id="status-too-large"),
        pytest.param(BEGUN + frame(HEADERS, WHOLE | LAST, 1, status(b"-20")), id="status-too-small"),
    ],
)
def test_what_is_not_http_2_is_a_failure_of_the_target(raw: Raw, tmp_path: Path, octets: bytes) -> None:
    failure = got(raw, tmp_path, octets).failure
    assert failure is not None
    assert failure.kind is FailureKind.MALFORMED
