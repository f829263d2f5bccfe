"""Whatever discovery and nonce answers hold, the suites come to an end of their own, and never to an error of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance.results import Outcome
from conformance.server.settings import Ready
from suites.altered_server import Altered, altered_server, answering, asks_nonce, discovers, saying
from suites.suite_runner import run, session_with, suites

SUITES = suites("test_discovery", "test_discovery_answer", "test_nonce")
PATHS = ("\ud800", "[", "{tenantId}/", "a b\n\x00/", "%", "//", "?api-version=9.9#x", "é/\u2100", "x" * 70_000)
NAMES = ("\ud800.example", "", "..", "a/b", "x" * 300, "{tenantId}", "\x00", "b05aafed\n", "%2e%2e", "ﬀ.example")
BODIES = (
    b'{"a":' * 100_000,
    b'{"NonceService": {"Endpoint": ' + b"9" * 10_000 + b"}}",
    b'{"Value": "\\ud800", "ReponseStatus": {"traceId": "\\udfff"}}',
    b'{"\\ud800": 1, "\\ud800": 2, "Value": [{}]}',
    json.dumps({"Value": "x" * 3_000_000}).encode(),
    b"\x00",
)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Altered, Ready]]:
    with altered_server() as running:
        yield running


def comes_to_an_end(ready: Ready) -> None:
    came = run(session_with(ready), SUITES)
    assert not came.of(Outcome.ERROR)
    for text in (*came.reasons.values(), *(seen.evidence for seen in came.observations)):
        text.encode()  # no surrogate gets through


@pytest.mark.parametrize("path", PATHS)
def test_endpoints_no_client_expects(server: tuple[Altered, Ready], path: str) -> None:
    altered, ready = server

    def change(found: Any) -> None:
        found["NonceService"]["Endpoint"] = f"{ready.url}/{path}"
        found["DiscoveryService"]["DiscoveryEndpoint"] = f"{ready.url}/{path}"

    altered.alteration = saying(discovers, change)
    comes_to_an_end(ready)


@pytest.mark.parametrize("name", NAMES)
def test_names_and_versions_no_client_expects(server: tuple[Altered, Ready], name: str) -> None:
    altered, ready = server

    def change(found: Any) -> None:
        found["TenantInfo"] = {"TenantId": name, "TenantName": name, "DisplayName": name}
        found["NonceService"]["ServiceVersion"] = name
        found["DiscoveryService"]["ServiceVersion"] = name

    altered.alteration = saying(discovers, change)
    comes_to_an_end(ready)


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("about", [discovers, asks_nonce], ids=["discovery", "nonce"])
def test_bodies_no_client_expects(server: tuple[Altered, Ready], about: Any, body: bytes) -> None:
    altered, ready = server
    altered.alteration = answering(about, lambda said: replace(said, body=body))
    comes_to_an_end(ready)
