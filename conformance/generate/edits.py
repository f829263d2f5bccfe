"""Edits: one named change of a join request, at one layer, that goes on being one change when the request is rendered.

The one rule: an edit changes what its layer holds and nothing else; whatever wraps that layer is made anew around it
(signature, DER lengths, base64, JSON). Edits are kept by the draft and applied when it is rendered, so that a nonce or
a challenge filled in at sending time is there before the edit is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from conformance.codec.rsakey import RsaKeyBlob

if TYPE_CHECKING:
    from conformance.generate.csr import CsrDraft
    from conformance.generate.join import JoinDraft

CSR: Final = "/CertificateRequest/Data"
TRANSPORT_KEY: Final = "/TransportKey"
AIK_CERTIFICATE: Final = "/AikCertificate"
ATTESTATION_DATA: Final = "/AttestationData"
CHALLENGE: Final = "/PreAuthorizedJoinChallenge"
DOCUMENT: Final = ""


class Layer(Enum):
    """Where a change is made; the value says what is changed there. Inner layers come first."""

    SPKI = "the key of the certificate request"
    CRI = "CertificationRequestInfo and its signature"
    DER = "the octets of the certificate request or certificate"
    BLOB_HEADER = "the header of BCRYPT_RSAKEY_BLOB"
    BLOB_BODY = "the octets of BCRYPT_RSAKEY_BLOB"
    ATTESTATION = "the octets of TPMS_ATTEST"
    BASE64 = "a base64 text"
    JSON_VALUE = "a value of the JSON document"
    JSON_TEXT = "the text of the JSON document"
    HTTP = "the header fields of the HTTP request"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: which requirement it breaks, and what it does where.

    `name` is words with hyphens, unique within the requirement; `title` a sentence; `path` the JSON pointer (RFC 6901)
    of the member whose content changes, empty for the whole document. `before`, `after` (short, printable) and `offset`
    (of the first changed octet or character of that layer, or None) are known once it is measured on a draft, unless
    they are the same for all. What `change` takes and gives is the layer's: CsrDraft (SPKI, CRI), octets (DER, blob,
    attestation, JSON text), a text (BASE64), the parsed document (JSON_VALUE), header fields (HTTP).
    """

    requirement: str
    name: str
    title: str
    layer: Layer
    path: str
    change: Callable[[Any], Any] = field(repr=False, compare=False)
    before: str = ""
    after: str = ""
    offset: int | None = None

    @property
    def id(self) -> str:
        """The requirement and the name: what a test case is called."""
        return f"{self.requirement}:{self.name}"

    def apply(self, draft: JoinDraft) -> JoinDraft:
        """The draft with this edit made when it is rendered, after the edits of the same layer it already has."""
        return replace(draft, edits=(*draft.edits, self))


def csr_edit(
    requirement: str, name: str, title: str, change: Callable[[CsrDraft], CsrDraft], layer: Layer = Layer.CRI
) -> Edit:
    """An edit of the certificate request that is signed anew, so that nothing but the edit is wrong."""
    return Edit(requirement, name, title, layer, CSR, change)


def der_edit(requirement: str, name: str, title: str, change: Callable[[bytes], bytes], path: str = CSR) -> Edit:
    """An edit of encoded DER, behind the signature: of the certificate request, or the certificate at `path`."""
    return Edit(requirement, name, title, Layer.DER, path, change)


def blob_header_edit(requirement: str, name: str, title: str, **fields: Any) -> Edit:
    """An edit that writes fields of the transport key's header, each a value or a function of the blob."""

    def change(data: bytes) -> bytes:
        blob = RsaKeyBlob.decode(data)
        values = {key: value(blob) if callable(value) else value for key, value in fields.items()}
        return replace(blob, **values).encode()

    return Edit(requirement, name, title, Layer.BLOB_HEADER, TRANSPORT_KEY, change)


def blob_edit(requirement: str, name: str, title: str, change: Callable[[RsaKeyBlob], RsaKeyBlob | bytes]) -> Edit:
    """An edit of the transport key as a whole; header fields follow only if `change` lets them."""

    def octets(data: bytes) -> bytes:
        changed = change(RsaKeyBlob.decode(data))
        return changed if isinstance(changed, bytes) else changed.encode()

    return Edit(requirement, name, title, Layer.BLOB_BODY, TRANSPORT_KEY, octets)


def base64_edit(requirement: str, name: str, title: str, path: str, change: Callable[[str], str]) -> Edit:
    """An edit of the base64 text at `path`."""
    return Edit(requirement, name, title, Layer.BASE64, path, change)


def text_edit(requirement: str, name: str, title: str, change: Callable[[bytes], bytes]) -> Edit:
    """An edit of the document's octets."""
    return Edit(requirement, name, title, Layer.JSON_TEXT, DOCUMENT, change)


def put(requirement: str, name: str, title: str, path: str, value: Any) -> Edit:
    """An edit that gives the member at `path` this value; it, and the objects around it, are made where missing."""
    from_pointer = _steps(path)
    return Edit(requirement, name, title, Layer.JSON_VALUE, path, lambda document: _put(document, from_pointer, value))


def drop(requirement: str, name: str, title: str, path: str) -> Edit:
    """An edit that leaves the member at `path` out."""
    from_pointer = _steps(path)
    return Edit(requirement, name, title, Layer.JSON_VALUE, path, lambda document: _drop(document, from_pointer))


def member(document: Any, path: str) -> Any:
    """The value a JSON pointer leads to (objects only), or KeyError."""
    for step in _steps(path):
        document = document[step]
    return document


def _steps(path: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _put(document: Any, steps: list[str], value: Any) -> Any:
    if not steps:
        return value
    around = dict(document) if isinstance(document, dict) else {}
    around[steps[0]] = _put(around.get(steps[0]), steps[1:], value)
    return around


def _drop(document: Any, steps: list[str]) -> Any:
    first, *rest = steps
    if not rest:
        return {key: value for key, value in document.items() if key != first}
    return {**document, first: _drop(document[first], rest)}
