"""2.1.1.1.2 tells right from wrong: with one thing altered, exactly what forbids it fails; with none, nothing does.

The reference server is altered at its seam, as its defects are, while it runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1

from conformance.codec import CSR_CN, base64, der
from conformance.generate import keys
from conformance.results import Outcome
from conformance.server import certificate as writing
from conformance.server.asked import Reply
from conformance.server.behaviour import Behaviour
from conformance.server.certificate import Order
from conformance.server.defects import find
from conformance.server.field import like_field
from suites.altered_behaviour import Alter, Server, having, orders, put, replies, says, served
from suites.suite_runner import suites

(SUITE,) = suites("test_join_answer")
(SERVICE,) = suites("test_join_service")
STATUS = cast("ModuleType", SimpleNamespace(test_status_of_success=SERVICE.test_status_of_success))
MODULES = (SUITE, STATUS)
A = "join-answer/"
KEY_USAGE, CONSTRAINTS, PURPOSES, AUTHORITY = "2.5.29.15", "2.5.29.19", "2.5.29.37", "2.5.29.35"
PRIVATE = "1.2.840.113556.1.5.284"
SHA1_RSA, SHA384_RSA = (der.sequence(der.oid(f"1.2.840.113549.1.1.{arc}"), der.null()) for arc in (5, 12))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running_one:
        yield running_one


# --- ways to be wrong


def changes(**members: Any) -> Alter:
    """Every membership change has these members; None takes one out."""

    def change(body: dict[str, Any]) -> None:
        for item in body.get("MembershipChanges", ()):
            item.update(members)
            for name in [name for name, value in members.items() if value is None]:
                del item[name]

    return says(change)


def signed_by_the_device(honest: Behaviour) -> Behaviour:
    """The device's key, which a server cannot have, signs; here it is one of the pool's."""
    known = {key.spki_der: key.private_key for key in keys.pool()}
    return replace(honest, sign=lambda order, _: writing.sign(order, cast("RSAPrivateKey", known[order.spki])))


def signed_by_another(honest: Behaviour) -> Behaviour:
    key = cast("RSAPrivateKey", keys.named("rsa-3072").private_key)
    return replace(honest, sign=lambda order, _: writing.sign(order, key))


def signed_with_sha1(honest: Behaviour) -> Behaviour:

    def sign(order: Order, key: RSAPrivateKey) -> bytes:
        whole = writing.sign(replace(order, inner_algorithm=SHA1_RSA, outer_algorithm=SHA1_RSA), key)
        tbs, outer, _ = der.exact(whole).children()
        return der.sequence(tbs.raw, outer.raw, der.bit_string(key.sign(tbs.raw, PKCS1v15(), SHA1())))

    return replace(honest, sign=sign)


def another_certificate(body: dict[str, Any], kept: list[Any]) -> None:
    """Answers with the certificate of the request before."""
    kept.append(body["Certificate"])
    body["Certificate"] = kept[-2] if len(kept) > 1 else kept[-1]


def with_tail(text: str) -> str:
    return base64.encode(base64.decode(text) + b"\r\n")


def spaced(text: str) -> str:
    return f"{text[:2]} {text[2:]}"


def in_lines(text: str) -> str:
    return "\n".join(text[start : start + 64] for start in range(0, len(text), 64))


def twice(made: Reply) -> Reply:
    return replace(
        made, body=made.body[:-1] + b', "User": ' + json.dumps(json.loads(made.body)["User"]).encode() + b"}"
    )


def lettered(*letters: str) -> bytes:
    return writing.name((writing.CN, der.utf8_string("".join(letters))))


WRONG: dict[str, tuple[Alter, set[str]]] = {
    "status 202": (lambda honest: replace(honest, join_status=202), {"status", "join-service/status"}),
    "media type": (replies(lambda made: replace(made, headers=(("Content-Type", "text/plain"),))), {"media-type"}),
    "byte order mark": (replies(lambda made: replace(made, body=b"\xef\xbb\xbf" + made.body)), {"json"}),
    "array": (replies(lambda made: replace(made, body=b"[" + made.body + b"]")), {"json"}),
    "member twice": (replies(twice), {"unique-names"}),
    "no Certificate": (says(lambda body: body.pop("Certificate")), {"certificate"}),
    "no Thumbprint": (says(lambda body: body["Certificate"].pop("Thumbprint")), {"thumbprint"}),
    "no RawBody": (says(lambda body: body["Certificate"].pop("RawBody")), {"raw-body"}),
    "no User": (says(lambda body: body.pop("User")), {"user"}),
    "no Upn": (says(lambda body: body["User"].pop("Upn")), {"upn"}),
    "Upn of another": (put("User", "Upn", "someone@contoso.example"), {"upn-value"}),
    "Thumbprint of another": (put("Certificate", "Thumbprint", "A9" * 20), {"thumbprint-value"}),
    "Thumbprint with spaces": (put("Certificate", "Thumbprint", spaced), {"thumbprint-form"}),
    "RawBody in lines": (put("Certificate", "RawBody", in_lines), {"raw-body-base64"}),
    "RawBody without padding": (put("Certificate", "RawBody", lambda text: text[:-5]), {"raw-body-base64"}),
    "RawBody no certificate": (put("Certificate", "RawBody", "bm8gY2VydGlmaWNhdGU="), {"raw-body-certificate"}),
    "tail": (put("Certificate", "RawBody", with_tail), {"raw-body-nothing-after"}),
    "no MembershipChanges": (says(lambda body: body.pop("MembershipChanges", None)), {"membership-changes"}),
    "MembershipChanges an object": (says(lambda body: body.update(MembershipChanges={})), {"membership-changes-array"}),
    "no LocalSID": (changes(LocalSID=None), {"local-sid"}),
    "LocalSID a name": (changes(LocalSID="Administrators"), {"local-sid-form"}),
    "no AddSIDs": (changes(AddSIDs=None), {"add-sids"}),
    "AddSIDs GUIDs": (changes(AddSIDs=["e06e3596-82c0-4f31-ac5a-439a308e3dc2"]), {"add-sids-form"}),
    "key of another": (orders(spki=keys.named("rsa-1024").spki_der), {"certificate-key"}),
    "self-signed": (signed_by_the_device, {"certificate-not-self-signed", "certificate-signed"}),
    "another CA": (signed_by_another, {"certificate-signed"}),
    "another issuer": (orders(issuer=lettered("nobody")), {"certificate-signed"}),
    "algorithms differ": (orders(inner_algorithm=SHA384_RSA), {"certificate-algorithms-agree"}),
    "SHA-1": (signed_with_sha1, {"certificate-hash"}),
    "version 1": (orders(version=0), {"certificate-version"}),
    "extension twice": (having(CONSTRAINTS, der.sequence(), twice=True), {"certificate-extensions-unique"}),
    "not yet valid": (orders(not_before=lambda moment: moment + timedelta(days=1)), {"certificate-not-before"}),
    "expired": (orders(not_after=lambda moment: moment.replace(year=2020)), {"certificate-not-after"}),
    "a CA": (having(CONSTRAINTS, der.sequence(der.boolean(True))), {"certificate-not-a-ca"}),
    "signs certificates": (having(KEY_USAGE, der.bit_string(b"\x86", 1)), {"certificate-no-key-cert-sign"}),
    "only encipherment": (having(KEY_USAGE, der.bit_string(b"\x20", 5)), {"certificate-digital-signature"}),
    "for servers": (having(PURPOSES, der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))), {"certificate-client-auth"}),
    "placeholder beside the id": (
        orders(subject=lambda name: der.sequence(der.exact(name).content, der.exact(lettered(CSR_CN)).content)),
        {"certificate-subject"},
    ),
    "placeholder": (orders(subject=lettered(CSR_CN)), {"certificate-subject", "certificate-subject-unique"}),
    "one subject": (orders(subject=lettered("device")), {"certificate-subject-unique"}),
    "one serial": (orders(serial=7), {"certificate-serial-unique"}),
    "negative serial": (orders(serial=lambda number: -number), {"certificate-serial-positive"}),
    "key identifier critical": (
        orders(extensions=lambda found: tuple(replace(e, critical=True) if e.oid == AUTHORITY else e for e in found)),
        {"certificate-lint"},
    ),
    "alternative names of no names": (having("2.5.29.17", der.utf8_string("device")), {"certificate-lint"}),
    "a policy twice": (
        having("2.5.29.32", der.sequence(*[der.sequence(der.oid("2.5.29.32.0"))] * 2)),
        {"certificate-lint"},
    ),
    "another device inside": (having(f"{PRIVATE}.2", der.octet_string(bytes(range(16)))), {"certificate-agrees"}),
    "another tenant inside": (having(f"{PRIVATE}.5", der.octet_string(bytes(range(16)))), {"certificate-agrees"}),
    "registered inside": (having(f"{PRIVATE}.7", der.octet_string(b"0")), {"certificate-agrees"}),
    "SIDs of three numbers": (changes(AddSIDs=["S-1-12-1-1-2-3"]), {"object-id-sids"}),
    "SIDs of five numbers": (changes(LocalSID="S-1-12-1-1-2-3-4-5"), {"object-id-sids"}),
    "long serial": (orders(serial=lambda number: number << 64), {"certificate-serial-positive"}),
}  # fmt: skip


def ids(names: set[str]) -> set[str]:
    return {name if "/" in name else f"{A}{name}" for name in names}


def test_nothing_wrong(server: Server) -> None:
    came = server.answers(lambda honest: honest, MODULES)
    assert came.of(Outcome.PASS) == came.outcomes.keys()
    assert came.readings("A1") == {"201"}
    assert came.readings("A3") == {"when-asked"}
    assert came.readings("A5") == {"upper-case"}


@pytest.mark.parametrize("name", WRONG)
def test_one_thing_wrong(server: Server, name: str) -> None:
    alter, forbidding = WRONG[name]
    came = server.answers(alter, MODULES)
    assert came.of(Outcome.FAIL) == ids(forbidding)
    assert not came.of(Outcome.ERROR)


def test_who_signed_is_not_known_where_the_ca_file_holds_but_a_root(server: Server) -> None:
    by_one_below = orders(issuer=lettered("one below the root"))
    came = server.answers(lambda honest: by_one_below(signed_by_another(honest)), (SUITE,))
    assert came.of(Outcome.FAIL) == set()
    assert came.of(Outcome.INCONCLUSIVE) == ids({"certificate-signed"})
    assert came.reasons[f"{A}certificate-signed"] == (
        "the CA file has no key that could judge the signature of CN=one below the root; "
        "pass --ca-file with the certificate of the CA that signs, not of a root above it"
    )


def test_certificates_swapped_between_joins(server: Server) -> None:
    kept: list[Any] = []
    came = server.answers(says(lambda body: another_certificate(body, kept)), MODULES)
    assert came.of(Outcome.FAIL) == ids({"certificate-key"})


@pytest.mark.parametrize("name", ["RawBody in lines", "RawBody no certificate", "no RawBody"])
def test_certificate_that_is_not_there_is_inconclusive(server: Server, name: str) -> None:
    came = server.answers(WRONG[name][0], MODULES)
    about = {id_ for id_ in came.outcomes if id_.startswith(f"{A}certificate-")}
    assert len(about) == 19
    assert about <= came.of(Outcome.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("alter", "subject", "reading"),
    [
        (lambda honest: replace(honest, join_status=200), "A1", "200"),
        (put("Certificate", "Thumbprint", str.lower), "A5", "lower-case"),
        (
            put("Certificate", "Thumbprint", lambda text: re.sub("[A-F]", lambda one: one[0].lower(), text, count=1)),
            "A5",
            "mixed-case",
        ),
        (says(lambda body: body.setdefault("MembershipChanges", [])), "A3", "always"),
        (orders(not_before=lambda moment: moment + timedelta(minutes=33)), "A1", "201"),
        (orders(extensions=lambda found: tuple(one for one in found if not one.oid.startswith("2.5.29"))), "A1", "201"),
        (orders(extensions=(), version=0), "A1", "201"),
        (orders(subject=der.sequence()), "A1", "201"),
    ],
    ids=[
        "200",
        "lower case",
        "mixed case",
        "always",
        "clock ahead",
        "only private extensions",
        "no extensions",
        "no subject",
    ],
)
def test_what_is_open_is_seen_and_not_failed(server: Server, alter: Alter, subject: str, reading: str) -> None:
    came = server.answers(alter, MODULES)
    assert came.of(Outcome.FAIL) == set()
    assert came.of(Outcome.INCONCLUSIVE) <= {f"{A}certificate-lint", "field-services/certificate-departures"}
    assert came.readings(subject) == {reading}


def test_habits_of_the_field_break_only_what_they_do(server: Server) -> None:
    came = server.answers(like_field, MODULES)
    assert came.of(Outcome.FAIL) == ids({"certificate-serial-positive"})


@pytest.mark.parametrize("status", [400, 401, 500])
def test_server_that_refuses_every_join_passes_nothing(server: Server, status: int) -> None:
    came = server.answers(replies(lambda made: replace(made, status=status, body=b'{"Message": "No."}')), MODULES)
    assert came.of(Outcome.PASS) | came.of(Outcome.FAIL) == set()


def test_server_that_answers_nothing_passes_nothing(server: Server) -> None:
    came = server.answers(replies(lambda made: replace(made, status=200, body=b"{}")), MODULES)
    assert came.of(Outcome.FAIL) == ids({"certificate", "user", "membership-changes"})
    assert came.of(Outcome.PASS) == ids({"status", "media-type", "json", "unique-names"})


def test_a_dozen_devices_are_made(server: Server) -> None:
    numbers = count()

    def counted(body: dict[str, Any]) -> None:
        body["Number"] = next(numbers)

    server.answers(says(counted), MODULES)
    assert next(numbers) <= 12


@pytest.mark.parametrize("unserved", [True, False])
def test_a_token_of_a_tenant_that_is_not_served_joins_nothing(server: Server, unserved: bool) -> None:
    """Where the certificate names no tenant, discovery tells whether the token's could be meant."""
    own = server.ready.tenant, server.ready.domain

    def alter(honest: Behaviour) -> Behaviour:
        unnamed = orders(extensions=lambda found: tuple(one for one in found if one.oid != f"{PRIVATE}.5"))
        anybody = unnamed(find("writes-into-its-first-tenant").change(honest))
        return replace(
            anybody,
            find_tenant=lambda site, name: None if unserved and name not in own else honest.find_tenant(site, name),
        )

    test = cast("ModuleType", SimpleNamespace(test_token_of_another_tenant=SERVICE.test_token_of_another_tenant))
    came = server.answers(alter, [test], minted=True)
    assert came.of(Outcome.FAIL if unserved else Outcome.INCONCLUSIVE) == {"join-service/token-tenant"}, came.reasons
