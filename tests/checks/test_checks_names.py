"""Names are compared as RFC 5280 7.1 has it, and shown in one line that no octet of a target's gets out of."""

from __future__ import annotations

import pytest

from conformance.checks import names
from conformance.codec.der import tags
from conformance.codec.name import COMMON_NAME, DOMAIN_COMPONENT, NameAttribute

UNIT, ORGANIZATION, COUNTRY, OTHER = "2.5.4.11", "2.5.4.10", "2.5.4.6", "1.2.3"


def part(text: str | bytes, oid: str = COMMON_NAME, tag: int = tags.UTF8_STRING) -> NameAttribute:
    return NameAttribute(oid, tag, text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Contoso CA", "contoso ca"),
        ("Contoso CA", "  Contoso\t \nCA "),
        ("Stra\u00dfe", "STRASSE"),
        ("\ufb01ne", "fine"),  # a ligature, by NFKC
    ],
)
def test_case_and_white_space_make_no_other_name(one: str, other: str) -> None:
    assert names.same(((part(one),),), ((part(other),),))


def test_the_type_of_a_text_makes_no_other_name() -> None:
    assert names.same(((part("CA"),),), ((part("CA", tag=tags.PRINTABLE_STRING),),))
    assert names.same(((part("CA"),),), ((part("CA".encode("utf-16-be"), tag=tags.BMP_STRING),),))


def test_an_rdn_is_a_set_and_a_name_a_sequence() -> None:
    a, b = part("a"), part("b", UNIT)
    assert names.same(((a, b),), ((b, a),))
    assert not names.same(((a,), (b,)), ((b,), (a,)))
    assert not names.same(((a, b),), ((a,), (b,)))
    assert not names.same(((a,),), ((a, a),))


@pytest.mark.parametrize("other", [part("Contoso"), part("Contoso CA", UNIT), part("ContosoCA"), part("Contoso CA\0")])
def test_other_names(other: NameAttribute) -> None:
    assert not names.same(((part("Contoso CA"),),), ((other,),))


def test_what_is_no_text_is_its_octets() -> None:
    assert names.text(part(b"\xff\x00\xab")) == "#ff00ab"
    assert names.same(((part(b"\xff"),),), ((part(b"\xff"),),))
    assert not names.same(((part(b"\xff"),),), ((part(b"\xfe"),),))


def test_a_name_is_shown_by_the_short_types_of_the_field() -> None:
    dc = part("local", DOMAIN_COMPONENT, tags.IA5_STRING)
    name = (part("x"),), (part("a", UNIT), part("b", ORGANIZATION)), (part("DE", COUNTRY),), (dc,), (part("y", OTHER),)
    assert names.shown(name) == "CN=x,OU=a+O=b,C=DE,DC=local,1.2.3=y"
    assert names.shown(()) == "(empty)"


def test_what_is_shown_is_one_printable_line_of_bounded_width() -> None:
    assert names.shown(((part("a\n\x1b[31m\u202e\0"),),)) == r"CN=a\n\x1b[31m\u202e\x00"
    assert names.shown(((part("x" * 117),),)) == "CN=" + "x" * 117
    assert names.shown(((part("x" * 118),),)) == "CN=" + "x" * 114 + "..."
