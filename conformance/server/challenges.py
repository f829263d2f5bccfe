"""Pre-authorised join challenges (2.1.1.1.1): JWTs that this site signs, and takes back once.

The one rule: a challenge is bound to a tenant and to this site, ends, and is spent with the device it brings. Its
claims are the site's own: nothing about them is published, and a client treats the JWT as opaque.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .jwts import Untrusted, sign, verified
from .refusal import Refusal
from .rules import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .site import Site, Tenant

LIFETIME = 3600.0
KIND = "pre-authorized-join+jwt"
MEMBER = "PreAuthorizedJoinChallenge"


@dataclass(frozen=True, slots=True)
class ChallengeCase:
    """Verified claims of a challenge, to be judged: for which tenant's endpoint, and when."""

    claims: Mapping[str, Any]
    tenant: Tenant
    site: Site
    now: float


def challenge(site: Site, tenant: Tenant, lifetime: float = LIFETIME) -> str:
    """A new challenge for one device of the tenant; `lifetime` in seconds."""
    now = int(site.now())
    claims = {
        "iss": site.url,
        "aud": site.resource,
        "tid": tenant.tenant_id,
        "iat": now,
        "exp": now + int(lifetime),
        "jti": secrets.token_urlsafe(16),
    }
    return sign(claims, site.keys.challenge, KIND)


def read_challenge(text: str, site: Site) -> Mapping[str, Any]:
    """The claims of a challenge that this site signed; Refusal otherwise."""
    try:
        return verified(text, site.keys.challenge, KIND)
    except Untrusted as problem:
        raise _refusal(f"is refused: {problem}") from None


def _site(case: ChallengeCase) -> None:
    if case.claims.get("iss") != case.site.url or case.claims.get("aud") != case.site.resource:
        raise _refusal("is of another service")


def _tenant(case: ChallengeCase) -> None:
    if case.claims.get("tid") != case.tenant.tenant_id:
        raise _refusal("is another tenant's")


def _expiry(case: ChallengeCase) -> None:
    expires = case.claims.get("exp")
    if not isinstance(expires, int) or case.now >= expires:
        raise _refusal("is past its expiry (exp)")


def _unspent(case: ChallengeCase) -> None:
    jti = case.claims.get("jti")
    if not isinstance(jti, str) or case.site.store.challenge_spent(jti):
        raise _refusal("was used before")


def spent() -> Refusal:
    """The refusal of a challenge that was used."""
    return _refusal("was used before")


def _refusal(problem: str) -> Refusal:
    return Refusal(f"{MEMBER} {problem}.", subcode="error_invalid_challenge")


CHALLENGE_RULES: Rules[ChallengeCase] = Rules.of(site=_site, tenant=_tenant, expiry=_expiry, unspent=_unspent)
