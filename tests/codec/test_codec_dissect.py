"""Dissections: every octet once and in order, whatever is cut or changed, and text that a terminal can be given."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.codec_golden import NEGATIVE_SERIAL, WINDOWS_LIKE_REQUEST, golden
from conformance.codec import NONCE_OID, base64, der, dissect
from conformance.codec.dissect import Dissection, Row, printable

GOLDEN = golden()
DISSECT: dict[str, Callable[[bytes], Dissection]] = {
    "request": dissect.request,
    "certificate": dissect.certificate,
    "blob": dissect.transport_key,
    "attestation": dissect.attestation,
}


def rows_of(kind: str, data: bytes) -> dict[str, Row]:
    return {row.key: row for row in DISSECT[kind](data).rows}


def hold(kind: str, data: bytes) -> Dissection:
    """What is true of every dissection of any octets."""
    dissection = DISSECT[kind](data)
    rows = dissection.rows
    assert dissection.length == len(data)
    assert dissection.record is not None or dissection.fault is not None
    for row in rows:
        for text in (row.field, row.value):
            assert text.isprintable(), text
        assert row.offset + row.length <= len(data)
        if row.field != "(fault)":
            assert data[row.offset :].startswith(row.octets)
    return dissection


@pytest.mark.parametrize("title", GOLDEN)
def test_whole_every_octet_is_shown_once_and_in_order(title: str) -> None:
    kind, data = GOLDEN[title]
    dissection = hold(kind, data)
    assert (dissection.fault, dissection.loose) == (None, None)
    assert b"".join(row.octets for row in dissection.rows) == data


@pytest.mark.parametrize("title", GOLDEN)
def test_cut_anywhere_every_octet_is_still_shown_and_the_fault_named(title: str) -> None:
    kind, data = GOLDEN[title]
    for size in range(len(data)):
        dissection = hold(kind, data[:size])
        assert dissection.fault is not None
        assert b"".join(row.octets for row in dissection.rows) == data[:size], size


def test_what_was_read_before_a_cut_is_as_it_was() -> None:
    """Cut within the nonce: everything before it is dissected as in the whole request."""
    whole = rows_of("request", WINDOWS_LIKE_REQUEST)
    cut = rows_of("request", WINDOWS_LIKE_REQUEST[:440])
    version = "certificationRequest.certificationRequestInfo.version"
    assert cut[version] == whole[version]
    assert cut[f"extension {NONCE_OID}"].offset == whole[f"extension {NONCE_OID}"].offset
    assert "19 of them missing" in cut["certificationRequest.certificationRequestInfo.attributes"].value


@pytest.mark.parametrize("title", GOLDEN)
@given(data=st.data())
def test_one_octet_changed(title: str, data: st.DataObject) -> None:
    kind, octets = GOLDEN[title]
    position = data.draw(st.integers(0, len(octets) - 1))
    hold(kind, octets[:position] + bytes([data.draw(st.integers(0, 255))]) + octets[position + 1 :])


@pytest.mark.parametrize("kind", DISSECT)
@given(data=st.binary(max_size=80))
def test_random_octets(kind: str, data: bytes) -> None:
    hold(kind, data)


def test_the_words_of_a_request() -> None:
    rows = rows_of("request", WINDOWS_LIKE_REQUEST)
    info = "certificationRequest.certificationRequestInfo."
    cn = rows[info + "subject.RDN.attribute.commonName"]
    assert (cn.offset, cn.value) == (22, r'"7E980AD9-B86D-4306-9425-9AC066FB014A\x00" PrintableString')
    assert rows[info + "subjectPKInfo.subjectPublicKey.RSAPublicKey.modulus"].value == "a number of 2048 bits"
    assert rows[f"extension {NONCE_OID}"].value.startswith('nonce of 65 characters, UTF8String: "ZXlKaGJH')
    assert rows["certificationRequest.signatureAlgorithm.algorithm"].value.endswith("sha256WithRSAEncryption")


def test_the_words_of_a_certificate() -> None:
    rows = rows_of("certificate", NEGATIVE_SERIAL)
    assert rows["certificate.tbsCertificate.serialNumber"].value == str(-0x7E01020304050607)
    assert rows["certificate.tbsCertificate.validity.notAfter"].value == "2036-11-19 16:35:46 UTC"
    assert rows["extension 1.2.840.113556.1.5.284.2"].value == "GUID e60ac3a3-e09b-4ff6-ba51-94f1b63ec821"
    assert rows["extension 1.2.840.113556.1.5.284.7"].value == '"0"'
    assert rows["extension 2.5.29.15"].value == "digitalSignature"
    assert rows["extension 2.5.29.19"].value == "no CA"


def test_the_words_of_an_attestation() -> None:
    rows = rows_of("attestation", GOLDEN["swtpm quote"][1])
    assert rows["magic"].value == "TPM_GENERATED_VALUE"
    assert rows["type"].value == "TPM_ST_ATTEST_QUOTE"
    assert rows["attested.pcrSelect count.selection 0.pcrSelect"].value == "PCR 0, 7, 23"
    assert rows["clockInfo"].length == 17


def test_a_blob_that_announces_more_than_it_holds() -> None:
    blob = b"RSA1" + b"".join(n.to_bytes(4, "little") for n in (2048, 3, 256, 0, 0)) + b"\x01\x00\x01\xab"
    dissection = dissect.transport_key(blob)
    assert dissection.fault is not None
    assert (dissection.fault.offset, dissection.record is None) == (28, False)
    assert "256 octets announced, 1 are there" in dissection.rows[-1].value


def test_ber_is_shown_whole_and_called_loose() -> None:
    """The outermost length in three octets where two would do."""
    data = b"\x30\x83\x00" + WINDOWS_LIKE_REQUEST[2:]
    dissection = dissect.request(data)
    assert dissection.fault is None
    assert dissection.loose is not None
    assert dissection.loose.offset == 1
    assert b"".join(row.octets for row in dissection.rows) == data


def test_extensions_that_are_no_elements_stay_octets() -> None:
    """A nonce written as bare text, as A10 allows: no element is found in it, and none made up."""
    nonce = der.sequence(der.oid(NONCE_OID), der.octet_string(b"ZXlK"))
    attribute = der.sequence(der.oid("1.2.840.113549.1.9.14"), der.set_of(der.sequence(nonce)))
    inner = der.integer(0) + der.sequence() + der.sequence(der.sequence(der.oid("1.2.3")), der.bit_string(b""))
    info = der.sequence(inner, der.implicit(0, attribute, constructed=True))
    rows = rows_of("request", der.sequence(info, der.sequence(der.oid("1.2.3")), der.bit_string(b"")))
    row = rows[f"extension {NONCE_OID}"]
    assert (row.value, row.octets) == ("OCTET STRING, 4 octets", b"\x04\x04ZXlK")


def test_deep_nesting_in_an_extension_is_shown_as_far_as_sensible() -> None:
    nested = b""
    for _ in range(3000):
        nested = der.tlv(0x30, nested)
    value = der.octet_string(nested)
    at = NEGATIVE_SERIAL.index(bytes.fromhex("0404 04810130"))
    dissection = dissect.certificate(NEGATIVE_SERIAL[:at] + value + NEGATIVE_SERIAL[at + 6 :])
    assert 0 < max(row.depth for row in dissection.rows) < 64


def test_a_structure_of_more_parts_than_anyone_reads_is_shown_in_part() -> None:
    attribute = der.sequence(der.oid("1.2"), der.tlv(0x31, b""))
    spki = der.sequence(der.sequence(der.oid("1.2.3")), der.bit_string(b""))
    info = der.sequence(der.integer(0), der.sequence(), spki, der.tlv(0xA0, attribute * 10_000))
    data = der.sequence(info, der.sequence(der.oid("1.2.3")), der.bit_string(b""))
    dissection = dissect.request(data)
    assert (dissection.fault, len(dissection.rows)) == (None, 20_001)
    assert dissection.rows[-1].field == "(not shown)"
    assert b"".join(row.octets for row in dissection.rows) == data


def test_a_nonce_of_the_field_is_a_compact_jwe() -> None:
    header = base64.encode_url(b'{"alg":"RSA-OAEP-256","enc":"A256GCM"}')
    data = f"{header}.AA.AA.AA.AA".encode()
    dissection = dissect.nonce(data)
    assert [row.field for row in dissection.rows][:3] == ["compact JWE", "header", "encrypted key"]
    assert dissection.rows[1].value == '{"alg": "RSA-OAEP-256", "enc": "A256GCM"}'
    assert b"".join(row.octets for row in dissection.rows) == data


@given(st.binary(max_size=60))
def test_any_octets_are_a_nonce(data: bytes) -> None:
    dissection = dissect.nonce(data)
    assert dissection.fault is None
    assert all(row.value.isprintable() for row in dissection.rows)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("né 7E98", "né 7E98"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\u202eb", r"a\u202eb"),
        ("\u05d0", r"\u05d0"),
        ("e\u0301", r"e\u0301"),
        ("\x7f\x9b\n", r"\x7f\x9b\n"),
        ("\\x1b", r"\\x1b"),
        ("\ud800", r"\ud800"),
        ("\u00a0\u200b", r"\xa0\u200b"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_text_is_made_fit_for_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(max_size=20))
def test_any_text_is_made_printable_and_keeps_its_meaning(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    plain = shown.encode("ascii", "backslashreplace").decode("unicode_escape")
    assert plain == text
