"""The site's own OAuth 2 authority: metadata, keys, and two grants (RFC 6749 4.3, RFC 8628).

The one rule: it is an authority of its own, with RFC 6749's errors (400, `error`, `error_description`), not a part of
DRS. Every account `<name>@<domain>` of a tenant exists, and one password, told on the first line, opens them all.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from conformance.server import authority
from conformance.server.asked import Asked, Reply
from conformance.server.site import BROKER, RESOURCE
from conformance.server.store import DeviceCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.server.site import Site, Tenant

    from .service import Service

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
DEVICE_LIFETIME = 900
INTERVAL = 5


class OAuthError(Exception):
    """An error of RFC 6749 section 5.2: its code and a sentence."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.document = {"error": code, "error_description": description}


def metadata(service: Service, asked: Asked) -> Reply:
    """OpenID provider metadata of a tenant, v1 or v2 by the path."""
    version = "v2.0" if "/v2.0/" in asked.path else ""
    return Reply.of(authority.metadata(service.site, service.tenant(asked), version))


def keys(service: Service, asked: Asked) -> Reply:
    """The JWKS of a tenant."""
    service.tenant(asked)
    return Reply.of(authority.key_set(service.site))


def token(service: Service, asked: Asked) -> Reply:
    """The token endpoint."""
    tenant = service.tenant(asked)
    try:
        form = _form(asked)
        return GRANTS.get(form.get("grant_type", ""), _unsupported)(service, tenant, form)
    except OAuthError as error:
        return Reply.of(error.document, 400)


def device_code(service: Service, asked: Asked) -> Reply:
    """The device authorization endpoint (RFC 8628 section 3.1)."""
    tenant = service.tenant(asked)
    try:
        form = _form(asked)
        client, audience = _client(form), _audience(service.site, form)
    except OAuthError as error:
        return Reply.of(error.document, 400)
    user_code = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(9))
    now = service.site.now()
    waiting = DeviceCode(
        secrets.token_urlsafe(32), user_code, tenant.tenant_id, audience, client, now + DEVICE_LIFETIME
    )
    service.site.store.add_device_code(waiting, now)
    page = f"{service.site.url}/devicelogin"
    return Reply.of(
        {
            "device_code": waiting.code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_url": page,
            "expires_in": DEVICE_LIFETIME,
            "interval": INTERVAL,
            "message": f"To sign in, open {page} and enter the code {user_code}.",
        }
    )


LOGIN_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in on another device</title>
<h1>Sign in on another device</h1><p role="status">{status}</p><form method="post">
<p><label>Code <input name="user_code" autocomplete="off"></label></p>
<p><label>User <input name="username" autocomplete="username"></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
<p><button>Sign in</button></p></form></html>
"""


def login_page(_service: Service, _asked: Asked) -> Reply:
    """The form behind `verification_uri`."""
    return _page("Enter the code that your device shows.", 200)


def login(service: Service, asked: Asked) -> Reply:
    """The form, filled in."""
    try:
        form = _form(asked)
        upn = _authenticate(service.site, form)
    except OAuthError as error:
        return _page(error.document["error_description"], 400)
    if not service.site.store.approve_device_code(form.get("user_code", "").strip(), upn, service.site.now()):
        return _page("The code is not known, or out of date.", 400)
    return _page("You are signed in. You may close this page.", 200)


def _page(status: str, code: int) -> Reply:
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"))
    return Reply(code, headers, LOGIN_PAGE.replace("{status}", status).encode())


def _password(service: Service, tenant: Tenant, form: Mapping[str, str]) -> Reply:
    client, audience = _client(form), _audience(service.site, form)
    upn = _authenticate(service.site, form)
    if service.site.tenant(upn.rpartition("@")[2]) != tenant:
        raise OAuthError("invalid_grant", "The user is not of this tenant.")
    return _granted(service.site, tenant, upn, audience, client)


def _device(service: Service, tenant: Tenant, form: Mapping[str, str]) -> Reply:
    code, store = form.get("device_code") or form.get("code") or "", service.site.store
    waiting = store.device_code(code)
    if waiting is None or waiting.tenant != tenant.tenant_id or waiting.client != _client(form):
        raise OAuthError("invalid_grant", "The device code is not known.")
    if service.site.now() >= waiting.expires:
        store.redeem_device_code(code)
        raise OAuthError("expired_token", "The device code is out of date.")
    if not waiting.upn:
        raise OAuthError("authorization_pending", "The user has not signed in yet.")
    if not store.redeem_device_code(code):
        raise OAuthError("invalid_grant", "The device code was redeemed before.")
    return _granted(service.site, tenant, waiting.upn, waiting.audience, waiting.client)


def _granted(site: Site, tenant: Tenant, upn: str, audience: str, client: str) -> Reply:
    granted = authority.access_token(site, tenant, upn, audience=audience, client=client)
    document = {"token_type": "Bearer", "expires_in": authority.LIFETIME, "resource": audience, "access_token": granted}
    return Reply.of(document)


def _unsupported(_service: Service, _tenant: Tenant, _form: Mapping[str, str]) -> Reply:
    raise OAuthError("unsupported_grant_type", f"grant_type must be password or {DEVICE_GRANT}.")


GRANTS: Mapping[str, Callable[[Service, Tenant, Mapping[str, str]], Reply]] = {
    "password": _password,
    DEVICE_GRANT: _device,
    "device_code": _device,
}


def _authenticate(site: Site, form: Mapping[str, str]) -> str:
    """The UPN of an account of this site; OAuthError when the name or the password is not right."""
    upn = form.get("username", "").strip()
    user, _, domain = upn.rpartition("@")
    right = hmac.compare_digest(form.get("password", "").encode(), site.password.encode())
    if not (right and user and domain.lower() in {tenant.domain for tenant in site.tenants}):
        raise OAuthError("invalid_grant", "The user or the password is wrong.")
    return upn


def _client(form: Mapping[str, str]) -> str:
    if form.get("client_id", "").lower() != BROKER:
        raise OAuthError("invalid_client", f"client_id must be the authentication broker, {BROKER}.")
    return BROKER


def _audience(site: Site, form: Mapping[str, str]) -> str:
    """The resource asked for: `resource` (v1) or a `scope` of it (v2)."""
    wanted = [form.get("resource", ""), *(scope.rpartition("/")[0] for scope in form.get("scope", "").split())]
    named = [resource.rstrip("/") for resource in wanted if resource.rstrip("/") in (RESOURCE, site.resource)]
    if not named:
        raise OAuthError("invalid_target", f"resource must be {RESOURCE} or {site.resource}.")
    return named[0]


def _form(asked: Asked) -> dict[str, str]:
    """The form of a body; RFC 6749 3.2: no parameter more than once."""
    kind = (asked.header("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "The media type must be application/x-www-form-urlencoded.")
    try:
        pairs = parse_qsl(asked.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise OAuthError("invalid_request", "The body is not a form.") from None
    if len(dict(pairs)) != len(pairs):
        raise OAuthError("invalid_request", "A parameter is there more than once.")
    return dict(pairs)
