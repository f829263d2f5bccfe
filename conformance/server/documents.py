"""The JSON of the answers: discovery (3.1), nonce (3.2), join (2.1.1.1.2), key provisioning (MS-KPP).

The one rule: every name and every order of members is the document's, the scan's damage repaired (corrections), and
every URL is one of this server.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from conformance.codec import base64, sid

if TYPE_CHECKING:
    from .case import Joined
    from .site import Site, Tenant

ADMINISTRATORS = "S-1-5-32-544"
ROLES = ("Global Administrator", "Azure AD Joined Device Local Administrator")
REGISTERED = 4
SITE_ID = (
    "b8456c59-1230-44c7-a4a2-99b085333e84"  # DRS's own site at the consumer identity provider, in the field's answers
)
BPL_PRINCIPAL = "dda27c27-f274-469f-8005-cce10f270009"


def discovery(site: Site, tenant: Tenant, version: str) -> dict[str, Any]:
    """All fifteen services of the document's example, in its order."""
    base, resource, tid = site.url, site.resource, tenant.tenant_id
    enrollment = f"{base}/EnrollmentServer"
    return {
        "DiscoveryService": {"DiscoveryEndpoint": f"{base}/{tid}/Discover", "ServiceVersion": version},
        "DeviceRegistrationService": {
            "RegistrationEndpoint": f"{enrollment}/DeviceEnrollmentWebService.svc",
            "RegistrationResourceId": resource,
            "ServiceVersion": "1.0",
        },
        "AuthenticationService": {
            "OAuth2": {
                "AuthCodeEndpoint": f"{base}/{tid}/oauth2/authorize",
                "TokenEndpoint": f"{base}/{tid}/oauth2/token",
            }
        },
        "IdentityProviderService": {"Federated": False, "PassiveAuthEndpoint": f"{base}/{tid}/wsfed"},
        "DeviceJoinService": {
            "JoinEndpoint": f"{enrollment}/device/",
            "JoinResourceId": resource,
            "ServiceVersion": "2.0",
        },
        "KeyProvisioningService": {
            "KeyProvisionEndpoint": f"{enrollment}/key/",
            "KeyProvisionResourceId": resource,
            "ServiceVersion": "1.0",
        },
        "WebAuthNService": {
            "ServiceVersion": "1.0",
            "WebAuthNEndpoint": f"{base}/webauthn/{tid}/",
            "WebAuthNResourceId": resource,
        },
        "DeviceManagementService": {
            "DeviceManagementEndpoint": f"{base}/manage/{tid}/",
            "DeviceManagementResourceId": resource,
            "ServiceVersion": "1.0",
        },
        "MsaProviderData": {"SiteId": SITE_ID, "SiteUrl": site.host},
        "PrecreateService": {
            "PrecreateEndpoint": f"{enrollment}/device/precreate/{tid}/",
            "PrecreateResourceId": resource,
            "ServiceVersion": "2.0",
        },
        "TenantInfo": {"DisplayName": tenant.name, "TenantId": tid, "TenantName": tenant.domain},
        "AzureRbacService": {"RbacPolicyEndpoint": f"{base}/rbac/{tid}/"},
        "BPLService": {
            "BPLProxyServicePrincipalId": BPL_PRINCIPAL,
            "BPLResourceId": resource,
            "BPLServiceEndpoint": f"{base}/aadpasswordpolicy/{tid}/",
            "ServiceVersion": "1.0",
        },
        "DeviceJoinResourceService": {
            "Endpoint": f"{enrollment}/device/resource/{tid}/",
            "ResourceId": resource,
            "ServiceVersion": "2.0",
        },
        "NonceService": {"Endpoint": f"{enrollment}/nonce/{tid}/", "ResourceId": resource, "ServiceVersion": "1.0"},
    }


def nonce(value: str, trace_id: uuid.UUID, now: float) -> dict[str, Any]:
    """The nonce answer; `ReponseStatus` is the wire's spelling (A6), the time as in `10/12/2023 3:05:30 PM`."""
    when = datetime.fromtimestamp(now, UTC)
    time = f"{when.month}/{when.day}/{when.year} {when.hour % 12 or 12}:{when:%M:%S %p}"
    status = {"message": "Successfully created a nonce", "traceId": str(trace_id), "time": time}
    return {"ReponseStatus": status, "Value": value}


def thumbprint(certificate: bytes) -> str:
    """The SHA-1 of the certificate's DER in 40 upper-case hexadecimal digits (A5)."""
    return hashlib.sha1(certificate).hexdigest().upper()  # noqa: S324 - the protocol's


@lru_cache(maxsize=256)
def administrators(tenant: Tenant, user: str | None) -> tuple[str, ...]:
    """The SIDs of who becomes a local administrator: two roles of the tenant and, where there is one, the user."""
    members = [tenant.object_id(role) for role in ROLES]
    if user is not None:
        members.append(uuid.UUID(user))
    return tuple(sid.sid_of_guid(member) for member in members)


def join(joined: Joined) -> dict[str, Any]:
    """The join answer; MembershipChanges when Attributes.ReturnClientSid asked for it (A3)."""
    case = joined.case
    answer: dict[str, Any] = {
        "Certificate": {"Thumbprint": joined.thumbprint, "RawBody": base64.encode(joined.certificate)},
        "User": {"Upn": case.caller.upn},
    }
    if case.flag("ReturnClientSid"):
        user = None if case.join_type == REGISTERED else case.caller.object_id
        added = list(administrators(case.tenant, user))
        answer["MembershipChanges"] = [{"LocalSID": ADMINISTRATORS, "AddSIDs": added}]
    return answer


def key(kid: str, upn: str) -> dict[str, Any]:
    """The key provisioning answer."""
    return {"kid": kid, "upn": upn}
