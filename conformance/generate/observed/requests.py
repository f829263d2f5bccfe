"""Certificate requests and transport keys that a service may take or refuse (A10, A11, A12, and the field).

The one rule: each is sound in itself and signed rightly; only the document does not say what to do with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from conformance.codec import CSR_CN, base64, der, extension
from conformance.codec.der import tags
from conformance.codec.pkcs10 import EXTENSION_REQUEST, Attribute, Extension
from conformance.codec.rsakey import RsaKeyBlob
from conformance.generate import key_forms, keys
from conformance.generate.csr import common_name
from conformance.generate.edits import TRANSPORT_KEY, put
from conformance.generate.variants import Change, Variant, with_attributes, with_csr, with_extensions

if TYPE_CHECKING:
    from conformance.generate.join import JoinDraft

_JOIN: Final = "join-request/"
CHALLENGE_PASSWORD: Final = "1.2.840.113549.1.9.7"  # noqa: S105 - an attribute that many tools write
OS_VERSION: Final = "1.3.6.1.4.1.311.13.2.3"  # szOID_OS_VERSION, an attribute that Windows writes


def _transport(name: str) -> Change:
    def changed(draft: JoinDraft) -> JoinDraft:
        exponent, modulus = keys.named(name).rsa_numbers
        return replace(draft, transport_key=RsaKeyBlob.public(exponent, modulus))

    return changed


def _jwk(draft: JoinDraft) -> JoinDraft:
    """The transport key as roadlib sends it for Android and macOS: base64 of a JWK (RFC 7517)."""
    text = base64.encode(key_forms.jwk(draft.transport_key))
    return put(
        "field-services/join-jwk-transport-key", "jwk", "The transport key is a JWK.", TRANSPORT_KEY, text
    ).apply(draft)


_CSR = (
    Variant(
        "cn-with-nul",
        "The CN is a PrintableString of the constant and a NUL, as Windows sends it.",
        (f"{_JOIN}csr-cn",),
        with_csr(subject=common_name(CSR_CN + "\0", tags.PRINTABLE_STRING)),
        "A11",
        "nul-too",
        "exact",
    ),
    Variant(
        "without-nonce",
        "The certificate request has no nonce.",
        (f"{_JOIN}csr-nonce-accepted",),
        with_csr(nonce=None, bare=True),
        "A12",
        "optional",
        "required",
    ),
    *(
        Variant(
            f"nonce-{name}",
            f"The nonce is {words}.",
            (f"{_JOIN}csr-nonce-accepted",),
            with_csr(nonce_tag=tag),
            "A10",
            name,
        )
        for name, words, tag in (
            ("printable-string", "a PrintableString", tags.PRINTABLE_STRING),
            ("ia5-string", "an IA5String", tags.IA5_STRING),
            ("octet-string", "an OCTET STRING", tags.OCTET_STRING),
            ("raw", "the bare octets of its text", None),
        )
    ),
    *(
        Variant(name, title, (f"{_JOIN}csr-attributes-accepted",), change)
        for name, title, change in (
            (
                "empty-extension-request",
                "The request has no nonce, and asks for no extension in an empty extensionRequest.",  # libhimmelblau
                with_csr(nonce=None, bare=True, attributes=(Attribute(EXTENSION_REQUEST, (extension.encode(()),)),)),
            ),
            (
                "key-usage",
                "The request asks for a KeyUsage too.",
                with_extensions(Extension(extension.KEY_USAGE, critical=True, value=der.bit_string(b"\x80", 7))),
            ),
            (
                "challenge-password",
                "The request has a challengePassword.",
                with_attributes(Attribute(CHALLENGE_PASSWORD, (der.utf8_string("none"),))),
            ),
            (
                "os-version",
                "The request has the attribute in which Windows writes its version.",
                with_attributes(Attribute(OS_VERSION, (der.ia5_string("10.0.19045.2"),))),
            ),
            ("critical-nonce", "The nonce extension is critical.", with_csr(nonce_critical=True)),
        )
    ),
)

_TRANSPORT_KEY = (
    *(
        Variant(name, f"The transport key is the pool's {name}.", (f"{_JOIN}transport-key-sizes",), _transport(name))
        for name in ("rsa-1024", "rsa-2047", "rsa-3072", "rsa-4096", "rsa-2048-exponent-3")
    ),
    Variant("jwk", "The transport key is a JWK in base64.", ("field-services/join-jwk-transport-key",), _jwk),
)

VARIANTS: Final = (*_CSR, *_TRANSPORT_KEY)
