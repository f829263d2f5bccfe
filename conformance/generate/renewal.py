"""A certificate request that was sent before, with a fresh nonce in place of its own, for the same to be sent again.

The one rule: whatever was wrong with the request stays wrong, octet by octet. Only the nonce changes, the lengths
around it where they must, and the signature over it: made again where it was right, by the key and the scheme that it
was made with; with the same bits turned where some were; and left as it stood where it was none.
"""

from __future__ import annotations

import re
import string
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Final

from conformance.codec import NONCE_OID, der
from conformance.codec.der import tags
from conformance.errors import CatalogueError
from conformance.generate import keys, signing

_ALPHABET: Final = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_BEGINS: Final = re.compile(rb'"Data"\s*:\s*"|(?=MII)')
_PASSED_OVER: Final = re.compile(rb"\r\n[0-9A-Fa-f]{1,8}(?:;[^\r\n]*)?\r\n|\\(?:[rnt]|(?=/))|[^A-Za-z0-9+/\-_\"\\]")
_SCHEMES: Final = (
    *(signing.SHA256_RSA, signing.SHA1_RSA, signing.SHA384_RSA, signing.SHA512_RSA, signing.SHA224_RSA),
    *(signing.MD5_RSA, signing.PSS, signing.SHA256_ECDSA, signing.ED25519),
)
_CONSTRUCTED: Final = 0x20
_FEW: Final = 16  # bits: so many differ where a signature was made and then altered, half of all where it is another
_LONG: Final = 0x80
_APART: Final = "its certificate request cannot be taken apart"


class NotRenewableError(ValueError):
    """A fresh nonce cannot be put in; the clause says why."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A request in a text: where the characters of its base64 stand, and its octets; `whole` unless escapes cut it."""

    at: tuple[int, ...]
    octets: bytes
    whole: bool


def has_nonce(text: bytes) -> bool:
    """Whether a body, or all the octets of a request, hold a certificate request with a nonce."""
    return bool(_found(text))


def renewed(text: bytes, nonce: str, *, unsigned: bool = False) -> bytes:
    """The text with this nonce in its certificate request. Raises `NotRenewableError`.

    `unsigned`: the signature may be anything, since that is what is wrong with the request.
    """
    places = _found(text)
    if len(places) != 1 or not places[0].whole:
        raise NotRenewableError("its certificate request is not there once, in plain base64")
    place = places[0]
    octets = with_nonce(place.octets, nonce.encode(), unsigned=unsigned)
    old, new = (b64encode(each).rstrip(b"=") for each in (place.octets, octets))
    if len(octets) != len(place.octets):
        return _refilled(text, place, b64encode(octets))
    sent = bytearray(text)
    for index, at in enumerate(place.at[: len(new)]):
        letter = sent[at : at + 1].translate(_URL_SAFE)
        over = _ALPHABET.index(letter) - _ALPHABET.index(old[index : index + 1])  # bits that no octet is made of
        fresh = _ALPHABET[_ALPHABET.index(new[index : index + 1]) + over]
        sent[at] = {ord("+"): ord("-"), ord("/"): ord("_")}.get(fresh, fresh) if _is_url_safe(text, place) else fresh
    return bytes(sent)


def _is_url_safe(text: bytes, place: _Place) -> bool:
    return any(text[at] in b"-_" for at in place.at)


def _refilled(text: bytes, place: _Place, encoded: bytes) -> bytes:
    """The text with base64 of another length, where the old stood in one piece."""
    first, last = place.at[0], place.at[-1] + 1
    if last - first != len(place.at):
        raise NotRenewableError("the fresh nonce is not as long as the old one, whose base64 stood in pieces")
    padded = text[last : last + 2].count(b"=")
    if _is_url_safe(text, place):
        encoded = encoded.translate(bytes.maketrans(b"+/", b"-_"))
    right = padded == -len(place.octets) % 3
    if not right and not encoded.endswith(b"="):
        raise NotRenewableError("the fresh nonce is not as long as the old one, and needs no padding that could lack")
    fitted = encoded if right else encoded.rstrip(b"=")
    return text[:first] + fitted + text[last + padded :]


def _found(text: bytes) -> list[_Place]:
    oid, found, read = der.oid(NONCE_OID), [], 0
    for begin in _BEGINS.finditer(text):
        if begin.end() >= read:
            place = _read(text, begin.end())
            read = max(place.at, default=begin.end()) + 1
            found += [place] if oid in place.octets else []
    return found


def _read(text: bytes, at: int) -> _Place:
    """The base64 that begins here, over chunk sizes, escapes and whatever else no reader of base64 counts."""
    places: list[int] = []
    while at < len(text) and text[at] != ord('"'):
        if passed := _PASSED_OVER.match(text, at):
            at = passed.end()
        elif text[at] == ord("\\"):
            break
        else:
            places.append(at)
            at += 1
    letters = bytes(text[each] for each in places).translate(_URL_SAFE)
    whole = letters[: len(letters) - (len(letters) % 4 == 1)]
    whole_text = text[at : at + 1] != b"\\" and len(whole) == len(letters)
    return _Place(tuple(places), b64decode(whole + b"=" * (-len(whole) % 4)), whole_text)


# --- the request in DER


def with_nonce(octets: bytes, nonce: bytes, *, unsigned: bool = False) -> bytes:
    """The CertificationRequest with this nonce, signed as the old one was. Raises `NotRenewableError`."""
    if octets.count(der.oid(NONCE_OID)) != 1:
        raise NotRenewableError("its certificate request has more nonces than one")
    start, end = _nonce(octets)
    same = len(nonce) == end - start
    fresh = octets[:start] + nonce + octets[end:] if same else _spliced(octets, start, end, nonce)
    before, (first, last) = _parts(octets)
    after, (begins, ends) = _parts(fresh)
    signature = _signed(before, octets[first:last], after)
    if signature is None and not unsigned:
        raise NotRenewableError("the signature of its certificate request was made in a way that is not known")
    return _spliced(fresh, begins - 1, ends, fresh[begins - 1 : begins] + (signature or octets[first:last]))


def _header(octets: bytes, at: int) -> tuple[int, int, int]:
    """The tag of the element here, and where its content begins and ends. Raises `NotRenewableError`."""
    try:
        tag, length, start = octets[at], octets[at + 1], at + 2
        if length >= _LONG:
            count = length - _LONG
            length, start = int.from_bytes(octets[start : start + count]), start + count
    except IndexError:
        raise NotRenewableError(_APART) from None
    if start + length > len(octets) or octets[at + 1] == _LONG:
        raise NotRenewableError(_APART)
    return tag, start, start + length


def _nonce(octets: bytes) -> tuple[int, int]:
    """Where the text of the nonce stands: in the extnValue, in an element of its own or bare (A10)."""
    oid = der.oid(NONCE_OID)
    at = octets.index(oid) + len(oid)
    tag, start, end = _header(octets, at)
    if tag == tags.BOOLEAN:
        tag, start, end = _header(octets, end)
    if end - start > 2:  # noqa: PLR2004 - the least an element takes
        try:
            _, inner, stop = _header(octets[:end], start)
        except NotRenewableError:
            return start, end
        if stop == end:
            return inner, end
    return start, end


def _spliced(octets: bytes, start: int, end: int, new: bytes) -> bytes:
    """The octets with others from `start` to `end`, and the lengths of all elements around them fitted."""
    if end - start == len(new):
        return octets[:start] + new + octets[end:]
    at = 0
    while at < len(octets):
        tag, begins, ends = _header(octets, at)
        if begins <= start and end <= ends:
            inside = octets[begins:ends]
            if octets[at:ends] != der.tlv(tag, inside):
                raise NotRenewableError("the fresh nonce is not as long as the old one, and a length about it not DER")
            if tag & _CONSTRUCTED:
                inside = _spliced(inside, start - begins, end - begins, new)
            elif (begins, ends) == (start, end):
                inside = new
            else:  # the OCTET STRING around an element
                inside = der.tlv(inside[0], new)
            return octets[:at] + der.tlv(tag, inside) + octets[ends:]
        at = ends
    raise NotRenewableError(_APART)


def _parts(octets: bytes) -> tuple[bytes, tuple[int, int]]:
    """What is signed, and where the octets of the signature stand."""
    _, info, _ = _header(octets, 0)
    first, _, algorithm = _header(octets, info)
    second, _, signature = _header(octets, algorithm)
    third, start, end = _header(octets, signature)
    if (first, second, third) != (tags.SEQUENCE, tags.SEQUENCE, tags.BIT_STRING):
        raise NotRenewableError(_APART)
    return octets[info:algorithm], (start + 1, end)


def _signed(before: bytes, signature: bytes, after: bytes) -> bytes | None:
    """The signature over `after` that stands to it as the old one stands to `before`; None where that is not known."""
    own = keys.within(before)
    pairs = [(key, scheme) for key in own for scheme in _SCHEMES]
    pairs += [(key, signing.SHA256_RSA) for key in keys.every() if key not in own]
    for key, scheme in pairs:
        try:
            right = signing.sign(key, scheme, before)
        except (CatalogueError, ValueError):  # a key of another kind, or too small for the hash
            continue
        if right == signature:
            return signing.sign(key, scheme, after)
        if key in own and (altered := _altered(right, signature, signing.sign(key, scheme, after))):
            return altered
    return None


def _altered(right: bytes, sent: bytes, fresh: bytes) -> bytes | None:
    """What was done to the right signature done to the fresh one: bits turned, octets cut off or added."""
    if len(right) == len(sent):
        turned = int.from_bytes(right) ^ int.from_bytes(sent)
        return (int.from_bytes(fresh) ^ turned).to_bytes(len(fresh)) if turned.bit_count() <= _FEW else None
    if sent and right.startswith(sent):
        return fresh[: len(sent)]
    if sent.endswith(right):
        return sent[: -len(right)] + fresh
    return fresh + sent[len(right) :] if sent.startswith(right) else None
