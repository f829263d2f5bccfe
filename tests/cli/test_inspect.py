"""`drs-conformance inspect`: what it shows of golden bytes, of cut and of hostile ones, and how it refuses."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.cli import drs_conformance
from conformance.cli.inspect import inspect
from conformance.cli.inspect_kinds import KINDS
from conformance.codec.rsakey import RsaKeyBlob
from conformance.errors import UsageError
from conformance.spec import catalogue

ROOT = Path(__file__).resolve().parents[2]


def fixture_items(name: str) -> list[dict[str, str]]:
    items: list[dict[str, str]] = json.loads((ROOT / "fixtures" / f"{name}.json").read_text(encoding="utf-8"))["items"]
    return items


ATTESTATIONS = {item["name"]: base64.b64decode(item["attestation"]) for item in fixture_items("attestation")}
AIK = base64.b64decode(
    json.loads((ROOT / "fixtures" / "keys-aik.json").read_text(encoding="utf-8"))["items"][0]["certificate"]
)
MODULUS = (1 << 2047) + 1
BLOB = RsaKeyBlob.public(65537, MODULUS).encode()


@dataclass(frozen=True)
class Shown:
    """What a run of the command printed, and the failure it ended with."""

    text: str
    fault: str

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def said_of(self, requirement: str) -> str:
        """The remark on a requirement, its lines joined."""
        start = next(index for index, line in enumerate(self.lines) if f" {requirement}:" in line)
        rest = itertools.takewhile(lambda line: line.startswith(" " * 10), self.lines[start + 1 :])
        return " ".join([self.lines[start].strip(), *(line.strip() for line in rest)])


def show(kind: str, data: bytes, *options: str, width: int = 80) -> Shown:
    """Run the command with `data` on standard input."""
    done = CliRunner().invoke(inspect, [kind, "-", *options], input=data, env={"COLUMNS": str(width)})
    assert done.exception is None or isinstance(done.exception, UsageError), done.exception
    return Shown(done.stdout, str(done.exception) if done.exception else "")


def test_the_genuine_windows_request(vectors: Path) -> None:
    shown = show("csr", (vectors / "msdvrj_4_1_csr.der").read_bytes())
    assert shown.fault == ""
    assert "commonName:" in shown.text
    assert r"FB014A\x0" in shown.text
    assert shown.said_of("A11").startswith("o A11: A CN that ends in NUL.")
    assert "- holds" in shown.said_of("join-request/csr-signature")
    assert "- does not hold" in shown.said_of("join-request/csr-nonce")
    assert " join-request/csr-cn:" not in shown.text


def test_the_published_transport_key(vectors: Path) -> None:
    shown = show("transport-key", (vectors / "msdvrj_4_1_transportkey.bin").read_bytes())
    magic = catalogue().requirements["join-request/transport-key-magic"]
    assert shown.said_of(magic.id) == f"+ {magic.id}: MUST, {magic.title} - holds '{magic.quote}'"
    assert "does not hold" not in shown.text
    assert "PublicExponent: 65537" in shown.text


def test_the_published_certificates(vectors: Path) -> None:
    shown = show("certificate", (vectors / "msal_objc_entra_ecc_cert_2023.der").read_bytes(), width=160)
    assert "GUID e60ac3a3-e09b-4ff6-ba51-94f1b63ec821" in shown.text
    assert shown.said_of("field-services/certificate-long-form").endswith("- seen")
    assert shown.said_of("field-services/certificate-issuer").endswith("- seen")
    assert shown.said_of("field-services/certificate-device-id").endswith("- not seen")  # its authors edited the CN
    assert "- holds" in shown.said_of("join-answer/certificate-not-self-signed")


@pytest.mark.parametrize("name", ATTESTATIONS)
def test_attestations_of_a_software_tpm(name: str) -> None:
    shown = show("attestation", ATTESTATIONS[name])
    assert shown.fault == ""
    assert "magic: TPM_GENERATED_VALUE" in shown.text
    assert "- holds" in shown.said_of("join-request/attestation-structure")
    assert "does not hold" not in shown.text


def test_every_rule_speaks_of_something_in_the_catalogue() -> None:
    book = catalogue()
    for kind in KINDS.values():
        named = [rule.says for rule in kind.rules] + [kind.structure, kind.trailing, kind.canonical, kind.loose]
        for says in filter(None, named):
            assert says in book.requirements or says in book.ambiguities, says


@pytest.mark.parametrize(
    ("blob", "broken"),
    [
        (RsaKeyBlob(b"RSA2", 2048, 3, 256, 0, 0, BLOB[24:]), "magic"),
        (RsaKeyBlob(b"RSA1", 2047, 3, 256, 0, 0, BLOB[24:]), "bit-length"),
        (RsaKeyBlob(b"RSA1", 2048, 3, 0, 0, 0, BLOB[24:]), "lengths"),
        (RsaKeyBlob(b"RSA1", 2048, 3, 256, 0, 0, BLOB[24:] + b"\0"), "no-tail"),
        (RsaKeyBlob(b"RSA1", 2048, 3, 256, 1, 0, BLOB[24:] + b"\x07"), "no-primes"),
        (RsaKeyBlob.public(65536, MODULUS), "exponent"),
        (RsaKeyBlob.public(65537, MODULUS - 1), "modulus"),
    ],
)
def test_one_broken_rule_is_the_one_that_does_not_hold(blob: RsaKeyBlob, broken: str) -> None:
    shown = show("transport-key", blob.encode())
    failing = [line.split()[1] for line in shown.lines if line.strip().startswith("! ")]
    assert failing == [f"join-request/transport-key-{broken}:"]


def test_a_header_in_the_other_byte_order_is_an_observation() -> None:
    turned = b"RSA1" + b"".join(BLOB[at : at + 4][::-1] for at in range(4, 24, 4)) + BLOB[24:]
    assert show("transport-key", turned).said_of("A16").startswith("o A16: The byte order of BCRYPT_RSAKEY_BLOB.")


def test_raw_base64_and_pem_are_the_same_structure() -> None:
    text = base64.b64encode(AIK)
    wrapped = base64.encodebytes(AIK)
    pem = b"some words before\n-----BEGIN CERTIFICATE-----\n" + wrapped + b"-----END CERTIFICATE-----\n"
    shown = {form: show("certificate", data) for form, data in {"raw": AIK, "base64": text + b"\n", "PEM": pem}.items()}
    bodies = set()
    for form, one in shown.items():
        assert one.fault == ""
        assert one.lines[0] == f"standard input: certificate, {len(AIK)} octets, {form}"
        bodies.add("\n".join(line for line in one.lines if line[:6].strip().isdigit()))
    assert len(bodies) == 1
    assert "- holds" in shown["base64"].said_of("join-answer/raw-body-base64")


def test_line_breaks_in_base64_are_read_and_remarked() -> None:
    shown = show("transport-key", base64.encodebytes(BLOB))
    said = shown.said_of("join-request/transport-key-base64-canonical")
    assert "does not hold (base64: a line feed is not in the base64 alphabet at offset 76)" in said
    assert shown.fault == ""


@pytest.mark.parametrize("size", range(1, len(ATTESTATIONS["quote"]), 7))
def test_a_cut_attestation_is_shown_as_far_as_it_goes(size: int) -> None:
    shown = show("attestation", ATTESTATIONS["quote"][:size])
    assert "magic" in shown.text
    assert "- does not hold (TPMS_ATTEST: cut off in " in shown.said_of("join-request/attestation-structure")
    assert shown.fault.startswith("standard input: TPMS_ATTEST: cut off in ")
    assert shown.fault.endswith(f"at offset {size}")


def test_a_cut_certificate_is_shown_as_far_as_it_goes() -> None:
    shown = show("certificate", AIK[:300])
    assert "notBefore: " in shown.text
    assert (
        shown.fault
        == f"standard input: Certificate: cut off: {len(AIK) - 4} octets announced, 296 are there at offset 300"
    )


def test_base64_that_is_cut_is_shown_as_far_as_it_goes() -> None:
    text = base64.b64encode(BLOB)[:57]
    shown = show("transport-key", text)
    assert "BitLength: 2048" in shown.text
    assert shown.fault == (
        "standard input: base64: the last character stands alone, and carries less than one octet at offset 56"
    )


def test_octets_behind_a_structure_are_its_only_fault() -> None:
    shown = show("attestation", ATTESTATIONS["quote"] + b"\x1b[31m")
    assert "(not shown): 5 octets" in shown.text
    assert "- does not hold (" in shown.said_of("join-request/attestation-trailing")
    assert "- holds" in shown.said_of("join-request/attestation-magic")
    assert shown.fault.endswith(f"5 octets follow where nothing may at offset {len(ATTESTATIONS['quote'])}")


def test_an_attestation_of_no_kind() -> None:
    data = ATTESTATIONS["quote"][:4] + b"\x80\x1b" + ATTESTATIONS["quote"][6:]
    shown = show("attestation", data)
    assert "- does not hold (" in shown.said_of("join-request/attestation-kind")
    assert " join-request/attestation-structure:" not in shown.text


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("csr", b"", "standard input is empty: a certificate request is expected, raw, base64 or PEM"),
        ("csr", b" \n", "standard input is empty: a certificate request is expected, raw, base64 or PEM"),
        ("csr", b"MI\x1b[31m", "standard input: base64: U+001B is not in the base64 alphabet at offset 2"),
        ("csr", b"-----BEGIN CERTIFICATE REQUEST-----\nMIIC\n", "a PEM block begins but is not well-formed"),
        (
            "csr",
            b"-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n",
            "holds a PEM block of CERTIFICATE; a certificate request is one of CERTIFICATE REQUEST or",
        ),
        pytest.param(
            "csr", b"-----BEGIN A-----\n" * 50_000, "begins but is not well-formed or does not end", id="begins"
        ),
        ("certificate", b"\0" * ((1 << 20) + 1), "standard input is larger than 1048576 octets"),
    ],
)
def test_input_that_gives_no_octets(kind: str, data: bytes, sentence: str) -> None:
    shown = show(kind, data)
    assert sentence in shown.fault
    assert shown.fault.isprintable()
    assert shown.text == ""


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("missing.der", "missing.der cannot be read: No such file or directory"),
        (".", ". cannot be read: Is a directory"),
        ("a\x1b]0;b.der", r"a\x1b]0;b.der cannot be read: No such file or directory"),
        ("a\0b", r"a\x00b cannot be read: embedded null byte"),
    ],
)
def test_files_that_cannot_be_read(file: str, sentence: str) -> None:
    done = CliRunner().invoke(inspect, ["csr", file])
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == sentence


def test_the_group_makes_a_sentence_and_status_two_of_it(tmp_path: Path) -> None:
    file = tmp_path / "cut.der"
    file.write_bytes(AIK[:300])
    done = CliRunner().invoke(drs_conformance, ["inspect", "certificate", str(file)])
    assert done.exit_code == 2
    assert done.stderr.startswith("drs-conformance: ")
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.output


def test_an_unknown_kind_names_those_there_are() -> None:
    done = CliRunner().invoke(drs_conformance, ["inspect", "cheese", "-"])
    assert done.exit_code == 2
    assert "'cheese' is not one of 'csr', 'transport-key', 'certificate', 'attestation', 'nonce'" in done.stderr


@pytest.mark.parametrize("width", [40, 80, 109, 110, 160])
def test_every_line_fits_the_width(width: int) -> None:
    for kind, data in (("certificate", AIK), ("transport-key", BLOB), ("attestation", ATTESTATIONS["quote"])):
        shown = show(kind, data, width=width)
        longest = max(shown.lines[1:-1], key=len)
        assert len(longest) <= max(width, 60), longest


def test_wide_octets_are_elided_and_full_shows_them_all() -> None:
    assert "more octets" in show("transport-key", BLOB).text
    full = show("transport-key", BLOB, "--full")
    assert "more octets" not in full.text
    octets = [line[8:31] for line in full.lines[3:-1] if line[8:10] not in {"  ", "+ ", "! ", "o "}]
    assert bytes.fromhex("".join(octets)) == BLOB


def test_nothing_is_coloured_where_there_is_no_terminal() -> None:
    assert "\x1b" not in show("certificate", AIK).text


def test_a_nonce() -> None:
    jwe = b"eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0.AA.AA.AA.AA"
    for data in (jwe, jwe + b"\n", base64.b64encode(jwe)):
        shown = show("nonce", data, width=160)
        assert '{"alg": "RSA-OAEP-256", "enc": "A256GCM"}' in " ".join(shown.text.split())
        assert "compact JWE: 5 parts" in shown.text
    assert "- holds" in show("nonce", base64.b64encode(jwe)).said_of("nonce/value-base64")
    assert "- does not hold" in show("nonce", b"\xff\x00short").said_of("nonce/unpredictable")


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.sampled_from(tuple(KINDS)), st.binary(max_size=80), st.booleans())
def test_hostile_input_is_shown_or_refused_and_never_reaches_the_terminal_raw(
    kind: str, tail: bytes, start_well: bool
) -> None:
    start = {
        "csr": AIK[:40],
        "transport-key": BLOB[:26],
        "certificate": AIK[:200],
        "attestation": b"\xffTCG",
        "nonce": b"eyJ",
    }
    shown = show(kind, (start[kind] if start_well else b"") + tail)
    for line in [*shown.lines, shown.fault]:
        assert line.isprintable(), line


def test_controls_and_bidirectional_marks_in_a_name_are_spelled_out() -> None:
    at = AIK.index(b"\x0c", 40)  # the first UTF8String: put an escape sequence and a mark in the place of its text
    size = AIK[at + 1]
    hostile = ("\x1b[31m\u202e" + "x" * size).encode()[:size]
    data = AIK[: at + 2] + hostile + AIK[at + 2 + size :]
    shown = show("certificate", data)
    assert r"\x1b[31m\u202e" in shown.text
    assert "\x1b" not in shown.text
    assert "\u202e" not in shown.text
