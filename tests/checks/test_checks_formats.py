"""The formats that schemas name: what has each, what has not and why; and values of any kind in one short line."""

from __future__ import annotations

import pytest
from jsonschema.exceptions import FormatError

from codec.codec_golden import ATTESTATIONS, NEGATIVE_SERIAL, WINDOWS_LIKE_REQUEST
from conformance.checks import formats
from conformance.codec import base64
from conformance.codec.rsakey import RsaKeyBlob
from conformance.errors import DecodeError

BLOB = RsaKeyBlob.public(65537, (1 << 2048) - 1).encode()
ATTESTATION = base64.decode(next(iter(ATTESTATIONS.values()))["attestation"])
GUID = "e06e3596-82c0-4f31-ac5a-439a308e3dc2"

CARRIED = {  # format -> octets that have it in base64, what is said where the last of them is missing
    "bcrypt-rsakey-blob": (BLOB[:24], "BCRYPT_RSAKEY_BLOB"),
    "pkcs10": (WINDOWS_LIKE_REQUEST, "CertificationRequest"),
    "tpms-attest": (ATTESTATION, "TPMS_ATTEST"),
    "x509-certificate": (NEGATIVE_SERIAL, "Certificate"),
}
WRITTEN = {  # format -> a text that has it, one that has not
    "base64": ("Zm8=", "Zm8"),
    "jwt": ("eyJhbGciOiJub25lIn0.e30.", "e30.e30"),
    "guid": (GUID, "{" + GUID + "}"),
    "sid": ("S-1-5-32-544", "S-1-5-"),
    "uri": ("https://drs.example:8443/a?b=c#d", "/a"),
}


def test_every_format_is_tried_here() -> None:
    assert formats.DECODERS.keys() == CARRIED.keys() | WRITTEN.keys()
    assert formats.checker().checkers.keys() == formats.DECODERS.keys()
    assert formats.checker() is formats.checker()


@pytest.mark.parametrize("name", CARRIED)
def test_what_is_carried_in_base64(name: str) -> None:
    octets, structure = CARRIED[name]
    checker = formats.checker()
    checker.check(base64.encode(octets), name)
    for text, what in ((base64.encode(octets[:-1]), structure), (base64.encode(octets)[:-1] + "!", "base64")):
        with pytest.raises(FormatError) as refusal:
            checker.check(text, name)
        assert isinstance(refusal.value.cause, DecodeError)
        assert refusal.value.cause.structure.startswith(what)


def test_a_certificate_may_have_the_fields_long_form_of_a_length() -> None:
    with_long_form = base64.encode(b"\x30\x83\x00" + NEGATIVE_SERIAL[2:])
    assert formats.checker().conforms(with_long_form, "x509-certificate")
    assert not formats.checker().conforms(with_long_form, "pkcs10")


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written(name: str) -> None:
    good, bad = WRITTEN[name]
    assert formats.checker().conforms(good, name)
    assert not formats.checker().conforms(bad, name)


@pytest.mark.parametrize("value", [None, True, 5, 1.5, [], {}, ["Zm8"]])
def test_what_is_no_text_has_every_format(value: object) -> None:
    assert all(formats.checker().conforms(value, name) for name in formats.DECODERS)


@pytest.mark.parametrize(
    ("text", "offset", "problem"),
    [
        ("", 0, "no scheme or no host"),
        ("urn:ms-drs:x", 0, "no scheme or no host"),
        ("//drs.example/", 0, "no scheme or no host"),
        ("https:///a", 0, "no scheme or no host"),
        ("https://a:b/", 0, "Port could not be cast to integer value as 'b'"),
        ("https://a:65536/", 0, "Port out of range 0-65535"),
        ("https://[a/", 0, "Invalid IPv6 URL"),
        ("https://a/ b", 10, "' ' stands unescaped"),
        ("https://a/\x7f", 10, "'\\x7f' stands unescaped"),
        ("https://a/\u00e9", 10, "'\u00e9' stands unescaped"),
        *((f"https://a/{one}", 10, f"{one!r} stands unescaped") for one in '<>"{}|\\^`'),
    ],
)
def test_what_is_no_absolute_uri(text: str, offset: int, problem: str) -> None:
    with pytest.raises(DecodeError) as refusal:
        formats.DECODERS["uri"](text)
    assert (refusal.value.structure, refusal.value.offset, refusal.value.problem) == ("URI", offset, problem)


@pytest.mark.parametrize("character", "!#$%&'()*+,-./:;=?@[]_~")
def test_what_else_may_stand_in_a_uri(character: str) -> None:
    formats.DECODERS["uri"](f"https://a/{character}")


def test_values_are_shown_in_one_short_line() -> None:
    assert formats.shown({"a": "\u00e9\n"}) == '{"a": "\\u00e9\\n"}'
    assert formats.shown("x" * 78) == '"' + "x" * 78 + '"'
    assert formats.shown("x" * 79) == '"' + "x" * 78 + "\N{HORIZONTAL ELLIPSIS}"
    assert formats.shown("xyz", width=4) == '"xy\N{HORIZONTAL ELLIPSIS}'
    assert formats.shown(b"x") == "\"b'x'\""
