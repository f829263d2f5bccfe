"""The certificate request octet by octet, behind its signature: cut, continued, every octet and bit turned, replaced.

The one rule: nothing is made anew within the request, so that over what is turned inside CertificationRequestInfo the
signature no longer holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from conformance.codec import base64, der
from conformance.generate import keys
from conformance.generate.bytes.elements import walk
from conformance.generate.bytes.mutation import Family, Mutation
from conformance.generate.csr import CsrDraft, OctetsChange
from conformance.generate.edits import CSR, Layer
from conformance.generate.join import Rendering

KIB: Final = 1024
SIGNATURE: Final = 256
TAILS: Final = (1, 2, 4, 256, KIB, 4 * KIB, 64 * KIB)


def edges(model: Rendering) -> Family:
    """The request cut at every edge of an element: before its tag, before its content, behind it."""
    octets = model.csr_der
    places = walk(octets)
    found = {edge for place in places for edge in (place.start, place.start + 1, place.content, place.end)}
    rows = sorted(edge for edge in found if edge < len(octets))
    return Family("csr-cut-at-edge", len(rows), lambda index: _cut(rows[index]))


def cuts(model: Rendering) -> Family:
    """The request cut at every length."""
    return Family("csr-cut", len(model.csr_der), _cut)


def info_octets(model: Rendering) -> Family:
    """Every octet of CertificationRequestInfo with a bit turned, under the old signature."""
    _, info, *_ = walk(model.csr_der)
    return Family("csr-info-octet", info.end - info.start, lambda index: octet(info.start + index, 1 << index % 8))


def octet(offset: int, mask: int) -> Mutation:
    """The octet there with these bits turned (the request may be shorter than the one it was chosen for)."""

    def change(octets: bytes) -> bytes:
        at = offset % len(octets)
        return octets[:at] + bytes([octets[at] ^ mask]) + octets[at + 1 :]

    title = f"The octet of the certificate request at offset {offset} has the bits 0x{mask:02x} turned."
    return _mutation(f"octet-{offset}-{mask:02x}", title, change)


def signature_bits(_model: Rendering) -> Family:
    """Every bit of the signature turned."""
    return Family("csr-signature-bit", 8 * SIGNATURE, _signature_bit)


def tails(_model: Rendering) -> Family:
    """Octets behind the request, from one to 64 KiB."""
    rows = [(size, *filling) for size in TAILS for filling in _FILLINGS]
    return Family("csr-tail", len(rows), lambda index: _tail(*rows[index]))


def others(_model: Rendering) -> Family:
    """Another structure in the request's place."""
    return Family("csr-other", len(_OTHERS), lambda index: _mutation(*_OTHERS[index]))


def _cut(length: int) -> Mutation:
    title = f"The certificate request ends after {length} octets."
    return _mutation(f"cut-at-{length}", title, lambda octets: octets[: length % len(octets)])


def _signature_bit(index: int) -> Mutation:
    offset, bit = divmod(index, 8)

    def turned(signature: bytes) -> bytes:
        at = offset % len(signature)
        return signature[:at] + bytes([signature[at] ^ 1 << bit]) + signature[at + 1 :]

    def change(csr: CsrDraft) -> CsrDraft:
        return replace(csr, reshape_signature=turned)

    title = f"Bit {bit} of the signature's octet {offset} is turned."
    return Mutation.of_csr(Layer.CRI, f"signature-bit-{bit}-of-{offset}", title, change)


_FILLINGS: Final = (("zero", b"\0"), ("null", der.null()), ("request", b"\x30\x82"))


def _tail(size: int, name: str, filling: bytes) -> Mutation:
    tail = (filling * size)[:size]
    return _mutation(f"tail-{size}-{name}", f"{size} octets follow the request.", lambda octets: octets + tail)


def _pem(label: str) -> OctetsChange:
    def change(octets: bytes) -> bytes:
        text = base64.encode(octets)
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()

    return change


def _part(*path: int) -> OctetsChange:
    def change(octets: bytes) -> bytes:
        element = der.exact(octets)
        for step in path:
            element = element.children()[step]
        return element.raw

    return change


def _crmf(octets: bytes) -> bytes:
    """CertReqMessages of one CertReqMsg (RFC 4211 3): subject and key in a template, no proof of possession."""
    info = der.exact(octets).children()[0].children()
    template = der.sequence(der.explicit(5, info[1].raw), der.implicit(6, info[2].raw))
    return der.sequence(der.sequence(der.sequence(der.integer(0), template)))


def _pkcs7(octets: bytes) -> bytes:
    """A SignedData (RFC 2315) without signers that carries the request as data, as `pkcs7` requests do."""
    content = der.sequence(der.oid("1.2.840.113549.1.7.1"), der.explicit(0, der.octet_string(octets)))
    signed = der.sequence(der.integer(1), der.set_of(), content, der.set_of())
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.explicit(0, signed))


def _nested(depth: int) -> OctetsChange:
    """SEQUENCE in SEQUENCE, so deep, around nothing."""

    def change(_: bytes) -> bytes:
        octets = b""
        for _level in range(depth):
            octets = der.sequence(octets)
        return octets

    return change


def _long_version(_: bytes) -> bytes:
    return der.sequence(der.sequence(der.tlv(0x02, b"\x7f" * 60_000)))


_OTHERS: Final = tuple(
    (name, f"{what} is in the place of the certificate request.", change)
    for name, what, change in (
        ("nothing", "Nothing", lambda _: b""),
        ("certificate", "A certificate", lambda _: keys.attestation_key().certificate),
        ("crmf", "A CertReqMessages of CRMF over the same key", _crmf),
        ("pkcs7", "A PKCS#7 SignedData that holds the request", _pkcs7),
        ("pem", "The request in PEM", _pem("CERTIFICATE REQUEST")),
        ("pem-new", "The request in PEM with the label of old tools", _pem("NEW CERTIFICATE REQUEST")),
        ("info", "CertificationRequestInfo alone", _part(0)),
        ("spki", "SubjectPublicKeyInfo alone", _part(0, 2)),
        ("name", "The subject alone", _part(0, 1)),
        ("algorithm", "The signature algorithm alone", _part(1)),
        ("in-octet-string", "The request in an OCTET STRING", der.octet_string),
        ("in-sequence", "The request in a SEQUENCE", der.sequence),
        ("base64", "The request's base64, so that it is encoded twice,", lambda o: base64.encode(o).encode()),
        ("private-key", "The request's private key in PKCS#8", lambda _: keys.nth(0).pkcs8_der),
        ("empty-sequence", "An empty SEQUENCE", lambda _: der.sequence()),
        ("deep", "SEQUENCE in SEQUENCE, 2,000 deep,", _nested(2_000)),
        ("deep-indefinite", "SEQUENCE in SEQUENCE, 20,000 deep and never ended,", lambda _: b"\x30\x80" * 20_000),
        ("long-tag", "An element whose tag has 1,000 octets", lambda _: b"\x3f" + b"\x81" * 1_000 + b"\x01\x00"),
        ("long-integer", "A version of 60,000 octets", _long_version),
    )
)


def _mutation(name: str, title: str, change: Callable[[bytes], bytes]) -> Mutation:
    return Mutation.of(Layer.DER, CSR, name, title, change)
