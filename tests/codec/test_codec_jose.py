"""Compact JWS and JWE: the RFCs' own examples, and headers that no reader may let pass."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.codec_golden import attempt
from conformance.codec import base64
from conformance.codec.jose import Compact, decode_object
from conformance.errors import DecodeError

RFC_7515_A1 = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
RFC_7516_A1 = (
    "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ"
    ".OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg"
    ".48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ"
)


def test_the_example_of_jws() -> None:
    token = Compact.decode(RFC_7515_A1)
    assert (token.kind, token.header) == ("JWS", {"typ": "JWT", "alg": "HS256"})
    assert token.claims == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
    assert token.encode() == RFC_7515_A1


def test_the_example_of_jwe() -> None:
    token = Compact.decode(RFC_7516_A1)
    assert (token.kind, token.header) == ("JWE", {"alg": "RSA-OAEP", "enc": "A256GCM"})
    assert list(map(len, token.parts)) == [34, 256, 12, 63, 16]
    assert token.encode() == RFC_7516_A1
    with pytest.raises(DecodeError, match="encrypted"):
        _ = token.claims


@pytest.mark.parametrize(
    ("text", "part", "offset", "problem"),
    [
        ("", "", 0, "1 parts"),
        ("e30.e30", "", 7, "2 parts"),
        ("e30...", "", 6, "4 parts"),
        ("e30.....", "", 7, "6 parts"),
        ("e30....e30.e30", "", 10, "6 parts"),
        ("e30......", "", 7, "7 parts"),
        ("e30=..", " header", 3, "'='"),
        ("e30.e3+.", " payload", 6, "'+'"),
        ("e30.e30.e+", " signature", 9, "'+'"),
        ("e30....e+", " authentication tag", 8, "'+'"),
        (".e30.", " header", 0, "not JSON"),
        ("W10..", " header", 0, "not an object"),
        (base64.encode_url(b'{"a":1,"a":2}') + "..", " header", 0, "stands twice"),
        (base64.encode_url(b'{"a":NaN}') + "..", " header", 0, "NaN is not JSON"),
        (base64.encode_url(b'{"a":' + b"9" * 5000 + b"}") + "..", " header", 0, "too long"),
        (base64.encode_url(b'{"a":' + b"[" * 100_000) + "..", " header", 0, "nested too deeply"),
        (base64.encode_url(b'{"a":"\xff"}') + "..", " header", 6, "not UTF-8"),
        (base64.encode_url('{"é": x}'.encode()) + "..", " header", 7, "not JSON"),
    ],
)
def test_each_refusal_says_where(text: str, part: str, offset: int, problem: str) -> None:
    with pytest.raises(DecodeError) as refusal:
        Compact.decode(text)
    assert (refusal.value.structure, refusal.value.offset) == (f"compact JOSE{part}", offset)
    assert problem in refusal.value.problem


@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=4),
    st.sampled_from((3, 5)),
    st.data(),
)
def test_any_token_is_read_as_it_was_written(header: dict[str, object], count: int, data: st.DataObject) -> None:
    rest = [data.draw(st.binary(max_size=20)) for _ in range(count - 1)]
    token = Compact("JWS" if count == 3 else "JWE", (json.dumps(header).encode(), *rest))
    assert Compact.decode(token.encode()) == token
    assert token.header == header


@given(st.text(max_size=40) | st.text("eyJ0.W10", max_size=30))
def test_arbitrary_text_is_a_token_or_a_decode_error(text: str) -> None:
    token, error = attempt(lambda: Compact.decode(text))
    if error:
        assert error.offset >= 0
    else:
        assert token.encode() == text


@given(st.binary(max_size=40) | st.text('{}[]":,01eE.-nulltrue', max_size=30).map(str.encode))
def test_arbitrary_bytes_are_an_object_or_a_decode_error(data: bytes) -> None:
    value, error = attempt(lambda: decode_object(data, "claims"))
    assert error.offset <= len(data) if error else isinstance(value, dict)
