"""A certificate that is not to be trusted ends a request before anything secret is sent."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from conformance.client import Secrets, Target, Transport
from conformance.errors import UsageError
from conformance.exchange import FailureKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.exchange import Exchange

    Raw = Callable[..., str]

EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(ca: trustme.CA, tmp_path: Path) -> Path:
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


def context(issued: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(made)
    return made


def asked(target: Target, asked_of: str) -> Exchange:
    with Transport(target, Secrets()) as transport:
        return transport.send("GET", asked_of, headers=(("Authorization", "Bearer x.y.z"),))


def test_a_ca_that_is_named_is_trusted(raw: Raw, ca: trustme.CA, ca_file: Path) -> None:
    url = raw(EMPTY, context(ca.issue_cert("127.0.0.1")))
    exchange = asked(Target(url, "t", tls_ca=ca_file), url)
    assert exchange.answer is not None
    assert exchange.answer.status == 200


@pytest.mark.parametrize(
    "wrong",
    ["unknown-ca", "wrong-host", "expired"],
)
def test_what_is_not_to_be_trusted_gets_no_request(raw: Raw, ca: trustme.CA, ca_file: Path, wrong: str) -> None:
    name = "other.example" if wrong == "wrong-host" else "127.0.0.1"
    days = -1 if wrong == "expired" else 9
    trusted = wrong != "unknown-ca"
    seen: list[bytes] = []
    cert = ca.issue_cert(name, not_after=datetime.now(UTC) + timedelta(days=days))
    url = raw(EMPTY, context(cert), seen)
    exchange = asked(Target(url, "t", tls_ca=ca_file if trusted else None), url)
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.TLS
    assert seen == []


def test_insecure_is_said_aloud(raw: Raw, ca: trustme.CA) -> None:
    url = raw(EMPTY, context(ca.issue_cert("other.example")))
    exchange = asked(Target(url, "t", insecure=True), url)
    assert exchange.answer is not None


def test_https_to_a_port_that_speaks_http(raw: Raw) -> None:
    url = raw(EMPTY).replace("http:", "https:")
    exchange = asked(Target(url, "t", timeout=2), url)
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.TLS


@pytest.mark.parametrize(
    "content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_file_without_certificates_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(content, encoding="ascii")
    with pytest.raises(UsageError, match="cannot be read as PEM certificates"):
        Transport(Target("https://127.0.0.1", "t", tls_ca=path), Secrets())
