"""Defects of the device resource (2.1.1, 2.1.1.1), its request as HTTP (3.3) and its PrecreateEndpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.server.refusal import Refusal

from .altering import asking, is_join, replied, with_header
from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.server.asked import Asked
    from conformance.server.behaviour import Behaviour
    from conformance.server.site import Site
    from conformance.server.store import Store

METHOD_NOT_ALLOWED = 405


@defect(breaks={"device/post-only"})
def joins_by_put_too(honest: Behaviour) -> Behaviour:
    """Takes PUT for POST."""
    return asking(
        honest, lambda asked: replace(asked, method="POST") if is_join(asked) and asked.method == "PUT" else asked
    )


@defect(breaks={"device/method-not-allowed"})
def finds_nothing_by_other_methods(honest: Behaviour) -> Behaviour:
    """Answers other methods than POST with 404."""
    return replied(
        honest,
        lambda asked, reply: is_join(asked) and reply.status == METHOD_NOT_ALLOWED,
        lambda reply: replace(reply, status=404),
    )


@defect(breaks={"device/allow-header"})
def allows_the_wrong_method(honest: Behaviour) -> Behaviour:
    """Says with 405 that GET is allowed."""
    return replied(
        honest,
        lambda asked, reply: is_join(asked) and reply.status == METHOD_NOT_ALLOWED,
        with_header("Allow", "GET"),
    )


@defect(breaks={"device/precreate-challenge-required"})
def precreates_without_challenge(honest: Behaviour) -> Behaviour:
    """Takes a request without a challenge at the PrecreateEndpoint."""
    rules = honest.accept_join.only("endpoint", lambda case: not case.precreate)
    return replace(honest, accept_join=rules)


@defect(breaks={"join-request/challenge-at-precreate-only"})
def joins_with_a_challenge(honest: Behaviour) -> Behaviour:
    """Ignores a challenge at the JoinEndpoint, where it does not belong."""
    rules = honest.accept_join.only("endpoint", lambda case: case.precreate)
    rules = rules.only("challenge", lambda case: case.precreate)

    def read(text: str, site: Site) -> Mapping[str, Any]:
        try:
            return honest.read_challenge(text, site)
        except Refusal:
            return {}

    def spend(store: Store, jti: str, expires: float) -> bool:
        return not expires or honest.spend_challenge(store, jti, expires)

    return replace(honest, accept_join=rules, read_challenge=read, spend_challenge=spend)


@defect(breaks={"device/precreate-same-body"})
def precreates_what_joins_refuse(honest: Behaviour) -> Behaviour:
    """Does not look at the certificate request and the transport key of who has a challenge."""
    rules = honest.accept_join.only("csr", lambda case: not case.precreate)
    return replace(honest, accept_join=rules)


@defect(breaks={"join-service/unknown-version"})
def joins_in_any_version(honest: Behaviour) -> Behaviour:
    """Ignores the api-version of a join."""

    def accept(asked: Asked, known: tuple[str, ...]) -> str:
        return known[-1] if is_join(asked) and asked.argument("api-version") else honest.accept_version(asked, known)

    return replace(honest, accept_version=accept)


@defect(breaks={"join-service/client-request-id-accepted"})
def refuses_correlation(honest: Behaviour) -> Behaviour:
    """Refuses a join that brings a client-request-id."""

    def without(asked: Asked) -> Asked:
        if is_join(asked) and asked.header("client-request-id") is not None:
            raise Refusal("The header client-request-id is not known.")
        return asked

    return asking(honest, without)


@defect(
    breaks={"join-answer/status", "join-service/status", "device/join-endpoint", "device/precreate-endpoint"},
    blinds=True,
)
def joins_with_202(honest: Behaviour) -> Behaviour:
    """Answers a device that it made with 202 Accepted."""
    return replace(honest, join_status=202)
