"""The authorization endpoint: a code for whoever signs in with a browser (RFC 6749 4.1, RFC 7636, RFC 8252).

The one rule: what is wrong with the client or the redirect URI the user sees, on a page of this server; whatever else
is wrong, the client hears, at its redirect URI.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from conformance.server import oauth, pages
from conformance.server.asked import Asked, Reply
from conformance.server.oauth import OAuthError
from conformance.server.redirects import MODES, WayBack
from conformance.server.sign_ins import CODE, SignIn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.server.site import Tenant

    from .service import Service

LIFETIME = 300.0  # seconds; RFC 6749 4.1.2 has ten minutes at most
PROMPTS = ("login", "select_account", "consent", "none")
Pairs = list[tuple[str, str]]


def authorize(service: Service, asked: Asked) -> Reply:
    """An authorization request, by GET or POST, or its page filled in."""
    tenant = service.tenant(asked)
    try:
        pairs, filled = _read(asked)
        given, twice = dict(reversed(pairs)), oauth.repeated(pairs)
        back = _way_back(service, given, twice)
    except OAuthError as error:
        return pages.refused(error.description)
    try:
        wish = _wish(service, tenant, given, twice)
        return _signed_in(service, tenant, wish, filled, back) or _page(tenant, wish, given, filled, back)
    except OAuthError as error:
        return back.reply(**error.document).because(error.description)


def native_client(_service: Service, _asked: Asked) -> Reply:
    """The page of the redirect URI that applications with a web view use: they read its address."""
    return pages.done("Signed in", "The application has what it needs. You may close this page.")


def _read(asked: Asked) -> tuple[Pairs, dict[str, str]]:
    """The authorization request, and what the page was filled in with: nothing when it was not shown yet."""
    if asked.method != "POST":
        return list(asked.query), {}
    pairs = oauth.form_pairs(asked)
    filled = dict(pairs)
    if "asked" not in filled:
        return pairs, {}
    return parse_qsl(filled["asked"], keep_blank_values=True), filled


def _way_back(service: Service, given: Mapping[str, str], twice: set[str]) -> WayBack:
    if twice & {"client_id", "redirect_uri"}:
        raise OAuthError("invalid_request", "client_id or redirect_uri is there more than once.")
    oauth.client(given)
    return WayBack.of(service.site, given)


def _signed_in(
    service: Service, tenant: Tenant, wish: SignIn, filled: Mapping[str, str], back: WayBack
) -> Reply | None:
    """The code, where the page was filled in with a user of the tenant; None where it was not."""
    if not filled:
        return None
    if filled.get("answer") == "cancel":
        raise OAuthError("access_denied", "The user did not sign in.")
    try:
        upn, theirs = oauth.account(service.site, filled)
    except OAuthError:
        return None
    if theirs != tenant:
        return None
    return back.reply(code=service.site.store.sign_ins.add(replace(wish, upn=upn), service.site.now()))


def _page(tenant: Tenant, wish: SignIn, given: Mapping[str, str], filled: Mapping[str, str], back: WayBack) -> Reply:
    example = f"user@{tenant.domain}"
    return pages.sign_in(
        given,
        filled.get("username", "") if filled else given.get("login_hint") or example,
        domain=tenant.domain,
        audience=wish.audience,
        source=back.source,
        problem=f"This is no user of {tenant.domain}; {example} is one." if filled else "",
    )


def _wish(service: Service, tenant: Tenant, given: Mapping[str, str], twice: set[str]) -> SignIn:
    """What is asked for; OAuthError for the client to hear (4.1.2.1)."""
    if twice:
        raise OAuthError("invalid_request", "A parameter is there more than once.")
    kind = given.get("response_type")
    if not kind:
        raise OAuthError("invalid_request", "response_type is missing.")
    if kind != "code":
        raise OAuthError("unsupported_response_type", "response_type must be code.")
    if given.get("response_mode", "query") not in MODES:
        raise OAuthError("invalid_request", f"response_mode must be one of {', '.join(MODES)}.")
    if not all(" " <= char <= "~" for char in given.get("state", "")):
        raise OAuthError("invalid_request", "state must be printable ASCII.")
    audience = oauth.audience(service.site, given)
    challenge = oauth.challenge(given, required=service.behaviour.requires_pkce)
    _prompt(given.get("prompt", "").split())
    return SignIn(
        kind=CODE,
        tenant=tenant.tenant_id,
        client=oauth.client(given),
        audience=audience,
        scope=given.get("scope", ""),
        expires=service.site.now() + LIFETIME,
        family=secrets.token_hex(8),
        redirect_uri=given["redirect_uri"],
        challenge=challenge,
        nonce=given.get("nonce", ""),
    )


def _prompt(words: list[str]) -> None:
    """Nobody stays signed in here, so that `none` cannot be had (OpenID Connect Core 3.1.2.1, 3.1.2.6)."""
    if not set(words) <= set(PROMPTS) or ("none" in words and len(words) > 1):
        raise OAuthError("invalid_request", f"prompt must be of {', '.join(PROMPTS)}, and none alone.")
    if words == ["none"]:
        raise OAuthError("interaction_required", "The user has to sign in, which prompt=none does not allow.")
