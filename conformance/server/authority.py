"""The OAuth 2 authority of the site: access tokens for its accounts, and the documents that describe it (RFC 8414).

The one rule: a token says only what the site would say of the account; whoever wants a wrong one (expired, foreign, for
another audience) asks the management interface, in the open.
"""

from __future__ import annotations

import uuid
from typing import Any

from .jwts import public_jwk, sign
from .site import BROKER, RESOURCE, Site, Tenant

LIFETIME = 3600


def access_token(
    site: Site,
    tenant: Tenant,
    upn: str,
    *,
    audience: str = RESOURCE,
    client: str = BROKER,
    lifetime: float = LIFETIME,
) -> str:
    """A signed access token for one user; `lifetime` in seconds, negative for one that is already past its end."""
    now = int(site.now())
    started = min(now, now + int(lifetime)) - 60
    return sign(
        {
            "aud": audience,
            "iss": site.issuer(tenant.tenant_id),
            "iat": started,
            "nbf": started,
            "exp": now + int(lifetime),
            "appid": client,
            "oid": str(tenant.object_id(upn)),
            "scp": "self_service_device_delete",
            "sub": str(tenant.object_id(f"subject {upn}")),
            "tid": tenant.tenant_id,
            "upn": upn,
            "unique_name": upn,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        },
        site.keys.authority,
    )


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
        "grant_types_supported": ["password", "urn:ietf:params:oauth:grant-type:device_code"],
        "tenant_region_scope": tenant.region,
    }


def key_set(site: Site) -> dict[str, Any]:
    """The JWKS (RFC 7517 section 5): the one key that signs access tokens."""
    return {"keys": [public_jwk(site.keys.authority)]}
