"""Defects in the check of challenges at the PrecreateEndpoint (2.1.1.1.1; RFC 7515, RFC 7519)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.codec import base64
from conformance.errors import DecodeError

from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.server.behaviour import Behaviour
    from conformance.server.site import Site
    from conformance.server.store import Store

MEMBER = "/PreAuthorizedJoinChallenge"
_PARTS = 3
_NONE: Mapping[str, Any] = {}


def _parts(text: str) -> tuple[dict[str, Any], dict[str, Any], str] | None:
    """Header, claims and signature of a challenge; None where it has no such form."""
    parts = text.split(".")
    try:
        header, claims = (json.loads(base64.decode_url(part)) for part in parts[:2])
    except (DecodeError, ValueError):
        return None
    whole = len(parts) == _PARTS and isinstance(header, dict) and isinstance(claims, dict)
    return (header, claims, parts[2]) if whole else None


def _unjudged(honest: Behaviour) -> Behaviour:
    """The behaviour to which no claims at all are a challenge that can be neither wrong nor spent."""

    def spend(store: Store, jti: str, expires: float) -> bool:
        return not expires or honest.spend_challenge(store, jti, expires)

    rules = honest.accept_challenge
    for name in rules.names:
        rules = rules.only(name, lambda case: bool(case.claims))
    return replace(honest, accept_challenge=rules, spend_challenge=spend)


@defect(breaks={"join-request/challenge-type"})
def takes_any_json_for_challenges(honest: Behaviour) -> Behaviour:
    """Takes a challenge that is no text for one that needs no check."""

    def read(text: str, site: Site) -> Mapping[str, Any]:
        return honest.read_challenge(text, site) if text else _NONE

    members = honest.accept_members.without(f"{MEMBER} type")
    return replace(_unjudged(honest), accept_members=members, read_challenge=read)


@defect(breaks={"join-request/challenge-structure"})
def takes_any_text_for_challenges(honest: Behaviour) -> Behaviour:
    """Takes a challenge that is no JWT for one that needs no check."""

    def read(text: str, site: Site) -> Mapping[str, Any]:
        return honest.read_challenge(text, site) if _parts(text) else _NONE

    return replace(_unjudged(honest), read_challenge=read)


def _trusting(honest: Behaviour, when: Callable[[dict[str, Any], str], bool]) -> Behaviour:
    """The behaviour that believes the claims of a challenge where `when(header, signature)` holds."""

    def read(text: str, site: Site) -> Mapping[str, Any]:
        found = _parts(text)
        return found[1] if found and when(found[0], found[2]) else honest.read_challenge(text, site)

    return replace(honest, read_challenge=read)


@defect(breaks={"join-request/challenge-signature"})
def does_not_verify_challenges(honest: Behaviour) -> Behaviour:
    """Wants a signature in a challenge and does not verify it."""
    return _trusting(honest, lambda header, signature: bool(signature) and header.get("alg") == "RS256")


@defect(breaks={"join-request/challenge-unsigned"})
def takes_unsigned_challenges(honest: Behaviour) -> Behaviour:
    """Verifies the signature of a challenge only where there is one."""
    return _trusting(honest, lambda _header, signature: not signature)


@defect(breaks={"join-request/challenge-expired"})
def lets_challenges_last(honest: Behaviour) -> Behaviour:
    """Takes a challenge whose time is over."""
    return replace(honest, accept_challenge=honest.accept_challenge.without("expiry"))


@defect(breaks={"join-request/challenge-tenant"})
def takes_challenges_of_other_tenants(honest: Behaviour) -> Behaviour:
    """Takes a challenge that another tenant was given."""
    return replace(honest, accept_challenge=honest.accept_challenge.without("tenant"))


@defect(breaks={"join-request/challenge-single-use"})
def forgets_spent_challenges(honest: Behaviour) -> Behaviour:
    """Takes a challenge as often as it comes."""
    return replace(
        honest,
        accept_challenge=honest.accept_challenge.without("unspent"),
        spend_challenge=lambda _store, _jti, _expires: True,
    )
