"""What goes under and beside one request tells right from wrong: connections, HTTP/2, old TLS, what refusals leave."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from conformance.client import Target, handshake
from conformance.exchange import Exchange, Failure, FailureKind, Request
from conformance.kit import Session, agreement
from conformance.results import Outcome
from conformance.server.behaviour import Behaviour
from conformance.server.defects import find
from conformance.server.defects.altering import refusing
from conformance.suites import wire
from suites import relay as relays
from suites.altered_behaviour import Server, replies, served
from suites.http2_server import Change, Http2Server, http2_server
from suites.relay import relaying
from suites.suite_runner import Came, run, session_with, suites

VERSIONS = suites("test_processing_versions")
TLS = suites("test_join_tls", "test_processing_versions")
DISCOVERY = suites("test_discovery_http")
PROCESSING = suites("test_processing")
HTTP2, KEEP, OLD = "processing/http2", "processing/keep-alive", "join-service/tls-version"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running_one:
        yield running_one


@pytest.fixture(scope="module")
def secured() -> Iterator[Server]:
    with served(tls=True) as running_one:
        yield running_one


def honest(behaviour: Behaviour) -> Behaviour:
    return behaviour


def defect(name: str) -> Callable[[Behaviour], Behaviour]:
    return find(name).change


# --- connections


def test_the_reference_server_keeps_connections(server: Server) -> None:
    came = server.answers(honest, VERSIONS)
    assert came.of(Outcome.FAIL) | came.of(Outcome.INCONCLUSIVE) == set(), came.reasons
    assert came.outcomes[KEEP] is Outcome.PASS
    assert came.outcomes[HTTP2] is Outcome.SKIP
    assert came.readings("processing/gzip-body") == {"does not"}


def test_a_connection_that_ends_without_a_word_fails(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "FAILURE", b"")
    joins = itertools.count(1)

    def once(octets: bytes) -> bytes | None:
        """Closes on the second join that is spoken octet by octet, whose answer is to have no coding."""
        raw = octets.startswith(b"POST") and b"ccept-Encoding: identity" in octets
        return None if raw and next(joins) == 2 else octets

    with relaying(urlsplit(server.ready.url).port or 80) as relay:
        relay.change = once
        session = session_with(replace(server.ready, url=f"http://127.0.0.1:{relay.port}"))
        came = run(session, [only(VERSIONS[0], "test_one_connection_for_two_requests")])
    assert came.of(Outcome.FAIL) == {KEEP}
    assert came.reasons[KEEP] == "the connection is closed behind an answer that does not say so"


def only(module: Any, *names: str) -> Any:
    return SimpleNamespace(**{name: getattr(module, name) for name in names})


def test_a_connection_that_is_said_to_end_is_no_failure(server: Server) -> None:
    closes = replies(lambda made: replace(made, headers=(*made.headers, ("Connection", "close"))))
    came = server.answers(closes, VERSIONS)
    assert came.of(Outcome.FAIL) == set(), came.reasons
    assert came.outcomes[KEEP] is Outcome.PASS


def test_the_answer_of_the_request_before_fails(server: Server) -> None:
    last: dict[int, Any] = {}

    def stale(behaviour: Behaviour) -> Behaviour:
        def reply(asked: Any, made: Any) -> Any:
            number, nth = asked.connection
            joins = asked.method == "POST" and b"RawBody" in made.body and asked.header("user-agent") is not None
            kept = last.setdefault(number, made) if joins else made
            return kept if joins and nth == 2 and asked.header("accept-encoding") == "identity" else made

        return replace(behaviour, reply=reply)

    came = server.answers(stale, [only(VERSIONS[0], "test_one_connection_for_two_requests")])
    assert came.of(Outcome.FAIL) == {KEEP}, came.reasons


# --- TLS


def test_the_reference_server_speaks_no_old_tls(secured: Server) -> None:
    came = secured.answers(honest, TLS)
    assert came.of(Outcome.FAIL) | came.of(Outcome.INCONCLUSIVE) == set(), came.reasons
    assert came.outcomes[OLD] is Outcome.PASS
    assert came.outcomes[HTTP2] is Outcome.SKIP
    assert came.readings("processing/http2-offered") == {"does not"}


@contextmanager
def agreeing(version: str, wanted: trustme.CA | None = None) -> Iterator[str]:
    """A server that speaks one old version of TLS and no HTTP, to clients of a CA where one is given; its URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        context.set_ciphers("ALL:@SECLEVEL=0")
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    if wanted is not None:
        wanted.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                with listener.accept()[0] as line, context.wrap_socket(line, server_side=True):
                    continue
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize(("version", "word"), [("TLSv1", "TLSv1"), ("TLSv1_1", "TLSv1.1")])
def test_who_agrees_to_old_tls_is_seen_to(version: str, word: str) -> None:
    with agreeing(version) as url:
        target = Target(url, "t", timeout=5)
        agreed = handshake.old_version(target, url, version)
        if not agreed.offered:
            pytest.skip(agreed.why)
        assert agreed == handshake.Agreed(version=word)
        other = next(one for one in handshake.OLD if one != version)
        assert handshake.old_version(target, url, other).refused


def test_who_wants_a_certificate_of_clients_is_shown_it(tmp_path: Path) -> None:
    """Or what is refused for want of it would pass for a version that is."""
    authority = trustme.CA()
    authority.issue_cert("client@drs.example").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "own.pem"))
    with agreeing("TLSv1_1", authority) as url:
        bare = Target(url, "t", timeout=5)
        agreed = handshake.old_version(bare, url, "TLSv1_1")
        if not agreed.offered:
            pytest.skip(agreed.why)
        assert agreed.refused
        shown = replace(bare, network=replace(bare.network, certificate=tmp_path / "own.pem"))
        assert handshake.old_version(shown, url, "TLSv1_1") == handshake.Agreed(version="TLSv1.1")


def test_who_agrees_to_old_tls_fails(secured: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "old_version", lambda *_: handshake.Agreed(version="TLSv1.1"))
    came = secured.answers(honest, suites("test_join_tls"))
    assert came.of(Outcome.FAIL) == {OLD}
    assert came.reasons[OLD] == f"{urlsplit(secured.ready.url).netloc} agrees to TLSv1.1"


@pytest.mark.parametrize(
    ("agreed", "reason"),
    [
        (handshake.Agreed(offered=False, why="not here"), "TLS 1.0 cannot be offered from here: not here"),
        (handshake.Agreed(why="no answer in time"), "TLS 1.0: no answer in time"),
    ],
)
def test_what_cannot_be_seen_is_inconclusive(
    secured: Server, monkeypatch: pytest.MonkeyPatch, agreed: handshake.Agreed, reason: str
) -> None:
    monkeypatch.setattr(handshake, "old_version", lambda *_: agreed)
    came = secured.answers(honest, suites("test_join_tls"))
    assert came.outcomes[OLD] is Outcome.INCONCLUSIVE
    assert reason.partition(": ")[2] in came.reasons[OLD]


def test_nobody_there_is_no_refusal() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"https://127.0.0.1:{taken.getsockname()[1]}"
    agreed = handshake.old_version(Target(url, "t", timeout=1), url, "TLSv1")
    assert not agreed.refused or not agreed.offered
    assert not agreed.version


def plain(change: Callable[[dict[str, Any]], None]) -> Callable[[Behaviour], Behaviour]:
    def alter(behaviour: Behaviour) -> Behaviour:
        def document(*asked: Any) -> dict[str, Any]:
            services = deepcopy(behaviour.discovery_document(*asked))
            change(services)
            return services

        return replace(behaviour, discovery_document=document)

    return alter


JOIN_TLS: list[Any] = [SimpleNamespace(test_endpoint_is_https=suites("test_join_service")[0].test_endpoint_is_https)]


def test_a_join_endpoint_without_tls_fails(secured: Server) -> None:
    def downgrade(services: dict[str, Any]) -> None:
        service = services["DeviceJoinService"]
        service["JoinEndpoint"] = service["JoinEndpoint"].replace("https:", "http:")

    came = secured.answers(plain(downgrade), JOIN_TLS)
    assert came.outcomes == {"join-service/tls": Outcome.FAIL}
    assert came.reasons["join-service/tls"].endswith("/EnrollmentServer/device/ is not https")
    assert secured.answers(honest, JOIN_TLS).outcomes == {"join-service/tls": Outcome.PASS}


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [(FailureKind.TLS, Outcome.FAIL), (FailureKind.TIMEOUT, Outcome.INCONCLUSIVE)],
)
def test_a_join_endpoint_whose_certificate_is_another_fails(
    secured: Server, monkeypatch: pytest.MonkeyPatch, kind: FailureKind, outcome: Outcome
) -> None:
    failed = Exchange(Request("POST", "https://drs.example/"), failure=Failure(kind, "no trusted TLS connection"))
    monkeypatch.setattr(Session, "join", lambda *_, **__: failed)
    assert secured.answers(honest, JOIN_TLS).outcomes == {"join-service/tls": outcome}


# --- HTTP/2


@pytest.fixture(scope="module")
def http2() -> Iterator[tuple[Http2Server, Callable[[], Session]]]:
    with http2_server() as found:
        yield found


def came_over_http2(http2: tuple[Http2Server, Callable[[], Session]], change: Change) -> Came:
    server, session = http2
    server.change = change
    return run(session(), [only(VERSIONS[0], "test_http2")])


def test_who_speaks_http2_well_passes(http2: tuple[Http2Server, Callable[[], Session]]) -> None:
    came = came_over_http2(http2, lambda _, status: status)
    assert came.outcomes == {HTTP2: Outcome.PASS}, came.reasons
    assert came.readings("processing/http2-offered") == {"does"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path, status: 500 if "/device" in path else status, "answered 500 to a join over HTTP/2"),
        (lambda path, status: 404 if "/discover" in path.lower() else status, "answered 404 to discovery over HTTP/2"),
        (
            lambda _, status: 200 if status == 401 else status,
            "answered 200 without the form of an answer over HTTP/2 to a join without a token",
        ),
    ],
)
def test_who_is_another_over_http2_fails(
    http2: tuple[Http2Server, Callable[[], Session]], change: Change, reason: str
) -> None:
    came = came_over_http2(http2, change)
    assert came.outcomes == {HTTP2: Outcome.FAIL}
    assert came.reasons[HTTP2] == reason


def test_who_is_busy_for_a_moment_over_http2_passes(http2: tuple[Http2Server, Callable[[], Session]]) -> None:
    asked = itertools.count(1)
    came = came_over_http2(
        http2, lambda path, status: 503 if "/discover" in path.lower() and next(asked) == 1 else status
    )
    assert next(asked) == 3
    assert came.outcomes == {HTTP2: Outcome.PASS}, came.reasons


def test_who_is_busy_for_good_over_http2_is_not_judged(http2: tuple[Http2Server, Callable[[], Session]]) -> None:
    came = came_over_http2(http2, lambda path, status: 429 if "/discover" in path.lower() else status)
    assert came.outcomes[HTTP2] is Outcome.INCONCLUSIVE


def test_another_host_is_not_asked_on_the_connection_of_the_join_endpoint(
    http2: tuple[Http2Server, Callable[[], Session]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "one_place", lambda *_: False)
    came = came_over_http2(http2, lambda path, status: 421 if "/discover" in path.lower() else status)
    assert came.outcomes == {HTTP2: Outcome.PASS}, came.reasons


def test_no_secret_is_in_an_exchange_over_http2(http2: tuple[Http2Server, Callable[[], Session]]) -> None:
    http2[0].change = lambda _, status: status
    session = http2[1]()
    devices: list[str] = []
    session.on_device = lambda *made: devices.append(str(made))
    before = session.requests
    with session.transport, agreement.over_http2(session) as line:
        exchange = line.send(session.join_step(), "a join", session.token())
        assert exchange.answer is not None
        assert (exchange.answer.http_version, exchange.answer.status) == ("HTTP/2", 201)
        assert session.token() not in repr(exchange)
    assert len(devices) == 1
    assert session.requests > before


# --- discovery as a resource


def test_the_reference_servers_endpoints_are_there(server: Server) -> None:
    came = server.answers(honest, DISCOVERY)
    assert came.of(Outcome.PASS) == {"discovery/head-no-content", "discovery/endpoints-served"}, came.reasons
    assert came.readings("discovery/caching") == {"does"}


def test_an_endpoint_that_is_nowhere_fails(server: Server) -> None:
    came = server.answers(defect("names-a-key-endpoint-that-is-not-there"), DISCOVERY)
    assert came.of(Outcome.FAIL) == {"discovery/endpoints-served"}
    what = "an empty POST to KeyProvisioningService.KeyProvisionEndpoint"
    assert came.reasons["discovery/endpoints-served"] == f"answered 404 to {what}"


def test_an_endpoint_that_shows_itself_to_who_has_a_token_only_is_there(server: Server) -> None:
    """RFC 9110 15.5.5: 404 is also for what one is not willing to disclose."""

    def hides(honest: Behaviour) -> Behaviour:
        return refusing(honest, lambda asked: "/key" in asked.path and asked.header("authorization") is None, 404)

    came = server.answers(hides, DISCOVERY)
    assert came.of(Outcome.FAIL) == set(), came.reasons
    assert "discovery/endpoints-served" in came.of(Outcome.PASS)


def test_an_answer_to_head_that_has_content_fails(server: Server) -> None:
    with relaying(urlsplit(server.ready.url).port or 80) as relay:
        relay.change = lambda octets: octets.replace(b"HEAD /", b"GET /", 1)
        ready = replace(server.ready, url=f"http://127.0.0.1:{relay.port}")
        session = session_with(ready)
        came = run(session, [only(DISCOVERY[0], "test_head")])
    assert came.of(Outcome.FAIL) == {"discovery/head-no-content"}


# --- what a refusal leaves, and what an answer gives away


@pytest.mark.parametrize("name", ["keeps-half-of-what-it-refuses", "forgets-devices-by-refusals"])
def test_what_a_refusal_leaves_fails(server: Server, name: str) -> None:
    tests = ("test_a_refused_request_once_mended", "test_a_device_that_a_refused_request_names")
    came = server.answers(defect(name), [only(PROCESSING[0], *tests)])
    assert came.of(Outcome.FAIL) == {"processing/refusal-leaves-nothing"}, came.reasons


def test_who_leaves_nothing_passes(server: Server) -> None:
    tests = ("test_a_refused_request_once_mended", "test_a_device_that_a_refused_request_names")
    came = server.answers(honest, [only(PROCESSING[0], *tests)])
    assert came.outcomes == {"processing/refusal-leaves-nothing": Outcome.PASS}


GIVEN_AWAY = {
    "a path in a header": defect("names-its-files-in-headers"),
    "a private key": replies(
        lambda made: replace(made, body=made.body[:-1] + b', "k": "-----BEGIN PRIVATE KEY-----"}')
    ),
    "a statement": replies(lambda made: replace(made, headers=(*made.headers, ("X-Q", "SELECT id FROM device")))),
}


@pytest.mark.parametrize("name", GIVEN_AWAY)
def test_what_an_accepted_request_gives_away_fails(server: Server, name: str) -> None:
    came = server.answers(GIVEN_AWAY[name], [only(PROCESSING[0], "test_what_other_answers_say")])
    assert came.of(Outcome.FAIL) == {"processing/no-internals"}
    assert came.of(Outcome.PASS) == {"processing/no-secrets"}


def test_errors_with_one_id_are_seen(server: Server) -> None:
    def one(behaviour: Behaviour) -> Behaviour:
        def document(trouble: Any) -> dict[str, Any]:
            return {**behaviour.error_document(trouble), "TraceId": "0b8e4d0c-3a30-4a41-8cbd-f22ee4e3e1f5"}

        return replace(behaviour, error_document=document)

    test = [only(PROCESSING[0], "test_what_a_refusal_says")]
    assert server.answers(honest, test).readings("field-services/error-trace-unique") == {"does"}
    assert server.answers(one, test).readings("field-services/error-trace-unique") == {"does not"}
