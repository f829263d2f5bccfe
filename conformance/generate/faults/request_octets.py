"""Octets that are no certificate request: cut, continued, of another structure, or not DER (RFC 2986, X.690).

The one rule: what is signed stays signed rightly; the fault is in how the octets are put together. Where the fault is
inside CertificationRequestInfo, the signature is made over the octets sent, and so not over their DER.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from conformance.codec import base64, der
from conformance.codec.der import tags
from conformance.generate import keys
from conformance.generate.edits import csr_edit, der_edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.generate.csr import CsrDraft, OctetsChange

STRUCTURE: Final = "join-request/csr-structure"
TRAILING: Final = "join-request/csr-trailing"
DER: Final = "join-request/csr-der"


def _parts(octets: bytes) -> list[bytes]:
    return [child.raw for child in der.exact(octets, "CertificationRequest").children()]


def _rebuilt(change: Callable[[list[bytes]], list[bytes]], tag: int = tags.SEQUENCE) -> OctetsChange:
    return lambda octets: der.tlv(tag, b"".join(change(_parts(octets))))


def _long_form(octets: bytes) -> bytes:
    """The same element, its length written with one octet more than it needs."""
    element = der.exact(octets, "element")
    size = len(element.content)
    count = max(1, (size.bit_length() + 7) // 8) + (size >= 0x80)  # noqa: PLR2004 - seven bits are the short form
    return octets[:1] + bytes([0x80 | count]) + size.to_bytes(count, "big") + element.content


def _indefinite(octets: bytes) -> bytes:
    """The same constructed element with an indefinite length (X.690 8.1.3.6)."""
    return octets[:1] + b"\x80" + der.exact(octets, "element").content + b"\0\0"


def _in_info(change: OctetsChange) -> Callable[[CsrDraft], CsrDraft]:
    return lambda csr: replace(csr, reshape_info=change)


def _each_part(index: int, change: OctetsChange) -> OctetsChange:
    def reshape(octets: bytes) -> bytes:
        parts = _parts(octets)
        parts[index] = change(parts[index])
        return der.sequence(*parts)

    return reshape


def _pem(octets: bytes) -> bytes:
    text = base64.encode(octets)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    label = "CERTIFICATE REQUEST"
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()


_OCTETS = tuple(
    der_edit(STRUCTURE, name, title, change)
    for name, title, change in (
        ("cut-by-one-octet", "The last octet is missing.", lambda o: o[:-1]),
        ("cut-in-half", "The second half is missing.", lambda o: o[: len(o) // 2]),
        ("cut-after-tag", "Only the first octet is there.", lambda o: o[:1]),
        ("cut-after-length", "Only tag and length of the outermost element are there.", lambda o: o[:4]),
        ("text", "The octets are a sentence.", lambda _: b"this is no certificate request"),
        ("zeros", "The octets are as many zeros.", lambda o: bytes(len(o))),
        ("pem", "The octets are the request in PEM.", _pem),
        ("certificate", "The octets are a certificate.", lambda _: keys.attestation_key().certificate),
        ("info-alone", "The octets are CertificationRequestInfo alone.", lambda o: _parts(o)[0]),
        ("public-key-alone", "The octets are SubjectPublicKeyInfo alone.", lambda o: _parts(_parts(o)[0])[2]),
        ("without-signature", "The signature is left out.", _rebuilt(lambda parts: parts[:2])),
        ("without-algorithm", "The signature algorithm is left out.", _rebuilt(lambda parts: [parts[0], parts[2]])),
        ("another-part", "A NULL follows the signature.", _rebuilt(lambda parts: [*parts, der.null()])),
        ("set", "The outermost element is a SET.", _rebuilt(lambda parts: parts, tags.SET)),
        (
            "signature-octet-string",
            "The signature is an OCTET STRING.",
            _rebuilt(lambda p: [p[0], p[1], der.octet_string(der.exact(p[2], "signature").content[1:])]),
        ),
    )
)

_TRAILING = tuple(
    der_edit(TRAILING, name, title, change)
    for name, title, change in (
        ("zero-octet", "A zero octet follows the request.", lambda o: o + b"\0"),
        ("line-feed", "A line feed follows the request, within the base64.", lambda o: o + b"\n"),
        ("element", "A NULL of its own follows the request.", lambda o: o + der.null()),
        ("twice", "The request is there twice.", lambda o: o + o),
    )
)

_INFO = tuple(
    csr_edit(STRUCTURE, name, title, _in_info(change))
    for name, title, change in (
        ("info-without-version", "The version is left out.", lambda i: der.sequence(*_parts(i)[1:])),
        ("info-without-subject", "The subject is left out.", lambda i: der.sequence(*_parts(i)[:1], *_parts(i)[2:])),
        ("info-without-key", "The public key is left out.", lambda i: der.sequence(*_parts(i)[:2], *_parts(i)[3:])),
        ("info-in-another-order", "The subject stands before the version.", lambda i: _swapped(_parts(i))),
        ("version-string", "The version is a UTF8String.", _each_part(0, lambda _: der.utf8_string("0"))),
    )
)


def _swapped(parts: list[bytes]) -> bytes:
    return der.sequence(parts[1], parts[0], *parts[2:])


_NOT_DER = tuple(
    csr_edit(DER, name, title, _in_info(change))
    for name, title, change in (
        ("info-long-length", "The length of CertificationRequestInfo is not in its shortest form.", _long_form),
        ("info-indefinite-length", "CertificationRequestInfo has an indefinite length.", _indefinite),
        ("version-long-length", "The length of the version is not in its shortest form.", _each_part(0, _long_form)),
        ("version-padded", "The version is written in two octets.", _each_part(0, lambda _: b"\x02\x02\0\0")),
        ("subject-long-length", "The length of the subject is not in its shortest form.", _each_part(1, _long_form)),
        ("key-indefinite-length", "The public key has an indefinite length.", _each_part(2, _indefinite)),
    )
)

FAULTS: Final = (*_OCTETS, *_TRAILING, *_INFO, *_NOT_DER)
