"""The suites of HTTP tell right from wrong: with one thing misread, exactly what forbids it fails; with none, none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from conformance.client import Credentials, Fixed, Secrets, Target, Transport
from conformance.kit import Session, profile
from conformance.results import Outcome
from conformance.server.foreground import running
from conformance.server.settings import Ready, Settings
from suites.relay import Change, Relay, relaying
from suites.suite_runner import Came, run, suites

HTTP = suites("test_processing_http", "test_processing_odd_http", "test_device_http")
HEADERS = suites("test_join_headers")


@pytest.fixture(scope="module")
def relayed() -> Iterator[tuple[Relay, Ready]]:
    with running(Settings()) as ready, relaying(urlsplit(ready.url).port or 80) as relay:
        yield relay, replace(ready, url=f"http://127.0.0.1:{relay.port}")


def session_with(ready: Ready) -> Session:
    target = Target(ready.url, ready.tenant, ready.domain, ready.upn, timeout=2)
    secrets = Secrets()
    credentials = Credentials(Fixed(secrets.add(ready.token)))
    return Session(target, credentials, secrets, Transport(target, secrets), replace(profile("quick"), edits=None))


def came(relayed: tuple[Relay, Ready], change: Change, headers: bool) -> Came:
    relay, ready = relayed
    relay.change = change
    return run(session_with(ready), HEADERS if headers else HTTP)


def swapped(pattern: bytes, by: bytes) -> Change:
    """Takes what fits a pattern for something else."""
    return lambda octets: re.sub(pattern, by, octets, flags=re.DOTALL)


def failing(mark: bytes) -> Change:
    """Fails of itself where it meets this."""
    return lambda octets: None if mark in octets else octets


def counted(octets: bytes) -> bytes:
    """Believes what came, and not what was said of its length."""
    head, end, body = octets.partition(b"\r\n\r\n")
    if not head.startswith(b"POST") or not body or b"Expect" in head or b"chunked" in head:
        return octets
    bare = re.sub(rb"\r\nContent-Length:[^\r]*", b"", head)
    return bare + b"\r\nContent-Length: %d" % len(body) + end + body


def overtaken(octets: bytes) -> bytes:
    """Answers what comes last first."""
    first, behind, last = octets.partition(b"\r\n\r\nPOST ")
    return behind[4:] + last + first + behind[:4] if first.startswith(b"GET") and behind else octets


def with_host(octets: bytes) -> bytes:
    """Does without a Host."""
    ours = re.sub(rb"Host: drs-conformance.example\r\n", b"", octets)
    return ours if b"\r\nHost:" in ours or b" HTTP/1.1" not in ours else ours.replace(b"\r\n", b"\r\nHost: x\r\n", 1)


MISREAD: dict[str, tuple[Change, set[str]]] = {
    "no absolute-form": (swapped(rb"^(\w+) http://[^/ ]*", rb"\1 /nowhere"), {"processing/absolute-form"}),
    "no 100": (swapped(rb"Expect: 100-continue\r\n", b""), {"processing/expect-continue"}),
    "no closing": (swapped(rb"Connection: close\r\n", b""), {"processing/connection-close"}),
    "no extensions": (swapped(rb"[0-9a-f]{1,8};drs=1\r\n", b"zz\r\n"), {"processing/chunk-extensions"}),
    "no trailers": (swapped(rb"\r\n0\r\nX-Drs[^\r]*", b"\r\nzz"), {"processing/chunk-trailers"}),
    "no order": (overtaken, {"processing/pipelining"}),
    "no Host needed": (with_host, {"processing/host"}),
    "one of two lengths": (swapped(rb"Content-Length: 5\r\n", b""), {"processing/both-lengths"}),
    "any coding is chunked": (
        swapped(rb"chunked, identity|xchunked", b"chunked"),
        {"processing/transfer-coding-final"},
    ),
    "names are trimmed": (swapped(rb"X-Drs-Conformance :", b"X-Drs:"), {"processing/field-name-space"}),
    "sizes as C reads them": (swapped(rb"\r\n0x", b"\r\n"), {"processing/malformed-chunks"}),
    "a sign is skipped": (swapped(rb"Length: \+", b"Length: "), {"processing/content-length-invalid"}),
    "lengths are ignored": (
        counted,
        {"processing/content-length", "processing/content-length-invalid", "processing/incomplete-body"},
    ),
    "ends are made up": (
        swapped(rb"(chunked\r\n\r\n[0-9a-f]+\r\n\{.*\}\r\n)\Z", rb"\g<1>0\r\n\r\n"),
        {"processing/incomplete-body"},
    ),
    "fails of NUL": (failing(b"a\0b"), {"processing/malformed-http"}),
    "fails of a version": (failing(b"HTTP/9.9"), {"processing/malformed-http"}),
    "brews": (swapped(rb"^BREW", b"POST"), {"device/unknown-method"}),
    "answers HEAD in full": (swapped(rb"^HEAD", b"GET"), {"device/head-no-content"}),
}
TAKEN: dict[str, tuple[Change, set[str]]] = {
    "the first token counts": (
        swapped(rb"(Authorization: Bearer ey[^\r]*\r\n)Authorization: Bearer bm90[^\r]*\r\n", rb"\1"),
        {"join-service/authorization-twice"},
    ),
    "tails are cut": (swapped(rb"(Bearer [^\r]*?)[. ]AAAA\r\n", rb"\1\r\n"), {"join-service/token-tail"}),
    "schemes have a case": (swapped(rb"bEaReR", b"Basic"), {"join-service/scheme-case"}),
    "fails of a long header": (failing(b"a" * 20_000), {"join-service/header-long"}),
    "fails of an empty header": (failing(b"ocp-adrs-client-name: \r\n"), {"join-service/header-values"}),
    "fails of a slash": (failing(b"device//"), {"join-service/url-answered"}),
}  # fmt: skip


@pytest.mark.parametrize("headers", [False, True], ids=["http", "headers"])
def test_an_honest_server_fails_nothing(relayed: tuple[Relay, Ready], headers: bool) -> None:
    found = came(relayed, lambda octets: octets, headers)
    assert found.of(Outcome.FAIL) | found.of(Outcome.ERROR) | found.of(Outcome.INCONCLUSIVE) == set(), found.reasons
    expected = {f"processing/{name}" for name in ("host", "pipelining", "slow-client")}
    assert found.of(Outcome.PASS) >= ({"join-service/token-alg-hmac"} if headers else expected)


@pytest.mark.parametrize("wrong", MISREAD)
def test_what_is_misread_fails_what_forbids_it(relayed: tuple[Relay, Ready], wrong: str) -> None:
    change, broken = MISREAD[wrong]
    found = came(relayed, change, headers=False)
    assert found.of(Outcome.FAIL) == broken, found.reasons


@pytest.mark.parametrize("wrong", [None, "a sign is skipped", "names are trimmed", "fails of NUL"])
def test_who_takes_a_client_that_has_said_all_for_gone_is_heard_before(
    relayed: tuple[Relay, Ready], wrong: str | None
) -> None:
    change, broken = MISREAD[wrong] if wrong else (lambda octets: octets, set())
    relayed[0].hasty = True
    try:
        found = came(relayed, change, headers=False)
    finally:
        relayed[0].hasty = False
    assert found.of(Outcome.FAIL) == broken, found.reasons
    assert found.readings("processing/half-closed") == {"does not"}


@pytest.mark.parametrize("wrong", TAKEN)
def test_what_is_taken_fails_what_forbids_it(relayed: tuple[Relay, Ready], wrong: str) -> None:
    change, broken = TAKEN[wrong]
    found = came(relayed, change, headers=True)
    assert found.of(Outcome.FAIL) == broken, found.reasons


def test_what_is_open_is_observed(relayed: tuple[Relay, Ready]) -> None:
    found = came(relayed, lambda octets: octets, headers=True)
    assert found.readings("join-service/path-case") == {"does"}
    assert found.readings("join-service/version-other-service") == {"does not"}
    assert found.readings("join-service/client-request-id-any") == {"does"}
    assert found.readings("join-service/client-request-id-any-echoed") == {"does not"}
