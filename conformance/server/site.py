"""What is true of one running server: where it is reached, whose tenants it serves, which keys are its own.

The one rule: nothing here changes while the server runs, and everything that a client may compare (ids, SIDs, issuer
names) is derived in one place.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from .store import Store

BROKER = "29d9ed98-a469-4536-ade2-f981bc1d605e"  # 3.3: Microsoft Authentication Broker
RESOURCE = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9"  # 3.3: Device Registration Service
FIELD_HOST = "enterpriseregistration.windows.net"  # built into some clients, whose hosts file leads them here


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant: its id (lower-case GUID), its domain name, the name people read, and its region (`EU`)."""

    tenant_id: str
    domain: str
    name: str
    region: str = "EU"

    @classmethod
    def of(cls, domain: str, name: str) -> Tenant:
        """The tenant whose id follows from its domain name (RFC 9562 version 5): the same in every run."""
        return cls(str(uuid.uuid5(uuid.NAMESPACE_DNS, domain)), domain, name)

    def object_id(self, name: str) -> uuid.UUID:
        """The directory's object id of a user or a role of this tenant."""
        return uuid.uuid5(uuid.UUID(self.tenant_id), name.lower())


@dataclass(frozen=True, slots=True)
class Keyring:
    """The server's RSA-2048 keys, one per purpose, so that nothing signed for one can pass for another."""

    ca: RSAPrivateKey
    authority: RSAPrivateKey
    challenge: RSAPrivateKey
    nonce: RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Site:
    """One running server. `password` opens the accounts of every tenant at its own authority; `now` is its clock.

    `redirects` are the redirect URIs that its authority knows beside its own.
    """

    url: str
    tenants: tuple[Tenant, ...]
    keys: Keyring
    store: Store
    password: str
    now: Callable[[], float]
    redirects: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """`{registrationServer}` of the document where it is a place: host and port."""
        return urlsplit(self.url).netloc

    @property
    def resource(self) -> str:
        """The resource id that discovery names: `urn:ms-drs:` and a host name, which has no port."""
        return f"urn:ms-drs:{urlsplit(self.url).hostname}"

    def tenant(self, name: str) -> Tenant | None:
        """The tenant of an id or a domain name, compared without case; None when it is not served here."""
        wanted = name.lower()
        return next((tenant for tenant in self.tenants if wanted in (tenant.tenant_id, tenant.domain)), None)

    def issuer(self, tenant_id: str) -> str:
        """The `iss` of this authority's tokens for a tenant."""
        return f"{self.url}/{tenant_id}/"
