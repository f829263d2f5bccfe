"""Strict base64: RFC 4648's own examples, each refusal with its offset, and the standard library where both accept."""

from __future__ import annotations

import base64 as stdlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.codec_golden import attempt
from conformance.codec import base64
from conformance.errors import DecodeError

RFC_4648_10 = {
    "": "",
    "f": "Zg==",
    "fo": "Zm8=",
    "foo": "Zm9v",
    "foob": "Zm9vYg==",
    "fooba": "Zm9vYmE=",
    "foobar": "Zm9vYmFy",
}


@pytest.mark.parametrize(("plain", "text"), RFC_4648_10.items())
def test_the_examples_of_the_rfc(plain: str, text: str) -> None:
    assert base64.decode(text) == plain.encode()
    assert base64.encode(plain.encode()) == text
    assert base64.decode_url(text.rstrip("=")) == plain.encode()


@pytest.mark.parametrize(
    ("text", "offset", "problem"),
    [
        ("Zm9v\nYmFy", 4, "a line feed is not in the base64 alphabet"),
        ("Zm9v\r\nYmFy", 4, "a carriage return"),
        (" Zm9v", 0, "a space"),
        ("Zm9v ", 4, "a space"),
        ("Zm9-", 3, "'-' is not in the base64 alphabet"),
        ("Zm9_", 3, "'_' is not in the base64 alphabet"),
        ("Zm\u00e99", 2, "U+00E9"),
        ("Zm\x1b[", 2, "U+001B"),
        ("Zg", 2, "padding is missing: '==' must follow"),
        ("Zg=", 3, "padding is missing: '=' must follow"),
        ("Zm8", 3, "padding is missing: '=' must follow"),
        ("Zm9vZ", 4, "the last character stands alone"),
        ("Z===", 0, "the last character stands alone"),
        ("Zg===", 4, "more padding"),
        ("Zm9v=", 4, "more padding"),
        ("====", 0, "more padding"),
        ("Zg==Zg==", 4, "'Z' follows the padding"),
        ("Zg=v", 3, "'v' follows the padding"),
        ("Zh==", 1, "the bits behind the last octet are not zero"),
        ("Zm9", 3, "padding is missing"),
        ("Zm9=", 2, "the bits behind the last octet are not zero"),
    ],
)
def test_each_refusal_names_the_character(text: str, offset: int, problem: str) -> None:
    with pytest.raises(DecodeError) as refusal:
        base64.decode(text, "TransportKey")
    assert (refusal.value.structure, refusal.value.offset) == ("TransportKey", offset)
    assert problem in refusal.value.problem


@pytest.mark.parametrize(
    ("text", "offset"), [("Zg==", 2), ("Zm8=", 3), ("Zm9+", 3), ("Zm9/", 3), ("Zm9vZ", 4), ("Zh", 1), ("Zm9v\n", 4)]
)
def test_base64url_has_its_own_alphabet_and_no_padding(text: str, offset: int) -> None:
    with pytest.raises(DecodeError) as refusal:
        base64.decode_url(text)
    assert refusal.value.offset == offset


@given(st.binary(max_size=200))
def test_the_standard_library_writes_the_same(data: bytes) -> None:
    assert base64.encode(data) == stdlib.b64encode(data).decode()
    assert base64.decode(base64.encode(data)) == data
    assert base64.encode_url(data) == stdlib.urlsafe_b64encode(data).decode().rstrip("=")
    assert base64.decode_url(base64.encode_url(data)) == data


@given(st.text("ABZgh09+/-_=\n ", max_size=12) | st.text(max_size=12))
def test_what_is_accepted_is_the_one_text_of_its_value(text: str) -> None:
    data, error = attempt(lambda: base64.decode(text))
    if error:
        assert 0 <= error.offset <= len(text)
    else:
        assert data == stdlib.b64decode(text, validate=True)
        assert stdlib.b64encode(data).decode() == text


@given(st.text("ABZgh09+/=", max_size=12))
def test_what_is_refused_is_not_the_one_text_of_any_value(text: str) -> None:
    """The standard library's writing decides: text it would write is accepted, any other is refused."""
    try:
        canonical = stdlib.b64encode(stdlib.b64decode(text)).decode() == text
    except ValueError:
        canonical = False
    if canonical:
        base64.decode(text)
    else:
        with pytest.raises(DecodeError):
            base64.decode(text)
