"""What base64, GUIDs, SIDs and key blobs say of what they cannot read, word for word; the sizes of small numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.codec import base64, guid, sid
from conformance.codec.rsakey import RsaKeyBlob
from conformance.errors import DecodeError

STRUCTURES: dict[Callable[..., object], str] = {
    base64.decode: "base64",
    base64.decode_url: "base64url",
    guid.decode: "GUID",
    guid.decode_bytes: "GUID",
    sid.Sid.decode: "SID",
    sid.guid_of_sid: "SID",
}
OF_OBJECT = "not a SID of the form S-1-12-1 and four more numbers"
ALONE = "the last character stands alone, and carries less than one octet"
BITS = "the bits behind the last octet are not zero"


@pytest.mark.parametrize(
    ("decode", "text", "offset", "problem"),
    [
        (base64.decode, "A", 0, ALONE),
        (base64.decode, "QQ", 2, "padding is missing: '==' must follow"),
        (base64.decode, "QQ===", 4, "there is more padding than the characters before it ask for"),
        (base64.decode, "QR==", 1, BITS),
        (base64.decode, "Q+==", 1, BITS),
        (base64.decode, "QQ\r=", 2, "a carriage return is not in the base64 alphabet"),
        (base64.decode, "QQ Q", 2, "a space is not in the base64 alphabet"),
        (base64.decode, "QQ\tQ", 2, "a tab is not in the base64 alphabet"),
        (base64.decode, "QQ\nQ", 2, "a line feed is not in the base64 alphabet"),
        (base64.decode, "QQ\0Q", 2, "a NUL is not in the base64 alphabet"),
        (base64.decode_url, "QQ+Q", 2, "'+' is not in the base64url alphabet"),
        (base64.decode_url, "QQé", 2, "U+00E9 is not in the base64url alphabet"),
        (base64.decode_url, "QUFBQ", 4, ALONE),
        (base64.decode_url, "QR", 1, BITS),
        (base64.decode_url, "Q_", 1, BITS),
        (base64.decode_url, "Q-", 1, BITS),
        (guid.decode, "e06e3596_82c0", 8, "a hyphen belongs here"),
        (guid.decode, "e06e3596-82cé", 12, "'\\xe9' is not a hexadecimal digit"),
        (guid.decode, "e06e3596", 8, "8 characters, where 36 belong (8-4-4-4-12)"),
        (guid.decode_bytes, bytes(15), 15, "15 octets, where 16 belong"),
        (guid.decode_bytes, bytes(17), 16, "17 octets, where 16 belong"),
        (sid.Sid.decode, "S-2-5", 2, "a SID begins with S-1-"),
        (sid.Sid.decode, "S-", 2, "a SID begins with S-1-"),
        (sid.Sid.decode, "S-1-5", 5, "a subauthority is missing"),
        (sid.Sid.decode, "S-1-5" + "-1" * 16, 35, "more than 15 subauthorities"),
        (sid.Sid.decode, "S-1-x-1", 4, "the authority must be a decimal number of 32 bits"),
        (sid.Sid.decode, "S-1-5-4294967296", 6, "a subauthority must be a decimal number of 32 bits"),
        (sid.Sid.decode, "S-1-5-x", 6, "a subauthority must be a decimal number of 32 bits"),
        (sid.guid_of_sid, "S-1-12", 6, "a subauthority is missing"),
        (sid.guid_of_sid, "S-1-12-1-1-2-3", 4, OF_OBJECT),
        (sid.guid_of_sid, "S-1-5-1-1-2-3-4", 4, OF_OBJECT),
        (sid.guid_of_sid, "S-1-12-1-1-2-3-4-5", 4, OF_OBJECT),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    decode: Callable[..., object], text: str | bytes, offset: int, problem: str
) -> None:
    for named, structure in (((), STRUCTURES[decode]), (("RawBody",), "RawBody")):
        with pytest.raises(DecodeError) as error:
            decode(text, *named)
        assert (error.value.structure, error.value.offset, error.value.problem) == (structure, offset, problem)


def test_a_header_that_is_cut_off_names_what_it_is_the_header_of() -> None:
    with pytest.raises(DecodeError) as error:
        RsaKeyBlob.decode(b"RSA1")
    assert str(error.value).startswith("BCRYPT_RSAKEY_BLOB")


@pytest.mark.parametrize(
    ("number", "octets"),
    [(0, b"\0"), (1, b"\1"), (0x7F, b"\x7f"), (0xFF, b"\xff"), (0x100, b"\1\0"), (0xFFFF, b"\xff\xff")],
)
def test_a_number_has_the_octets_it_takes_and_one_at_least(number: int, octets: bytes) -> None:
    assert RsaKeyBlob.public(exponent=number, modulus=5).body == octets + b"\5"
    assert RsaKeyBlob.public(exponent=3, modulus=number).body == b"\3" + octets


def test_only_padding_is_taken_off() -> None:
    assert base64.encode_url(b"\0\0\x17") == "AAAX"
