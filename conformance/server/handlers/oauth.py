"""The site's own OAuth 2 authority: metadata, keys, and the grants of its token endpoint (RFC 6749, RFC 8628).

The one rule: it is an authority of its own, with RFC 6749's errors (400, `error`, `error_description`), not a part of
DRS. Every account `<name>@<domain>` of a tenant exists, and one password, told on the first line, opens them all.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.server import authority, oauth
from conformance.server.asked import Asked, Reply
from conformance.server.oauth import OAuthError
from conformance.server.sign_ins import CODE, DEVICE, REFRESH, SignIn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.server.site import Tenant

    from .service import Service

REFRESH_LIFETIME = 90 * 86400.0  # seconds


def metadata(service: Service, asked: Asked) -> Reply:
    """OpenID provider metadata of a tenant, v1 or v2 by the path."""
    version = "v2.0" if "/v2.0/" in asked.path else ""
    return Reply.of(authority.metadata(service.site, service.tenant(asked), version))


def keys(service: Service, asked: Asked) -> Reply:
    """The JWKS of a tenant."""
    service.tenant(asked)
    return Reply.of(authority.key_set(service.site))


def user_realm(service: Service, asked: Asked) -> Reply:
    """Where a user signs in, which MSAL asks before it sends a password: here, or nowhere that is known."""
    domain = asked.params["user"].rpartition("@")[2]
    if service.site.tenant(domain) is None:
        return Reply.of({"ver": "1.0", "account_type": "Unknown"})
    return Reply.of({"ver": "1.0", "account_type": "Managed", "domain_name": domain, "cloud_instance_name": "local"})


def token(service: Service, asked: Asked) -> Reply:
    """The token endpoint."""
    tenant = service.tenant(asked)
    try:
        form = oauth.form(asked)
        return GRANTS.get(form.get("grant_type", ""), _unsupported)(service, tenant, form)
    except OAuthError as error:
        return error.reply()


def _password(service: Service, tenant: Tenant, form: Mapping[str, str]) -> Reply:
    client, audience = oauth.client(form), oauth.audience(service.site, form)
    upn, theirs = oauth.authenticated(service.site, form)
    if theirs != tenant:
        raise OAuthError("invalid_grant", "The user is not of this tenant.")
    family, scope = secrets.token_hex(8), form.get("scope", "")
    signed_in = SignIn(REFRESH, tenant.tenant_id, client, audience, scope, 0.0, upn=upn, family=family)
    return _granted(service, tenant, signed_in, form)


def _device(service: Service, tenant: Tenant, form: Mapping[str, str]) -> Reply:
    handle = form.get("device_code") or form.get("code") or ""
    waiting = _found(service, tenant, form, DEVICE, handle)
    if service.site.now() >= waiting.expires:
        raise OAuthError("expired_token", "The device code is out of date.")
    if not waiting.upn:
        raise OAuthError("authorization_pending", "The user has not signed in yet.")
    _spend(service, waiting, handle)
    return _granted(service, tenant, waiting, form)


def _code(service: Service, tenant: Tenant, form: Mapping[str, str]) -> Reply:
    handle = form.get("code", "")
    code = _found(service, tenant, form, CODE, handle)
    if code.redirect_uri != form.get("redirect_uri"):
        raise OAuthError("invalid_grant", "redirect_uri is not that of the authorization request.")
    oauth.prove(code, form)
    _in_time(service, code)
    _spend(service, code, handle)
    return _granted(service, tenant, code, form)


def _refresh(service: Service, tenant: Tenant, form: Mapping[str, str]) -> Reply:
    handle = form.get("refresh_token", "")
    kept = _found(service, tenant, form, REFRESH, handle)
    _in_time(service, kept)
    _spend(service, kept, handle)
    return _granted(service, tenant, replace(kept, nonce="", scope=form.get("scope", kept.scope)), form)


def _unsupported(_service: Service, _tenant: Tenant, _form: Mapping[str, str]) -> Reply:
    raise OAuthError("unsupported_grant_type", f"grant_type must be one of {', '.join(authority.GRANTS)}.")


GRANTS: Mapping[str, Callable[[Service, Tenant, Mapping[str, str]], Reply]] = {
    **dict(zip(authority.GRANTS, (_code, _refresh, _device, _password), strict=True)),
    "device_code": _device,
}
NAMES = {DEVICE: "device code", CODE: "code", REFRESH: "refresh token"}


def _found(service: Service, tenant: Tenant, form: Mapping[str, str], kind: str, handle: str) -> SignIn:
    """What is to be redeemed; OAuthError where it is none of this tenant and client, or was redeemed.

    A resource that is named again has to be one of this service (RFC 8707 2.2).
    """
    client, found = oauth.client(form), service.site.store.sign_ins.find(kind, handle)
    if found is None or (found.tenant, found.client) != (tenant.tenant_id, client):
        raise OAuthError("invalid_grant", f"The {NAMES[kind]} is not known.")
    if found.spent:
        raise _redeemed(service, found)
    return replace(found, audience=oauth.audience(service.site, form, found.audience))


def _in_time(service: Service, found: SignIn) -> None:
    if service.site.now() >= found.expires:
        raise OAuthError("invalid_grant", f"The {NAMES[found.kind]} is out of date.")


def _spend(service: Service, found: SignIn, handle: str) -> None:
    if not service.site.store.sign_ins.spend(handle):
        raise _redeemed(service, found)


def _redeemed(service: Service, found: SignIn) -> OAuthError:
    """Whoever is second may be a thief, or be robbed: all that was granted for it ends (RFC 6749 4.1.2)."""
    service.site.store.sign_ins.revoke(found.family)
    return OAuthError("invalid_grant", f"The {NAMES[found.kind]} was redeemed before; what it brought is revoked.")


def _granted(service: Service, tenant: Tenant, signed_in: SignIn, form: Mapping[str, str]) -> Reply:
    """Tokens: for access, to renew it, and, where `openid` was asked for, one about the user."""
    site, upn = service.site, signed_in.upn
    renewing = replace(
        signed_in, kind=REFRESH, expires=site.now() + REFRESH_LIFETIME, user_code="", redirect_uri="", challenge=""
    )
    document: dict[str, object] = {
        "token_type": "Bearer",
        "expires_in": authority.LIFETIME,
        "ext_expires_in": authority.LIFETIME,
        "resource": signed_in.audience,
        "access_token": authority.access_token(site, tenant, upn, audience=signed_in.audience, client=signed_in.client),
        "refresh_token": site.store.sign_ins.add(renewing, site.now()),
    }
    if "openid" in signed_in.scope.split():
        document["id_token"] = authority.id_token(site, tenant, upn, signed_in.client, signed_in.nonce)
    if form.get("client_info") == "1":
        document["client_info"] = authority.client_info(tenant, upn)
    return Reply.of(document)
