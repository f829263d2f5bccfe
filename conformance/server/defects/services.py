"""Defects in what discovery says of single services (3.1), and in the names by which it knows a tenant."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .altering import discovered, good, is_discovery, refusing, replied
from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.server.asked import Asked, Reply
    from conformance.server.behaviour import Behaviour
    from conformance.server.site import Site, Tenant

_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def named(asked: Asked) -> str:
    """The tenant's name in the path of discovery, as it was sent."""
    return asked.target.split("/")[1]


def _less(honest: Behaviour, service: str, member: str | None = None) -> Behaviour:
    """The behaviour whose discovery answer lacks a service, or a member of it."""
    return discovered(honest, lambda all_: all_[service].pop(member) if member else all_.pop(service))


@defect(breaks={"discovery/unknown-tenant", "nonce/unknown-tenant"})
def takes_no_id_for_its_own(honest: Behaviour) -> Behaviour:
    """Answers for its first tenant when the tenant id is all zeros, as one that was never set is."""
    return _finding(honest, lambda name, _: name == str(uuid.UUID(int=0)))


def _finding(honest: Behaviour, like: Callable[[str, Tenant], bool]) -> Behaviour:
    """The behaviour that takes a name, in lower case, for that of the first tenant which it is like."""

    def find(site: Site, name: str) -> Tenant | None:
        found = next((one for one in site.tenants if like(name.lower(), one)), None)
        return found or honest.find_tenant(site, name)

    return replace(honest, find_tenant=find)


@defect(breaks={"discovery/unknown-domain", "nonce/unknown-domain"})
def compares_the_beginning_of_tenants(honest: Behaviour) -> Behaviour:
    """Takes a name that begins with a name of its tenant for that."""
    return _finding(honest, lambda name, tenant: name.startswith((tenant.tenant_id, tenant.domain)))


@defect(breaks={"discovery/unknown-domain", "nonce/unknown-domain"})
def compares_the_end_of_tenants(honest: Behaviour) -> Behaviour:
    """Takes a name that ends in the domain of its tenant for that."""
    return _finding(honest, lambda name, tenant: name.endswith(tenant.domain))


@defect(breaks={"discovery/unknown-domain", "nonce/unknown-domain"})
def finds_tenants_among_the_members_of_an_object(honest: Behaviour) -> Behaviour:
    """Looks tenants up in an object of JavaScript, which has members that are no tenants."""
    return _finding(honest, lambda name, _: name in {"constructor", "__proto__"})


@defect(breaks={"discovery/tenant-id"}, blinds=True)
def discovers_by_domain_only(honest: Behaviour) -> Behaviour:
    """Discovers a tenant by its domain names and knows no ids."""
    return refusing(honest, lambda asked: is_discovery(asked) and bool(_GUID.fullmatch(named(asked))), 404)


@defect(breaks={"discovery/tenant-forms-agree"})
def discovers_less_by_domain(honest: Behaviour) -> Behaviour:
    """Leaves a service out for who asks by domain name."""

    def less(reply: Reply) -> Reply:
        services = json.loads(reply.body)
        services.pop("BPLService", None)
        return replace(reply, body=json.dumps(services).encode())

    def by_domain(asked: Asked, reply: Reply) -> bool:
        return good(is_discovery)(asked, reply) and not _GUID.fullmatch(named(asked))

    return replied(honest, by_domain, less)


@defect(breaks={"discovery/tenant-id-case"})
def compares_tenant_ids_with_case(honest: Behaviour) -> Behaviour:
    """Knows the id of a tenant in lower-case digits only."""

    def other(asked: Asked) -> bool:
        return is_discovery(asked) and bool(_GUID.fullmatch(named(asked))) and named(asked) != named(asked).lower()

    return refusing(honest, other, 404)


@defect(breaks={"discovery/domain-name-case"})
def compares_domain_names_with_case(honest: Behaviour) -> Behaviour:
    """Knows the domain names of a tenant in lower-case letters only."""

    def other(asked: Asked) -> bool:
        return is_discovery(asked) and not _GUID.fullmatch(named(asked)) and named(asked) != named(asked).lower()

    return refusing(honest, other, 404)


@defect(breaks={"discovery/headers-accepted"})
def knows_two_parts_of_client_versions(honest: Behaviour) -> Behaviour:
    """Refuses discovery to a client whose version has more than two parts."""
    return refusing(
        honest,
        lambda asked: is_discovery(asked) and (asked.header("ocp-adrs-client-version") or "").count(".") > 1,
    )


@defect(breaks={"discovery/discovery-service"}, hides={"discovery/version-echo"})
def omits_itself(honest: Behaviour) -> Behaviour:
    """Leaves DiscoveryService out."""
    return _less(honest, "DiscoveryService")


@defect(breaks={"discovery/discovery-endpoint"})
def omits_its_own_endpoint(honest: Behaviour) -> Behaviour:
    """Leaves DiscoveryEndpoint out of DiscoveryService."""
    return _less(honest, "DiscoveryService", "DiscoveryEndpoint")


@defect(breaks={"discovery/join-service"}, blinds=True)
def omits_the_join_service(honest: Behaviour) -> Behaviour:
    """Leaves DeviceJoinService out."""
    return _less(honest, "DeviceJoinService")


@defect(breaks={"discovery/join-endpoint"}, blinds=True)
def omits_the_join_endpoint(honest: Behaviour) -> Behaviour:
    """Leaves JoinEndpoint out of DeviceJoinService."""
    return _less(honest, "DeviceJoinService", "JoinEndpoint")


@defect(breaks={"discovery/join-service-version"})
def omits_the_version_of_joins(honest: Behaviour) -> Behaviour:
    """Leaves ServiceVersion out of DeviceJoinService."""
    return _less(honest, "DeviceJoinService", "ServiceVersion")


@defect(breaks={"discovery/device-management-service-members"})
def omits_the_management_endpoint(honest: Behaviour) -> Behaviour:
    """Leaves DeviceManagementEndpoint out of DeviceManagementService."""
    return _less(honest, "DeviceManagementService", "DeviceManagementEndpoint")


@defect(breaks={"discovery/msa-provider-data-members"})
def omits_the_site_of_accounts(honest: Behaviour) -> Behaviour:
    """Leaves SiteId out of MsaProviderData."""
    return _less(honest, "MsaProviderData", "SiteId")


@defect(breaks={"discovery/precreate-endpoint"})
def omits_the_precreate_endpoint(honest: Behaviour) -> Behaviour:
    """Leaves PrecreateEndpoint out of PrecreateService."""
    return _less(honest, "PrecreateService", "PrecreateEndpoint")


@defect(breaks={"discovery/precreate-service-version"})
def omits_the_version_of_precreation(honest: Behaviour) -> Behaviour:
    """Leaves ServiceVersion out of PrecreateService."""
    return _less(honest, "PrecreateService", "ServiceVersion")


@defect(breaks={"discovery/tenant-info-members"})
def omits_the_name_people_read(honest: Behaviour) -> Behaviour:
    """Leaves DisplayName out of TenantInfo."""
    return _less(honest, "TenantInfo", "DisplayName")


@defect(breaks={"discovery/nonce-service"})
def omits_the_nonce_service(honest: Behaviour) -> Behaviour:
    """Leaves NonceService out."""
    return _less(honest, "NonceService")


@defect(breaks={"discovery/nonce-endpoint"})
def omits_the_nonce_endpoint(honest: Behaviour) -> Behaviour:
    """Leaves Endpoint out of NonceService."""
    return _less(honest, "NonceService", "Endpoint")


@defect(breaks={"discovery/nonce-service-version"})
def omits_the_version_of_nonces(honest: Behaviour) -> Behaviour:
    """Leaves ServiceVersion out of NonceService."""
    return _less(honest, "NonceService", "ServiceVersion")


@defect(breaks={"discovery/resource-id-form"})
def names_resources_by_url(honest: Behaviour) -> Behaviour:
    """Writes its resource id as a URL."""

    def by_url(services: dict[str, Any]) -> None:
        for members in services.values():
            for name in members:
                if name.endswith("ResourceId"):
                    members[name] = "https://drs.example/"

    return discovered(honest, by_url)


@defect(breaks={"discovery/url-scheme"})
def names_an_endpoint_without_tls(honest: Behaviour) -> Behaviour:
    """Names an endpoint by a scheme that is neither https nor its own."""
    return discovered(honest, _rbac(lambda url: "ws" + url[url.index(":") :]))


def _rbac(change: Callable[[str], str]) -> Callable[[dict[str, Any]], object]:
    def changed(services: dict[str, Any]) -> None:
        service = services["AzureRbacService"]
        service["RbacPolicyEndpoint"] = change(service["RbacPolicyEndpoint"])

    return changed
