"""The management interface (as pebble has one): tokens, challenges and nonces on request, right ones and wrong ones.

The one rule: it is for tests, it is no part of DRS, and it says so in its path, `/management/`. Whoever reaches this
server on loopback owns it; nothing here is for a server that others depend on.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from conformance.server import authority, challenges, nonces
from conformance.server.asked import Asked, Reply
from conformance.server.refusal import Refusal
from conformance.server.site import BROKER, RESOURCE, Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .service import Service

LIMIT = 10 * 366 * 86400


def challenge(service: Service, asked: Asked) -> Reply:
    """A fresh challenge; members `tenant` (id or domain, also one not served here) and `lifetime` (seconds)."""
    wanted = _wanted(service, asked)
    lifetime = _seconds(wanted, "lifetime", challenges.LIFETIME)
    return Reply.of({"challenge": challenges.challenge(service.site, _tenant(service, wanted), lifetime)})


def nonce(service: Service, asked: Asked) -> Reply:
    """A nonce of `tenant`, good for `lifetime` (seconds); a negative one gives a nonce whose time is over."""
    wanted = _wanted(service, asked)
    site, tenant, now = service.site, _tenant(service, wanted), service.site.now()
    value = nonces.nonce_value(site, tenant)
    lifetime = _seconds(wanted, "lifetime", nonces.LIFETIME)
    site.store.add_nonce(nonces.digest(value), tenant.tenant_id, now, now + lifetime)
    return Reply.of({"nonce": value})


def token(service: Service, asked: Asked) -> Reply:
    """A token with `tenant`, `audience`, `client` and `upn` as asked for.

    It is good for `lifetime` (seconds, may be negative), from `begins` (seconds from now, 0 if not given).
    """
    wanted = _wanted(service, asked)
    tenant = _tenant(service, wanted)
    minted = authority.access_token(
        service.site,
        tenant,
        _text(wanted, "upn", f"user@{tenant.domain}"),
        audience=_text(wanted, "audience", RESOURCE),
        client=_text(wanted, "client", BROKER),
        lifetime=_seconds(wanted, "lifetime", authority.LIFETIME),
        begins=_seconds(wanted, "begins", 0),
    )
    return Reply.of({"token": minted})


def state(service: Service, _asked: Asked) -> Reply:
    """How many devices are registered, so that a test can see that a refused join left nothing behind."""
    return Reply.of({"devices": service.site.store.devices()})


def device(service: Service, asked: Asked) -> Reply:
    """What is known of one device, by its id: how the server understood the request that made it."""
    known = service.site.store.device(asked.params["device"])
    if known is None:
        raise Refusal("No device has this id.", status=404, subcode="error_missing_device")
    told = {name: getattr(known, name) for name in ("device_id", "tenant", "upn", "display_name", "device_type")}
    told |= {"os_version": known.os_version, "join_type": known.join_type, "shared": bool(known.shared)}
    return Reply.of({**told, "thumbprint": known.thumbprint, "created": known.created})


def health(service: Service, _asked: Asked) -> Reply:
    """Whether requests can be served: what is remembered can be read and written."""
    service.site.store.check()
    return Reply.of({"status": "ok"})


def _wanted(service: Service, asked: Asked) -> Mapping[str, Any]:
    return service.json_object(asked) if asked.body else {}


def _text(wanted: Mapping[str, Any], name: str, default: str) -> str:
    value = wanted.get(name, default)
    if not isinstance(value, str):
        raise Refusal(f"{name} must be a string.")
    return value


def _seconds(wanted: Mapping[str, Any], name: str, default: float) -> float:
    value = wanted.get(name, default)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or abs(value) > LIMIT:
        raise Refusal(f"{name} must be a number of seconds, at most {LIMIT} either way.")
    return float(value)


def _tenant(service: Service, wanted: Mapping[str, Any]) -> Tenant:
    """A tenant served here, or one made up from a GUID, so that foreign tokens can be had."""
    named = _text(wanted, "tenant", service.site.tenants[0].tenant_id)
    if (known := service.site.tenant(named)) is not None:
        return known
    try:
        return Tenant(str(uuid.UUID(named)), "foreign.example", "Foreign")
    except ValueError:
        raise Refusal("tenant must be a GUID or a domain name of this server.") from None
