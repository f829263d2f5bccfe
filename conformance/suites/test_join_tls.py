"""3.3: the TLS that a join goes over, by handshakes alone: no request and no token goes over an old version."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from conformance.exchange import Exchange
from conformance.kit import Case, NotOffered, Twin, Unproven, agreement, requirement
from conformance.suites.asking import asked

SECTION = "3.3"
ID = "join-service/tls-version"
ENDPOINTS = (
    "DiscoveryService.DiscoveryEndpoint",
    "NonceService.Endpoint",
    "DeviceJoinService.JoinEndpoint",
    "PrecreateService.PrecreateEndpoint",
    "KeyProvisioningService.KeyProvisionEndpoint",
)


def places(case: Case) -> Iterator[tuple[str, Exchange]]:
    """A URL for each https host and port of the target's, and the exchange that led to it."""
    exchange = case.session.send(asked(case), "discovery over TLS")
    verdict, why = case.twins.judge(Twin.DISCOVERY, exchange)
    if verdict.value != "accepted":
        raise Unproven(f"discovery over TLS was not accepted: {why}")
    seen = set()
    for url in (case.session.target.url, *named(case)):
        place = urlsplit(url).netloc
        if url.startswith("https:") and place not in seen:
            seen.add(place)
            yield url, exchange


def named(case: Case) -> Iterator[str]:
    """The endpoints of discovery that are on the target's own host."""
    for endpoint in ENDPOINTS:
        try:
            yield case.session.endpoint(endpoint)
        except (NotOffered, Unproven):
            continue


@pytest.mark.parametrize("version", agreement.OLD)
@requirement(ID)
def test_old_version_is_refused(case: Case, version: str) -> None:
    """A handshake that offers one old version and nothing else, where a modern one succeeds."""
    for url, exchange in places(case):
        agreed = agreement.old_version(case.session, url, version)
        if not agreed.offered:
            raise Unproven(f"{name(version)} cannot be offered from here: {agreed.why}")
        if not agreed.version and not agreed.refused:
            raise Unproven(f"{name(version)}: {agreed.why}")
        place = urlsplit(url).netloc
        case.hold(ID, not agreed.version, f"{place} agrees to {agreed.version or name(version)}", exchange, "TLS")


def name(version: str) -> str:
    """A version as people write it."""
    return f"TLS {version.removeprefix('TLSv').replace('_', '.') if '_' in version else '1.0'}"
