"""Join requests in the making (MS-DRS 2.1.1.1.1): what each member is to say, and the edits to make on the way out.

The one rule: rendering goes one way, from the inside out, once: key and info, DER, base64, JSON value, JSON text,
header fields; at each layer the draft's edits of that layer are made, and what lies outside is built from their result.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, cast

from conformance.codec import base64
from conformance.codec.rsakey import RsaKeyBlob
from conformance.errors import CatalogueError
from conformance.generate import keys
from conformance.generate.attested import attestation
from conformance.generate.csr import CsrDraft
from conformance.generate.edits import AIK_CERTIFICATE, ATTESTATION_DATA, CSR, DOCUMENT, TRANSPORT_KEY, Layer
from conformance.generate.spelling import PLAIN, Spelling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.generate.edits import Edit

REGISTER = 4  # "Azure AD register" of the JoinType table, the one in the document's example
MARKER = "drs-conformance-"  # begins display names, by which an administrator knows whose devices these are
Headers = tuple[tuple[str, str], ...]
HEADERS: Headers = (
    ("Content-Type", "application/json"),
    ("ocp-adrs-client-name", "drs-conformance"),
    ("ocp-adrs-client-version", "1.0"),
)


@dataclass(frozen=True, slots=True)
class JoinDraft:
    """What a join request is to say. Optional members are left out where None; `attributes` is in the order it is sent.

    `extra` members come behind the document's. `edits` are made when the draft is rendered.
    """

    csr: CsrDraft
    transport_key: RsaKeyBlob
    csr_type: Any = "pkcs10"
    target_domain: Any = "sts.contoso.com"
    device_type: Any = "Linux"
    os_version: Any = "openSUSE Leap 15.5"
    device_display_name: Any = "MyPC"
    join_type: Any = REGISTER
    aik_certificate: bytes | None = None
    attestation_data: bytes | None = None
    attributes: tuple[tuple[str, Any], ...] | None = None
    challenge: str | None = field(default=None, repr=False)
    extra: tuple[tuple[str, Any], ...] = ()
    headers: Headers = HEADERS
    spelling: Spelling = PLAIN
    edits: tuple[Edit, ...] = ()

    @classmethod
    def baseline(cls, index: int = 0) -> Self:
        """A conforming request with every required member; the same index gives the same request."""
        size = len(keys.pool())
        exponent, modulus = keys.nth(index + 1 + index // size % (size - 1)).rsa_numbers  # never the request's own key
        return cls(
            CsrDraft(keys.nth(index)),
            RsaKeyBlob.public(exponent, modulus),
            device_display_name=f"{MARKER}{index}",
        )

    def with_nonce(self, text: str | None) -> Self:
        """The draft with this nonce, as the nonce answer's Value gives it, in its certificate request."""
        return replace(self, csr=replace(self.csr, nonce=text))

    @property
    def has_one_key(self) -> bool:
        """Whether the transport key is that of the certificate request."""
        return self.transport_key == RsaKeyBlob.public(*self.csr.key.rsa_numbers)

    def with_key(self, key: keys.PoolKey) -> Self:
        """The draft with a certificate request for this key."""
        return replace(self, csr=replace(self.csr, key=key))

    def with_attestation(self) -> Self:
        """The draft with an AikCertificate and AttestationData, well-formed ones."""
        return replace(self, aik_certificate=keys.attestation_key().certificate, attestation_data=attestation())

    def with_challenge(self, jwt: str | None) -> Self:
        """The draft with this PreAuthorizedJoinChallenge."""
        return replace(self, challenge=jwt)

    def with_target_domain(self, host: str) -> Self:
        """The draft with the host name of the service it goes to (A9)."""
        return replace(self, target_domain=host)

    def csr_der(self) -> bytes:
        """The octets of the certificate request to send."""
        return _carried(self, CSR, _request(self).encode())

    def blob(self) -> bytes:
        """The octets of the transport key to send."""
        return _carried(self, TRANSPORT_KEY, self.transport_key.encode())

    def body(self) -> bytes:
        """The JSON text to send."""
        return render(self).text

    def sent_headers(self) -> Headers:
        """The header fields to send, without what belongs to the target (Authorization, Host)."""
        return render(self).headers


@dataclass(frozen=True, slots=True)
class Rendering:
    """Every layer of a rendered draft after its edits. `texts` are the base64 texts by JSON pointer."""

    csr: CsrDraft
    csr_der: bytes
    blob: bytes
    texts: Mapping[str, str]
    document: Any
    text: bytes
    headers: Headers


def render(draft: JoinDraft) -> Rendering:
    """The draft from the inside out, its edits made on the way."""
    csr = _request(draft)
    octets = {CSR: _carried(draft, CSR, csr.encode()), TRANSPORT_KEY: draft.blob()}
    octets |= {path: _carried(draft, path, value) for path, value in _attested(draft).items()}
    texts = {path: _edited(draft, Layer.BASE64, path, base64.encode(value)) for path, value in octets.items()}
    document = _document(draft, texts)
    for edit in draft.edits:
        if edit.layer is Layer.JSON_VALUE:
            before, document = document, edit.change(document)
            _refuse_idle(edit, PLAIN.write(before), PLAIN.write(document))  # octets: for Python, false is 0
    text = _edited(draft, Layer.JSON_TEXT, DOCUMENT, draft.spelling.write(document))
    headers = _edited(draft, Layer.HTTP, DOCUMENT, draft.headers)
    return Rendering(csr, octets[CSR], octets[TRANSPORT_KEY], texts, document, text, headers)


def _request(draft: JoinDraft) -> CsrDraft:
    return cast("CsrDraft", _edited(draft, Layer.CRI, CSR, _edited(draft, Layer.SPKI, CSR, draft.csr)))


def _carried(draft: JoinDraft, path: str, octets: bytes) -> bytes:
    """The octets that the member at a path carries."""
    for layer in (Layer.DER, Layer.BLOB_HEADER, Layer.BLOB_BODY, Layer.ATTESTATION):
        octets = _edited(draft, layer, path, octets)
    return octets


def _attested(draft: JoinDraft) -> dict[str, bytes]:
    """The optional octets the draft has, and well-formed ones where it has none and an edit is about their inside."""
    inside = {edit.path for edit in draft.edits if edit.layer is not Layer.JSON_VALUE}
    octets = {}
    if draft.aik_certificate is not None or AIK_CERTIFICATE in inside:
        octets[AIK_CERTIFICATE] = draft.aik_certificate or keys.attestation_key().certificate
    if draft.attestation_data is not None or ATTESTATION_DATA in inside:
        octets[ATTESTATION_DATA] = draft.attestation_data or attestation()
    return octets


def _edited(draft: JoinDraft, layer: Layer, path: str, subject: Any) -> Any:
    for edit in draft.edits:
        if edit.layer is layer and edit.path == path:
            before, subject = subject, edit.change(subject)
            _refuse_idle(edit, before, subject)
    return subject


def _refuse_idle(edit: Edit, before: Any, after: Any) -> None:
    """An edit that changes nothing would be sent as a fault and be none."""
    if before == after:
        raise CatalogueError(f"the edit {edit.id} changes nothing in this draft")


def _document(draft: JoinDraft, texts: Mapping[str, str]) -> dict[str, Any]:
    document = {
        "CertificateRequest": {"Type": draft.csr_type, "Data": texts[CSR]},
        "TransportKey": texts[TRANSPORT_KEY],
        "TargetDomain": draft.target_domain,
        "DeviceType": draft.device_type,
        "OSVersion": draft.os_version,
        "DeviceDisplayName": draft.device_display_name,
        "JoinType": draft.join_type,
        "AikCertificate": texts.get(AIK_CERTIFICATE),
        "AttestationData": texts.get(ATTESTATION_DATA),
        "Attributes": None if draft.attributes is None else dict(draft.attributes),
        "PreAuthorizedJoinChallenge": draft.challenge,
    }
    return {name: value for name, value in document.items() if value is not None} | dict(draft.extra)
