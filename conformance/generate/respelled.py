"""A nonce or a challenge that was spent, in other spellings: a reader that forgives finds the same one in each.

The one rule: no spelling is one that a service must take, so that to refuse it is always right; and each says what was
said before, so that a service that takes it takes the same thing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from conformance.codec import base64
from conformance.codec.der import tags
from conformance.codec.jose import Compact
from conformance.errors import DecodeError
from conformance.generate.csr import CsrDraft
from conformance.generate.edits import CHALLENGE, Edit, csr_edit, put

REUSED: Final = "join-request/csr-nonce-reused"
TWICE: Final = "join-request/challenge-single-use"
_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_GROUP: Final = 4  # letters of base64, for three octets


def nonces(nonce: str) -> dict[str, Edit]:
    """The edits, by name, that spell this nonce in another way; each of a request that carries it."""
    texts = {
        name: csr_edit(REUSED, name, f"The nonce was spent, and {words} now.", _with_text(change))
        for name, words, change in _TEXTS
        if change(nonce) != nonce
    }
    return texts | {
        name: csr_edit(REUSED, name, f"The nonce was spent as a UTF8String, and is {words} now.", _with_tag(tag))
        for name, words, tag in _TAGS
    }


def another(nonce: str) -> str:
    """A nonce that nobody issued, and that is spelled like this one: a letter in its middle is another."""
    try:
        inside = base64.decode(nonce).decode("ascii")
        Compact.decode(inside)
    except (DecodeError, UnicodeDecodeError):
        return _altered(nonce)
    return base64.encode(_altered(inside).encode("ascii"))


def challenges(challenge: str) -> Iterator[Edit]:
    """The edits that spell this signed challenge in another way; what was signed stays as it was."""
    signed, dot, signature = challenge.rpartition(".")
    if challenge.count(".") != 2 or not signature:  # noqa: PLR2004 - a JWS has three parts
        return
    for name, words, text in (
        ("spare-bits", "a bit is set behind the last octet of its signature", _with_spare_bits(signature, "-_")),
        ("padded", "its signature is padded", signature + "=" * (-len(signature) % _GROUP or _GROUP)),
        ("line-feed", "a line feed stands behind it", signature + "\n"),
    ):
        if text != signature:
            yield put(TWICE, name, f"The challenge was spent, and {words} now.", CHALLENGE, signed + dot + text)


def _with_text(change: Callable[[str], str]) -> Callable[[CsrDraft], CsrDraft]:
    return lambda csr: replace(csr, nonce=change(csr.nonce or ""))


def _with_tag(tag: int | None) -> Callable[[CsrDraft], CsrDraft]:
    return lambda csr: replace(csr, nonce_tag=tag)


def _with_spare_bits(text: str, last_two: str = "+/") -> str:
    """The base64 with the lowest bit turned that belongs to no octet (RFC 4648 3.5); the same where there is none."""
    letters = text.rstrip("=")
    place = (_DIGITS + last_two).find(letters[-1:])
    if not letters or place < 0 or len(letters) % _GROUP in {0, 1}:
        return text
    return letters[:-1] + (_DIGITS + last_two)[place ^ 1] + text[len(letters) :]


def _inside(nonce: str) -> str:
    """The compact JWE or JWS that many a nonce is the base64 of, with bits set behind its last octet."""
    try:
        inside = base64.decode(nonce).decode("ascii")
        Compact.decode(inside)
    except (DecodeError, UnicodeDecodeError):
        return nonce
    first, dot, last = inside.rpartition(".")
    return base64.encode((first + dot + _with_spare_bits(last, "-_")).encode("ascii"))


def _altered(text: str) -> str:
    places = [place for place, letter in enumerate(text) if letter in _DIGITS]
    if not places:
        return text + "AAAA"
    place = places[len(places) // 2]
    return text[:place] + ("B" if text[place] in "aA" else "A") + text[place + 1 :]


_TEXTS: Final[tuple[tuple[str, str, Callable[[str], str]], ...]] = (
    ("spare-bits", "has a bit set behind its last octet", _with_spare_bits),
    ("unpadded", "lacks its padding", lambda nonce: nonce.rstrip("=")),
    ("padded", "has padding that it does not need", lambda nonce: nonce.rstrip("=") + "===="),
    ("line-feed", "ends in a line feed", lambda nonce: nonce + "\n"),
    ("space", "begins with a space", lambda nonce: " " + nonce),
    ("url-alphabet", "is base64url", lambda nonce: nonce.replace("+", "-").replace("/", "_")),
    ("spare-bits-inside", "has a bit set behind the last octet of what it encodes", _inside),
)
_TAGS: Final = (
    ("printable-string", "a PrintableString", tags.PRINTABLE_STRING),
    ("ia5-string", "an IA5String", tags.IA5_STRING),
    ("octet-string", "an OCTET STRING", tags.OCTET_STRING),
    ("bare", "there in bare octets", None),
)
