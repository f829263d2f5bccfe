"""Issue 3, done 2: servers made by hand get the verdicts they deserve, requirement by requirement.

The tables were written from the document and the catalogue before any of these servers met the suite: what stands in
one must fail, each for the reason beside it, and what does not stand there must not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from wrong.wrong_base import DOMAIN, TENANT, UPN, Service
from wrong.wrong_contrary import Contrary, Sparse
from wrong.wrong_http import serving
from wrong.wrong_moods import Busy, KnownHosts, Moody
from wrong.wrong_servers import BigEndian, Blind, EitherOrder, Fragile, Trusting
from wrong.wrong_tenants import Hospitable, Landlord

JOIN = "join-request/"
UNREAD_MEMBERS = {
    "csr-type-required": "Type is never asked for",
    "csr-type-string": "nor its type",
    "csr-type": "nor what it says",
    **{
        f"{member}-{what}": f"{member} is never asked for"
        for member in ("target-domain", "device-type", "os-version", "display-name", "join-type", "transport-key")
        for what in ("required", "type")
    },
    "join-type-defined": "any number joins",
    "challenge-at-precreate-only": "a challenge is a member like any other, and none is read",
    **{
        f"{member}-{what}": f"{member} is never asked for"
        for member, faults in (
            ("aik-certificate", ("type", "base64", "structure")),
            ("attestation", ("type", "base64", "structure", "magic", "kind", "trailing")),
            ("attributes", ("object", "reuse-device-type", "shared-device-type")),
        )
        for what in faults
    },
}
UNREAD_BLOB = {
    f"transport-key-{what}": "the text is never decoded"
    for what in (
        *("base64", "base64-canonical", "header", "magic", "bit-length", "lengths"),
        *("no-primes", "no-tail", "exponent", "modulus"),
    )
}
DESERVED: Mapping[type[Service], Mapping[str, str]] = {
    Trusting: {
        **UNREAD_MEMBERS,
        **UNREAD_BLOB,
        "csr-key-algorithm": "cryptography loads any key",
        "csr-key-size": "of any size",
        "csr-signature-algorithm": "is_signature_valid asks for no algorithm",
        "csr-cn": "the subject is never looked at",
        "csr-nonce-foreign": "nor any extension",
        "csr-nonce-reused": "nor any extension",
        "csr-nonce-expired": "nor any extension",
    },
    Blind: UNREAD_BLOB,
    BigEndian: {
        "transport-key-lengths": "24 octets and 50 million are never more than it says",
        "transport-key-no-tail": "no tail is ever too long",
        "transport-key-bit-length": "BitLength is never compared",
        "transport-key-exponent": "nobody looks where the exponent is",
        "transport-key-modulus": "nor the modulus",
    },
    EitherOrder: {"transport-key-lengths": "a big-endian header declares octets that are not there (A16)"},
    Fragile: {
        **{id_: "500" for id_ in UNREAD_MEMBERS if id_.endswith("-required")},
        "csr-required": "500",
        "csr-data-required": "500",
        "transport-key-header": "500, for want of 24 octets",
    },
    Hospitable: {"/join-service/token-tenant": "a stranger's token makes a device of this tenant"},
}
UNDONE: Mapping[type[Service], Mapping[str, str]] = {
    Contrary: {
        "device/method-not-allowed": "404 hides what is there",
        "join-service/uri": "the join service is elsewhere, as discovery says",
        **{
            f"{JOIN}{member}-type": "texts are taken as they come"
            for member in ("target-domain", "device-type", "os-version", "display-name")
        },
        **{JOIN + id_: "is ignored" for id_ in UNREAD_MEMBERS if id_.startswith(("aik-", "attest", "attributes-"))},
    },
    Sparse: {
        "discovery/registration-service": "is not there",
        "discovery/authentication-service": "is not there",
        "discovery/tenant-info": "is not there",
        "discovery/nonce-service": "is not there",
        "join-service/authorization-status": "403 for want of a token",
    },
    KnownHosts: {},
    Busy: {},
    Landlord: {},
}

QUICK = ("--profile", "quick")
REQUEST_ALONE = (*QUICK, "--select", "2.1.1.1.1")
SERVICE_ALONE = (*QUICK, "--select", "3.3")
ASKED: Mapping[type[Service], tuple[str, ...]] = {
    Trusting: QUICK,
    Blind: REQUEST_ALONE,
    BigEndian: REQUEST_ALONE,
    Fragile: REQUEST_ALONE,
    Hospitable: SERVICE_ALONE,
    EitherOrder: ("--profile", "standard", "--select", f"{JOIN}transport-key"),  # one edit of many tells
}
RIGHT = [
    pytest.param(kind, known, asked, id=f"{kind.__name__}-{'all-known' if known else 'token-alone'}")
    for kind, known, asked in (
        (Contrary, True, QUICK),
        (Sparse, False, QUICK),
        (Busy, True, (*QUICK, "--select", "2.1.1.1.3", "--select", "3.2")),
        (KnownHosts, False, REQUEST_ALONE),
        (Landlord, True, SERVICE_ALONE),
    )
]


def run(
    service: Service, out: Path, *arguments: str, known: bool = True, seconds: float = 100
) -> tuple[int, dict[str, Any], str]:
    """The suite against a server, for so long at most; `known` hands over all that a user could know of it."""
    given = {"--target": service.origin, "--tenant": TENANT, "--token": service.token(), "--out": str(out)}
    if known:
        authorities = out / "ca.pem"
        authorities.write_bytes(service.authority.pem())
        given |= {
            "--domain": DOMAIN,
            "--upn": UPN,
            "--ca-file": str(authorities),
            "--expired-token": service.authority.token(TENANT, UPN, lifetime=-600),
            "--future-token": service.authority.token(TENANT, UPN, begins=86400),
            "--audience-token": service.authority.token(TENANT, UPN, audience="urn:other"),
            "--client-token": service.authority.token(TENANT, UPN, client="04b07795-8ddb-461a-bbee-02f9e1bf7b46"),
            "--expired-nonce": service.old_nonce(),
            "--foreign-token": service.authority.token("0f0e0d0c-0b0a-4908-8706-050403020100", UPN),
        }
    command = [sys.executable, "-m", "conformance", "run", *(word for pair in given.items() for word in pair)]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=seconds, check=False)
    return done.returncode, json.loads((out / "results.json").read_text()), done.stdout + done.stderr


def came_out(results: dict[str, Any], verdict: str) -> dict[str, str]:
    """The requirements with a verdict, and what was said of each."""
    return {item["id"]: item["reason"] for item in results["requirements"] if item["verdict"] == verdict}


def nothing_is_open(results: dict[str, Any]) -> None:
    assert came_out(results, "error") == {}
    assert came_out(results, "inconclusive") == {}


@pytest.mark.whole
@pytest.mark.parametrize("kind", DESERVED, ids=lambda kind: kind.__name__)
def test_a_wrong_server_fails_what_it_deserves(kind: type[Service], tmp_path: Path) -> None:
    with serving(kind) as service:
        status, results, output = run(service, tmp_path, *ASKED[kind])
    failed = came_out(results, "fail")
    assert set(failed) == {urljoin(JOIN, id_).lstrip("/") for id_ in DESERVED[kind]}, (failed, output)
    assert (status, results["verdict"]) == (1, "nonconformant"), output
    nothing_is_open(results)


@pytest.mark.whole
@pytest.mark.parametrize(("kind", "known", "asked"), RIGHT)
def test_a_right_server_is_conformant(kind: type[Service], known: bool, asked: tuple[str, ...], tmp_path: Path) -> None:
    with serving(kind) as service:
        status, results, output = run(service, tmp_path, *asked, known=known)
    failed = came_out(results, "fail")
    assert failed.keys() == UNDONE[kind].keys(), (failed, output)
    assert (status, results["verdict"]) == (0, "conformant"), output
    nothing_is_open(results)


def test_a_request_line_without_http_may_be_answered_without_a_head(tmp_path: Path) -> None:
    """As Python's `http.server` does, after RFC 1945 6."""
    with serving(Contrary) as service:
        status, results, output = run(service, tmp_path, "--select", "processing/malformed-http")
    assert came_out(results, "pass").keys() == {"processing/malformed-http"}, output
    assert status == 0


def test_nobody_is_let_off_for_saying_to_be_busy(tmp_path: Path) -> None:
    with serving(Moody) as service:
        status, results, output = run(service, tmp_path, *QUICK, "--select", f"{JOIN}csr-structure")
    failed = came_out(results, "fail")
    assert failed.keys() == {f"{JOIN}csr-structure"}, output
    assert "503" in failed[f"{JOIN}csr-structure"]
    assert status == 1
