"""Defects in discovery (3.1): how a tenant is found, and what of its services is said."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.server.refusal import Refusal, unauthorized

from .altering import asking, discovered, good, in_array, is_discovery, is_nonce, name_twice, replied, with_header
from .registry import defect

if TYPE_CHECKING:
    from conformance.server.asked import Asked
    from conformance.server.behaviour import Behaviour
    from conformance.server.site import Site, Tenant


def _is_guid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name.lower()
    except ValueError:
        return False


@defect(breaks={"discovery/unknown-tenant", "nonce/unknown-tenant"})
def takes_unknown_ids_for_its_own(honest: Behaviour) -> Behaviour:
    """Answers for its first tenant when it does not know the tenant id."""

    def find(site: Site, name: str) -> Tenant | None:
        return honest.find_tenant(site, name) or (site.tenants[0] if _is_guid(name) else None)

    return replace(honest, find_tenant=find)


@defect(breaks={"discovery/unknown-domain", "nonce/unknown-domain"})
def takes_unknown_domains_for_its_own(honest: Behaviour) -> Behaviour:
    """Answers for its first tenant when it does not know the domain name."""

    def find(site: Site, name: str) -> Tenant | None:
        return honest.find_tenant(site, name) or (site.tenants[0] if name.endswith(".invalid") else None)

    return replace(honest, find_tenant=find)


@defect(breaks={"discovery/malformed-tenant", "nonce/malformed-tenant"})
def takes_anything_for_a_tenant(honest: Behaviour) -> Behaviour:
    """Answers for its first tenant when the path names neither a tenant id nor a domain name."""

    def find(site: Site, name: str) -> Tenant | None:
        odd = not _is_guid(name) and not name.endswith(".invalid")
        return honest.find_tenant(site, name) or (site.tenants[0] if odd else None)

    return replace(honest, find_tenant=find)


@defect(breaks={"discovery/domain-name"}, blinds=True)
def discovers_by_id_only(honest: Behaviour) -> Behaviour:
    """Discovers a tenant by its id and knows no domain names."""

    def only_ids(asked: Asked) -> Asked:
        if is_discovery(asked) and not _is_guid(asked.path.split("/")[1]):
            raise Refusal("There is no such tenant.", status=404)
        return asked

    return asking(honest, only_ids)


@defect(breaks={"discovery/unknown-version"})
def discovers_in_versions_to_come(honest: Behaviour) -> Behaviour:
    """Takes every number for an api-version of discovery that it speaks."""

    def accept(asked: Asked, known: tuple[str, ...]) -> str:
        given = asked.argument("api-version")
        numeric = is_discovery(asked) and len(given) == 1 and given[0].replace(".", "").isdigit()
        return given[0] if numeric else honest.accept_version(asked, known)

    return replace(honest, accept_version=accept)


@defect(breaks={"discovery/malformed-version"})
def discovers_in_no_version(honest: Behaviour) -> Behaviour:
    """Takes a word for an api-version of discovery, and answers in its oldest."""

    def accept(asked: Asked, known: tuple[str, ...]) -> str:
        given = asked.argument("api-version")
        word = is_discovery(asked) and len(given) == 1 and not given[0][:1].isdigit()
        return known[0] if word else honest.accept_version(asked, known)

    return replace(honest, accept_version=accept)


@defect(breaks={"discovery/no-token"}, blinds=True)
def asks_for_a_token_before_discovery(honest: Behaviour) -> Behaviour:
    """Discovers nothing without a token."""

    def with_token(asked: Asked) -> Asked:
        if is_discovery(asked) and asked.header("authorization") is None:
            raise unauthorized("The request has no bearer token.", error="")
        return asked

    return asking(honest, with_token)


@defect(breaks={"discovery/other-methods"})
def discovers_by_any_method(honest: Behaviour) -> Behaviour:
    """Takes every method of discovery for a GET."""
    return asking(honest, lambda asked: replace(asked, method="GET") if is_discovery(asked) else asked)


@defect(breaks={"discovery/allow", "nonce/allow"})
def names_no_allowed_method(honest: Behaviour) -> Behaviour:
    """Answers 405 to other methods than GET and does not say which would do."""
    return replied(honest, lambda asked, _: is_discovery(asked) or is_nonce(asked), with_header("Allow", None))


@defect(breaks={"discovery/status"}, blinds=True)
def discovers_with_201(honest: Behaviour) -> Behaviour:
    """Answers successful discovery with 201."""
    return replied(honest, good(is_discovery), lambda reply: replace(reply, status=201))


@defect(breaks={"discovery/media-type"})
def discovers_as_text(honest: Behaviour) -> Behaviour:
    """Sends the services as text/plain."""
    return replied(honest, good(is_discovery), with_header("Content-Type", "text/plain"))


@defect(breaks={"discovery/unique-names"})
def discovers_a_name_twice(honest: Behaviour) -> Behaviour:
    """Has a service twice in its answer, the first time as null."""
    return replied(honest, good(is_discovery), name_twice)


@defect(breaks={"discovery/json"}, blinds=True)
def discovers_in_an_array(honest: Behaviour) -> Behaviour:
    """Puts the object of services into an array."""
    return replied(honest, good(is_discovery), in_array)


@defect(breaks={"discovery/version-echo"})
def discovers_in_its_own_version(honest: Behaviour) -> Behaviour:
    """Answers in version 1.0 whatever version was asked for."""
    return discovered(honest, lambda all_: all_["DiscoveryService"].update(ServiceVersion="1.0"))


@defect(breaks={"discovery/discovery-endpoint-served"})
def names_a_dead_discovery_endpoint(honest: Behaviour) -> Behaviour:
    """Names a discovery endpoint where nothing is served."""
    return discovered(
        honest,
        lambda all_: all_["DiscoveryService"].update(DiscoveryEndpoint=all_["WebAuthNService"]["WebAuthNEndpoint"]),
    )


@defect(breaks={"discovery/discovery-service-version"}, hides={"discovery/version-echo"})
def omits_the_version_of_discovery(honest: Behaviour) -> Behaviour:
    """Leaves ServiceVersion out of DiscoveryService."""
    return discovered(honest, lambda all_: all_["DiscoveryService"].pop("ServiceVersion"))


@defect(breaks={"discovery/authentication-service"})
def omits_the_authentication_service(honest: Behaviour) -> Behaviour:
    """Does not say where tokens come from."""
    return discovered(honest, lambda all_: all_.pop("AuthenticationService"))


@defect(breaks={"discovery/token-endpoint"})
def omits_the_token_endpoint(honest: Behaviour) -> Behaviour:
    """Leaves TokenEndpoint out of AuthenticationService."""
    return discovered(honest, lambda all_: all_["AuthenticationService"]["OAuth2"].pop("TokenEndpoint"))


@defect(breaks={"discovery/auth-code-endpoint"})
def omits_the_code_endpoint(honest: Behaviour) -> Behaviour:
    """Leaves AuthCodeEndpoint out of AuthenticationService."""
    return discovered(honest, lambda all_: all_["AuthenticationService"]["OAuth2"].pop("AuthCodeEndpoint"))


@defect(breaks={"discovery/registration-service"})
def omits_the_registration_service(honest: Behaviour) -> Behaviour:
    """Leaves DeviceRegistrationService out."""
    return discovered(honest, lambda all_: all_.pop("DeviceRegistrationService"))


@defect(breaks={"discovery/registration-service-members"})
def omits_the_registration_endpoint(honest: Behaviour) -> Behaviour:
    """Leaves RegistrationEndpoint out of DeviceRegistrationService."""
    return discovered(honest, lambda all_: all_["DeviceRegistrationService"].pop("RegistrationEndpoint"))


@defect(breaks={"discovery/federated"})
def says_federated_in_a_word(honest: Behaviour) -> Behaviour:
    """Has Federated as the text "False"."""
    return discovered(honest, lambda all_: all_["IdentityProviderService"].update(Federated="False"))


@defect(breaks={"discovery/passive-auth-endpoint"})
def omits_the_passive_endpoint(honest: Behaviour) -> Behaviour:
    """Leaves PassiveAuthEndpoint out of IdentityProviderService."""
    return discovered(honest, lambda all_: all_["IdentityProviderService"].pop("PassiveAuthEndpoint"))


@defect(breaks={"discovery/join-resource-id"})
def omits_the_join_resource(honest: Behaviour) -> Behaviour:
    """Leaves JoinResourceId out of DeviceJoinService."""
    return discovered(honest, lambda all_: all_["DeviceJoinService"].pop("JoinResourceId"))


@defect(breaks={"discovery/key-provisioning-service-members"})
def omits_the_key_resource(honest: Behaviour) -> Behaviour:
    """Leaves KeyProvisionResourceId out of KeyProvisioningService."""
    return discovered(honest, lambda all_: all_["KeyProvisioningService"].pop("KeyProvisionResourceId"))


@defect(breaks={"discovery/webauthn-service-members"})
def omits_the_webauthn_version(honest: Behaviour) -> Behaviour:
    """Leaves ServiceVersion out of WebAuthNService."""
    return discovered(honest, lambda all_: all_["WebAuthNService"].pop("ServiceVersion"))


@defect(breaks={"discovery/precreate-resource-id"})
def omits_the_precreate_resource(honest: Behaviour) -> Behaviour:
    """Leaves PrecreateResourceId out of PrecreateService."""
    return discovered(honest, lambda all_: all_["PrecreateService"].pop("PrecreateResourceId"))


@defect(breaks={"discovery/nonce-resource-id"})
def omits_the_nonce_resource(honest: Behaviour) -> Behaviour:
    """Leaves ResourceId out of NonceService."""
    return discovered(honest, lambda all_: all_["NonceService"].pop("ResourceId"))


@defect(breaks={"discovery/join-resource-service-members"})
def omits_the_endpoint_of_resources(honest: Behaviour) -> Behaviour:
    """Leaves Endpoint out of DeviceJoinResourceService."""
    return discovered(honest, lambda all_: all_["DeviceJoinResourceService"].pop("Endpoint"))


@defect(breaks={"discovery/bpl-service-members"})
def omits_the_bpl_principal(honest: Behaviour) -> Behaviour:
    """Leaves BPLProxyServicePrincipalId out of BPLService."""
    return discovered(honest, lambda all_: all_["BPLService"].pop("BPLProxyServicePrincipalId"))


@defect(breaks={"discovery/azure-rbac-service-members"})
def omits_the_rbac_endpoint(honest: Behaviour) -> Behaviour:
    """Leaves RbacPolicyEndpoint out of AzureRbacService."""
    return discovered(honest, lambda all_: all_["AzureRbacService"].clear())


@defect(breaks={"discovery/tenant-info"})
def omits_the_tenant(honest: Behaviour) -> Behaviour:
    """Leaves TenantInfo out."""
    return discovered(honest, lambda all_: all_.pop("TenantInfo"))


@defect(breaks={"discovery/tenant-info-id"})
def names_another_tenant(honest: Behaviour) -> Behaviour:
    """Names a tenant in TenantInfo that was not asked for."""
    return discovered(honest, lambda all_: all_["TenantInfo"].update(TenantId=str(uuid.uuid5(uuid.NAMESPACE_DNS, "x"))))


@defect(breaks={"discovery/tenant-info-name"})
def names_an_unknown_domain(honest: Behaviour) -> Behaviour:
    """Names a domain in TenantInfo that it does not know itself."""
    return discovered(honest, lambda all_: all_["TenantInfo"].update(TenantName="elsewhere.example"))


@defect(breaks={"discovery/version-form"})
def writes_versions_as_words(honest: Behaviour) -> Behaviour:
    """Writes the version of a service as `v1`."""
    return discovered(honest, lambda all_: all_["BPLService"].update(ServiceVersion="v1"))


@defect(breaks={"discovery/resource-ids-agree"})
def names_two_resources(honest: Behaviour) -> Behaviour:
    """Names another resource for one service than for the rest."""
    return discovered(honest, lambda all_: all_["BPLService"].update(BPLResourceId="urn:ms-drs:other.example"))


@defect(breaks={"discovery/url-absolute"})
def names_a_relative_endpoint(honest: Behaviour) -> Behaviour:
    """Names an endpoint by its path alone."""
    return discovered(honest, lambda all_: all_["AzureRbacService"].update(RbacPolicyEndpoint="/rbac/"))


@defect(breaks={"discovery/url-placeholders"})
def leaves_a_placeholder(honest: Behaviour) -> Behaviour:
    """Names an endpoint with `{tenantId}` never filled in."""

    def unfilled(services: dict[str, dict[str, str]]) -> None:
        service = services["WebAuthNService"]
        service["WebAuthNEndpoint"] = service["WebAuthNEndpoint"].rsplit("/", 2)[0] + "/{tenantId}/"

    return discovered(honest, unfilled)
