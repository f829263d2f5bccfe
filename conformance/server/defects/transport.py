"""Defects of what all of it goes over: the connection that TLS is to keep (sections 2.1 and 3.3; RFC 8996)."""

from __future__ import annotations

import ssl
from dataclasses import replace
from typing import Any

from conformance.server.behaviour import Behaviour
from conformance.server.site import Site, Tenant

from .registry import defect


@defect(breaks={"join-service/tls-version"}, tls=True)
def speaks_old_tls(honest: Behaviour) -> Behaviour:
    """Agrees to TLS 1.0 and 1.1 with a client that offers nothing newer."""
    return replace(honest, oldest_tls=ssl.TLSVersion.TLSv1)


@defect(breaks={"join-service/tls", "discovery/url-scheme"}, blinds=True, tls=True)
def joins_in_the_clear(honest: Behaviour) -> Behaviour:
    """Is discovered over TLS, and names a JoinEndpoint that is not."""

    def document(site: Site, tenant: Tenant, version: str) -> dict[str, Any]:
        services = honest.discovery_document(site, tenant, version)
        join = services["DeviceJoinService"]
        plain = join["JoinEndpoint"].replace("https:", "http:", 1)
        return services | {"DeviceJoinService": join | {"JoinEndpoint": plain}}

    return replace(honest, discovery_document=document)
