"""Both clients reach a target the same way: through a proxy, at an address, with a certificate, headers and a pace."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from client.client_proxy import Tunnels, tunnelling
from conformance.client import Conversation, Message, Network, Pace, Proxy, Secrets, Target, Transport
from conformance.client import protocol as steps
from conformance.exchange import Exchange, FailureKind

Raw = Callable[..., str]
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
NAME = "drs.test.example"


def by_transport(target: Target, secrets: Secrets) -> Exchange:
    with Transport(target, secrets) as transport:
        return transport.send("GET", f"{target.url}/x", headers=(("Authorization", "Bearer x.y.z"),))


def by_octets(target: Target, secrets: Secrets) -> Exchange:
    message = Message.of(steps.Step("GET", f"{target.url}/x", ()), "x.y.z", target.network.headers)
    with Conversation(target, f"{target.url}/x", secrets, sent=lambda: None) as line:
        line.send(message.octets)
        return line.answer(message, "")


BOTH = pytest.mark.parametrize("ask", [by_transport, by_octets])
Ask = Callable[[Target, Secrets], Exchange]


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(ca: trustme.CA, tmp_path: Path) -> Path:
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


def serving(ca: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def proxy() -> Iterator[Tunnels]:
    with tunnelling() as tunnels:
        yield tunnels


def at(url: str, address: str = "127.0.0.1") -> tuple[str, Network]:
    """The URL under a name that no resolver knows, and where it is."""
    port = int(url.rpartition(":")[2])
    return url.replace("127.0.0.1", NAME), Network(addresses=(((NAME, port), address),))


def status(exchange: Exchange) -> int:
    assert exchange.answer is not None, exchange.failure
    return exchange.answer.status


def failure(exchange: Exchange) -> tuple[FailureKind, str]:
    assert exchange.failure is not None, exchange.answer
    return exchange.failure.kind, exchange.failure.message


# --- at another address


@BOTH
def test_an_address_is_connected_to_and_the_name_is_told(raw: Raw, ask: Ask) -> None:
    asked: list[bytes] = []
    url, network = at(raw(EMPTY, asked=asked))
    assert status(ask(Target(url, "t", network=network), Secrets())) == 200
    assert f"\r\nHost: {url.removeprefix('http://')}\r\n".encode() in asked[0]


@BOTH
def test_tls_asks_for_the_name_and_not_the_address(raw: Raw, ca: trustme.CA, ca_file: Path, ask: Ask) -> None:
    url, network = at(raw(EMPTY, serving(ca, NAME)))
    assert status(ask(Target(url, "t", tls_ca=ca_file, network=network), Secrets())) == 200
    asked: list[bytes] = []
    url, network = at(raw(EMPTY, serving(ca, "127.0.0.1"), asked=asked))
    kind, _ = failure(ask(Target(url, "t", tls_ca=ca_file, network=network), Secrets()))
    assert kind is FailureKind.TLS
    assert asked == []


@BOTH
def test_only_the_place_named_is_elsewhere(raw: Raw, ask: Ask) -> None:
    url = raw(EMPTY)
    port = int(url.rpartition(":")[2])
    network = Network(addresses=((("127.0.0.1", port + 1), "192.0.2.1"), (("other", port), "192.0.2.1")))
    assert status(ask(Target(url, "t", network=network), Secrets())) == 200


@pytest.mark.parametrize(
    ("url", "network", "loopback"),
    [
        ("http://127.0.0.1:8080", Network(), True),
        ("https://localhost", Network(), True),
        ("https://[::1]", Network(addresses=((("::1", 443), "127.0.0.1"),)), True),
        ("https://LOCALHOST", Network(addresses=((("localhost", 443), "203.0.113.5"),)), False),
        ("http://127.0.0.1:8080", Network(addresses=((("127.0.0.1", 8080), "203.0.113.5"),)), False),
        ("http://127.0.0.1:8080", Network(addresses=((("127.0.0.1", 80), "203.0.113.5"),)), True),
        (f"https://{NAME}", Network(addresses=(((NAME, 443), "127.0.0.1"),)), False),
        ("http://127.0.0.1", Network(proxy=Proxy("127.0.0.1", 3128)), False),
        ("http://127.0.0.1:8080", Network(hosts=(("join.test.example", 8080),)), False),
        ("http://127.0.0.1:8080", Network(hosts=(("localhost", 8081),)), True),
        ("http://localhost.localdomain", Network(), False),
        ("http://127.1", Network(), False),
    ],
)
def test_what_counts_as_this_machine(url: str, network: Network, loopback: bool) -> None:
    """Not a name that leads here, nor an address that leads away."""
    assert Target(url, "t", network=network).loopback is loopback


# --- through a proxy


@BOTH
def test_a_proxy_gives_a_tunnel(raw: Raw, proxy: Tunnels, ask: Ask) -> None:
    asked: list[bytes] = []
    url = raw(EMPTY, asked=asked)
    network = Network(proxy=Proxy("127.0.0.1", proxy.port))
    assert status(ask(Target(url, "t", network=network), Secrets())) == 200
    place = url.removeprefix("http://")
    assert proxy.heads[0].startswith(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n".encode())
    assert asked[0].startswith(b"GET /x HTTP/1.1\r\n")
    assert b"Bearer" not in proxy.heads[0]


@BOTH
def test_tls_in_a_tunnel_is_with_the_target(raw: Raw, proxy: Tunnels, ca: trustme.CA, ca_file: Path, ask: Ask) -> None:
    url = raw(EMPTY, serving(ca, NAME))
    named, _ = at(url)
    proxy.places[named.removeprefix("https://")] = ("127.0.0.1", int(url.rpartition(":")[2]))
    network = Network(proxy=Proxy("127.0.0.1", proxy.port, "Basic dTpw"))
    assert status(ask(Target(named, "t", tls_ca=ca_file, network=network), Secrets())) == 200
    assert b"\r\nProxy-Authorization: Basic dTpw\r\n" in proxy.heads[0]


@BOTH
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n", "the proxy answered 407 to CONNECT 127.0.0.1:"),
        (b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n", "give its user and password as http://user:password@"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "the proxy answered 502 to CONNECT"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "the proxy does not speak HTTP"),
        (b"", "the proxy "),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, "the proxy "),
    ],
)
def test_a_proxy_that_gives_none_is_named(raw: Raw, proxy: Tunnels, ask: Ask, answer: bytes, told: str) -> None:
    proxy.answer = answer
    network = Network(proxy=Proxy("127.0.0.1", proxy.port))
    kind, message = failure(ask(Target(raw(EMPTY), "t", network=network, timeout=5), Secrets()))
    assert kind is FailureKind.UNREACHABLE
    assert told in message


@BOTH
def test_a_proxy_that_says_nothing_is_not_waited_for(raw: Raw, ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        network = Network(proxy=Proxy("127.0.0.1", mute.getsockname()[1]))
        began = time.monotonic()
        kind, message = failure(ask(Target(raw(EMPTY), "t", network=network, timeout=0.5), Secrets()))
    assert kind is FailureKind.UNREACHABLE
    assert "the proxy gave no answer in time" in message
    assert time.monotonic() - began < 3


@BOTH
def test_a_proxy_that_is_not_there_is_named(raw: Raw, ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    network = Network(proxy=Proxy("127.0.0.1", port))
    kind, message = failure(ask(Target(raw(EMPTY), "t", network=network), Secrets()))
    assert kind is FailureKind.UNREACHABLE
    assert "the proxy cannot be reached" in message


# --- with a certificate, and headers


@BOTH
def test_a_client_certificate_is_shown(raw: Raw, ca: trustme.CA, ca_file: Path, tmp_path: Path, ask: Ask) -> None:
    seen: list[bytes | None] = []

    def handler(connection: ssl.SSLSocket, _: bytes) -> None:
        seen.append(connection.getpeercert(binary_form=True))
        connection.sendall(EMPTY)

    context = serving(ca, "127.0.0.1")
    ca.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    url = raw(handler, context)
    own = ca.issue_cert("client@test.example")
    own.cert_chain_pems[0].write_to_path(str(tmp_path / "own.pem"))
    own.private_key_pem.write_to_path(str(tmp_path / "own.key"))
    network = Network(certificate=tmp_path / "own.pem", key=tmp_path / "own.key")
    target = Target(url, "t", tls_ca=ca_file, network=network)
    assert status(ask(target, Secrets())) == 200
    assert status(ask(replace(target, network=Network()), Secrets())) == 200
    assert seen == [ssl.PEM_cert_to_DER_cert(own.cert_chain_pems[0].bytes().decode()), None]


@BOTH
def test_headers_go_along_and_their_values_are_not_written_down(raw: Raw, ask: Ask) -> None:
    asked: list[bytes] = []
    secrets = Secrets()
    secrets.hide("X-Gateway-Key")
    network = Network(headers=(("X-Gateway-Key", "k1"), ("X-Other", "shown")))
    exchange = ask(Target(raw(EMPTY, asked=asked), "t", network=network), secrets)
    assert b"\r\nX-Gateway-Key: k1\r\n" in asked[0]
    assert ("X-Gateway-Key", "[redacted]") in exchange.request.headers
    assert ("X-Other", "shown") in exchange.request.headers


# --- at a pace


def test_requests_keep_their_distance_whoever_sends_them() -> None:
    pace = Pace(50)
    sent: list[float] = []

    def send() -> None:
        for _ in range(5):
            pace.take()
            sent.append(time.monotonic())

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent.sort()
    assert len(sent) == 20
    assert sent[-1] - sent[0] >= 19 / 50 - 0.02


def test_time_that_was_not_used_is_not_saved_up() -> None:
    pace = Pace(20)
    pace.take()
    time.sleep(0.3)
    began = time.monotonic()
    for _ in range(4):
        pace.take()
    assert time.monotonic() - began >= 3 / 20 - 0.01


def test_without_a_rate_nobody_waits() -> None:
    pace = Pace()
    began = time.monotonic()
    for _ in range(10_000):
        pace.take()
    assert time.monotonic() - began < 1


def test_every_request_of_a_transport_is_paced(raw: Raw) -> None:
    url = raw(EMPTY)
    with Transport(Target(url, "t", network=Network(rate=20)), Secrets()) as transport:
        began = time.monotonic()
        for _ in range(5):
            transport.send("GET", url)
    assert time.monotonic() - began >= 4 / 20 - 0.01
