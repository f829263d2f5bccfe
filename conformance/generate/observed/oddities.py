"""Certificate requests and values that say the right thing in an unusual form: other strings, names, keys, bits.

The one rule: who reads them generously finds a conforming request, rightly signed; the document asks for no such
generosity, and forbids none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from conformance.codec import CSR_CN, NONCE_OID, der, extension
from conformance.codec.der import tags
from conformance.codec.name import COMMON_NAME, NameAttribute
from conformance.codec.pkcs10 import EXTENSION_REQUEST, Attribute, Extension
from conformance.codec.spki import AlgorithmIdentifier, SubjectPublicKeyInfo
from conformance.generate import keys
from conformance.generate.csr import SUBJECT, common_name
from conformance.generate.edits import TRANSPORT_KEY, base64_edit, csr_edit, put
from conformance.generate.variants import Variant, with_attributes, with_csr, with_edit, with_extensions

if TYPE_CHECKING:
    from conformance.generate.csr import CsrDraft
    from conformance.generate.join import JoinDraft

_JOIN: Final = "join-request/"
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
NOBODYS: Final = "2.25.329800735698586629295641978511506172918"  # of a UUID (X.667), so that nobody else has it
_RSASSA_PSS: Final = "1.2.840.113549.1.1.10"
_ORGANIZATION: Final = NameAttribute("2.5.4.10", tags.UTF8_STRING, b"Fabrikam")
_CN: Final = SUBJECT[0][0]


def _with_pss_key(draft: JoinDraft) -> JoinDraft:
    """The key declared to be one for RSASSA-PSS alone (RFC 4055 1.2), and the signature still of PKCS #1 v1.5."""
    octets = SubjectPublicKeyInfo.decode(draft.csr.key.spki_der).key
    declared = SubjectPublicKeyInfo(AlgorithmIdentifier(_RSASSA_PSS), octets)
    return replace(draft, csr=replace(draft.csr, public_key=declared))


def _with_nonce_twice(csr: CsrDraft) -> CsrDraft:
    again = Extension(NONCE_OID, critical=False, value=der.utf8_string(csr.nonce or ""))
    return replace(csr, extensions=(*csr.extensions, again))


def _with_trailing_bits(text: str) -> str:
    """The same octets, a bit set behind the last of them (RFC 4648 3.5); a text without padding has no such bit."""
    bare = text.rstrip("=")
    if bare == text:
        return text
    return bare[:-1] + _ALPHABET[_ALPHABET.index(bare[-1]) | 1] + text[len(bare) :]


_SUBJECTS = tuple(
    Variant(name, title, (f"{_JOIN}csr-subject-forms",), with_csr(subject=subject))
    for name, title, subject in (
        ("lower-case", "The CN is the constant in lower-case letters.", common_name(CSR_CN.lower())),
        (
            "bmp-string",
            "The CN is a BMPString.",
            ((NameAttribute(COMMON_NAME, tags.BMP_STRING, CSR_CN.encode("utf-16-be")),),),
        ),
        ("teletex-string", "The CN is a TeletexString.", common_name(tag=tags.TELETEX_STRING)),
        ("ia5-string", "The CN is an IA5String.", common_name(tag=tags.IA5_STRING)),
        ("spaces", "The CN has a space before and behind the constant.", common_name(f" {CSR_CN} ")),
        ("twice", "The subject has the CN twice.", (*SUBJECT, *SUBJECT)),
        ("second-cn", "A second CN is another name.", (*SUBJECT, *common_name("device"))),
        ("organization", "The subject has an organization before the CN.", ((_ORGANIZATION,), *SUBJECT)),
        ("multi-valued", "The CN shares its RDN with an organization.", ((_ORGANIZATION, _CN),)),
    )
)

_KEYS = (
    Variant(
        "exponent-3",
        "The key of the certificate request has the public exponent 3.",
        (f"{_JOIN}csr-key-forms",),
        with_csr(key=keys.named("rsa-2048-exponent-3")),
    ),
    Variant(
        "rsassa-pss",
        "The key of the certificate request is declared to be one for RSASSA-PSS alone.",
        (f"{_JOIN}csr-key-forms",),
        _with_pss_key,
    ),
)

_EXTENSIONS = tuple(
    Variant(name, title, (f"{_JOIN}csr-attributes-accepted",), change)
    for name, title, change in (
        (
            "unknown-extension",
            "The request asks for an extension that nobody knows.",
            with_extensions(Extension(NOBODYS, critical=False, value=der.null())),
        ),
        (
            "unknown-critical",
            "The request asks for a critical extension that nobody knows.",
            with_extensions(Extension(NOBODYS, critical=True, value=der.null())),
        ),
        (
            "unknown-attribute",
            "The request has an attribute that nobody knows.",
            with_attributes(Attribute(NOBODYS, (der.null(),))),
        ),
        (
            "empty-attribute",
            "The request has a challengePassword without a value.",
            with_attributes(Attribute("1.2.840.113549.1.9.7", ())),
        ),
        (
            "two-extension-requests",
            "A second extensionRequest, an empty one, is there.",
            with_attributes(Attribute(EXTENSION_REQUEST, (extension.encode(()),))),
        ),
        ("empty-nonce", "The nonce is an empty text.", with_csr(nonce="", bare=True)),
        (
            "nonce-twice",
            "The extension with the nonce is there twice.",
            with_edit(  # made when the request is rendered, since the nonce comes last
                csr_edit(
                    f"{_JOIN}csr-attributes-accepted", "nonce-twice", "The nonce is there twice.", _with_nonce_twice
                )
            ),
        ),
    )
)

_VALUES = (
    Variant(
        "with-fraction",
        "JoinType is 4.0, the number 4 in another spelling.",
        (f"{_JOIN}join-type-fraction",),
        with_edit(put(f"{_JOIN}join-type-fraction", "with-fraction", "JoinType is 4.0.", "/JoinType", 4.0)),
    ),
    Variant(
        "transport-key",
        "A bit is set behind the last octet of the transport key's base64.",
        (f"{_JOIN}base64-trailing-bits",),
        with_edit(
            base64_edit(
                f"{_JOIN}base64-trailing-bits",
                "transport-key",
                "A bit behind the last octet.",
                TRANSPORT_KEY,
                _with_trailing_bits,
            )
        ),
    ),
)

VARIANTS: Final = (*_SUBJECTS, *_KEYS, *_EXTENSIONS, *_VALUES)
