"""Defects in the check of bearer tokens (3.3)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.codec import base64
from conformance.errors import DecodeError
from conformance.server.refusal import Refusal, unauthorized

from .altering import is_join, replied, with_header
from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.server.asked import Asked, Reply
    from conformance.server.behaviour import Behaviour
    from conformance.server.site import Site

UNAUTHORIZED = 401
_PARTS = 3


@defect(breaks={"join-service/token-audience"})
def takes_any_audience(honest: Behaviour) -> Behaviour:
    """Accepts a token that was issued for another service."""
    return replace(honest, accept_token=honest.accept_token.without("audience"))


@defect(breaks={"join-service/token-other-client"})
def takes_any_client(honest: Behaviour) -> Behaviour:
    """Accepts a token for this service whatever client application got it."""
    return replace(honest, accept_token=honest.accept_token.without("client"))


@defect(breaks={"join-service/token-expired"})
def takes_expired_tokens(honest: Behaviour) -> Behaviour:
    """Does not look at the expiry of a token."""
    return replace(honest, accept_token=honest.accept_token.without("expiry"))


@defect(breaks={"join-service/token-not-before"})
def takes_tokens_of_the_future(honest: Behaviour) -> Behaviour:
    """Does not look at when a token begins to be good."""
    return replace(honest, accept_token=honest.accept_token.without("not-before"))


@defect(breaks={"join-service/token-expired"})
def reads_expiry_in_another_time_zone(honest: Behaviour) -> Behaviour:
    """Takes its local time, an hour behind UTC, for the time that exp is compared with."""
    expiry = dict(honest.accept_token.table)["expiry"]
    return replace(
        honest,
        accept_token=honest.accept_token.changed("expiry", lambda case: expiry(replace(case, now=case.now - 3600))),
    )


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Header, claims and signature of a JWT, as they are."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise unauthorized("The bearer token is no JWT.")
    try:
        header, claims = (json.loads(base64.decode_url(part)) for part in parts[:2])
    except (DecodeError, ValueError):
        raise unauthorized("The bearer token is no JWT.") from None
    return header, claims, parts[2]


def _trusting(honest: Behaviour, when: Any) -> Behaviour:
    """The behaviour that verifies no signature where `when(header, signature)` holds."""

    def read(token: str, site: Site) -> Mapping[str, Any]:
        try:
            header, claims, signature = unverified(token)
        except Refusal:
            return honest.read_token(token, site)
        return claims if when(header, signature) else honest.read_token(token, site)

    return replace(honest, read_token=read)


@defect(
    breaks={
        "join-service/token-signature",
        "join-service/token-claims",
        "join-service/token-unsigned",
        "join-service/token-alg-none",
        "join-service/token-alg-hmac",
        "join-service/token-own-key",
        "join-service/token-embedded-key",
        "join-service/token-header",
        "join-service/token-key-unknown",
        "join-service/token-tail",
        "join-service/token-truncated",
    }
)
def reads_tokens_unverified(honest: Behaviour) -> Behaviour:
    """Reads the claims of a token and never its signature."""
    return _trusting(honest, lambda _header, _signature: True)


@defect(breaks={"join-service/token-alg-none"})
def takes_algorithm_none(honest: Behaviour) -> Behaviour:
    """Believes a token that says it needs no signature."""
    return _trusting(honest, lambda header, _: str(header.get("alg")).lower() == "none")


@defect(breaks={"join-service/token-alg-hmac"})
def takes_shared_secrets(honest: Behaviour) -> Behaviour:
    """Believes a token of an HMAC algorithm, as when the public key is taken for the secret."""
    return _trusting(honest, lambda header, _: str(header.get("alg")).startswith("HS"))


@defect(breaks={"join-service/token-unsigned"})
def takes_cut_off_signatures(honest: Behaviour) -> Behaviour:
    """Verifies a signature only where there is one, unless the algorithm is none."""
    return _trusting(honest, lambda header, signature: not signature and str(header.get("alg")).lower() != "none")


@defect(breaks={"join-service/token-embedded-key"})
def takes_embedded_keys(honest: Behaviour) -> Behaviour:
    """Verifies a token with the key that it brings along."""
    return _trusting(honest, lambda header, _: bool({"jwk", "x5c", "jku", "x5u"} & header.keys()))


@defect(
    breaks={
        "join-service/token-signature",
        "join-service/token-unsigned",
        "join-service/token-own-key",
        "join-service/token-tail",
        "join-service/token-truncated",
    }
)
def remembers_tokens_by_their_claims(honest: Behaviour) -> Behaviour:
    """Remembers verified tokens by header and claims, and so believes the same under any signature."""
    known: dict[str, Mapping[str, Any]] = {}

    def read(token: str, site: Site) -> Mapping[str, Any]:
        signed = token.rpartition(".")[0]
        if signed not in known:
            known[signed] = honest.read_token(token, site)
        return known[signed]

    return replace(honest, read_token=read)


@defect(breaks={"join-service/token-signature"})
def remembers_tokens_without_case(honest: Behaviour) -> Behaviour:
    """Remembers verified tokens in a table that compares the letters of a signature without case."""
    known: dict[tuple[str, str], Mapping[str, Any]] = {}

    def read(token: str, site: Site) -> Mapping[str, Any]:
        signed, _, signature = token.rpartition(".")
        key = signed, signature.lower()
        if key not in known:
            known[key] = honest.read_token(token, site)
        return known[key]

    return replace(honest, read_token=read)


@defect(breaks={"join-service/token-tenant"})
def writes_into_its_first_tenant(honest: Behaviour) -> Behaviour:
    """Takes the user of any tenant's token for one of the first tenant."""

    def read(token: str, site: Site) -> Mapping[str, Any]:
        claims = honest.read_token(token, site)
        tenant = site.tenants[0]
        if claims.get("tid") == tenant.tenant_id:
            return claims
        user = str(claims.get("upn")).partition("@")[0]
        moved = {"tid": tenant.tenant_id, "iss": site.issuer(tenant.tenant_id), "upn": f"{user}@{tenant.domain}"}
        return {**claims, **moved}

    return replace(honest, read_token=read)


@defect(breaks={"join-service/other-scheme"})
def takes_any_scheme(honest: Behaviour) -> Behaviour:
    """Takes whatever follows the scheme for the token."""

    def find(asked: Asked) -> str:
        given = asked.all("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        return token if scheme and token else honest.find_token(asked)

    return replace(honest, find_token=find)


@defect(breaks={"join-service/scheme-case"})
def compares_the_scheme_with_case(honest: Behaviour) -> Behaviour:
    """Knows the scheme only as `Bearer`."""

    def find(asked: Asked) -> str:
        if not (asked.header("authorization") or "Bearer").startswith("Bearer"):
            raise unauthorized("The Authorization header is not of the Bearer scheme.", error="")
        return honest.find_token(asked)

    return replace(honest, find_token=find)


@defect(breaks={"join-service/token-in-query"})
def takes_tokens_from_the_query(honest: Behaviour) -> Behaviour:
    """Takes access_token of the query for the token where there is no header."""

    def find(asked: Asked) -> str:
        given = asked.argument("access_token")
        return given[0] if given and asked.header("authorization") is None else honest.find_token(asked)

    return replace(honest, find_token=find)


def anonymous(honest: Behaviour, when: Any) -> Behaviour:
    """The behaviour that takes who sends no token for a user of the first tenant where `when(asked)` holds."""
    nobody = "nobody"

    def find(asked: Asked) -> str:
        return nobody if when(asked) else honest.find_token(asked)

    def read(token: str, site: Site) -> Mapping[str, Any]:
        if token != nobody:
            return honest.read_token(token, site)
        tenant = site.tenants[0]
        upn = f"user@{tenant.domain}"
        named = {"tid": tenant.tenant_id, "iss": site.issuer(tenant.tenant_id), "upn": upn}
        known = {"aud": site.resource, "appid": "29d9ed98-a469-4536-ade2-f981bc1d605e", "exp": site.now() + 600}
        return {**named, **known, "oid": str(tenant.object_id(upn))}

    return replace(honest, find_token=find, read_token=read)


@defect(
    breaks={"join-service/authorization-required", "join-service/token-in-query"},
)
def lets_anyone_in(honest: Behaviour) -> Behaviour:
    """Takes a request without Authorization for one of a user it knows."""
    return anonymous(honest, lambda asked: asked.header("authorization") is None)


@defect(breaks={"join-service/empty-token"})
def lets_empty_tokens_in(honest: Behaviour) -> Behaviour:
    """Takes a request with the scheme and no token for one of a user it knows."""
    return anonymous(honest, lambda asked: (asked.header("authorization") or "").strip() == "Bearer")


@defect(breaks={"join-service/authorization-status"})
def answers_no_token_with_403(honest: Behaviour) -> Behaviour:
    """Forbids what it should ask a token for."""
    return replied(honest, _asks, lambda reply: replace(reply, status=403))


@defect(breaks={"join-service/www-authenticate"})
def does_not_say_how_to_authenticate(honest: Behaviour) -> Behaviour:
    """Sends 401 without WWW-Authenticate."""
    return replied(honest, _asks, with_header("WWW-Authenticate", None))


@defect(breaks={"join-service/www-authenticate-bearer"})
def asks_for_a_password(honest: Behaviour) -> Behaviour:
    """Asks for Basic authentication with its 401."""
    return replied(honest, _asks, with_header("WWW-Authenticate", 'Basic realm="MS-DRS"'))


@defect(breaks={"join-service/www-authenticate-silent"})
def blames_who_sent_no_token(honest: Behaviour) -> Behaviour:
    """Tells who sent no token that the token is wrong."""
    return replied(honest, _asks, with_header("WWW-Authenticate", 'Bearer realm="MS-DRS", error="invalid_token"'))


@defect(breaks={"join-service/www-authenticate-error"})
def does_not_say_that_a_token_is_wrong(honest: Behaviour) -> Behaviour:
    """Sends who brought a wrong token the challenge for who brought none."""
    return replied(honest, _asks, with_header("WWW-Authenticate", 'Bearer realm="MS-DRS"'))


def _asks(asked: Asked, reply: Reply) -> bool:
    return is_join(asked) and reply.status == UNAUTHORIZED
