"""Drafts render to the requests MS-DRS describes, the same bytes for the same index, nonce and edits put in late."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conformance.codec import CSR_CN, NONCE_OID, base64, der
from conformance.codec.der import tags
from conformance.codec.pkcs10 import CertificationRequest
from conformance.codec.rsakey import RsaKeyBlob
from conformance.errors import CatalogueError
from conformance.generate import csr, keys, signing
from conformance.generate.csr import CsrDraft
from conformance.generate.edits import Edit, Layer, base64_edit, blob_header_edit, csr_edit, drop, put, text_edit
from conformance.generate.join import JoinDraft, render
from conformance.generate.measure import measured

SIGN = signing.sign
NONCE = "ZXlKaGJHY2lPaUpTVTBF" * 40


def test_the_baseline_is_the_documents_request() -> None:
    document = json.loads(JoinDraft.baseline(3).body())
    request = x509.load_der_x509_csr(base64.decode(document["CertificateRequest"].pop("Data")))
    blob = RsaKeyBlob.decode(base64.decode(document.pop("TransportKey")))
    assert document == {
        "CertificateRequest": {"Type": "pkcs10"},
        "TargetDomain": "sts.contoso.com",
        "DeviceType": "Linux",
        "OSVersion": "openSUSE Leap 15.5",
        "DeviceDisplayName": "drs-conformance-3",
        "JoinType": 4,
    }
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == f"CN={CSR_CN}"
    assert request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == keys.nth(3).spki_der
    assert (blob.magic, blob.bit_length, blob.exponent, blob.tail) == (b"RSA1", 2048, b"\x01\x00\x01", b"")


def test_the_same_index_gives_the_same_bytes_and_another_one_another_device() -> None:
    bodies = {JoinDraft.baseline(index).with_nonce(NONCE).body() for index in (0, 0, 1, 32, 33)}
    assert len(bodies) == 4


def test_no_baseline_has_one_key_for_both_uses() -> None:
    for index in range(0, 32 * 40, 31):
        draft = JoinDraft.baseline(index)
        assert draft.csr.key.rsa_numbers[1] != int.from_bytes(draft.transport_key.modulus, "big")


def test_a_request_costs_one_signature_and_no_parsing_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for index in range(32):
        JoinDraft.baseline(index).body()  # the keys are parsed once
    made: list[signing.Scheme] = []

    def counted(key: keys.PoolKey, scheme: signing.Scheme, message: bytes) -> bytes:
        made.append(scheme)
        return SIGN(key, scheme, message)

    def fails(*_: object, **__: object) -> None:
        raise AssertionError("a key is parsed again")

    monkeypatch.setattr(csr, "sign", counted)
    monkeypatch.setattr(keys, "load_der_private_key", fails)
    monkeypatch.setattr(keys, "load_der_public_key", fails)
    for index in range(100):
        JoinDraft.baseline(index).with_nonce(f"{NONCE}{index}").body()
    assert made == [signing.SHA256_RSA] * 100


@pytest.mark.parametrize("tag", [tags.UTF8_STRING, tags.PRINTABLE_STRING, tags.OCTET_STRING, None])
def test_the_nonce_is_an_extension_of_the_request(tag: int | None) -> None:
    csr = replace(CsrDraft(keys.nth(0)), nonce="abc", nonce_tag=tag)
    (extension,) = x509.load_der_x509_csr(csr.encode()).extensions
    assert extension.oid.dotted_string == NONCE_OID
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    assert extension.value.value == (b"abc" if tag is None else der.tlv(tag, b"abc"))


@pytest.mark.parametrize(
    "scheme",
    [
        signing.SHA224_RSA,
        signing.SHA256_RSA,
        signing.SHA384_RSA,
        signing.SHA512_RSA,
        signing.PSS,
        signing.PSS_UNSALTED,
    ],
    ids=lambda scheme: scheme.name,
)
def test_every_scheme_signs_what_it_declares(scheme: signing.Scheme) -> None:
    request = x509.load_der_x509_csr(CsrDraft(keys.nth(0), scheme=scheme).encode())
    assert request.is_signature_valid
    assert request.signature_hash_algorithm is not None
    assert isinstance(request.signature_hash_algorithm, scheme.digest)


def test_a_key_that_cannot_sign_so_is_refused() -> None:
    with pytest.raises(CatalogueError, match=r"key p-256 \(EC\) cannot sign as sha256WithRSAEncryption"):
        CsrDraft(keys.named("p-256")).encode()


def test_the_codec_reads_what_the_draft_says() -> None:
    csr = CsrDraft(keys.nth(2), nonce="abc", version=7)
    request = CertificationRequest.decode(csr.encode())
    assert request.info == csr.info
    assert request.tbs == csr.encode_info()


def test_optional_members_are_there_when_set() -> None:
    draft = replace(
        JoinDraft.baseline().with_challenge("a.b.c"),
        attributes=(("SharedDevice", True), ("ReuseDevice", False)),
        extra=(("Remark", 1),),
    )
    document = json.loads(draft.body())
    assert list(document)[-3:] == ["Attributes", "PreAuthorizedJoinChallenge", "Remark"]
    assert list(document["Attributes"].items()) == [("SharedDevice", True), ("ReuseDevice", False)]


def test_a_challenge_is_not_shown() -> None:
    assert "a-secret" not in repr(JoinDraft.baseline().with_challenge("a-secret"))


def test_an_edit_sees_the_nonce_that_is_filled_in_after_it() -> None:
    edit = csr_edit("x/y", "longer", "", lambda csr: replace(csr, nonce=f"{csr.nonce}!"))
    draft = edit.apply(JoinDraft.baseline()).with_nonce("abc")
    assert render(draft).csr.nonce == "abc!"


def test_edits_of_several_layers_are_made_from_the_inside_out() -> None:
    draft = JoinDraft.baseline()
    edits = (
        text_edit("x/y", "text", "", lambda text: text + b"!"),
        base64_edit("x/y", "base64", "", "/TransportKey", lambda text: text + "="),
        blob_header_edit("x/y", "magic", "", magic=b"RSA2"),
        put("x/y", "put", "", "/Attributes/ReuseDevice", 1),
        drop("x/y", "drop", "", "/DeviceType"),
    )
    for edit in edits:
        draft = edit.apply(draft)
    body = draft.body()
    assert body.endswith(b"!")
    document = json.loads(body[:-1])
    assert "DeviceType" not in document
    assert document["Attributes"] == {"ReuseDevice": 1}
    assert base64.decode(document["TransportKey"][:-1]).startswith(b"RSA2")


@pytest.mark.parametrize(
    "edit",
    [
        put("x/y", "same", "", "/DeviceType", "Linux"),
        drop("x/y", "absent", "", "/Attributes"),
        text_edit("x/y", "same", "", lambda text: text),
        blob_header_edit("x/y", "same", "", magic=b"RSA1"),
    ],
    ids=lambda edit: edit.layer.name + "-" + edit.name,
)
def test_an_edit_that_changes_nothing_is_an_error_of_ours(edit: Edit) -> None:
    with pytest.raises(CatalogueError, match=r"the edit x/y:(same|absent) changes nothing"):
        edit.apply(JoinDraft.baseline()).body()


def test_false_is_not_taken_for_zero() -> None:
    draft = put("x/y", "false", "", "/JoinType", value=False).apply(replace(JoinDraft.baseline(), join_type=0))
    assert json.loads(draft.body())["JoinType"] is False


@pytest.mark.parametrize(
    ("edit", "before", "after", "offset"),
    [
        (put("x/y", "n", "", "/DeviceType", 5), '"Linux"', "5", None),
        (drop("x/y", "n", "", "/JoinType"), "4", "(nothing)", None),
        (put("x/y", "n", "", "/PreAuthorizedJoinChallenge", "a.b.c"), "(nothing)", "a challenge of 5 characters", None),
        (blob_header_edit("x/y", "n", "", magic=b"RSA2"), "31 00 08", "32 00 08", 3),
        (base64_edit("x/y", "n", "", "/TransportKey", lambda t: t + "="), "(end)", "'='", 380),
        (csr_edit("x/y", "n", "", lambda csr: replace(csr, version=1)), "00 30", "01 30", 10),
        (text_edit("x/y", "n", "", lambda t: b"[" + t), "7b 22", "5b 7b", 0),
        (Edit("x/y", "n", "", Layer.HTTP, "", lambda h: h[1:]), "(('Content-Type'", "(('ocp-adrs-client-name'", None),
    ],
    ids=lambda value: value.layer.name if isinstance(value, Edit) else None,
)
def test_an_edit_is_measured_on_the_octets_of_its_layer(
    edit: Edit, before: str, after: str, offset: int | None
) -> None:
    found = measured(edit, JoinDraft.baseline())
    assert found.before.startswith(before)
    assert found.after.startswith(after)
    assert found.offset == offset


def test_an_edit_inside_an_attestation_brings_a_well_formed_one_along() -> None:
    edit = Edit("x/y", "n", "", Layer.ATTESTATION, "/AttestationData", lambda octets: octets + b"!")
    assert measured(edit, JoinDraft.baseline()).before == "(end)"
    assert "AttestationData" in json.loads(edit.apply(JoinDraft.baseline()).body())
    assert "AttestationData" not in json.loads(JoinDraft.baseline().body())
