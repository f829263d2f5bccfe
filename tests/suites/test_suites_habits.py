"""Habits that conform, each unlike the reference server's: whichever a server has, no suite blames it for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance.checks.discovery import OBSERVED
from conformance.results import Outcome
from conformance.server.asked import Asked, Reply
from conformance.server.behaviour import Behaviour
from conformance.server.case import JoinCase
from conformance.server.certificate import Holder, Order
from conformance.server.refusal import Refusal
from conformance.server.site import Site, Tenant
from suites.altered_behaviour import Alter, Server, says, served
from suites.suite_runner import suites

SUITES = suites("test_discovery_answer", "test_discovery", "test_nonce", "test_device", "test_device_http")
JOINS = suites("test_join_answer")
WITH_JOINS = suites("test_join_answer", "test_processing", "test_flow", "test_at_once")
ALLOW = {"device/allow-header", "discovery/allow", "nonce/allow"}
REFUSED = {"device/post-only", "discovery/other-methods", "nonce/other-methods"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as found:
        yield found


def two_methods(honest: Behaviour) -> Behaviour:
    """Has GET and POST, and no other method anywhere (RFC 9110 9.1)."""

    def request(asked: Asked) -> Asked:
        if asked.method not in {"GET", "HEAD", "POST"}:
            raise Refusal("There is no such method.", status=501)
        return honest.request(asked)

    return replace(honest, request=request)


def allow_in_lines(honest: Behaviour) -> Behaviour:
    """Says what is allowed a line each (RFC 9110 5.3)."""

    def reply(asked: Asked, made: Reply) -> Reply:
        kept = tuple(item for item in made.headers if item[0] != "Allow")
        said = dict(made.headers).get("Allow", "")
        named = ("TRACE", *(name.strip() for name in said.split(","))) if said else ()
        return honest.reply(asked, replace(made, headers=(*kept, *(("allow", name) for name in named))))

    return replace(honest, reply=reply)


def null_services(honest: Behaviour) -> Behaviour:
    """Writes null for a service it does not have."""

    def document(site: Site, tenant: Tenant, version: str) -> dict[str, Any]:
        return honest.discovery_document(site, tenant, version) | dict.fromkeys(OBSERVED)

    return replace(honest, discovery_document=document)


def each_key_once(honest: Behaviour) -> Behaviour:
    """Certifies no key that it certified before."""
    known: set[bytes] = set()

    def stage(join: JoinCase) -> None:
        dict(honest.accept_join.table)["nonce"](join)
        if join.key_hash in known:
            raise Refusal("The key is that of another device.", status=409)

    def order(strict: Order, holder: Holder, case: JoinCase) -> Order:
        known.add(case.key_hash)
        return honest.order(strict, holder, case)

    return replace(honest, accept_join=honest.accept_join.changed("nonce", stage), order=order)


def xml_first(honest: Behaviour) -> Behaviour:
    """Answers in XML whoever does not ask for JSON, as AD FS does."""

    def reply(asked: Asked, made: Reply) -> Reply:
        if "application/json" in (asked.header("accept") or ""):
            return honest.reply(asked, made)
        return replace(made, headers=(("Content-Type", "application/xml"),), body=b"<Answer/>")

    return replace(honest, reply=reply)


HABITS: dict[str, tuple[Alter, set[str]]] = {
    "two methods": (two_methods, REFUSED),
    "Allow in lines": (allow_in_lines, ALLOW),
    "XML first": (xml_first, {"discovery/media-type", "nonce/media-type", "device/creates", *REFUSED}),
    "null for a service": (null_services, {"discovery/join-service", "discovery/url-absolute"}),
}


@pytest.mark.parametrize("name", HABITS)
def test_a_habit_is_no_fault(server: Server, name: str) -> None:
    alter, passes = HABITS[name]
    came = server.answers(alter, SUITES)
    assert (came.of(Outcome.FAIL), came.of(Outcome.ERROR)) == (set(), set()), came.reasons
    assert passes <= came.of(Outcome.PASS)


def test_null_where_nothing_was_asked_for_is_no_fault(server: Server) -> None:
    came = server.answers(says(lambda body: body.setdefault("MembershipChanges", None)), JOINS)
    assert came.of(Outcome.FAIL) == set(), came.reasons
    assert came.readings("A3") == {"when-asked"}


def test_who_certifies_each_key_once_is_judged_as_who_does_not(server: Server) -> None:
    once, again = (server.answers(alter, WITH_JOINS) for alter in (each_key_once, lambda honest: honest))
    assert once.of(Outcome.FAIL) == set(), once.reasons
    assert once.outcomes == again.outcomes
