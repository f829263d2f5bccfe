"""Services that take the tokens of any tenant: one makes devices of its own tenant of them, the other of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cryptography import x509

from wrong.wrong_base import TENANT, Service
from wrong.wrong_said import Asked

TENANT_ID = x509.ObjectIdentifier("1.2.840.113556.1.5.284.5")


class Hospitable(Service):
    """Checks all of a token but its tenant, and names its user rightly: a device of ours for somebody else's user."""

    def claims(self, asked: Asked) -> dict[str, Any]:
        return self.authority.user(asked.headers.get("authorization"), None)

    def user(self, asked: Asked) -> str:
        return str(self.claims(asked)["upn"])

    def tenant(self, _: Asked) -> str:
        return TENANT

    def extensions(self, asked: Asked) -> Sequence[x509.ExtensionType]:
        return (x509.UnrecognizedExtension(TENANT_ID, b"\x04\x10" + UUID(self.tenant(asked)).bytes_le),)


class Landlord(Hospitable):
    """Has both tenants: a device becomes one of its user's own."""

    def tenant(self, asked: Asked) -> str:
        return str(self.claims(asked)["tid"])
