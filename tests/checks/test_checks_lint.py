"""A linter that is not ours says what it says, within bounds; nothing that a target sends makes it our error."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from conformance.checks import lint
from conformance.codec import der
from conformance.codec.x509 import Certificate
from conformance.generate import keys
from conformance.server import certificate as writing
from conformance.server.certificate import Extension, Holder

CA = cast("RSAPrivateKey", keys.nth(3).private_key)
HOLDER = Holder(uuid.UUID(int=1), uuid.UUID(int=2), uuid.UUID(int=3), join_type=4, region="EU")
ORDER = writing.order(HOLDER, keys.nth(0).spki_der, datetime(2026, 1, 2, tzinfo=UTC), writing.key_id(CA))
ALTERNATIVES = "2.5.29.17"


def signed(**fields: Any) -> Certificate:
    return Certificate.decode(writing.sign(replace(ORDER, **fields), CA), strict=False)


def with_alternatives(content: bytes) -> Certificate:
    return signed(extensions=(*ORDER.extensions, Extension(ALTERNATIVES, content)))


def problems(certificate: Certificate) -> list[str]:
    return [finding.problem for finding in lint.judge(certificate).findings]


def departures(certificate: Certificate) -> tuple[str, str]:
    (seen,) = lint.judge(certificate).seen
    return seen.reading, seen.evidence


def test_what_the_reference_server_signs_is_clean_but_for_the_fields_issuer() -> None:
    assert problems(signed()) == []
    assert departures(signed()) == ("does", "one RDN of the issuer has two DC")
    plain = signed(issuer=writing.name((writing.CN, der.utf8_string("CA"))))
    assert departures(plain) == ("does not", "none of those known of the field")


def test_what_the_field_is_known_for_is_named_and_no_failure() -> None:
    octets = writing.sign(replace(writing.field_order(ORDER, HOLDER), serial=-5), CA)
    certificate = Certificate.decode(octets, strict=False)
    assert problems(certificate) == []
    evidence = "it has no authority key identifier; its serial number is not positive; one RDN of the issuer has two DC"
    assert departures(certificate) == ("does", evidence)


def test_a_subject_with_an_attribute_twice_is_no_habit_of_the_field() -> None:
    twice = writing.name((writing.DC, der.ia5_string("a")), (writing.DC, der.ia5_string("b")))
    (problem,) = problems(signed(subject=twice))
    assert "pkix.rdn_contains_duplicate_attribute_types Multiple attributes of type" in problem


def test_a_finding_says_what_and_where() -> None:
    (finding,) = lint.judge(with_alternatives(der.sequence(der.tlv(0x82, b"a b")))).findings
    assert (finding.requirement, finding.problem) == (
        "join-answer/certificate-lint",
        'RFC 5280 by pkilint: pkix.invalid_domain_name_syntax Invalid domain name syntax: "a b"',
    )
    assert finding.where.startswith("/Certificate/RawBody, certificate.tbsCertificate.extensions.9.")


def test_the_first_three_findings_are_told_and_where_the_first_is(monkeypatch: pytest.MonkeyPatch) -> None:
    every = tuple(
        lint.Found(f"code.{number}", "" if number == 1 else f"words {number}", f"place {number}") for number in range(4)
    )
    monkeypatch.setattr(lint, "findings", lambda _: every)
    (finding,) = lint.judge(signed()).findings
    assert finding.problem == "RFC 5280 by pkilint: code.0 words 0; code.1; code.2 words 2"
    assert finding.where == "/Certificate/RawBody, place 0"


URI, DNS = 0x86, 0x82


@pytest.mark.parametrize(
    ("tag", "text", "code"),
    [
        (URI, "urn:uuid:08154871-503a-415a-8a32-55971f82e035", None),
        (URI, "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1", None),
        (URI, "spiffe://contoso.example/device/1", None),
        (URI, "device 1", "pkix.invalid_uri_syntax"),
        (URI, "/device/1", "pkix.invalid_uri_syntax"),
        (URI, "urn:%zz", "pkix.invalid_uri_syntax"),
        (DNS, "mypc", None),
        (DNS, "08154871-503a-415a-8a32-55971f82e035", None),
        (DNS, "-mypc", "pkix.invalid_domain_name_syntax"),
        (DNS, "a.example.", "pkix.invalid_domain_name_syntax"),
        (DNS, "a" * 64, "pkix.invalid_domain_name_syntax"),
        (DNS, "a." * 127 + "a", "pkix.invalid_domain_name_syntax"),
    ],
)
def test_names_are_not_of_the_web_alone(tag: int, text: str, code: str | None) -> None:
    """RFC 5280 4.2.1.6 asks for an absolute URI and for a name of labels; the linter knows fewer of both."""
    found = [one.split()[5 - 1] for one in problems(with_alternatives(der.sequence(der.tlv(tag, text.encode()))))]
    assert found == [code] * bool(code)


def nested(depth: int) -> bytes:
    content = der.null()
    for _ in range(depth):
        content = der.sequence(content)
    return content


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        (with_alternatives(bytes(lint.LARGEST)), r"it has \d+ octets, more than the 16384 that are linted"),
        (with_alternatives(nested(40)), "it has more than 1000 elements, or they nest deeper than 24"),
        (with_alternatives(nested(2_000)), "it has more than 1000 elements, or they nest deeper than 24"),
        (with_alternatives(der.sequence(*[der.null()] * 2_000)), "it has more than 1000 elements"),
        (signed(version=0), r"pkilint cannot read it \(SubstrateDecodingFailedError\)"),
        (signed(extensions=()), r"pkilint cannot read it \(SubstrateDecodingFailedError\)"),
    ],
    ids=["large", "nested", "nested deep", "many", "explicit default", "empty extensions"],
)
def test_what_cannot_be_linted_is_said_to_be_so(certificate: Certificate, reason: str) -> None:
    with pytest.raises(lint.NotLintedError, match=reason):
        lint.judge(certificate)


@pytest.mark.parametrize("error", [RecursionError, MemoryError, KeyError, AttributeError])
def test_whatever_the_linter_raises_is_its_own_fault(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fails(_: bytes) -> Sequence[lint.Found]:
        raise error

    monkeypatch.setattr(lint, "_findings", fails)
    with pytest.raises(lint.NotLintedError, match=f"pkilint cannot read it \\({error.__name__}\\)"):
        lint.judge(signed())


def test_a_failure_inside_the_linter_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "_findings", lambda _: [lint.Found("base.unhandled_exception", "", "certificate")])
    with pytest.raises(lint.NotLintedError, match="pkilint failed of itself at certificate"):
        lint.judge(signed())


@pytest.mark.parametrize("kind", [0x81, 0x82, 0x86, 0x87, 0xA0, 0xA4])
def test_hostile_names_are_linted_in_no_time(kind: int) -> None:
    started = time.process_time()
    for text in (
        b"a@" + b"a." * 3000,
        b"a-" * 3000,
        b'"' + b'\\"' * 3000 + b"@",
        b"http://" + b"%" * 6000,
        b"\xff" * 99,
    ):
        try:
            assert lint.judge(with_alternatives(der.sequence(der.tlv(kind, text)))).checked
        except lint.NotLintedError:
            continue
    assert time.process_time() - started < 5


def test_every_octet_flipped_is_linted_or_not_and_never_an_error() -> None:
    octets = signed().der
    for place in range(0, len(octets), 7):
        flipped = octets[:place] + bytes([octets[place] ^ 0x55]) + octets[place + 1 :]
        try:
            lint.findings(flipped)
        except lint.NotLintedError:
            continue


def test_the_linter_is_loaded_by_the_first_certificate_only() -> None:
    code = (
        "import sys, conformance.suites.test_join_answer\n"
        "raise SystemExit(any(name.split('.')[0] in {'pkilint', 'pyasn1'} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
