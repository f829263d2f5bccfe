"""The OAuth 2 authority of the site: access tokens for its accounts, and the documents that describe it (RFC 8414).

The one rule: a token says only what the site would say of the account; whoever wants a wrong one (expired, foreign, for
another audience) asks the management interface, in the open.
"""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

from .jwts import public_jwk, sign
from .redirects import MODES
from .site import BROKER, RESOURCE, Site, Tenant

LIFETIME = 3600
GRANTS = ("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code", "password")


def access_token(
    site: Site,
    tenant: Tenant,
    upn: str,
    *,
    audience: str = RESOURCE,
    client: str = BROKER,
    lifetime: float = LIFETIME,
    begins: float = 0.0,
) -> str:
    """A signed access token for one user; `lifetime` in seconds, negative for one that is already past its end.

    It is good from `begins` on, in seconds from now: more than 0 for one that is not good yet.
    """
    now = int(site.now())
    first = now + int(begins)
    started = min(now, now + int(lifetime)) - 60
    return sign(
        {
            "amr": ["pwd"],
            "aud": audience,
            "iss": site.issuer(tenant.tenant_id),
            "iat": started,
            "nbf": first if begins > 0 else started,
            "exp": first + int(lifetime),
            "appid": client,
            "name": _name(upn),
            "oid": str(tenant.object_id(upn)),
            "scp": "self_service_device_delete",
            "sub": _subject(tenant, upn),
            "tid": tenant.tenant_id,
            "upn": upn,
            "unique_name": upn,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        },
        site.keys.authority,
    )


def id_token(site: Site, tenant: Tenant, upn: str, client: str, nonce: str) -> str:
    """Who signed in, for the client itself (OpenID Connect Core 2); `nonce` is that of its request, "" without one."""
    now = int(site.now())
    claims = {
        "aud": client,
        "iss": site.issuer(tenant.tenant_id),
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "name": _name(upn),
        "oid": str(tenant.object_id(upn)),
        "preferred_username": upn,
        "sub": _subject(tenant, upn),
        "tid": tenant.tenant_id,
        "upn": upn,
        "ver": "1.0",
    }
    return sign(claims | ({"nonce": nonce} if nonce else {}), site.keys.authority)


def client_info(tenant: Tenant, upn: str) -> str:
    """What Microsoft's libraries know an account by: the user's and the tenant's ids, base64url of JSON."""
    told = json.dumps({"uid": str(tenant.object_id(upn)), "utid": tenant.tenant_id})
    return base64.urlsafe_b64encode(told.encode()).rstrip(b"=").decode("ascii")


def _name(upn: str) -> str:
    return upn.partition("@")[0]


def _subject(tenant: Tenant, upn: str) -> str:
    return str(tenant.object_id(f"subject {upn}"))


def metadata(site: Site, tenant: Tenant, version: str = "") -> dict[str, Any]:
    """The OpenID provider metadata of a tenant; `version` is "" or "v2.0"."""
    oauth = f"{site.url}/{tenant.tenant_id}/oauth2" + (f"/{version}" if version else "")
    return {
        "issuer": site.issuer(tenant.tenant_id),
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": f"{oauth}/token",
        "device_authorization_endpoint": f"{oauth}/devicecode",
        "jwks_uri": f"{site.url}/{tenant.tenant_id}/discovery/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "response_modes_supported": list(MODES),
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": list(GRANTS),
        "scopes_supported": ["openid", "profile", "offline_access"],
        "tenant_region_scope": tenant.region,
    }


def key_set(site: Site) -> dict[str, Any]:
    """The JWKS (RFC 7517 section 5): the one key that signs access tokens."""
    return {"keys": [public_jwk(site.keys.authority)]}
