"""Defects in discovery (3.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .registry import defect

if TYPE_CHECKING:
    from conformance.server.behaviour import Behaviour
    from conformance.server.site import Site, Tenant


@defect(breaks={"discovery/url-placeholders"})
def leaves_a_placeholder(honest: Behaviour) -> Behaviour:
    """Names an endpoint with `{tenantId}` never filled in."""

    def document(site: Site, tenant: Tenant, version: str) -> dict[str, Any]:
        services = honest.discovery_document(site, tenant, version)
        endpoint = f"{site.url}/webauthn/{{tenantId}}/"
        return {**services, "WebAuthNService": {**services["WebAuthNService"], "WebAuthNEndpoint": endpoint}}

    return replace(honest, discovery_document=document)
