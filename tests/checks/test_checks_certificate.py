"""Device certificates: an honest one breaks nothing, a lie just what forbids it, and no octets break a check."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.checks_answer import (
    CA_KEY,
    DEVICE_KEY,
    HOLDER,
    NOW,
    TENANT_ID,
    ca_certificate,
    honest,
    key_of,
    order,
    rsa_key,
    written,
)
from conformance.checks import certificate, distinct, habits, signature
from conformance.codec import CSR_CN, der
from conformance.codec.spki import AlgorithmIdentifier, SubjectPublicKeyInfo
from conformance.codec.x509 import Certificate
from conformance.generate import keys, signing
from conformance.server import certificate as writing

A = "join-answer/certificate-"
KEY_USAGE, CONSTRAINTS, PURPOSES = "2.5.29.15", "2.5.29.19", "2.5.29.37"
ALL = {
    f"{A}{name}"
    for name in (
        "key",
        "not-self-signed",
        "algorithms-agree",
        "hash",
        "version",
        "extensions-unique",
        "not-before",
        "not-after",
        "not-a-ca",
        "no-key-cert-sign",
        "digital-signature",
        "client-auth",
        "subject",
        "serial-positive",
    )
}
SHA1_RSA = der.sequence(der.oid("1.2.840.113549.1.1.5"), der.null())


def broken(found: Certificate) -> set[str]:
    return {finding.requirement for finding in certificate.judge(found, key_of(), NOW).findings}


def having(oid: str, value: bytes | None, *, twice: bool = False) -> tuple[writing.Extension, ...]:
    """The extensions of the order with one replaced, left out, or there twice."""
    kept = [one for one in order().extensions if one.oid != oid or twice]
    return (*kept, *([] if value is None else [writing.Extension(oid, value)]))


def test_honest_certificate_breaks_nothing() -> None:
    found = Certificate.decode(honest())
    judgement = certificate.judge(found, key_of(), NOW)
    assert judgement.checked == ALL
    assert judgement.findings == ()
    signed = certificate.signed_by(found, [ca_certificate()])
    assert signed.checked == {f"{A}signed"}
    assert signed.findings == ()


def test_order_to_lie_in_breaks_nothing() -> None:
    assert broken(written()) == set()


LIES: dict[str, dict[str, Any]] = {
    "not-before": {"not_before": NOW + timedelta(minutes=6)},
    "not-after": {"not_after": NOW},
    "not-a-ca": {"extensions": having(CONSTRAINTS, der.sequence(der.boolean(True)))},
    "no-key-cert-sign": {"extensions": having(KEY_USAGE, der.bit_string(b"\x84", 2))},
    "digital-signature": {"extensions": having(KEY_USAGE, der.bit_string(b"\x20", 5))},
    "client-auth": {"extensions": having(PURPOSES, der.sequence(der.oid("1.3.6.1.5.5.7.3.1")))},
    "subject": {"subject": writing.name((writing.CN, der.utf8_string(CSR_CN)))},
    "serial-positive": {"serial": -5},
    "version": {"version": 0},
    "extensions-unique": {"extensions": having(CONSTRAINTS, der.sequence(), twice=True)},
    "algorithms-agree": {"inner_algorithm": SHA1_RSA},
    "hash": {"inner_algorithm": SHA1_RSA, "outer_algorithm": SHA1_RSA},
    "key": {"spki": keys.named("rsa-2048-05").spki_der},
}
RSASSA_PSS, RSAES_OAEP, RSA_ENCRYPTION = (f"1.2.840.113549.1.1.{last}" for last in (10, 7, 1))
EC_PUBLIC_KEY = "1.2.840.10045.2.1"


@pytest.mark.parametrize(
    ("asked", "given", "right"),
    [
        (RSA_ENCRYPTION, RSA_ENCRYPTION, True),
        *((RSA_ENCRYPTION, other, False) for other in (RSASSA_PSS, RSAES_OAEP, EC_PUBLIC_KEY)),
        (RSASSA_PSS, RSASSA_PSS, True),
        (RSASSA_PSS, RSA_ENCRYPTION, True),
        (RSASSA_PSS, RSAES_OAEP, False),
    ],
)
@pytest.mark.parametrize("parameters", [b"", der.null()], ids=["absent", "null"])
def test_algorithm_of_the_key_is_the_one_asked_for(asked: str, given: str, right: bool, parameters: bytes) -> None:
    key = replace(key_of(), algorithm=AlgorithmIdentifier(asked))
    spki = replace(key_of(), algorithm=AlgorithmIdentifier(given, parameters)).encode()
    found = certificate.judge(written(spki=spki), key, NOW).findings
    assert {finding.requirement for finding in found} == (set() if right else {f"{A}key"})


@pytest.mark.parametrize("name", LIES)
def test_lie_breaks_what_forbids_it(name: str) -> None:
    assert broken(written(**LIES[name])) == {f"{A}{name}"}


@pytest.mark.parametrize(
    ("name", "extensions"),
    [
        ("not-a-ca", having(CONSTRAINTS, b"\x30\x05\x01")),
        ("not-a-ca", having(CONSTRAINTS, der.sequence(der.boolean(True)), twice=True)),
        ("no-key-cert-sign", having(KEY_USAGE, b"\x03\x02\x01")),
        ("no-key-cert-sign", having(KEY_USAGE, der.bit_string(b"\x82", 1))),
        ("client-auth", having(PURPOSES, b"nonsense")),
        ("client-auth", having(PURPOSES, der.sequence())),
    ],
)
def test_extension_that_cannot_be_read_or_is_hidden(name: str, extensions: tuple[writing.Extension, ...]) -> None:
    assert f"{A}{name}" in broken(written(extensions=extensions))
    assert broken(written(extensions=extensions)) <= {f"{A}{name}", f"{A}extensions-unique"}


@pytest.mark.parametrize(
    "lies",
    [
        {"extensions": ()},
        {"extensions": (), "version": 0},
        {"extensions": having(CONSTRAINTS, None)},
        {"extensions": having(KEY_USAGE, None)},
        {"extensions": having(PURPOSES, None)},
        {"extensions": having(PURPOSES, der.sequence(der.oid("2.5.29.37.0")))},
        {"extensions": having(CONSTRAINTS, der.sequence(der.boolean(False)))},
        {"extensions": having(KEY_USAGE, der.bit_string(b"\x80\x00", 0))},
        {"not_before": NOW + timedelta(minutes=5)},
        {"not_after": NOW + timedelta(seconds=1)},
        {"subject": der.sequence()},
        {"serial": 1},
        {"serial": 2**159 - 1},
    ],
    ids=" ".join,
)
def test_what_is_allowed_breaks_nothing(lies: dict[str, Any]) -> None:
    assert broken(written(**lies)) == set()


@pytest.mark.parametrize("serial", [0, -1, 2**160], ids=["zero", "negative", "21 octets"])
def test_serial(serial: int) -> None:
    assert broken(written(serial=serial)) == {f"{A}serial-positive"}


@pytest.mark.parametrize("text", [CSR_CN.lower(), f"{CSR_CN}\0"])
def test_placeholder_in_other_letters(text: str) -> None:
    subject = writing.name((writing.CN, der.utf8_string(text)))
    assert broken(written(subject=subject)) == {f"{A}subject"}


# --- signatures


def test_signed_by_the_device() -> None:
    found = written(signing_key=DEVICE_KEY)
    assert broken(found) == {f"{A}not-self-signed"}


def signed(found: Certificate, *authorities: Certificate) -> str:
    """How `certificate-signed` came out: the place of the finding, `holds`, or `unsaid`."""
    judgement = certificate.signed_by(found, authorities)
    assert judgement.checked <= {f"{A}signed"}
    where = [finding.where.rpartition(" ")[2] for finding in judgement.findings]
    return where[0] if where else "holds" if judgement.checked else "unsaid"


@cache
def reference_ca(key: str = CA_KEY) -> Certificate:
    """The reference server's own CA."""
    return Certificate.decode(writing.ca_certificate(rsa_key(key), NOW))


def test_signature_of_the_ca() -> None:
    found = written()
    assert signed(found, reference_ca()) == "holds"
    assert signed(found, ca_certificate(), reference_ca()) == "holds"
    assert signed(found, reference_ca("rsa-2048-30")) == "signatureValue"
    assert signed(found, ca_certificate()) == "issuer"
    nobody = written(issuer=writing.name((writing.CN, der.utf8_string("nobody"))))
    assert signed(nobody, reference_ca()) == "issuer"
    assert signed(nobody, ca_certificate(), reference_ca()) == "issuer"
    assert signed(nobody, reference_ca("rsa-2048-30")) == "unsaid", "one below it may have signed"
    assert signed(found) == "unsaid"
    assert (
        signed(replace(found, signature=found.signature[:-1] + bytes([found.signature[-1] ^ 1])), reference_ca())
        == "signatureValue"
    )
    assert signed(replace(found, tbs=found.tbs[:-1] + bytes([found.tbs[-1] ^ 1])), reference_ca()) == "signatureValue"


def test_signature_of_an_algorithm_nobody_knows_is_not_judged() -> None:
    found = replace(written(), signature_algorithm=AlgorithmIdentifier("1.2.3.4"))
    assert signed(found, reference_ca()) == "unsaid"


def test_name_of_the_issuer_is_compared_as_names_are() -> None:
    issuer = writing.name(
        (writing.OU, der.utf8_string(f" {writing.CA_OU.upper()}")),
        (writing.CN, der.utf8_string("ms-organization-access ")),
        (writing.DC, der.utf8_string("net")),
        (writing.DC, der.utf8_string("Windows")),
    )
    assert signed(written(issuer=issuer), reference_ca()) == "holds"


@pytest.mark.parametrize(
    ("key", "scheme"),
    [
        ("rsa-2048-00", signing.SHA256_RSA),
        ("rsa-2048-00", signing.SHA512_RSA),
        ("rsa-2048-00", signing.SHA1_RSA),
        ("rsa-2048-00", signing.PSS),
        ("p-256", signing.SHA256_ECDSA),
        ("ed25519", signing.ED25519),
    ],
)
def test_signatures_of_every_kind(key: str, scheme: signing.Scheme) -> None:
    spki, message = SubjectPublicKeyInfo.decode(keys.named(key).spki_der), b"to be signed"
    octets = signing.sign(keys.named(key), scheme, message)
    assert signature.holds(spki, scheme.identifier, octets, message) is True
    assert signature.holds(spki, scheme.identifier, octets, b"something else") is False
    other = "ed25519" if key != "ed25519" else "p-256"
    assert signature.holds(key_of(other), scheme.identifier, octets, message) is False
    assert signature.holds(spki, AlgorithmIdentifier("1.2.3"), octets, message) is None


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [
        (signing.SHA1_RSA.identifier, "SHA-1"),
        (signing.MD5_RSA.identifier, "MD5"),
        (AlgorithmIdentifier("1.2.840.10045.4.1"), "SHA-1"),
        (AlgorithmIdentifier(signature.PSS, der.sequence()), "SHA-1"),
        (AlgorithmIdentifier(signature.PSS, b""), None),
        (signing.PSS.identifier, None),
        (signing.SHA256_RSA.identifier, None),
        (signing.SHA256_ECDSA.identifier, None),
        (signing.ED25519.identifier, None),
    ],
)
def test_broken_hashes(algorithm: AlgorithmIdentifier, name: str | None) -> None:
    assert signature.broken_hash(algorithm) == name


def test_authorities_of_a_pem_file() -> None:
    own = ca_certificate()
    pem = writing_pem(own.der)
    assert certificate.authorities(b"# a comment\n" + pem + writing_pem(reference_ca().der)) == (own, reference_ca())
    assert certificate.authorities(pem.replace(b"\n", b"\r\n")) == (own,)
    assert certificate.authorities(writing_pem(b"0\x03\x02\x01\x01") + pem) == (own,)
    assert certificate.authorities(b"") == ()
    assert certificate.authorities(pem[:60] + pem) == (own,)  # one that does not end, and one that does


@pytest.mark.parametrize("line", [b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"])
def test_a_file_of_lines_that_only_begin_or_end_is_read_once(line: bytes) -> None:
    """The pattern that looked for the end of each would go through these 14 MB half a million times."""
    assert certificate.authorities(line * 500_000) == ()


def writing_pem(octets: bytes) -> bytes:
    return ssl.DER_cert_to_PEM_cert(octets).encode()


# --- the octets


def reading(octets: bytes) -> tuple[bool, set[str]]:
    found, judgement = certificate.read(octets)
    return found is not None, {finding.requirement for finding in judgement.findings}


NO_CERTIFICATE = "join-answer/raw-body-certificate"
TAIL = "join-answer/raw-body-nothing-after"


def test_whole_with_a_tail_and_cut_at_every_octet() -> None:
    whole = honest()
    assert reading(whole) == (True, set())
    assert reading(whole + b"\0") == (True, {TAIL})
    assert reading(whole + whole) == (True, {TAIL})
    for end in range(len(whole)):
        assert reading(whole[:end]) == (False, {NO_CERTIFICATE})


def test_length_that_is_longer_than_it_need_be_is_not_der_and_is_read() -> None:
    whole = honest()
    assert whole[:2] == b"\x30\x82"
    assert reading(b"\x30\x83\0" + whole[2:]) == (True, {NO_CERTIFICATE})


@pytest.mark.parametrize("name", ["msdvrj_4_1_cert.der", "msal_objc_entra_ecc_cert_2023.der"])
def test_certificates_of_the_field(vectors: Path, name: str) -> None:
    whole = (vectors / name).read_bytes()
    found, judgement = certificate.read(whole)
    assert found is not None
    assert judgement.findings == ()
    at = found.not_before + timedelta(minutes=30)
    assert certificate.judge(found, found.public_key, at).findings == ()
    seen = {
        one.subject.removeprefix("field-services/"): one.reading for one in habits.certificate(found, at, None).seen
    }
    assert seen["certificate-long-form"] == "does"
    assert seen["certificate-lifetime"] == "does"
    for end in range(len(whole)):
        assert reading(whole[:end]) == (False, {NO_CERTIFICATE})


@given(place=st.integers(0, 10_000), octets=st.binary(min_size=1, max_size=3))
def test_no_octets_break_a_check(place: int, octets: bytes) -> None:
    whole = honest()
    start = place % len(whole)
    judge_all(whole[:start] + octets + whole[start + len(octets) :])


@given(st.binary(max_size=200))
def test_arbitrary_octets_break_no_check(octets: bytes) -> None:
    judge_all(octets)


def test_every_octet_in_turn_breaks_no_check() -> None:
    whole = writing.sign(writing.field_order(order(), HOLDER), rsa_key(CA_KEY))
    for place in range(len(whole)):
        for mask in (0x01, 0xFF):
            judge_all(whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :])


def judge_all(octets: bytes) -> None:
    found, judgement = certificate.read(octets)
    if found is None:
        assert {finding.requirement for finding in judgement.findings} == {NO_CERTIFICATE}
        return
    judgement += certificate.judge(found, key_of(), NOW)
    judgement += certificate.signed_by(found, [ca_certificate(), reference_ca()])
    judgement += distinct.serials([found, ca_certificate()]) + distinct.subjects([found, ca_certificate()])
    judgement += habits.certificate(found, NOW, str(TENANT_ID)) + habits.join_types({0: found})
    habits.device_id(found)
    for finding in judgement.findings:
        assert f"{finding.problem}{finding.where}".isascii()
    assert all(one.evidence.isascii() for one in judgement.seen)


@pytest.mark.parametrize("numbers", [(0, 0), (4, 2), (2**2048, 65537), (2**40_000 + 1, 3), (-5, 3), (15, 2**2047 + 1)])
def test_keys_that_are_none(numbers: tuple[int, int]) -> None:
    key = der.sequence(*map(der.integer, numbers))
    spki = SubjectPublicKeyInfo(key_of().algorithm, key)
    found = replace(written(), public_key=spki)
    assert f"{A}not-self-signed" not in broken(found)


# --- several certificates


def test_devices_that_share_nothing() -> None:
    one, other = written(), written(key="rsa-2048-01", subject=writing.name((writing.CN, der.utf8_string("b"))))
    assert distinct.serials([one, other]).findings == ()
    assert distinct.subjects([one, other]).findings == ()
    assert distinct.serials([one]).checked | distinct.subjects([one]).checked == set()


def test_devices_that_share_a_serial_or_a_subject() -> None:
    one, other = written(serial=7), written(serial=7, key="rsa-2048-01")
    assert {finding.requirement for finding in distinct.serials([one, other]).findings} == {f"{A}serial-unique"}
    assert {finding.requirement for finding in distinct.subjects([one, other]).findings} == {f"{A}subject-unique"}


def test_what_may_be_shared() -> None:
    one, other = written(serial=7), written(serial=7, issuer=writing.name((writing.CN, der.utf8_string("another CA"))))
    assert distinct.serials([one, other]).findings == ()
    assert distinct.serials([one, one]).findings == ()
    assert distinct.subjects([one, other]).checked == set(), "one key: perhaps one device"
    empty = [written(key=name, subject=der.sequence()) for name in ("rsa-2048-01", "rsa-2048-02")]
    assert distinct.subjects(empty).findings == ()
