"""Faults of base64, JSON, attestations and challenges are faults for readers this project did not write."""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.errors import BadSignatureError
from joserfc.jwk import RSAKey
from joserfc.jws import deserialize_compact, extract_compact

from conformance.codec.tpms import Attestation
from conformance.errors import DecodeError
from conformance.generate import keys
from conformance.generate.attested import attestation
from conformance.generate.edits import AIK_CERTIFICATE, ATTESTATION_DATA, CHALLENGE, CSR, TRANSPORT_KEY, Edit, Layer
from conformance.generate.faults import faults
from conformance.generate.faults.challenge import made_up
from conformance.generate.join import JoinDraft, render

REAL: Final = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ0ZXN0In0.c2lnbmF0dXJl"
DRAFT: Final = JoinDraft.baseline(9).with_challenge(REAL)
BASELINE: Final = render(DRAFT)
OCTETS: Final = {CSR: BASELINE.csr_der, TRANSPORT_KEY: BASELINE.blob}
UTF16_BODY: Final = "utf-16"


def of(*ids: str, layer: Layer | None = None) -> pytest.MarkDecorator:
    """The faults of these requirements, of one layer or all; each requirement has at least one."""
    edits = [edit for id_ in ids for edit in faults(id_) if layer in (None, edit.layer)]
    assert {edit.requirement for edit in edits} == set(ids)
    return pytest.mark.parametrize("edit", edits, ids=lambda edit: edit.id)


CANONICAL: Final = ("join-request/csr-base64-canonical", "join-request/transport-key-base64-canonical")
BASE64: Final = ("join-request/csr-base64", "join-request/transport-key-base64")
OPTIONAL: Final = ("join-request/aik-certificate-base64", "join-request/attestation-base64")


@of(*BASE64, *CANONICAL, *OPTIONAL)
def test_a_strict_reader_refuses_the_base64(edit: Edit) -> None:
    text = render(edit.apply(DRAFT)).texts[edit.path]
    if edit.name == "padding-too-long":  # the standard library's strict reader takes four characters more
        assert text.endswith("====")
    else:
        with pytest.raises((binascii.Error, ValueError)):
            base64.b64decode(text, validate=True)


@of(*BASE64, *CANONICAL)
def test_a_lenient_reader_finds_every_octet(edit: Edit) -> None:
    text = render(edit.apply(DRAFT)).texts[edit.path].rpartition(",")[2]  # behind the data URL's comma
    letters = re.sub(r"[^A-Za-z0-9+/]", "", text.translate(str.maketrans("-_", "+/")))
    whole = len(OCTETS[edit.path]) // 3 * 3
    assert base64.b64decode(letters[: whole // 3 * 4]) == OCTETS[edit.path][:whole]


@of(*CANONICAL)
def test_white_space_or_padding_is_all_that_is_wrong(edit: Edit) -> None:
    text = render(edit.apply(DRAFT)).texts[edit.path]
    assert re.sub(r"[\r\n\t =]", "", text) == BASELINE.texts[edit.path].rstrip("=")


@pytest.mark.parametrize("nonce", ["a" * 30, "a" * 31, "a" * 32], ids=["none", "one", "two"])
@pytest.mark.parametrize("id_", CANONICAL)
def test_padding_is_another_whatever_the_text_needs(id_: str, nonce: str) -> None:
    draft = DRAFT.with_nonce(nonce)
    edit = next(edit for edit in faults(id_) if edit.name == "padding-other")
    before, after = render(draft).texts[edit.path], render(edit.apply(draft)).texts[edit.path]
    assert after != before
    assert after.rstrip("=") == before.rstrip("=")


@of("processing/malformed-json", "processing/json-tail", "join-request/body-required")
def test_it_is_no_json(edit: Edit) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(edit.apply(DRAFT).body())


@of("processing/json-tail")
def test_it_begins_with_the_conforming_request(edit: Edit) -> None:
    value, end = json.JSONDecoder().raw_decode(edit.apply(DRAFT).body().decode())
    assert value == BASELINE.document
    assert end == len(BASELINE.text)


@of("processing/json-utf8")
def test_it_is_no_utf_8_and_json_but_for_that(edit: Edit) -> None:
    body = edit.apply(DRAFT).body()
    if edit.name == UTF16_BODY:
        assert json.loads(body.decode("utf-16-le")) == BASELINE.document
    else:
        with pytest.raises(UnicodeDecodeError):
            body.decode("utf-8")
        assert json.loads(body.decode("utf-8", "replace")).keys() == BASELINE.document.keys()


@of("join-request/body-object")
def test_it_is_json_and_no_object(edit: Edit) -> None:
    assert not isinstance(json.loads(edit.apply(DRAFT).body()), dict)


@of("processing/media-type")
def test_the_body_is_right_and_the_media_type_is_not(edit: Edit) -> None:
    rendering = render(edit.apply(DRAFT))
    assert rendering.text == BASELINE.text
    assert [value for name, value in rendering.headers if name.lower() == "content-type"] == [edit.after]
    assert edit.after != "application/json"


@of("join-request/join-type-defined")
def test_the_join_type_is_a_number_outside_the_table(edit: Edit) -> None:
    value = json.loads(edit.apply(DRAFT).body())["JoinType"]
    assert type(value) in (int, float)
    assert value not in (0, 3, 4, 6, 8)


@of("join-request/aik-certificate-structure", layer=Layer.DER)
def test_the_aik_certificate_is_none(edit: Edit) -> None:
    octets = base64.b64decode(render(edit.apply(DRAFT)).texts[AIK_CERTIFICATE])
    with pytest.raises(ValueError, match=r"parsing|ParseError|extra data"):
        x509.load_der_x509_certificate(octets)


@of(
    "join-request/attestation-structure",
    "join-request/attestation-kind",
    "join-request/attestation-trailing",
    layer=Layer.ATTESTATION,
)
def test_the_attestation_cannot_be_read(edit: Edit) -> None:
    octets = base64.b64decode(render(edit.apply(DRAFT)).texts[ATTESTATION_DATA])
    with pytest.raises(DecodeError):
        Attestation.decode(octets)
    assert octets[:4] == b"\xffTCG"
    (kind,) = struct.unpack_from(">H", octets, 4)
    assert (0x8014 <= kind <= 0x801A or kind == 0x801C) == ("kind" not in edit.requirement)


@of("join-request/attestation-magic")
def test_the_attestation_is_right_but_for_its_magic(edit: Edit) -> None:
    octets = base64.b64decode(render(edit.apply(DRAFT)).texts[ATTESTATION_DATA])
    assert octets[:4] != b"\xffTCG"
    assert octets[4:] == attestation()[4:]


@of("join-request/challenge-signature", "join-request/challenge-unsigned")
def test_the_challenge_is_a_jws_of_the_same_kind_and_not_the_real_one(edit: Edit) -> None:
    text = json.loads(edit.apply(DRAFT).body())[CHALLENGE[1:]]
    assert text != REAL
    token = extract_compact(text.encode())
    assert json.loads(token.payload)["iss"] == "test"
    if edit.requirement.endswith("unsigned"):
        assert text.endswith(".")
        assert token.headers()["alg"] in ("none", "NONE", "RS256")
    else:
        assert token.headers()["alg"] == "RS256"
        assert not text.endswith(".")


@of("join-request/challenge-structure")
def test_the_challenge_is_no_jwt(edit: Edit) -> None:
    text = json.loads(edit.apply(DRAFT).body())[CHALLENGE[1:]]
    with pytest.raises(Exception):  # noqa: B017, PT011 - of whatever kind the library raises: it is no JWT
        json.loads(extract_compact(text.encode()).payload)


def test_the_made_up_challenge_is_a_signed_jwt() -> None:
    key = RSAKey.import_key(
        keys.nth(0).private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    token = deserialize_compact(made_up(), key, algorithms=["RS256"])
    assert json.loads(token.payload)["iss"] == "drs-conformance"
    with pytest.raises(BadSignatureError):
        deserialize_compact(made_up()[:-8] + "AAAAAAAA", key, algorithms=["RS256"])
