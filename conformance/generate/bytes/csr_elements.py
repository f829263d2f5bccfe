"""The certificate request element by element: another tag, another length, left out, there twice, empty.

The one rule: an element within CertificationRequestInfo is changed before the request is signed, so that the signature
holds and the change alone is wrong; an element outside it is changed behind the signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from conformance.codec import der
from conformance.codec.der import tags
from conformance.generate.bytes.elements import SPKI, TBS, Change, Place, rebuilt, walk
from conformance.generate.bytes.mutation import Family, Mutation
from conformance.generate.csr import CsrDraft
from conformance.generate.edits import CSR, Layer
from conformance.generate.join import Rendering

TAGS: Final = (
    tags.BOOLEAN,
    tags.INTEGER,
    tags.BIT_STRING,
    tags.OCTET_STRING,
    tags.NULL,
    tags.OBJECT_IDENTIFIER,
    tags.UTF8_STRING,
    tags.PRINTABLE_STRING,
    tags.IA5_STRING,
    tags.BMP_STRING,
    tags.SEQUENCE,
    tags.SET,
    tags.CONTEXT,
    tags.CONTEXT | tags.CONSTRUCTED,
)
_LONG: Final = 0x80
_UINT32: Final = 0xFFFFFFFF

Row = tuple[str, str, Change]
"""Name and words of a change of an element, and the change."""


def retagged(model: Rendering) -> Family:
    """Every element under each other tag, its constructed bit turned, and in no known class."""
    return _family("csr-tag", model, _tags)


def longer_lengths(model: Rendering) -> Family:
    """Every element with a length that is longer than it need be, or indefinite."""
    return _family("csr-length-form", model, _length_forms)


def lying_lengths(model: Rendering) -> Family:
    """Every element with a length that is not its content's, no octet added and none taken away."""
    return _family("csr-length-lie", model, _length_lies)


def contents(model: Rendering) -> Family:
    """Every element left out, there twice, without content, and with an octet too many or too few, its length true."""
    return _family("csr-content", model, _contents)


def _family(name: str, model: Rendering, changes: Callable[[Place], Sequence[Row]]) -> Family:
    rows = [(place, row) for place in walk(model.csr_der) for row in changes(place)]
    return Family(name, len(rows), lambda index: _mutation(rows[index][0], *rows[index][1]))


def _mutation(place: Place, name: str, words: str, change: Change) -> Mutation:
    name, title = f"{place.name}-{name}", f"{place.words} {words}."
    if place.path[:1] != TBS:
        return Mutation.of(Layer.DER, CSR, name, title, lambda octets: rebuilt(octets, place.path, change))

    def signed(csr: CsrDraft) -> CsrDraft:
        return replace(csr, reshape_info=lambda info: rebuilt(info, place.path[1:], change))

    layer = Layer.SPKI if place.path[:2] == SPKI else Layer.CRI
    return Mutation.of_csr(layer, name, title, signed)


def _tags(place: Place) -> list[Row]:
    others = dict.fromkeys((*TAGS, place.tag ^ tags.CONSTRUCTED, place.tag | 0xC0))
    return [
        (f"tag-{tag:02x}", f"has the tag 0x{tag:02x}", lambda octets, tag=tag: bytes([tag]) + octets[1:])  # type: ignore[misc]
        for tag in others
        if tag != place.tag
    ]


def _length_forms(place: Place) -> list[Row]:
    size = place.end - place.content
    least = 0 if size < _LONG else (size.bit_length() + 7) // 8
    rows: list[Row] = [
        (f"length-in-{count}", f"has its length in {count} octets behind the first", _with_length(_in(count, size)))
        for count in sorted({least + 1, least + 2, 4, 8, 126})
        if count > least
    ]
    rows.append(("indefinite", "has an indefinite length, and ends with end-of-contents octets", _indefinite))
    rows.append(("reserved", "has the reserved length octet 0xff", _with_length(b"\xff")))
    return rows


def _length_lies(place: Place) -> list[Row]:
    size = place.end - place.content
    lies = {
        "zero": 0,
        "one-less": size - 1,
        "one-more": size + 1,
        "twice": 2 * size + 1,
        "half": size // 2,
        "largest": _UINT32,
    }
    rows: list[Row] = [
        (f"length-{name}", f"says that its length is {lie}", _with_length(der.length(lie)))
        for name, lie in lies.items()
        if lie >= 0 and lie != size
    ]
    rows.append(("open", "has an indefinite length that nothing ends", _with_length(b"\x80")))
    return rows


def _contents(place: Place) -> list[Row]:
    rows: list[Row] = [
        ("left-out", "is left out", lambda _: b""),
        ("twice", "is there twice", lambda octets: octets * 2),
        ("one-more", "has a zero octet behind its content", lambda o: der.tlv(o[0], der.exact(o).content + b"\0")),
        ("null-more", "has a NULL behind its content", lambda o: der.tlv(o[0], der.exact(o).content + der.null())),
        ("first-more", "has a zero octet before its content", lambda o: der.tlv(o[0], b"\0" + der.exact(o).content)),
    ]
    if place.end > place.content:
        rows.append(("empty", "is empty", lambda octets: der.tlv(octets[0], b"")))
        rows.append(("one-less", "lacks its last octet", lambda o: der.tlv(o[0], der.exact(o).content[:-1])))
    return rows


def _in(count: int, size: int) -> bytes:
    return bytes([_LONG | count]) + size.to_bytes(count, "big")


def _with_length(length: bytes) -> Change:
    return lambda octets: octets[:1] + length + der.exact(octets).content


def _indefinite(octets: bytes) -> bytes:
    return octets[:1] + b"\x80" + der.exact(octets).content + b"\0\0"
