"""Variants that a conforming service accepts: each value, member and spelling the document and JSON allow.

The one rule: a refusal of any of these is a fault of the service. What it may refuse is in `observed`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Final

from conformance.codec.der import tags
from conformance.codec.rsakey import RsaKeyBlob
from conformance.generate import keys
from conformance.generate.csr import common_name
from conformance.generate.join import MARKER, Headers, JoinDraft
from conformance.generate.spelling import Spelling
from conformance.generate.variants import Change, Variant, with_csr, with_fields

_JOIN: Final = "join-request/"
NAMES: Final = (
    ("accents", "with accents", "Zoé's Gerät"),
    ("combining", "whose accents are combining characters", "Zoe\u0301's Gera\u0308t"),
    ("cyrillic", "in Cyrillic letters", "Ноутбук Ивана"),
    ("arabic", "written from right to left", "حاسوب مريم"),
    ("han", "in Han characters", "花子のパソコン"),
    ("devanagari", "in Devanagari", "प्रिया का लैपटॉप"),
    ("emoji", "with an emoji of several code points", "PC 👩🏽\u200d💻"),
    ("astral", "with letters beyond the basic plane", "𐍈𝔘𠮷"),
    ("quotes", "with quotation marks and a backslash", 'the "big" C:\\ PC'),
)
ATTRIBUTES: Final = (
    ("reuse-device", "ReuseDevice"),
    ("shared-device", "SharedDevice"),
    ("return-client-sid", "ReturnClientSid"),
)


def _transport(index: int) -> Change:
    """That key, or the next where the request has it already: one key for both might be refused."""
    blobs = [RsaKeyBlob.public(*keys.nth(place).rsa_numbers) for place in (index, index + 1)]

    def changed(draft: JoinDraft) -> JoinDraft:
        one, other = (replace(draft, transport_key=blob) for blob in blobs)
        return other if one.has_one_key else one

    return changed


def _header(name: str, value: str) -> Change:
    def changed(headers: Headers) -> Headers:
        return (*(pair for pair in headers if pair[0].lower() != name.lower()), (name, value))

    return lambda draft: replace(draft, headers=changed(draft.headers))


def _attribute_sets() -> Iterator[Variant]:
    """Every subset of the optional fields of Attributes, true and false; a single one is about its own requirement."""
    for values in product((None, True, False), repeat=len(ATTRIBUTES)):
        chosen = [
            (words, name, value) for (words, name), value in zip(ATTRIBUTES, values, strict=True) if value is not None
        ]
        text = " and ".join(f"{name} {str(value).lower()}" for _, name, value in chosen) or "no field"
        ids = tuple(f"{_JOIN}attributes-{words}" for words, _, _ in chosen) or (f"{_JOIN}attributes-optional",)
        name = "-".join(f"{words}-{str(value).lower()}" for words, _, value in chosen) or "empty"
        fields = tuple((member, value) for _, member, value in chosen)
        yield Variant(name, f"Attributes has {text}.", ids, with_fields(attributes=fields))


_MEMBERS = (
    *(
        Variant(name, f"JoinType is {value}.", (f"{_JOIN}join-type-{name}",), with_fields(join_type=value))
        for name, value in (("join", 0), ("register", 4), ("hybrid-join", 6))
    ),
    *(
        Variant(name, f"The CN is {words}.", (f"{_JOIN}csr-cn-string-types",), with_csr(subject=common_name(tag=tag)))
        for name, words, tag in (
            ("utf8-string", "a UTF8String", tags.UTF8_STRING),
            ("printable-string", "a PrintableString", tags.PRINTABLE_STRING),
        )
    ),
    *(
        Variant(
            f"key-{n}", f"The transport key is key {n} of the pool.", (f"{_JOIN}transport-key-accepted",), _transport(n)
        )
        for n in (5, 17, 29)
    ),
    *(
        Variant(
            f"name-{name}",
            f"DeviceDisplayName is a name {words}.",
            (f"{_JOIN}display-name-unicode",),
            with_fields(device_display_name=MARKER + text),
        )
        for name, words, text in NAMES
    ),
    *_attribute_sets(),
)

_SPELLINGS = (
    *(
        Variant(
            f"gap-{name}",
            f"There is {words} around every token.",
            ("processing/json-white-space",),
            with_fields(spelling=Spelling(gap=gap)),
        )
        for name, words, gap in (
            ("space", "a space", " "),
            ("lines", "a line end and a tab", "\r\n\t"),
            ("all", "every white space", " \t\r\n"),
        )
    ),
    Variant(
        "names",
        "Every vowel of names and texts is written as an escape.",
        ("processing/json-escapes",),
        with_fields(spelling=Spelling(escape=frozenset("aeiouAEIOU"))),
    ),
    Variant(
        "solidus",
        "Every slash of the base64 texts is written as an escape.",
        ("processing/json-escapes",),
        with_fields(spelling=Spelling(escape=frozenset("/"))),
    ),
    Variant(
        "capitals",
        "Letters of names and texts are written as escapes whose digits are in capitals.",
        ("processing/json-escapes",),
        with_fields(spelling=Spelling(escape=frozenset("jklmnoz"), capitals=True)),
    ),
    *(
        Variant(
            f"rotated-by-{by}",
            f"The first {by} members of every object come last.",
            ("processing/json-member-order",),
            with_fields(spelling=Spelling(rotate=by)),
        )
        for by in (1, 3, 5)
    ),
)

ESCAPED_PAIRS: Final = Variant(
    "pairs",
    "Characters beyond ASCII are written as escapes, one of them as a surrogate pair.",
    ("processing/json-escapes",),
    with_fields(spelling=Spelling(ascii=True), device_display_name=f"{MARKER}Gerät 💻"),
)
"""Shows something of escapes only where the same name is accepted as it is, and so is none of ACCEPTED."""

_HTTP = (
    *(
        Variant(
            name, f"The media type is {value}.", ("processing/media-type-parameters",), _header("Content-Type", value)
        )
        for name, value in (
            ("charset", "application/json; charset=utf-8"),
            ("charset-quoted", 'application/json;charset="UTF-8"'),
            ("capitals", "Application/JSON"),
        )
    ),
    Variant(
        "guid",
        "The request has a GUID as client-request-id.",
        ("join-service/client-request-id-accepted",),
        _header("client-request-id", "9cd2d8a9-6cb5-4c0b-8d4e-0a8a7f0b9d11"),
    ),
)

ACCEPTED: Final = (*_MEMBERS, *_SPELLINGS, *_HTTP)
