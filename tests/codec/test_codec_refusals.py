"""What GUIDs, SIDs and DER say of what they cannot read: structure, offset and words, each fault once.

The offset counts from the outermost input: each is read as if it lay at octet 100 of it, where it can lie anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from codec.codec_golden import unmoved
from conformance.codec import guid, sid
from conformance.codec.der import Cursor, exact, read, read_all, tags, values, writing
from conformance.codec.heard import Listener, nobody
from conformance.errors import DecodeError

BASE = 100
GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
TEXTS: tuple[tuple[Callable[..., object], Any, int, str], ...] = (
    (guid.decode, GUID.replace("-", "_", 1), 8, "a hyphen belongs here"),
    (guid.decode, GUID.replace("d9cb", "d9gb"), 11, "'g' is not a hexadecimal digit"),
    (guid.decode, "é" + GUID[1:], 0, "'\\xe9' is not a hexadecimal digit"),
    (guid.decode, GUID[:-1], 35, "35 characters, where 36 belong (8-4-4-4-12)"),
    (guid.decode, GUID + "}", 36, "37 characters, where 36 belong (8-4-4-4-12)"),
    (guid.decode, "", 0, "0 characters, where 36 belong (8-4-4-4-12)"),
    (guid.decode_bytes, bytes(15), 15, "15 octets, where 16 belong"),
    (guid.decode_bytes, bytes(17), 16, "17 octets, where 16 belong"),
    (sid.Sid.decode, "", 0, "a SID begins with S-1-"),
    (sid.Sid.decode, "S-1", 3, "a SID begins with S-1-"),
    (sid.Sid.decode, "S-2-5", 2, "a SID begins with S-1-"),
    (sid.Sid.decode, "s-1-5-32", 0, "a SID begins with S-1-"),
    (sid.Sid.decode, "S-1-", 4, "the authority must be a decimal number of 32 bits"),
    (sid.Sid.decode, "S-1-4294967296-1", 4, "the authority must be a decimal number of 32 bits"),
    (sid.Sid.decode, "S-1-0x000000000005-1", 4, "the authority must be a decimal number of 32 bits"),
    (sid.Sid.decode, "S-1-5", 5, "a subauthority is missing"),
    (sid.Sid.decode, "S-1-5-", 6, "a subauthority must be a decimal number of 32 bits"),
    (sid.Sid.decode, "S-1-5-032", 6, "a subauthority must be a decimal number of 32 bits"),
    (sid.Sid.decode, "S-1-5-4294967296", 6, "a subauthority must be a decimal number of 32 bits"),
    (sid.Sid.decode, "S-1-5-0x000100000000", 6, "a subauthority must be a decimal number of 32 bits"),
    (sid.Sid.decode, "S-1-5" + "-7" * 16, 35, "more than 15 subauthorities"),
    (sid.guid_of_sid, "S-2", 2, "a SID begins with S-1-"),
    (sid.guid_of_sid, "S-1-12-2-1-2-3-4", 4, "not a SID of the form S-1-12-1 and four more numbers"),
    (sid.guid_of_sid, "S-1-12-1-1-2-3", 4, "not a SID of the form S-1-12-1 and four more numbers"),
    (sid.guid_of_sid, "S-1-12-1-1-2-3-4-5", 4, "not a SID of the form S-1-12-1 and four more numbers"),
)
INTEGER = "an integer that is not written in its shortest form"
VALUES: tuple[tuple[Callable[..., object], str, int, str], ...] = (
    (values.decode_oid, "", 0, "an empty object identifier"),
    (values.decode_oid, "2a86", 2, "an object identifier that stops within an arc"),
    (values.decode_oid, "8001", 0, "an arc that is not written in its shortest form"),
    (values.decode_oid, "2a8001", 1, "an arc that is not written in its shortest form"),
    (values.decode_oid, "2a" + "81" * 20 + "01", 1, "an arc of more than 20 octets"),
    (values.decode_integer, "", 0, "an empty integer"),
    (values.decode_integer, "007f", 0, INTEGER),
    (values.decode_integer, "ff80", 0, INTEGER),
    (values.decode_boolean, "", 0, "a boolean of 0 octets"),
    (values.decode_boolean, "ff00", 0, "a boolean of 2 octets"),
    (values.decode_boolean, "01", 0, "a boolean written 0x01, which DER does not have"),
    (values.decode_bit_string, "", 0, "an empty bit string"),
    (values.decode_bit_string, "0800", 0, "8 unused bits, where 1 octets follow"),
    (values.decode_bit_string, "01", 0, "1 unused bits, where 0 octets follow"),
    (values.decode_bit_string, "03aa0c", 2, "unused bits that are not zero"),
    (values.decode_octets, "", 0, "an empty bit string"),
    (values.decode_octets, "03aa0c", 2, "unused bits that are not zero"),
    (values.decode_octets, "03aa08", 0, "3 unused bits, where whole octets belong"),
    (partial(values.decode_octets, strict=False), "03aa0c", 0, "3 unused bits, where whole octets belong"),
    (partial(values.decode_string, 0x02), "00", 0, "INTEGER is not a character string"),
    (partial(values.decode_string, 0x0C), "41ff", 1, "octets that are not UTF8String (invalid start byte)"),
    (read, "", 0, "cut off before an identifier octet"),
    (read, "0000", 0, "end-of-contents octets, which DER does not have"),
    (read, "1f", 1, "cut off within an identifier"),
    (read, "1f81", 2, "cut off within an identifier"),
    (read, "1f1e00", 1, "a tag number that is not written in its shortest form"),
    (read, "1f80" + "1f00", 1, "a tag number that is not written in its shortest form"),
    (read, "1fffffffff7f00", 0, "a tag of more than 5 identifier octets"),
    (read, "30", 1, "cut off before a length octet"),
    (read, "3080", 1, "an indefinite length, which DER does not have"),
    (read, "30ff", 1, "the reserved length octet 0xff, which DER does not have"),
    (read, "308201", 3, "cut off within a length"),
    (read, "30817f" + "00" * 127, 1, "a length (127) that is not written in its shortest form"),
    (read, "30820080" + "00" * 128, 1, "a length (128) that is not written in its shortest form"),
    (read, "308180", 3, "cut off: 128 octets announced, 0 are there"),
    (read, "3003aabb", 4, "cut off: 3 octets announced, 2 are there"),
)


def told(decode: Callable[[], object]) -> tuple[str, int, str]:
    with pytest.raises(DecodeError) as error:
        decode()
    return error.value.structure, error.value.offset, error.value.problem


@pytest.mark.parametrize(("decode", "given", "offset", "problem"), TEXTS)
def test_a_text_that_cannot_be_read_is_told_of(
    decode: Callable[..., object], given: Any, offset: int, problem: str
) -> None:
    assert told(partial(decode, given, "DeviceId")) == ("DeviceId", offset, problem)
    assert told(partial(decode, given))[0] == ("GUID" if decode in (guid.decode, guid.decode_bytes) else "SID")


@pytest.mark.parametrize(("decode", "octets", "offset", "problem"), VALUES)
def test_octets_that_cannot_be_read_are_told_of(
    decode: Callable[..., object], octets: str, offset: int, problem: str
) -> None:
    data, where = bytes.fromhex(octets), BASE + offset
    if decode is not read:
        assert told(partial(decode, data, "CSR", offset=BASE)) == ("CSR", where, problem)
        return
    for before in (b"", writing.null()):
        behind = partial(read, before + data, "CSR", offset=len(before), base=BASE - len(before))
        assert told(behind) == ("CSR", where, problem)


@pytest.mark.parametrize(
    ("decode", "octets", "structure", "offset"),
    [
        (values.decode_oid, "", "OBJECT IDENTIFIER", 0),
        (values.decode_integer, "", "INTEGER", 0),
        (values.decode_boolean, "", "BOOLEAN", 0),
        (values.decode_bit_string, "", "BIT STRING", 0),
        (partial(values.decode_string, tags.INTEGER), "", "string", 0),
        (read, "04810141", "DER", 1),
        (read_all, "050004810141", "DER", 3),
        (exact, "04810141", "DER", 1),
    ],
)
def test_octets_of_no_named_structure_are_read_strictly_and_told_of_by_their_type(
    decode: Callable[..., object], octets: str, structure: str, offset: int
) -> None:
    assert told(partial(decode, bytes.fromhex(octets)))[:2] == (structure, offset)


def test_what_stands_within_is_read_as_what_it_stands_in() -> None:
    octets = bytes.fromhex("300404810141")
    problem = "a length (1) that is not written in its shortest form"
    assert told(read(octets, "CSR", base=BASE).children) == ("CSR", BASE + 3, problem)
    assert [one.content for one in read(octets, "CSR", strict=False).children()] == [b"A"]


def info(octets: str, *, strict: bool = True, listen: Listener = nobody) -> Cursor:
    """A walk over these octets, which stand at 104, within two SEQUENCEs."""
    data = writing.sequence(writing.sequence(bytes.fromhex(octets)))
    walk = Cursor(data, "CSR", base=BASE, strict=strict, listen=listen)
    return walk.into(tags.SEQUENCE, "request").into(tags.SEQUENCE, "info")


@pytest.mark.parametrize("listen", [nobody, unmoved])
@pytest.mark.parametrize(
    ("read", "octets", "offset", "problem"),
    [
        (Cursor.integer, "", 4, "info.part is missing"),
        (Cursor.integer, "0500", 4, "info.part must be INTEGER, NULL stands there"),
        (Cursor.integer, "0202007f", 6, INTEGER),
        (Cursor.oid, "06022a86", 8, "an object identifier that stops within an arc"),
        (Cursor.octets, "030303aa0c", 8, "unused bits that are not zero"),
        (Cursor.next, "0481", 6, "cut off within a length"),
        (lambda walk, what: walk.inside(walk.next("it")).next(what), "3000", 6, "info.part is missing"),
        (lambda walk, what: walk.inside(walk.next("it"), "it").next(what), "3000", 6, "info.it.part is missing"),
        (lambda walk, _: walk.finish(), "0500", 4, "2 octets follow where nothing may"),
    ],
)
def test_a_part_that_cannot_be_read_is_told_of_by_its_path(
    read: Callable[[Cursor, str], object], octets: str, offset: int, problem: str, listen: Listener
) -> None:
    assert told(partial(read, info(octets, listen=listen), "part")) == ("CSR", BASE + offset, problem)


def test_a_lenient_walk_reads_values_leniently() -> None:
    assert info("0202007f", strict=False).integer("part") == 127
    problem = "3 unused bits, where whole octets belong"
    assert told(partial(info("030303aa0c", strict=False).octets, "part")) == ("CSR", BASE + 6, problem)


def test_who_listens_is_told_what_is_cut_off() -> None:
    problem = "info.part is cut off: 3 octets more are announced"
    assert told(partial(info("020401", listen=unmoved).next, "part")) == ("CSR", BASE + 7, problem)


@pytest.mark.parametrize(
    ("tag", "octets", "offset", "problem"),
    [
        (None, "", 0, "the element is missing"),
        (tags.SEQUENCE, "", 0, "the outermost element is missing"),
        (tags.SEQUENCE, "0400", 0, "the outermost element must be SEQUENCE, OCTET STRING stands there"),
        (None, "050000", 2, "1 octets follow where nothing may"),
    ],
)
def test_what_is_not_the_one_element_is_told_of(tag: int | None, octets: str, offset: int, problem: str) -> None:
    assert told(partial(exact, bytes.fromhex(octets), "CSR", tag=tag, base=BASE)) == ("CSR", BASE + offset, problem)


@pytest.mark.parametrize(
    ("octets", "offset", "problem"),
    [
        ("0c0130", 0, "UTF8String is not a time"),
        ("170b3236313132323031303000", 2, "a UTCTime that is not YYMMDDhhmmssZ"),
        ("170d3236313132323233303030305a", None, ""),
        ("170d3236313133313233303030305a", 2, "a time that no calendar has"),
        ("170d3236313132323233303030302b", 2, "a UTCTime that is not YYMMDDhhmmssZ"),
        ("180d32303236313132323233303030305a"[:30], 2, "a GeneralizedTime that is not YYYYMMDDhhmmssZ"),
    ],
)
def test_a_time_that_cannot_be_read_is_told_of(octets: str, offset: int | None, problem: str) -> None:
    element = read(bytes.fromhex(octets), "CSR", base=BASE)
    if offset is None:
        assert values.decode_time(element, "CSR").isoformat() == "2026-11-22T23:00:00+00:00"
    else:
        assert told(partial(values.decode_time, element, "CSR")) == ("CSR", BASE + offset, problem)


@pytest.mark.parametrize("dotted", ["", "1", "3.1", "1.40", "1.2.x", "1..2", "1.2.-3"])
def test_what_is_no_object_identifier_is_not_written(dotted: str) -> None:
    problem = f"{dotted!r} is not the dotted decimal of an object identifier"
    assert told(partial(writing.oid, dotted)) == ("OBJECT IDENTIFIER", 0, problem)
