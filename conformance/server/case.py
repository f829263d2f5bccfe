"""A join request on its way through the rules, and what becomes of it.

The one rule: each part is decoded once, when a rule first asks for it, by the behaviour in force; what cannot be
decoded is a Refusal from that moment on, whoever asks.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .members import MISSING, Body, at
from .refusal import Refusal

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Mapping

    from conformance.codec.pkcs10 import CertificationRequest
    from conformance.codec.rsakey import RsaKeyBlob

    from .behaviour import Behaviour
    from .site import Site, Tenant
    from .tokens import Caller


T = TypeVar("T")


class Once(Generic[T]):
    """A property worked out when first asked for; `functools.cached_property` of 3.11 takes a lock each time."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work = work
        self._name = work.__name__
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, case: None, owner: type[Any]) -> Once[T]: ...
    @overload
    def __get__(self, case: object, owner: type[Any]) -> T: ...
    def __get__(self, case: object | None, owner: type[Any]) -> Once[T] | T:
        """The value, kept in the object's own dictionary, where it is found from then on."""
        if case is None:
            return self
        value = vars(case)[self._name] = self._work(case)
        return value


class JoinCase:
    """One join request: its body (a JSON object), who sent it, for which tenant, by which endpoint and api-version."""

    def __init__(
        self,
        behaviour: Behaviour,
        site: Site,
        body: Body,
        *,
        caller: Caller,
        tenant: Tenant,
        version: str,
        precreate: bool,
    ) -> None:
        self.behaviour = behaviour
        self.site = site
        self.body = body
        self.caller = caller
        self.tenant = tenant
        self.version = version
        self.precreate = precreate
        self.now = site.now()

    def text(self, pointer: str) -> str:
        """A member's text; empty when it is not there or no string."""
        value = at(self.body, pointer)
        return value if isinstance(value, str) else ""

    def has(self, pointer: str) -> bool:
        """Whether a member is there, whatever it holds."""
        return at(self.body, pointer) is not MISSING

    def octets(self, pointer: str) -> bytes:
        """What a base64 member stands for."""
        return self.behaviour.read_base64(self.text(pointer), pointer.strip("/").replace("/", "."))

    def flag(self, name: str) -> bool:
        """Whether a member of Attributes says yes."""
        return self.behaviour.flag(self.body, name)

    @property
    def join_type(self) -> int:
        """JoinType; 3 ("Unknown") where the rules let something else pass."""
        value = at(self.body, "/JoinType")
        return int(value) if isinstance(value, (int, float)) and abs(value) < 2**31 else 3

    @Once
    def csr(self) -> CertificationRequest:
        """The certificate request."""
        return self.behaviour.read_csr(self.octets("/CertificateRequest/Data"))

    @Once
    def spki(self) -> bytes:
        """The DER of the key that the certificate will be for."""
        return self.csr.info.public_key.encode()

    @Once
    def key_hash(self) -> bytes:
        """The SHA-256 of the SPKI: what a device is found by when it comes again."""
        return hashlib.sha256(self.spki).digest()

    @Once
    def key_octets(self) -> bytes:
        """What TransportKey stands for."""
        return self.octets("/TransportKey")

    @Once
    def blob(self) -> RsaKeyBlob:
        """The transport key."""
        return self.behaviour.read_blob(self.key_octets)

    @Once
    def transport_key(self) -> bytes:
        """The transport key's octets, whatever its form."""
        return self.behaviour.transport_key(self)

    @Once
    def nonce(self) -> str | None:
        """The nonce of the certificate request, None when it has none (A12)."""
        return self.behaviour.find_nonce(self.csr)

    @Once
    def challenge(self) -> Mapping[str, Any] | None:
        """The claims of the challenge, None when there is none."""
        if not self.has("/PreAuthorizedJoinChallenge"):
            return None
        return self.behaviour.read_challenge(self.text("/PreAuthorizedJoinChallenge"), self.site)


@dataclass(frozen=True, slots=True)
class Joined:
    """A device that was created: its case, its id, its certificate (DER) and that certificate's thumbprint."""

    case: JoinCase
    device_id: uuid.UUID
    certificate: bytes
    thumbprint: str


def endpoint(case: JoinCase) -> None:
    """A challenge belongs to the PrecreateEndpoint, and the PrecreateEndpoint asks for one (2.1.1.1, 2.1.1.1.1)."""
    present = case.has("/PreAuthorizedJoinChallenge")
    if present and not case.precreate:
        raise Refusal("PreAuthorizedJoinChallenge is accepted at the PrecreateEndpoint only.")
    if case.precreate and not present:
        raise Refusal(
            "PreAuthorizedJoinChallenge is missing; the PrecreateEndpoint requires it.",
            subcode="error_required_parameter_missing",
        )
