"""Discovery (3.1) and the nonce service (3.2): neither asks for a token, both know a tenant by id and by domain."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from conformance.server.asked import Asked, Reply
from conformance.server.nonces import digest

if TYPE_CHECKING:
    from .service import Service


def discover(service: Service, asked: Asked) -> Reply:
    """The services of a tenant, in the api-version asked for."""
    version = service.version(asked, "Discover")
    tenant = service.tenant(asked)
    return Reply.of(service.behaviour.discovery_document(service.site, tenant, version))


def nonce(service: Service, asked: Asked) -> Reply:
    """A new nonce of a tenant."""
    service.version(asked, "Nonce")
    tenant = service.tenant(asked)
    behaviour, site = service.behaviour, service.site
    value, now = behaviour.nonce_value(site, tenant), site.now()
    site.store.add_nonce(digest(value), tenant.tenant_id, now, now + behaviour.nonce_lifetime)
    return Reply.of(behaviour.nonce_document(value, uuid.uuid4(), now))
