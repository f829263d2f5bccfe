"""DER, element by element: what strict and lenient read, where each fault is, and what is written."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.codec_golden import attempt
from conformance.codec import der
from conformance.codec.der import tags
from conformance.errors import DecodeError


def fault(data: str, *, strict: bool = True) -> tuple[int, str]:
    with pytest.raises(DecodeError) as refusal:
        der.exact(bytes.fromhex(data), strict=strict)
    return refusal.value.offset, refusal.value.problem


def test_an_element_knows_where_it_stands() -> None:
    outer = der.exact(bytes.fromhex("30 08 02 01 05 30 03 0c 01 41"))
    number, inner = outer.children()
    (text,) = inner.children()
    assert (number.tag, number.offset, number.start, number.end, number.content) == (0x02, 2, 4, 5, b"\x05")
    assert (text.tag, text.offset, text.content, text.raw) == (0x0C, 7, b"A", b"\x0c\x01A")
    assert (outer.header, outer.minimal, outer.constructed, text.constructed) == (2, True, True, False)


@pytest.mark.parametrize(
    ("data", "offset", "problem"),
    [
        ("", 0, "the element is missing"),
        ("30", 1, "cut off before a length octet"),
        ("30 05 02 01", 4, "cut off: 5 octets announced, 2 are there"),
        ("30 82 01", 3, "cut off within a length"),
        ("30 80 00 00", 1, "an indefinite length"),
        ("30 ff", 1, "the reserved length octet"),
        ("04 81 01 41", 1, "a length (1) that is not written in its shortest form"),
        ("04 82 00 01 41", 1, "shortest form"),
        ("05 00 00", 2, "1 octets follow"),
        ("1f 1e 00", 1, "a tag number that is not written in its shortest form"),
        ("1f 80 7f 00", 1, "shortest form"),
        ("1f 81", 2, "cut off within an identifier"),
        ("1f ff ff ff ff ff 7f 00", 0, "more than 5 identifier octets"),
        ("00 00", 0, "end-of-contents"),
    ],
)
def test_strict_refuses_what_der_does_not_have(data: str, offset: int, problem: str) -> None:
    found, said = fault(data)
    assert found == offset
    assert problem in said


def test_lenient_reads_the_lengths_of_the_field_and_says_so() -> None:
    element = der.exact(bytes.fromhex("04 81 02 4e 41"), strict=False)
    assert (element.content, element.minimal, element.header) == (b"NA", False, 3)
    assert element.raw == bytes.fromhex("04 81 02 4e 41")
    assert fault("30 80 00 00", strict=False)[0] == 1


@pytest.mark.parametrize("identifier", ["7f 21", "1f 1f", "5f 81 01", "1f ff ff 7f", "1f ff ff ff 7f"])
def test_a_high_tag_number_is_its_identifier_octets(identifier: str) -> None:
    octets = bytes.fromhex(identifier)
    element = der.exact(octets + b"\x01\0")
    assert (element.tag, element.header) == (int.from_bytes(octets), len(octets) + 1)
    assert element.constructed == (octets[0] == 0x7F)
    assert der.tlv(element.tag, b"\0") == element.raw


def test_a_tag_has_a_name_or_its_number() -> None:
    names = {
        0x02: "INTEGER",
        0x07: "tag 0x07",
        0x41: "tag 0x41",
        0x80: "[0]",
        0xA3: "[3] constructed",
        0xBE: "[30] constructed",
        0xC0: "tag 0xc0",
        0xBF21: "tag 0xbf21",
        0x9F: "tag 0x9f",  # of which more octets would follow
    }
    assert {tag: tags.describe(tag) for tag in names} == names


@pytest.mark.parametrize(
    ("dotted", "content"),
    [
        ("1.2.840.113549", "2a 86 48 86 f7 0d"),  # X.690 and every PKCS document
        ("2.999.3", "88 37 03"),  # X.690 8.19.5
        ("0.9.2342.19200300.100.1.25", "09 92 26 89 93 f2 2c 64 01 19"),
        ("1.2.840.113556.1.5.284.2.1", "2a 86 48 86 f7 14 01 05 82 1c 02 01"),
        ("2.5.4.3", "55 04 03"),
        (f"2.5.{(1 << 140) - 1}", "55" + "ff" * 19 + "7f"),  # the longest arc that is read
    ],
)
def test_object_identifiers(dotted: str, content: str) -> None:
    assert der.decode_oid(bytes.fromhex(content)) == dotted
    assert der.oid(dotted)[2:] == bytes.fromhex(content)


@pytest.mark.parametrize(
    ("content", "offset"), [("", 0), ("55 04 83", 3), ("55 80 01", 1), ("55" + "ff" * 20 + "7f", 1)]
)
def test_faulty_object_identifiers(content: str, offset: int) -> None:
    with pytest.raises(DecodeError) as refusal:
        der.decode_oid(bytes.fromhex(content))
    assert refusal.value.offset == offset


@pytest.mark.parametrize("text", ["", "1", "3.1", "1.40", "a.b", "1..2", "1.2.", "1.-2", "1.\u0662"])
def test_text_that_is_no_object_identifier(text: str) -> None:
    with pytest.raises(DecodeError):
        der.oid(text)


@pytest.mark.parametrize(
    ("number", "octets"),
    [(0, "00"), (127, "7f"), (128, "00 80"), (256, "01 00"), (-1, "ff"), (-128, "80"), (-129, "ff 7f")],  # X.690 8.3
)
def test_integers_are_signed(number: int, octets: str) -> None:
    assert der.integer(number)[2:] == bytes.fromhex(octets)
    assert der.decode_integer(bytes.fromhex(octets)) == number


@pytest.mark.parametrize("octets", ["", "00 7f", "ff 80"])
def test_integers_that_are_not_in_their_shortest_form(octets: str) -> None:
    with pytest.raises(DecodeError):
        der.decode_integer(bytes.fromhex(octets))
    if octets:
        assert der.decode_integer(bytes.fromhex(octets), strict=False) in (127, -128)


def test_bit_strings_and_booleans() -> None:
    assert der.decode_bit_string(bytes.fromhex("07 80")) == (b"\x80", 7)
    assert der.decode_bit_string(bytes.fromhex("07 81"), strict=False) == (b"\x81", 7)
    assert der.decode_boolean(b"\xff")
    assert der.decode_boolean(b"\x01", strict=False)


@pytest.mark.parametrize("content", ["", "08 00", "01", "07 81"])
def test_faulty_bit_strings(content: str) -> None:
    with pytest.raises(DecodeError):
        der.decode_bit_string(bytes.fromhex(content))


def test_a_bit_string_of_whole_octets() -> None:
    assert der.decode_octets(b"\0key", "key", 0) == b"key"
    with pytest.raises(DecodeError):
        der.decode_octets(bytes.fromhex("07 80"), "key", 0)


@pytest.mark.parametrize("octets", [b"", b"\x01", b"\0\0"])
def test_faulty_booleans(octets: bytes) -> None:
    with pytest.raises(DecodeError):
        der.decode_boolean(octets)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (der.utf8_string("né"), "né"),
        (der.printable_string("A\0"), "A\0"),
        (der.ia5_string("a@b"), "a@b"),
        (der.teletex_string("é"), "é"),
        (der.bmp_string("ü"), "ü"),
        (bytes.fromhex("1c 04 00 00 00 41"), "A"),
    ],
)
def test_strings(raw: bytes, text: str) -> None:
    element = der.exact(raw)
    assert der.decode_string(element.tag, element.content) == text


@pytest.mark.parametrize(("raw", "offset"), [("0c 02 41 ff", 3), ("13 01 ff", 2), ("1e 01 41", 2), ("02 01 41", 2)])
def test_octets_that_are_no_text_of_their_type(raw: str, offset: int) -> None:
    element = der.exact(bytes.fromhex(raw))
    with pytest.raises(DecodeError) as refusal:
        der.decode_string(element.tag, element.content, "Name", element.start)
    assert refusal.value.offset == offset


def test_times() -> None:
    for tag, text, moment in (
        (0x17, b"491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x17, b"500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (0x18, b"99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ):
        assert der.decode_time(der.exact(der.tlv(tag, text)), "Certificate") == moment


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (0x17, b"4912312359Z"),
        (0x17, b"491231235959+0000"),
        (0x17, b"491331235959Z"),
        (0x17, b"49123123595\xb2Z"),
        (0x18, b"00001231235959Z"),
        (0x18, b"20490101000000.5Z"),
        (0x18, b""),
        (0x0C, b"491231235959Z"),
    ],
)
def test_times_no_certificate_may_hold(tag: int, text: bytes) -> None:
    with pytest.raises(DecodeError):
        der.decode_time(der.exact(der.tlv(tag, text)), "Certificate")


def test_each_type_is_written_under_its_tag() -> None:
    written = {
        "05 00": der.null(),
        "0c 02 c3 a9": der.utf8_string("é"),
        "13 01 41": der.printable_string("A"),
        "14 01 e9": der.teletex_string("é"),
        "16 01 41": der.ia5_string("A"),
        "1e 02 00 e9": der.bmp_string("é"),
        "83 01 00": der.implicit(3, b"\0"),
        "a3 01 00": der.implicit(3, b"\0", constructed=True),
        "a3 02 05 00": der.explicit(3, der.null()),
        "80 81 80" + "00" * 128: der.implicit(0, bytes(128)),
        "04 82 01 00" + "00" * 256: der.octet_string(bytes(256)),
    }
    for octets, element in written.items():
        assert element == bytes.fromhex(octets)


def test_a_set_is_written_in_ascending_order() -> None:
    assert der.set_of(der.integer(2), der.boolean(value=True), der.integer(1)) == bytes.fromhex(
        "31 09 01 01 ff 02 01 01 02 01 02"
    )


def test_nesting_costs_no_stack() -> None:
    """Each level is read when it is asked for, so nesting deeper than the stack is read like any other."""
    levels = 2 * sys.getrecursionlimit()
    data = b""
    for _ in range(levels):
        data = der.tlv(0x30, data)
    elements: tuple[der.Element, ...] = (der.exact(data),)
    for depth in range(1, levels):
        elements = elements[0].children()
        assert len(elements) == 1, depth
    assert elements[0].children() == ()


@given(st.integers(0, 0x1E), st.binary(max_size=300))
def test_what_is_written_is_read(number: int, content: bytes) -> None:
    for raw in (
        der.implicit(number, content),
        der.implicit(number, content, constructed=True),
        der.octet_string(content),
    ):
        element = der.exact(raw)
        assert element.content == content
        assert element.raw == raw


@given(st.integers() | st.integers(-(1 << 2100), 1 << 2100))
def test_any_integer_is_read_as_it_was_written(number: int) -> None:
    assert der.decode_integer(der.exact(der.integer(number)).content) == number


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, (1 << 128) - 1), max_size=6))
def test_any_object_identifier_is_read_as_it_was_written(first: int, second: int, rest: list[int]) -> None:
    dotted = ".".join(map(str, [first, second, *rest]))
    assert der.decode_oid(der.exact(der.oid(dotted)).content) == dotted


@given(st.binary(max_size=60), st.booleans())
def test_arbitrary_bytes_are_elements_or_a_decode_error(data: bytes, strict: bool) -> None:
    elements, error = attempt(lambda: der.read_all(data, strict=strict))
    if error:
        assert 0 <= error.offset <= len(data)
    else:
        assert b"".join(element.raw for element in elements) == data
