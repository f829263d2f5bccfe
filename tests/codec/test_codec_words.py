"""What base64 and key blobs say of what they cannot read, word for word, and the sizes of small numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.codec import base64
from conformance.codec.rsakey import RsaKeyBlob
from conformance.errors import DecodeError

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
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    decode: Callable[..., bytes], text: str, offset: int, problem: str
) -> None:
    for named, structure in (((), "base64url" if decode is base64.decode_url else "base64"), (("RawBody",), "RawBody")):
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
