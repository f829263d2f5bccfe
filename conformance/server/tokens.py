"""Bearer tokens: what a token has to say before its bearer may register a device (3.3; RFC 6750; RFC 7519).

The one rule: a signature, once verified, stays verified and is remembered; every claim is judged again on every
request, so that an expired token is refused in the second it expires.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from .jwts import Untrusted, verified
from .refusal import Refusal, unauthorized
from .rules import Rules
from .site import BROKER, RESOURCE, Site, Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .asked import Asked

REMEMBERED = 512
LEEWAY = 0.0


@dataclass(frozen=True, slots=True)
class TokenCase:
    """Verified claims, to be judged: by which site, and when (seconds since the epoch)."""

    claims: Mapping[str, Any]
    site: Site
    now: float


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: the tenant, the user's principal name and object id (a GUID)."""

    tenant: Tenant
    upn: str
    object_id: str


def bearer(asked: Asked) -> str:
    """The token of the Authorization header (RFC 6750, 2.1); the scheme is compared without case (RFC 9110, 11.1)."""
    values = asked.all("authorization")
    if not values or not values[0].strip():
        raise unauthorized("The request has no bearer token in its Authorization header.", error="")
    if len(values) > 1:
        raise Refusal("The request has more than one Authorization header.")
    scheme, _, token = values[0].partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorized("The Authorization header is not of the Bearer scheme.", error="")
    if not token.strip(" "):
        raise unauthorized("The Authorization header has no token after Bearer.", error="")
    return token.strip(" ")


class TokenReader:
    """Reads the claims of tokens that the authority's key signed; remembers `REMEMBERED` of them, each by its text."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def __call__(self, token: str, site: Site) -> Mapping[str, Any]:
        """The verified claims; Refusal (401) when the token is not one of this site's authority."""
        claims = self._known.get(token)
        if claims is None:
            try:
                claims = verified(token, site.keys.authority)
            except Untrusted as problem:
                raise unauthorized(f"The bearer token is refused: {problem}.") from None
            self._known[token] = claims
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return claims


def _expiry(case: TokenCase) -> None:
    expires = case.claims.get("exp")
    if not _is_time(expires):
        raise unauthorized("The bearer token has no expiry (exp).")
    if case.now >= expires + LEEWAY:
        raise unauthorized("The bearer token is past its expiry (exp).")


def _not_before(case: TokenCase) -> None:
    start = case.claims.get("nbf", 0)
    if not _is_time(start):
        raise unauthorized("The bearer token's nbf is not a time.")
    if case.now < start - LEEWAY:
        raise unauthorized("The bearer token is not valid yet (nbf).")


def _issuer(case: TokenCase) -> None:
    if case.claims.get("iss") != case.site.issuer(str(case.claims.get("tid"))):
        raise unauthorized("The bearer token's issuer (iss) is not this tenant's authority.")


def _tenant(case: TokenCase) -> None:
    tid = case.claims.get("tid")
    if not isinstance(tid, str) or tid not in {tenant.tenant_id for tenant in case.site.tenants}:
        raise unauthorized("The bearer token's tenant (tid) is not served here.")


def _audience(case: TokenCase) -> None:
    named = case.claims.get("aud")
    audiences = named if isinstance(named, list) else [named]
    if RESOURCE not in audiences and case.site.resource not in audiences:
        raise unauthorized("The bearer token's audience (aud) is not the device registration service.")


def _client(case: TokenCase) -> None:
    if case.claims.get("appid") != BROKER:
        raise unauthorized("The bearer token's client (appid) is not the authentication broker.")


def _user(case: TokenCase) -> None:
    if not all(isinstance(case.claims.get(name), str) and case.claims[name] for name in ("upn", "oid")):
        raise unauthorized("The bearer token names no user (upn, oid).")


def _is_time(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


TOKEN_RULES: Rules[TokenCase] = Rules.of(
    expiry=_expiry,
    not_before=_not_before,
    tenant=_tenant,
    issuer=_issuer,
    audience=_audience,
    client=_client,
    user=_user,
)


def caller(claims: Mapping[str, Any], site: Site) -> Caller:
    """The bearer, as far as the claims tell; Refusal when they name no tenant served here."""
    tenant = site.tenant(str(claims.get("tid")))
    if tenant is None:
        raise Refusal("The bearer token's tenant is not served here.", status=401)
    return Caller(tenant, str(claims.get("upn", "")), str(claims.get("oid", "")))
