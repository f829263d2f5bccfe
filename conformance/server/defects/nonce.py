"""Defects in the nonce service and in what becomes of a nonce (3.2, 2.1.1.1.1)."""

from __future__ import annotations

import base64
import itertools
import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.server.refusal import Refusal, unauthorized

from .altering import asking, discovered, good, in_array, is_nonce, name_twice, nonced, refusing, replied, with_header
from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.server.asked import Asked, Reply
    from conformance.server.behaviour import Behaviour
    from conformance.server.nonces import NonceCase
    from conformance.server.store import Store


@defect(breaks={"join-request/csr-nonce-reused"})
def forgets_spent_nonces(honest: Behaviour) -> Behaviour:
    """Accepts a nonce as often as it comes."""
    return replace(
        honest,
        accept_nonce=honest.accept_nonce.without("unspent"),
        spend_nonce=lambda _store, _digest: True,
    )


@defect(breaks={"join-request/csr-nonce-expired"})
def lets_nonces_last(honest: Behaviour) -> Behaviour:
    """Accepts a nonce whose time is over."""
    return replace(honest, accept_nonce=honest.accept_nonce.without("fresh"))


@defect(breaks={"join-request/csr-nonce-tenant"})
def takes_nonces_of_other_tenants(honest: Behaviour) -> Behaviour:
    """Accepts a nonce that was issued for another tenant."""
    return replace(honest, accept_nonce=honest.accept_nonce.without("tenant"))


@defect(breaks={"join-request/csr-nonce-foreign"})
def takes_any_nonce(honest: Behaviour) -> Behaviour:
    """Accepts a nonce that it never gave, and knows only those again that it did."""

    def spend(store: Store, digest: bytes) -> bool:
        return store.nonce(digest) is None or honest.spend_nonce(store, digest)

    return replace(honest, accept_nonce=honest.accept_nonce.without("known"), spend_nonce=spend)


@defect(breaks={"nonce/unpredictable"})
def counts_its_nonces(honest: Behaviour) -> Behaviour:
    """Gives out a counter for a nonce, in as many octets as a good one has."""
    counter = itertools.count(1)
    return replace(honest, nonce_value=lambda _site, _tenant: _base64(next(counter).to_bytes(32, "big")))


@defect(breaks={"nonce/unpredictable"})
def gives_short_nonces(honest: Behaviour) -> Behaviour:
    """Gives out nonces of eight octets."""
    return replace(honest, nonce_value=lambda _site, _tenant: _base64(secrets.token_bytes(8)))


@defect(breaks={"nonce/value-base64"})
def gives_bare_nonces(honest: Behaviour) -> Behaviour:
    """Gives out the JWE itself, which is no base64 for its points."""
    return replace(
        honest, nonce_value=lambda site, tenant: base64.b64decode(honest.nonce_value(site, tenant)).decode("ascii")
    )


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


@defect(breaks={"nonce/not-stored"})
def lets_caches_keep_nonces(honest: Behaviour) -> Behaviour:
    """Sends nonces with a Cache-Control that lets any cache keep them for an hour."""
    return replied(honest, good(is_nonce), with_header("Cache-Control", "public, max-age=3600"))


@defect(breaks={"nonce/not-stored"})
def says_nothing_of_caches(honest: Behaviour) -> Behaviour:
    """Sends nonces without Cache-Control."""
    return replied(honest, good(is_nonce), with_header("Cache-Control", None))


@defect(breaks={"nonce/no-token"}, blinds=True)
def asks_for_a_token_before_nonces(honest: Behaviour) -> Behaviour:
    """Gives no nonce without a token."""

    def with_token(asked: Asked) -> Asked:
        if is_nonce(asked) and asked.header("authorization") is None:
            raise unauthorized("The request has no bearer token.", error="")
        return asked

    return asking(honest, with_token)


@defect(breaks={"nonce/unknown-version"})
def gives_nonces_in_any_version(honest: Behaviour) -> Behaviour:
    """Ignores the api-version of the nonce service."""

    def accept(asked: Asked, known: tuple[str, ...]) -> str:
        return known[-1] if is_nonce(asked) else honest.accept_version(asked, known)

    return replace(honest, accept_version=accept)


@defect(breaks={"nonce/other-methods"})
def gives_nonces_by_any_method(honest: Behaviour) -> Behaviour:
    """Takes every method of the nonce service for a GET."""
    return asking(honest, lambda asked: replace(asked, method="GET") if is_nonce(asked) else asked)


@defect(breaks={"nonce/status"}, blinds=True)
def gives_nonces_with_201(honest: Behaviour) -> Behaviour:
    """Answers with 201 that a nonce was created."""
    return replied(honest, good(is_nonce), lambda reply: replace(reply, status=201))


@defect(breaks={"nonce/media-type"})
def gives_nonces_as_text(honest: Behaviour) -> Behaviour:
    """Sends nonces as text/html."""
    return replied(honest, good(is_nonce), with_header("Content-Type", "text/html"))


@defect(breaks={"nonce/unique-names"})
def names_members_of_nonces_twice(honest: Behaviour) -> Behaviour:
    """Has ReponseStatus twice in its answer, the first time as null."""
    return replied(honest, good(is_nonce), name_twice)


@defect(breaks={"nonce/json"}, blinds=True)
def gives_nonces_in_an_array(honest: Behaviour) -> Behaviour:
    """Puts the answer's object into an array."""
    return replied(honest, good(is_nonce), in_array)


@defect(breaks={"nonce/message"})
def gives_nonces_without_message(honest: Behaviour) -> Behaviour:
    """Leaves the message out of ReponseStatus."""
    return nonced(honest, _less("message"))


@defect(breaks={"nonce/trace-id"})
def gives_nonces_without_trace(honest: Behaviour) -> Behaviour:
    """Leaves the trace id out of ReponseStatus."""
    return nonced(honest, _less("traceId"))


@defect(breaks={"nonce/time"})
def gives_nonces_without_time(honest: Behaviour) -> Behaviour:
    """Leaves the time out of ReponseStatus."""
    return nonced(honest, _less("time"))


def _less(name: str) -> Any:
    return lambda answer: answer["ReponseStatus"].pop(name)


# --- how the tenant is addressed, and what is answered at all


def _refused_nonces(honest: Behaviour, when: Callable[[str], bool]) -> Behaviour:
    """The behaviour that gives no nonces to who names the tenant so."""
    return refusing(honest, lambda asked: is_nonce(asked) and when(asked.path.rpartition("/")[2]), 404)


def _is_domain(name: str) -> bool:
    return "." in name


@defect(breaks={"nonce/tenant-id"})
def gives_nonces_by_domain_only(honest: Behaviour) -> Behaviour:
    """Names a nonce endpoint by domain name, and knows no other."""

    def by_domain(services: dict[str, Any]) -> None:
        service, tenant = services["NonceService"], services["TenantInfo"]
        service["Endpoint"] = service["Endpoint"].replace(tenant["TenantId"], tenant["TenantName"])

    return _refused_nonces(discovered(honest, by_domain), lambda name: not _is_domain(name))


@defect(breaks={"nonce/domain-name"}, hides={"nonce/accepted-by-domain-name"})
def gives_nonces_by_id_only(honest: Behaviour) -> Behaviour:
    """Gives nonces by the tenant's id and knows no domain names."""
    return _refused_nonces(honest, _is_domain)


@defect(breaks={"nonce/discovered-served"}, blinds=True)
def names_a_dead_nonce_endpoint(honest: Behaviour) -> Behaviour:
    """Names a nonce endpoint where nothing is served."""
    return _refused_nonces(honest, lambda _name: True)


@defect(breaks={"nonce/accepted-by-domain-name"})
def forgets_nonces_by_domain(honest: Behaviour) -> Behaviour:
    """Keeps a nonce that was asked for by domain name where no join finds it."""
    lost: set[str] = set()

    def note(asked: Asked, reply: Reply) -> Reply:
        out = honest.reply(asked, reply)
        if good(is_nonce)(asked, out) and _is_domain(asked.path.rpartition("/")[2]):
            lost.add(json.loads(out.body)["Value"])
        return out

    def found(case: NonceCase) -> None:
        if case.text in lost:
            raise Refusal("The nonce was not issued here.", subcode="error_invalid_nonce")

    return replace(honest, reply=note, accept_nonce=honest.accept_nonce.plus("found", found))


@defect(breaks={"nonce/response-status"})
def gives_nonces_without_status(honest: Behaviour) -> Behaviour:
    """Leaves ReponseStatus out of its answer."""
    return nonced(honest, lambda answer: answer.pop("ReponseStatus"))


@defect(breaks={"nonce/value"}, blinds=True)
def gives_no_nonces(honest: Behaviour) -> Behaviour:
    """Leaves the nonce out of its answer."""
    return nonced(honest, lambda answer: answer.pop("Value"))
