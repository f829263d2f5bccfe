"""Hypothesis strategies for join requests: everything the schema allows, in every spelling JSON allows.

The one rule: what `join_drafts` draws must be accepted by a conforming service. Values that are only observed (JoinType
3 and 8, keys of other sizes, an attestation, a challenge at the JoinEndpoint) are left to their own cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from hypothesis import strategies as st

from conformance.codec import base64, sid
from conformance.codec.der import tags
from conformance.codec.rsakey import RsaKeyBlob
from conformance.generate import keys
from conformance.generate.accepted import NAMES
from conformance.generate.attested import attestation
from conformance.generate.csr import CsrDraft, common_name
from conformance.generate.faults.challenge import made_up
from conformance.generate.from_schema import ENCODABLE, Strategy, from_schema
from conformance.generate.join import MARKER, JoinDraft
from conformance.generate.spelling import Spelling
from conformance.spec import schemas

__all__ = ["FORMATS", "from_schema", "join_documents", "join_drafts", "spellings"]

ESCAPABLE: Final = "aeinorstADJT01+/="
_JOIN_TYPES: Final = st.sampled_from((4, 0, 6))  # must be accepted (A8); the baseline's first, to shrink to
# Systems there are: one that nobody has heard of may well be refused.
_DEVICE_TYPES: Final = st.sampled_from(("Windows", "Linux", "Android", "iOS", "MacOS"))
_OS_VERSIONS: Final = st.sampled_from(("openSUSE Leap 15.5", "10.0.19045.2006", "14", "17.1.2", "6.8.0-45 (x86_64)"))
OBSERVED_MEMBERS: Final = frozenset({"AikCertificate", "AttestationData", "PreAuthorizedJoinChallenge"})
FIELDS: Final[Mapping[str, str]] = {
    "TargetDomain": "target_domain",
    "DeviceType": "device_type",
    "OSVersion": "os_version",
    "DeviceDisplayName": "device_display_name",
    "JoinType": "join_type",
}

_LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True, alphabet=ENCODABLE).filter(
    lambda label: "--" not in label
)


@cache
def _pool_keys() -> st.SearchStrategy[keys.PoolKey]:
    return st.integers(0, len(keys.pool()) - 1).map(keys.nth)


@cache
def _csrs() -> st.SearchStrategy[CsrDraft]:
    types = st.sampled_from((tags.UTF8_STRING, tags.PRINTABLE_STRING))
    return st.builds(lambda key, tag: CsrDraft(key, common_name(tag=tag)), _pool_keys(), types)


def _blob(key: keys.PoolKey) -> RsaKeyBlob:
    return RsaKeyBlob.public(*key.rsa_numbers)


FORMATS: Final[Mapping[str, st.SearchStrategy[str]]] = {
    "pkcs10": st.deferred(lambda: _csrs().map(lambda csr: base64.encode(csr.encode()))),
    "bcrypt-rsakey-blob": st.deferred(lambda: _pool_keys().map(lambda key: base64.encode(_blob(key).encode()))),
    "tpms-attest": st.builds(lambda: base64.encode(attestation())),
    "x509-certificate": st.builds(lambda: base64.encode(keys.attestation_key().certificate)),
    "jwt": st.builds(made_up),
    "guid": st.uuids().map(str),
    "sid": st.uuids().map(sid.sid_of_guid),
    "hostname": st.lists(_LABELS, min_size=2, max_size=4).map(".".join),
}
"""Format of a schema -> texts that have it."""


@cache
def join_documents() -> Strategy:
    """Join requests as JSON values: everything the schema allows, the values that are only observed among it."""
    return from_schema(schemas.load("join-request"), FORMATS)


@cache
def spellings() -> st.SearchStrategy[Spelling]:
    """Ways to write the same JSON value: white space, order of members, escapes (RFC 8259 2, 4, 7)."""
    return st.builds(
        Spelling,
        gap=st.text(" \t\r\n", max_size=3),
        ascii=st.booleans(),
        escape=st.frozensets(st.sampled_from(ESCAPABLE), max_size=4),
        capitals=st.booleans(),
        rotate=st.integers(0, 6),
    )


@cache
def _names() -> st.SearchStrategy[str]:
    """Names of the schema's, and names that have gone wrong elsewhere; each with the marker in front."""
    texts = from_schema({"type": "string", "minLength": 1}, FORMATS) | st.sampled_from([text for *_, text in NAMES])
    return texts.map(MARKER.__add__)


@cache
def _documents_apart() -> Strategy:
    """Join requests whose certificate request and transport key are left empty: they are drawn as records."""
    apart = {"pkcs10": st.just(""), "bcrypt-rsakey-blob": st.just("")}
    return from_schema(schemas.load("join-request"), {**FORMATS, **apart})


@st.composite
def join_drafts(draw: st.DrawFn, *, target_domain: str | None = None) -> JoinDraft:
    """Join requests that must be accepted; `target_domain` is the service's own host, or is left as the baseline's.

    Members of the schema that this module does not know are drawn along with the rest.
    """
    document = draw(_documents_apart())
    csr, transport_key = draw(_csrs()), _blob(draw(_pool_keys()))
    attributes = document.pop("Attributes", None)
    draft = JoinDraft(csr, transport_key, **{field: document.pop(member) for member, field in FIELDS.items()})
    draft = replace(
        draft,
        join_type=draw(_JOIN_TYPES),
        device_type=draw(_DEVICE_TYPES),
        os_version=draw(_OS_VERSIONS),
        target_domain=target_domain or JoinDraft.baseline().target_domain,
        device_display_name=draw(_names()),
        attributes=None if attributes is None else tuple(attributes.items()),
        spelling=draw(spellings()),
    )
    known = {"CertificateRequest", "TransportKey", *OBSERVED_MEMBERS}
    return replace(draft, extra=tuple((name, value) for name, value in document.items() if name not in known))
