"""3.1: discovery as a resource of HTTP: HEAD, what is said to caches, and whether the endpoints it names are there."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

import pytest

from conformance.checks import discovery
from conformance.checks.verdict import Verdict
from conformance.kit import Case, NotOffered, Twin, Unproven, requirement, steps
from conformance.suites import wire
from conformance.suites.asking import asked

SECTION = "3.1"
SERVED = "discovery/endpoints-served"
CACHING = ("Cache-Control", "Expires", "ETag", "Last-Modified")
NOWHERE = {404, 405, 501}
ENDPOINTS = (
    "KeyProvisioningService.KeyProvisionEndpoint",
    "AuthenticationService.OAuth2.TokenEndpoint",
    "DeviceJoinService.JoinEndpoint",
    "PrecreateService.PrecreateEndpoint",
)


@requirement("discovery/head-no-content")
def test_head(case: Case) -> None:
    """HEAD of the conforming request: whatever the answer says, the connection ends with its header section."""
    id_ = "discovery/head-no-content"
    case.session.services()  # a target that does not even take the conforming GET shows nothing by an empty refusal
    message = case.session.message(replace(asked(case), method="HEAD")).adding(("Connection", "close"))
    exchange, ending = wire.headed(case, asked(case).url, message, "HEAD of discovery")
    case.hold(id_, not wire.broke(exchange), "HEAD is not answered", exchange)
    case.hold(id_, not ending.octets, f"octets follow the header section: {len(ending.octets)}", exchange)


@requirement("discovery/caching")
def test_what_is_said_to_caches(case: Case) -> None:
    """The answer to the conforming request: its headers about caching."""
    exchange = case.session.discovery()
    if discovery.services(exchange) is None or exchange.answer is None:
        raise Unproven("discovery of the tenant under test was not accepted")
    found = [f"{name}: {value[:60]}" for name in CACHING if (value := exchange.answer.header(name)) is not None]
    case.observe(
        "discovery/caching", "does" if found else "does not", "; ".join(found) or f"none of {', '.join(CACHING)}"
    )


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@requirement(SERVED)
def test_endpoint_is_there(case: Case, endpoint: str) -> None:
    """POST of an empty object to an endpoint that discovery names: refused, but not as nowhere.

    It has no token at first; who answers 404 to that may hide what is there (RFC 9110 15.5.5), and is asked with one.
    """
    credentials = case.session.credentials
    if (endpoint == ENDPOINTS[2] and credentials.token) or (endpoint == ENDPOINTS[3] and credentials.challenge):
        raise NotOffered(f"nothing is left to be seen: other requirements visit {endpoint}")
    try:
        url = case.session.endpoint(endpoint)
    except NotOffered:
        raise
    except Unproven as reason:  # of another host, which is the target's right, or no URL, which others tell of
        raise NotOffered(str(reason)) from None
    title = f"an empty POST to {endpoint}"
    version = case.session.version(endpoint.partition(".")[0], steps.KEY_VERSION)
    step = steps.Step("POST", url if "OAuth2" in endpoint else steps.with_version(url, version), steps.JSON_TYPE, b"{}")
    exchange = case.session.send(step, title)
    if exchange.answer and exchange.answer.status == HTTPStatus.NOT_FOUND and credentials.token:
        exchange = case.session.send(step, f"{title}, with a token", token=case.session.token())
    answered = exchange.answer.status if exchange.answer else 0
    there = 0 < answered < 500 and answered not in NOWHERE
    why = f"answered {answered}" if exchange.answer else str(exchange.failure and exchange.failure.message)
    if not there and discovery_is_gone(case):
        raise Unproven("discovery is accepted no more")
    case.hold(SERVED, there, f"{why} to {title}", exchange)


def discovery_is_gone(case: Case) -> bool:
    """Whether the target answers nothing any more, so that an endpoint shows nothing of itself."""
    exchange = case.session.send(asked(case), "discovery, once more")
    return case.twins.judge(Twin.DISCOVERY, exchange)[0] is not Verdict.ACCEPTED
