"""The device authorization endpoint, and the page on which a user enters its code (RFC 8628).

The one rule: the device learns nothing of the user but a token, and the page nothing of the device but its code.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from conformance.server import oauth, pages
from conformance.server.asked import Asked, Reply
from conformance.server.oauth import OAuthError
from conformance.server.sign_ins import DEVICE, SignIn

if TYPE_CHECKING:
    from .service import Service

LIFETIME = 900
INTERVAL = 5


def device_code(service: Service, asked: Asked) -> Reply:
    """The device authorization endpoint (section 3.1)."""
    tenant, site = service.tenant(asked), service.site
    try:
        form = oauth.form(asked)
        client, audience = oauth.client(form), oauth.audience(site, form)
    except OAuthError as error:
        return error.reply()
    user_code = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(9))
    now, page = site.now(), f"{site.url}/devicelogin"
    waiting = SignIn(
        kind=DEVICE,
        tenant=tenant.tenant_id,
        client=client,
        audience=audience,
        scope=form.get("scope", ""),
        expires=now + LIFETIME,
        family=secrets.token_hex(8),
        user_code=user_code,
    )
    return Reply.of(
        {
            "device_code": site.store.sign_ins.add(waiting, now),
            "user_code": user_code,
            "verification_uri": page,
            "verification_url": page,
            "expires_in": LIFETIME,
            "interval": INTERVAL,
            "message": f"To sign in, open {page} and enter the code {user_code}.",
        }
    )


def login_page(_service: Service, _asked: Asked) -> Reply:
    """The form behind `verification_uri`."""
    return pages.device("Enter the code that your device shows.")


def login(service: Service, asked: Asked) -> Reply:
    """The form, filled in."""
    try:
        form = oauth.form(asked)
        upn, _ = oauth.authenticated(service.site, form)
    except OAuthError as error:
        return pages.device(error.description, problem=True)
    if not service.site.store.sign_ins.approve(form.get("user_code", "").strip(), upn, service.site.now()):
        return pages.device("The code is not known, or out of date.", problem=True)
    return pages.done("You are signed in", "You are signed in. You may close this page.")
