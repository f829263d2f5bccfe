"""3.2 tells right from wrong: with one thing altered, exactly the requirements that forbid it fail; with none, none."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from conformance.codec import base64
from conformance.results import Outcome
from conformance.server.settings import Ready
from suites.altered_server import (
    HONEST,
    Alteration,
    Altered,
    Said,
    altered_server,
    answering,
    asks_nonce,
    discovers,
    header,
    refusal,
    refusing,
    saying,
    taking,
    tenant_of,
)
from suites.suite_runner import run, session_with, suites

SUITES = suites("test_nonce")
REFUSING = {
    "nonce/unknown-tenant",
    "nonce/unknown-domain",
    "nonce/malformed-tenant",
    "nonce/unknown-version",
    "nonce/other-methods",
}
TENANT = "b05aafed-15fd-5db6-8981-4fa0293ccc6a"  # what the reference server calls contoso.example
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Altered, Ready]]:
    with altered_server() as running:
        yield running


def without(*path: str) -> Alteration:
    def change(value: Any) -> None:
        *outer, last = path
        for name in outer:
            value = value[name]
        del value[last]

    return saying(asks_nonce, change)


def value(make: Callable[[], object]) -> Alteration:
    return saying(asks_nonce, lambda found: found.update(Value=make()))


def status(**members: object) -> Alteration:
    return saying(asks_nonce, lambda found: found["ReponseStatus"].update(members))


def readdressed(scope: Any) -> Any:
    return {**scope, "path": f"/enrollmentserver/nonce/{TENANT}"}


def renamed(found: Any) -> None:
    found["ResponseStatus"] = found.pop("ReponseStatus")


def moved(found: Any) -> None:
    service = found["NonceService"]
    service["Endpoint"] = service["Endpoint"].replace("/nonce/", "/elsewhere/")


def bare_405(scope: Any, said: Said) -> Said:
    return said.having(allow=None) if said.status == 405 and asks_nonce(scope) else said


def no_such(scope: Any) -> bool:
    return asks_nonce(scope) and GUID.fullmatch(tenant_of(scope)) is not None and tenant_of(scope) != TENANT


def invalid(scope: Any) -> bool:
    return asks_nonce(scope) and tenant_of(scope).endswith(".invalid")


def malformed(scope: Any) -> bool:
    return asks_nonce(scope) and not re.fullmatch(r"[\w.-]+", tenant_of(scope), re.ASCII)


def by_domain(scope: Any) -> bool:
    return asks_nonce(scope) and "." in tenant_of(scope)


def tokenless(scope: Any) -> bool:
    return asks_nonce(scope) and header(scope, "authorization") is None


COUNTER = count()
ALTERED: dict[str, tuple[Alteration, set[str]]] = {
    "status-201": (answering(asks_nonce, lambda said: replace(said, status=201)), {"nonce/status"}),
    "media-type": (answering(asks_nonce, lambda said: said.having(content_type="text/plain")), {"nonce/media-type"}),
    "not-json": (answering(asks_nonce, lambda said: replace(said, body=said.body + b",")), {"nonce/json"}),
    "array": (answering(asks_nonce, lambda said: replace(said, body=b"[]")), {"nonce/json"}),
    "twice": (
        answering(asks_nonce, lambda said: replace(said, body=said.body[:-1] + b', "a": 1, "a": 1}')),
        {"nonce/unique-names"},
    ),
    "no-value": (without("Value"), {"nonce/value"}),
    "value-number": (value(lambda: 17), {"nonce/value"}),
    "value-empty": (value(lambda: ""), {"nonce/value"}),
    "value-base64url": (value(lambda: base64.encode_url(b"\xff\xfe" + os.urandom(30))), {"nonce/value-base64"}),
    "value-hex": (value(lambda: os.urandom(32).hex() + "!"), {"nonce/value-base64"}),
    "value-counts": (value(lambda: base64.encode(bytes(28) + next(COUNTER).to_bytes(4))), {"nonce/unpredictable"}),
    "value-short": (value(lambda: base64.encode(os.urandom(15))), {"nonce/unpredictable"}),
    "value-constant": (value(lambda: base64.encode(b"x" * 32)), {"nonce/unique"}),
    "no-status": (without("ReponseStatus"), {"nonce/response-status"}),
    "status-text": (saying(asks_nonce, lambda found: found.update(ReponseStatus="ok")), {"nonce/response-status"}),
    "status-respelled": (saying(asks_nonce, renamed), set()),
    "no-message": (without("ReponseStatus", "message"), {"nonce/message"}),
    "message-null": (status(message=None), {"nonce/message"}),
    "trace-id": (status(traceId="c532f6ca"), {"nonce/trace-id"}),
    "time-number": (status(time=1697123130), {"nonce/time"}),
    "no-cache-control": (answering(asks_nonce, lambda said: said.having(cache_control=None)), {"nonce/not-stored"}),
    "cached": (answering(asks_nonce, lambda said: said.having(cache_control="max-age=60")), {"nonce/not-stored"}),
    "any-id": (taking(no_such, readdressed), {"nonce/unknown-tenant"}),
    "any-domain": (taking(invalid, readdressed), {"nonce/unknown-domain"}),
    "any-octets": (taking(malformed, readdressed), {"nonce/malformed-tenant"}),
    "crash-on-malformed": (refusing(malformed, 500), {"nonce/malformed-tenant"}),
    "domain-refused": (refusing(by_domain), {"nonce/domain-name"}),
    "id-refused": (
        refusing(lambda scope: asks_nonce(scope) and tenant_of(scope) == TENANT),
        {"nonce/tenant-id", "nonce/discovered-served"},  # discovery names the id: neither can be broken alone
    ),
    "moved": (saying(discovers, moved), {"nonce/discovered-served"}),
    "asks-for-token": (refusing(tokenless, 401), {"nonce/no-token"}),
    "forbids-without-token": (refusing(tokenless, 403), {"nonce/no-token"}),
    "wants-content-type": (
        refusing(lambda scope: asks_nonce(scope) and header(scope, "content-type") is None, 415),
        {"nonce/no-token"},
    ),
    "any-version": (
        taking(
            lambda scope: asks_nonce(scope) and b"999" in scope["query_string"],
            lambda scope: {**scope, "query_string": b"api-version=1.0"},
        ),
        {"nonce/unknown-version"},
    ),
    "any-method": (taking(asks_nonce, lambda scope: {**scope, "method": "GET"}), {"nonce/other-methods"}),
    "bare-405": (Alteration(say=bare_405), {"nonce/allow"}),
    "domain-nonce-is-none": (
        saying(asks_nonce, lambda found: found.update(Value=base64.encode(os.urandom(48))), only=by_domain),
        {"nonce/accepted-by-domain-name"},
    ),
}


def test_nothing_fails_where_nothing_is_altered(server: tuple[Altered, Ready]) -> None:
    altered, ready = server
    altered.alteration = HONEST
    came = run(session_with(ready), SUITES)
    assert came.of(Outcome.PASS) == set(came.outcomes), came.reasons
    assert {name: came.readings(name) for name in ("A6", "A14", "A15", "field-services/nonce-jwe")} == {
        "A6": {"reponse-status"},
        "A14": {"none-needed"},
        "A15": {"discovery"},
        "field-services/nonce-jwe": {"does"},
    }


def test_nothing_fails_where_the_tenant_is_given_by_its_domain(server: tuple[Altered, Ready]) -> None:
    altered, ready = server
    altered.alteration = HONEST
    came = run(session_with(ready, ready.domain), SUITES)
    assert came.of(Outcome.PASS) == set(came.outcomes), came.reasons


@pytest.mark.parametrize("name", ALTERED)
def test_exactly_what_forbids_it_fails(server: tuple[Altered, Ready], name: str) -> None:
    altered, ready = server
    altered.alteration, broken = ALTERED[name]
    came = run(session_with(ready), SUITES)
    assert came.of(Outcome.FAIL) == broken, came.reasons
    assert not came.of(Outcome.ERROR)


def test_the_other_spelling_is_a_reading(server: tuple[Altered, Ready]) -> None:
    altered, ready = server
    altered.alteration = ALTERED["status-respelled"][0]
    came = run(session_with(ready), SUITES)
    assert came.readings("A6") == {"response-status"}
    assert came.outcomes["nonce/response-status"] is Outcome.SKIP


@pytest.mark.parametrize("said", [refusal(400), refusal(500), replace(refusal(200), body=b"{}")])
def test_who_answers_everything_alike_passes_no_refusal(server: tuple[Altered, Ready], said: Said) -> None:
    altered, ready = server
    altered.alteration = Alteration(ask=lambda scope: said if not discovers(scope) else scope)
    came = run(session_with(ready), SUITES)
    assert {came.outcomes[id_] for id_ in REFUSING} == {Outcome.INCONCLUSIVE}
    assert came.of(Outcome.PASS) <= {"nonce/status", "nonce/json", "nonce/media-type", "nonce/unique-names"}


def test_a_target_without_the_service_is_not_held_to_it(server: tuple[Altered, Ready]) -> None:
    altered, ready = server
    altered.alteration = saying(discovers, lambda found: found.pop("NonceService"))
    came = run(session_with(ready), SUITES)
    assert came.of(Outcome.SKIP) == set(came.outcomes), json.dumps(came.reasons)


def test_the_version_asked_for_is_the_one_discovered(server: tuple[Altered, Ready]) -> None:
    altered, ready = server

    def ask(scope: Any) -> Any:
        if not asks_nonce(scope) or b"=999.9" in scope["query_string"]:
            return scope
        if scope["query_string"] != b"api-version=1.1":
            return refusal(400)
        return {**scope, "query_string": b"api-version=1.0"}

    says_so = saying(discovers, lambda found: found["NonceService"].update(ServiceVersion="1.1"))
    altered.alteration = replace(says_so, ask=ask)
    came = run(session_with(ready), SUITES)
    assert came.of(Outcome.PASS) == set(came.outcomes), came.reasons
