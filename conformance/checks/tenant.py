"""Who a discovery answer (3.1) speaks of: the tenant and the version that were asked for, by whichever name.

The one rule: what the answer does not say is not judged; whether it had to is for `checks.discovery`.
"""

from __future__ import annotations

from conformance.checks import discovery, schema
from conformance.checks.again import recorded
from conformance.checks.formats import shown
from conformance.checks.judgement import Finding, Judgement, Notes
from conformance.codec import guid
from conformance.errors import DecodeError
from conformance.exchange import Exchange


@recorded
def version(exchange: Exchange, asked: str) -> Judgement:
    """The answer is of the version asked for; nothing is said where it names none."""
    notes = Notes()
    service = (discovery.services(exchange) or {}).get("DiscoveryService")
    named = service.get("ServiceVersion") if isinstance(service, dict) else None
    if isinstance(named, str):
        problem = f"is {shown(named)} in the answer to api-version={asked}"
        notes.hold("discovery/version-echo", named == asked, problem, "/DiscoveryService/ServiceVersion")
    return notes.judgement()


@recorded
def tenant(exchange: Exchange, tenant_id: str | None) -> Judgement:
    """TenantInfo.TenantId is a GUID, that of the tenant addressed where `tenant_id` says which that is."""
    notes = Notes()
    named = tenant_info(exchange, "TenantId")
    if named is not None:
        right = is_guid(named) and (tenant_id is None or named.lower() == tenant_id.lower())
        problem = (
            f"is {shown(named)}, and the tenant asked for is {tenant_id}"
            if tenant_id
            else f"is {shown(named)}, no GUID"
        )
        notes.hold("discovery/tenant-info-id", right, problem, "/TenantInfo/TenantId")
    return notes.judgement()


def tenant_info(exchange: Exchange, member: str) -> str | None:
    """A string of TenantInfo; None where there is none."""
    info = (discovery.services(exchange) or {}).get("TenantInfo")
    value = info.get(member) if isinstance(info, dict) else None
    return value if isinstance(value, str) else None


@recorded
def agree(by_id: Exchange, by_domain: Exchange) -> Judgement:
    """The answers for both names of a tenant hold the same services, and the same tenant id where they have one."""
    one, other = discovery.services(by_id), discovery.services(by_domain)
    if not one or not other:
        return Judgement()
    id_ = "discovery/tenant-forms-agree"
    found = [
        Finding(
            id_, f"{name} is in the answer for the {there} and not in that for the {missing}", f"/{schema.step(name)}"
        )
        for there, missing, more, less in (("id", "domain name", one, other), ("domain name", "id", other, one))
        for name in sorted(more.keys() - less.keys())[:3]
    ]
    ids = [tenant_info(exchange, "TenantId") for exchange in (by_id, by_domain)]
    if None not in ids and str(ids[0]).lower() != str(ids[1]).lower():
        found.append(
            Finding(id_, f"is {shown(ids[0])} for the id, {shown(ids[1])} for the domain name", "/TenantInfo/TenantId")
        )
    return Judgement(frozenset({id_}), tuple(found))


def is_guid(text: str) -> bool:
    """Whether a text is a GUID (RFC 9562 4)."""
    try:
        guid.decode(text)
    except DecodeError:
        return False
    return True


def is_domain_name(text: str) -> bool:
    """Whether a text could be a domain name (RFC 1123 2.1), international letters allowed."""
    labels = text.removesuffix(".").split(".")
    return len(text) <= 253 and all(  # noqa: PLR2004 - RFC 1035 2.3.4
        0 < len(label) <= 63 and label.replace("-", "").replace("_", "").isalnum()  # noqa: PLR2004 - the same
        for label in labels
    )
