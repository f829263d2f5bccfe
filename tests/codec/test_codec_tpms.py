"""TPMS_ATTEST: one of every type by a software TPM, held against what is known of it without reading it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

from codec.codec_golden import ATTESTATIONS
from codec.make_attestation_fixtures import SoftwareTpm, attest, recipes
from conformance.codec import base64, tpms
from conformance.codec.heard import Heard
from conformance.codec.tpms import Attestation, AttestationType, ClockInfo, PcrSelection
from conformance.errors import DecodeError

TYPES = {
    "quote": (AttestationType.QUOTE, tpms.QuoteInfo),
    "certify": (AttestationType.CERTIFY, tpms.CertifyInfo),
    "creation": (AttestationType.CREATION, tpms.CreationInfo),
    "time": (AttestationType.TIME, tpms.TimeAttestInfo),
    "nv": (AttestationType.NV, tpms.NvCertifyInfo),
    "nv-digest": (AttestationType.NV_DIGEST, tpms.NvDigestCertifyInfo),
    "command-audit": (AttestationType.COMMAND_AUDIT, tpms.CommandAuditInfo),
    "session-audit": (AttestationType.SESSION_AUDIT, tpms.SessionAuditInfo),
}
TPM_CC_SET_COMMAND_CODE_AUDIT_STATUS = 0x140
TPM_CC_GET_RANDOM = 0x17B
SHA1, SHA256 = 0x0004, 0x000B


def hold(item: dict[str, Any]) -> Attestation:
    """Read an item of the fixture, and hold it against everything the TPM and its tools said besides."""
    data = base64.decode(item["attestation"])
    attestation = Attestation.decode(data)
    number, record = TYPES[item["name"]]
    assert (attestation.magic, attestation.type) == (tpms.GENERATED, number)
    assert isinstance(attestation.attested, record)
    assert attestation.encode() == data
    if item["tpm2_print"] is not None:
        assert printed(attestation) == item["tpm2_print"]
    key = load_der_public_key(base64.decode(item["key"]))
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(base64.decode(item["signature"]), data, padding.PKCS1v15(), hashes.SHA256())
    return attestation


def printed(attestation: Attestation) -> dict[str, str]:
    """The head as tpm2_print prints it."""
    clock = attestation.clock_info
    return {
        "magic": attestation.magic.hex(),
        "type": f"{attestation.type:04x}",
        "qualifiedSigner": attestation.qualified_signer.hex(),
        "extraData": attestation.extra_data.hex(),
        "clock": str(clock.clock),
        "resetCount": str(clock.reset_count),
        "restartCount": str(clock.restart_count),
        "safe": str(int(clock.safe)),
        "firmwareVersion": attestation.firmware_version.to_bytes(8, "little").hex(),  # it prints memory, octet by octet
    }


@pytest.mark.parametrize("name", TYPES)
def test_the_software_tpm_is_read(name: str) -> None:
    hold(ATTESTATIONS[name])


def test_every_type_has_its_golden_bytes() -> None:
    assert {number for number, _ in TYPES.values()} == set(AttestationType)
    assert set(ATTESTATIONS) == set(TYPES)


def test_what_is_certified_is_what_the_tools_name() -> None:
    certify, creation = hold(ATTESTATIONS["certify"]).attested, hold(ATTESTATIONS["creation"]).attested
    assert isinstance(certify, tpms.CertifyInfo)
    assert isinstance(creation, tpms.CreationInfo)
    assert certify.name.hex() == ATTESTATIONS["certify"]["known"]["name"]
    known = ATTESTATIONS["creation"]["known"]
    assert creation.object_name.hex() == known["objectName"]
    assert creation.creation_hash.hex() == known["creationHash"]


def test_the_quote_covers_the_pcrs_asked_for() -> None:
    """PCRs 0, 7 and 23 of SHA-1 and 0, 1 and 7 of SHA-256, all zero in a TPM that measured nothing."""
    quote = hold(ATTESTATIONS["quote"]).attested
    assert isinstance(quote, tpms.QuoteInfo)
    assert [(one.hash, one.pcrs) for one in quote.pcr_select] == [(SHA1, (0, 7, 23)), (SHA256, (0, 1, 7))]
    assert quote.pcr_digest == hashlib.sha256(bytes(3 * 20 + 3 * 32)).digest()


def test_nv_contents_and_their_digest() -> None:
    nv, digest = hold(ATTESTATIONS["nv"]).attested, hold(ATTESTATIONS["nv-digest"]).attested
    assert isinstance(nv, tpms.NvCertifyInfo)
    assert isinstance(digest, tpms.NvDigestCertifyInfo)
    known = ATTESTATIONS["nv"]["known"]
    assert (nv.index_name.hex(), nv.nv_contents.hex()) == (known["indexName"], known["nvContents"])
    assert nv.offset == int(known["offset"])
    assert digest.index_name == nv.index_name
    contents = bytes.fromhex(ATTESTATIONS["nv-digest"]["known"]["digestOf"])
    assert digest.nv_digest == hashlib.sha256(contents).digest()


def test_the_audits() -> None:
    command, session = hold(ATTESTATIONS["command-audit"]).attested, hold(ATTESTATIONS["session-audit"]).attested
    assert isinstance(command, tpms.CommandAuditInfo)
    assert isinstance(session, tpms.SessionAuditInfo)
    assert (command.audit_counter, command.digest_alg) == (1, SHA256)
    audited = (TPM_CC_SET_COMMAND_CODE_AUDIT_STATUS, TPM_CC_GET_RANDOM)
    codes = b"".join(code.to_bytes(4, "big") for code in audited)
    assert command.command_digest == hashlib.sha256(codes).digest()
    assert not session.exclusive_session  # tpm2-tools sends commands of its own in between
    assert len(session.session_digest) == hashlib.sha256().digest_size


def test_the_time() -> None:
    attestation = hold(ATTESTATIONS["time"])
    assert isinstance(attestation.attested, tpms.TimeAttestInfo)
    assert attestation.attested.time.clock_info == attestation.clock_info
    assert attestation.attested.time.time == attestation.clock_info.clock
    assert attestation.attested.firmware_version == attestation.firmware_version


def test_a_fresh_quote_of_a_software_tpm(require_tool: Callable[[str], str]) -> None:
    for tool in ("swtpm", "tpm2"):
        require_tool(tool)
    with SoftwareTpm() as tpm:
        tpm.make_keys()
        tpm.make_nv()
        quote = next(recipe for recipe in recipes(tpm) if recipe.name == "quote")
        item = attest(tpm, quote)
    attestation = hold(item)
    assert attestation.extra_data == bytes.fromhex("00112233")
    assert (
        attestation.qualified_signer
        != Attestation.decode(base64.decode(ATTESTATIONS["quote"]["attestation"])).qualified_signer
    )


QUOTE = base64.decode(ATTESTATIONS["quote"]["attestation"])


@pytest.mark.parametrize(
    ("data", "offset", "problem"),
    [
        (b"", 0, "cut off in magic: 4 octets belong there, 0 are left"),
        (QUOTE[:5], 5, "cut off in type"),
        (QUOTE[:10], 10, "cut off in qualifiedSigner: 34 octets belong there, 2 are left"),
        (QUOTE[:-1], len(QUOTE) - 1, "cut off in pcrDigest: 32 octets belong there, 31 are left"),
        (QUOTE + b"\0", len(QUOTE), "1 octets follow"),
        (QUOTE[:4] + b"\x80\x1b" + QUOTE[6:], 4, "type 0x801b is no attestation"),
        (QUOTE[:64] + b"\x02" + QUOTE[65:], 64, "safe is 2, where 0 or 1 belongs"),
    ],
)
def test_each_refusal_names_the_field(data: bytes, offset: int, problem: str) -> None:
    with pytest.raises(DecodeError) as refusal:
        Attestation.decode(data)
    assert (refusal.value.structure, refusal.value.offset) == ("TPMS_ATTEST", offset)
    assert problem in refusal.value.problem


def test_a_count_the_octets_cannot_hold() -> None:
    at = QUOTE.index(bytes.fromhex("00000002 0004"))
    with pytest.raises(DecodeError, match="cut off"):
        Attestation.decode(QUOTE[:at] + b"\xff\xff\xff\xff" + QUOTE[at + 4 :])


def test_any_lie_can_be_written() -> None:
    honest = Attestation.decode(QUOTE)
    assert replace(honest, magic=b"RSA1").encode() == b"RSA1" + QUOTE[4:]
    lie = replace(honest, type=0x8017).encode()
    assert lie == QUOTE[:4] + b"\x80\x17" + QUOTE[6:]
    with pytest.raises(DecodeError):
        Attestation.decode(lie)


def test_a_listener_hears_every_octet_once() -> None:
    """Fields that hold fields are heard without octets; the rest, in order, is the whole structure."""
    for name in TYPES:
        heard: list[Heard] = []
        data = base64.decode(ATTESTATIONS[name]["attestation"])
        Attestation.decode(data, heard.append)
        assert b"".join(one.octets for one in heard) == data
        assert [one.offset for one in heard] == sorted(one.offset for one in heard)


UINT16, UINT32, UINT64 = (st.integers(0, (1 << bits) - 1) for bits in (16, 32, 64))
SIZED = st.binary(max_size=70)
CLOCKS = st.builds(ClockInfo, UINT64, UINT32, UINT32, st.booleans())
SELECTIONS = st.lists(st.builds(PcrSelection, UINT16, st.binary(max_size=4)), max_size=3).map(tuple)
ATTESTED: dict[AttestationType, st.SearchStrategy[Any]] = {
    AttestationType.CERTIFY: st.builds(tpms.CertifyInfo, SIZED, SIZED),
    AttestationType.QUOTE: st.builds(tpms.QuoteInfo, SELECTIONS, SIZED),
    AttestationType.COMMAND_AUDIT: st.builds(tpms.CommandAuditInfo, UINT64, UINT16, SIZED, SIZED),
    AttestationType.SESSION_AUDIT: st.builds(tpms.SessionAuditInfo, st.booleans(), SIZED),
    AttestationType.CREATION: st.builds(tpms.CreationInfo, SIZED, SIZED),
    AttestationType.NV: st.builds(tpms.NvCertifyInfo, SIZED, UINT16, SIZED),
    AttestationType.NV_DIGEST: st.builds(tpms.NvDigestCertifyInfo, SIZED, SIZED),
    AttestationType.TIME: st.builds(tpms.TimeAttestInfo, st.builds(tpms.TimeInfo, UINT64, CLOCKS), UINT64),
}


HEADS = st.tuples(SIZED, SIZED, CLOCKS, UINT64)


@given(st.sampled_from(AttestationType), st.binary(min_size=4, max_size=4), HEADS, st.data())
def test_any_attestation_is_read_as_it_was_written(
    number: AttestationType, magic: bytes, head: tuple[bytes, bytes, ClockInfo, int], data: st.DataObject
) -> None:
    attestation = Attestation(magic, number, *head, data.draw(ATTESTED[number]))
    assert Attestation.decode(attestation.encode()) == attestation
