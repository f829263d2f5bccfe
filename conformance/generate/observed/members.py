"""Values of members that a service may take or refuse (A2, A8, A9, and the field).

The one rule: the JSON is plain and the certificate request conforms; one member has a value whose meaning is open.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from conformance.generate import keys
from conformance.generate.attested import attestation
from conformance.generate.edits import put
from conformance.generate.join import MARKER
from conformance.generate.variants import Variant, with_edit, with_fields

_JOIN: Final = "join-request/"
LONG: Final = 4_000  # characters: more than any name, less than any limit on bodies


def _value(requirement: str, name: str, title: str, path: str, value: Any, **readings: str) -> Variant:
    return Variant(name, title, (requirement,), with_edit(put(requirement, name, title, path, value)), **readings)


_MEMBERS = (
    Variant("type-3", "JoinType is 3.", (f"{_JOIN}join-type-unknown",), with_fields(join_type=3), "A8"),
    Variant("type-8", "JoinType is 8.", (f"{_JOIN}join-type-other-join",), with_fields(join_type=8), "A8"),
    *(
        Variant(
            name,
            f"TargetDomain is {words}.",
            (f"{_JOIN}target-domain-accepted",),
            with_fields(target_domain=text),
            "A9",
            accepted,
            refused,
        )
        for name, words, text, accepted, refused in (
            ("another-host", "a host that nobody knows", "drs.unknown.invalid", "any-host", "known-hosts"),
            ("no-host", "a text that is no host name", "no host name!", "any-text", ""),
        )
    ),
    *(
        _value(
            f"{_JOIN}attributes-{words}-type",
            f"text-{text}",
            f'{member} is the text "{text}".',
            f"/Attributes/{member}",
            text,
            ambiguity="A2",
            if_accepted="texts-too",
            if_refused="booleans-only",
        )
        for words, member in (
            ("reuse-device", "ReuseDevice"),
            ("shared-device", "SharedDevice"),
            ("return-client-sid", "ReturnClientSid"),
        )
        for text in ("true", "True", "false")
    ),
    _value(
        f"{_JOIN}attributes-return-client-sid-type", "one", "ReturnClientSid is 1.", "/Attributes/ReturnClientSid", 1
    ),
    *(
        _value(f"{_JOIN}texts-empty", f"{name}-{what}", f"{member} {words}.", f"/{member}", text)
        for name, member in (
            ("target-domain", "TargetDomain"),
            ("device-type", "DeviceType"),
            ("os-version", "OSVersion"),
            ("display-name", "DeviceDisplayName"),
        )
        for what, words, text in (("empty", "is empty", ""), ("long", f"has {LONG} letters", MARKER.ljust(LONG, "n")))
    ),
    Variant(
        "aik-certificate",
        "The request has an AIK certificate of no known manufacturer.",
        (f"{_JOIN}aik-certificate-accepted",),
        lambda draft: replace(draft, aik_certificate=keys.attestation_key().certificate),
    ),
    Variant(
        "attestation",
        "The request has an attestation by no known TPM.",
        (f"{_JOIN}attestation-accepted",),
        lambda draft: replace(draft, attestation_data=attestation()),
    ),
    *(
        _value("field-services/join-empty-optional", name, f"{member} is an empty text.", f"/{member}", "")
        for name, member in (("aik-certificate", "AikCertificate"), ("attestation", "AttestationData"))
    ),
    *(
        _value("processing/null-member", name, f"{member} is null.", f"/{member}", None)
        for name, member in (
            ("aik-certificate", "AikCertificate"),
            ("attestation", "AttestationData"),
            ("attributes", "Attributes"),
            ("challenge", "PreAuthorizedJoinChallenge"),
        )
    ),
    *(
        _value("processing/null-member", f"attributes-{name}", f"{member} is null.", f"/Attributes/{member}", None)
        for name, member in (("reuse", "ReuseDevice"), ("shared", "SharedDevice"), ("sid", "ReturnClientSid"))
    ),
    _value(
        "processing/unknown-member", "text", "There is a member that the document does not have.", "/Remark", "none"
    ),
    _value(
        "processing/unknown-member",
        "in-attributes",
        "Attributes has a member that the document does not have.",
        "/Attributes/Remark",
        True,
    ),
)

VARIANTS: Final = _MEMBERS
