"""SIDs and GUIDs as text: the known pair of the field, the document's examples, and each refusal."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.codec_golden import attempt
from conformance.codec import guid, sid
from conformance.codec.sid import Sid
from conformance.errors import DecodeError

OBJECT_ID = uuid.UUID("e06e3596-82c0-4f31-ac5a-439a308e3dc2")
OBJECT_SID = "S-1-12-1-3765319062-1328644800-2588105388-3258814000"


def test_the_known_pair_of_the_field() -> None:
    assert sid.sid_of_guid(OBJECT_ID) == OBJECT_SID
    assert sid.guid_of_sid(OBJECT_SID) == OBJECT_ID


@pytest.mark.parametrize(
    "text",
    [
        "S-1-5-32-544",
        "S-1-12-1-3792446273-1182712816-3605559969-2553266617",  # MS-DRS 3.3, corrected
        "S-1-12-1-2927421837-1319477369-3754249106-3334640282",
        "S-1-0x000100000000-1",
        "S-1-4294967295-0",
    ],
)
def test_texts_are_read_as_they_are_written(text: str) -> None:
    assert Sid.decode(text).encode() == text


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("S-1", 3),
        ("S-2-5-32", 2),
        ("s-1-5-32", 0),
        ("S-1-", 4),
        ("S-1-5", 5),
        ("S-1-05-32", 4),
        ("S-1-5-032", 6),
        ("S-1-5-32-", 9),
        ("S-1-5-32 ", 6),
        ("S-1-5-32\n", 6),
        ("S-1-5-4294967296", 6),
        ("S-1-4294967296-1", 4),
        ("S-1-0x000000000005-1", 4),
        ("S-1-5-0x000100000000", 6),
        ("S-1-5-\u0663", 6),
        ("S-1-5" + "-1" * 16, 35),
    ],
)
def test_each_refusal_names_the_character(text: str, offset: int) -> None:
    with pytest.raises(DecodeError) as refusal:
        Sid.decode(text, "AddSIDs")
    assert (refusal.value.structure, refusal.value.offset) == ("AddSIDs", offset)


@pytest.mark.parametrize("text", ["S-1-5-32-544", "S-1-12-1-1-2-3", "S-1-12-1-1-2-3-4-5", "S-1-12-2-1-2-3-4"])
def test_other_sids_stand_for_no_object(text: str) -> None:
    with pytest.raises(DecodeError):
        sid.guid_of_sid(text)


@given(st.uuids())
def test_every_object_has_its_sid(value: uuid.UUID) -> None:
    assert sid.guid_of_sid(sid.sid_of_guid(value)) == value


@given(
    st.builds(
        Sid, st.integers(0, (1 << 48) - 1), st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=15).map(tuple)
    )
)
def test_every_sid_is_read_as_it_was_written(value: Sid) -> None:
    assert Sid.decode(value.encode()) == value


def test_guids_are_read_in_either_case() -> None:
    assert guid.decode(str(OBJECT_ID).upper()) == OBJECT_ID
    assert guid.encode(OBJECT_ID) == str(OBJECT_ID)


def test_guids_in_microsofts_byte_order() -> None:
    """The private extension .2 of the certificate in MS-DVRJ 4.1 and the CN beside it."""
    octets = bytes.fromhex("fac6539d8eb309458fb151dedb421aac")
    assert str(guid.decode_bytes(octets)) == "9d53c6fa-b38e-4509-8fb1-51dedb421aac"
    assert guid.encode_bytes(guid.decode_bytes(octets)) == octets
    for size in (0, 15, 17):
        with pytest.raises(DecodeError):
            guid.decode_bytes(bytes(size))


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("e06e3596-82c0-4f31-ac5a-439a308e3dc", 35),
        ("e06e3596-82c0-4f31-ac5a-439a308e3dc2\n", 36),
        ("{e06e3596-82c0-4f31-ac5a-439a308e3dc2}", 0),
        ("e06e359682c04f31ac5a439a308e3dc2", 8),
        ("e06e3596-82c0-4f31-ac5a-439a308e3dcg", 35),
        ("e06e3596-82c0-4f31-ac5a-439a308e3d\u0662a", 34),
        ("urn:uuid:e06e3596-82c0-4f31-ac5a-439a308e3dc2", 0),
    ],
)
def test_other_forms_of_a_guid_are_refused(text: str, offset: int) -> None:
    with pytest.raises(DecodeError) as refusal:
        guid.decode(text)
    assert refusal.value.offset == offset


@given(st.text(max_size=40) | st.text("0123456789abcdef-S{}x", max_size=40))
def test_arbitrary_text_is_a_value_or_a_decode_error(text: str) -> None:
    decoders: tuple[Callable[[str], object], ...] = (guid.decode, Sid.decode, sid.guid_of_sid)
    for decode in decoders:
        value, error = attempt(partial(decode, text))
        assert error.offset <= len(text) if error else value is not None
