"""Join answers judged whole: an honest one breaks nothing, one fault is one finding, and nothing is ever raised."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.checks_answer import NOW, asked, document, exchange, honest, key_of, written
from conformance.checks import join_answer, membership
from conformance.codec import base64
from conformance.exchange import Answer, Exchange, Failure, FailureKind, Request

A = "join-answer/"
SID = "S-1-12-1-3765319062-1328644800-2588105388-3258814000"
CHANGES = [{"LocalSID": "S-1-5-32-544", "AddSIDs": [SID]}]
ABOUT_THE_CERTIFICATE = {"thumbprint-value", "raw-body-certificate", "raw-body-nothing-after"}
Change = Callable[[dict[str, Any]], object]


def ids(found: frozenset[str] | set[str]) -> set[str]:
    assert all(id_.startswith(A) for id_ in found)
    return {id_.removeprefix(A) for id_ in found}


def broken(one: Exchange, **more: Any) -> set[str]:
    return ids({finding.requirement for finding in join_answer.judge(one, asked(**more)).findings})


def checked(one: Exchange, **more: Any) -> set[str]:
    return ids(join_answer.judge(one, asked(**more)).checked)


def changed(change: Change) -> Exchange:
    body = document()
    change(body)
    return exchange(body)


def put(*path: str, value: Any) -> Change:
    def change(body: dict[str, Any]) -> None:
        *outer, name = path
        for step in outer:
            body = body[step]
        body[name] = value

    return change


def without(*path: str) -> Change:
    def change(body: dict[str, Any]) -> None:
        *outer, name = path
        for step in outer:
            body = body[step]
        del body[name]

    return change


THUMBPRINT, RAW_BODY, UPN = ("Certificate", "Thumbprint"), ("Certificate", "RawBody"), ("User", "Upn")


@pytest.mark.parametrize("status", [200, 201])
def test_honest_answer_breaks_nothing(status: int) -> None:
    one = exchange(document(), status)
    assert broken(one) == set()
    certificate = {id_ for id_ in checked(one) if id_.startswith("certificate-")}
    assert checked(one) - certificate == {
        "status",
        "media-type",
        "json",
        "unique-names",
        "certificate",
        "thumbprint",
        "thumbprint-form",
        "thumbprint-value",
        "raw-body",
        "raw-body-base64",
        "raw-body-certificate",
        "raw-body-nothing-after",
        "user",
        "upn",
        "upn-value",
    }
    assert len(certificate) == 15


def test_status_of_its_own() -> None:
    assert broken(exchange(document(), 202)) == {"status"}
    assert broken(exchange(b"", 204)) == {"status"}
    assert checked(exchange(b"", 204)) == {"status"}


@pytest.mark.parametrize("status", [101, 302, 400, 500])
def test_what_claims_no_success_is_not_judged(status: int) -> None:
    assert checked(exchange(document(), status)) == set()
    assert join_answer.certificate_of(exchange(document(), status)) is None


def test_no_answer_is_not_judged() -> None:
    none = Exchange(Request("POST", "http://drs.example/"), failure=Failure(FailureKind.TIMEOUT, "no answer"))
    assert checked(none) == set()
    assert join_answer.status_seen(none).seen == join_answer.thumbprint_seen(none).seen == ()


TEXT = base64.encode(honest())
TWICE = json.dumps(document()).encode()[:-1] + b',"User":{"Upn":"USER@contoso.example"}}'


def members(changes: Any) -> Exchange:
    return changed(put("MembershipChanges", value=changes))


def sids(local_sid: Any, add_sids: Any) -> Exchange:
    return members([{"LocalSID": local_sid, "AddSIDs": add_sids}])


FAULTS: dict[str, tuple[Exchange, set[str]]] = {
    "html": (exchange(document(), Content_Type="text/html"), {"media-type"}),
    "no object": (exchange(b"[]"), {"json"}),
    "mark": (exchange(b"\xef\xbb\xbf" + json.dumps(document()).encode()), {"json"}),
    "twice": (exchange(TWICE), {"unique-names"}),
    "empty object": (exchange({}), {"certificate", "user"}),
    "no Certificate": (changed(without("Certificate")), {"certificate"}),
    "Certificate a text": (changed(put("Certificate", value="x")), {"certificate"}),
    "no Thumbprint": (changed(without(*THUMBPRINT)), {"thumbprint"}),
    "Thumbprint a number": (changed(put(*THUMBPRINT, value=7)), {"thumbprint"}),
    "Thumbprint in base64": (changed(put(*THUMBPRINT, value="qrvM3e7/ABEiM0RVZneImaq7zN0=")), {"thumbprint-form"}),
    "Thumbprint with colons": (changed(put(*THUMBPRINT, value=":".join(["AB"] * 20))), {"thumbprint-form"}),
    "Thumbprint of another": (changed(put(*THUMBPRINT, value="0" * 40)), {"thumbprint-value"}),
    "no RawBody": (changed(without(*RAW_BODY)), {"raw-body"}),
    "RawBody empty": (changed(put(*RAW_BODY, value="")), {"raw-body"}),
    "RawBody null": (changed(put(*RAW_BODY, value=None)), {"raw-body"}),
    "RawBody in lines": (changed(put(*RAW_BODY, value=f"{TEXT[:64]}\n{TEXT[64:]}")), {"raw-body-base64"}),
    "RawBody as PEM": (changed(put(*RAW_BODY, value="-----BEGIN CERTIFICATE-----")), {"raw-body-base64"}),
    "RawBody no certificate": (changed(put(*RAW_BODY, value=base64.encode(b"certificate"))), {"raw-body-certificate"}),
    "RawBody a PKCS#7": (changed(put(*RAW_BODY, value="MAsGCSqGSIb3DQEHAg==")), {"raw-body-certificate"}),
    "tail": (changed(put(*RAW_BODY, value=base64.encode(honest() + b"\r\n"))), {"raw-body-nothing-after"}),
    "no User": (changed(without("User")), {"user"}),
    "no Upn": (changed(without(*UPN)), {"upn"}),
    "Upn empty": (changed(put(*UPN, value="")), {"upn"}),
    "Upn of another": (changed(put(*UPN, value="admin@contoso.example")), {"upn-value"}),
    "changes no array": (members({}), {"membership-changes-array"}),
    "changes false": (members(False), {"membership-changes-array"}),
    "change no object": (members(["S-1-5-32-544"]), {"membership-changes-array"}),
    "no LocalSID": (members([{"AddSIDs": []}]), {"local-sid"}),
    "LocalSID no SID": (sids("administrators", []), {"local-sid-form"}),
    "no AddSIDs": (members([{"LocalSID": "S-1-5-32-544"}]), {"add-sids"}),
    "AddSIDs a text": (sids("S-1-5-32-544", SID), {"add-sids"}),
    "AddSIDs of numbers": (sids("S-1-5-32-544", [7]), {"add-sids"}),
    "AddSIDs no SIDs": (sids("S-1-5-32-544", ["S-1"]), {"add-sids-form"}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_one_finding(name: str) -> None:
    one, due = FAULTS[name]
    assert broken(one) == due


@pytest.mark.parametrize("name", ["no RawBody", "RawBody empty", "RawBody in lines", "no Certificate", "no object"])
def test_certificate_that_is_not_there_is_not_judged(name: str) -> None:
    looked_at = checked(FAULTS[name][0])
    assert not {id_ for id_ in looked_at if id_.startswith("certificate-")}
    assert not looked_at & ABOUT_THE_CERTIFICATE


def test_certificate_is_judged_though_thumbprint_and_user_are_missing() -> None:
    looked_at = checked(exchange({"Certificate": {"RawBody": base64.encode(honest())}}))
    assert {"certificate-key", "certificate-signed", "raw-body-nothing-after"} <= looked_at
    assert not looked_at & {"thumbprint-value", "thumbprint-form", "upn", "upn-value"}


def test_what_is_not_known_is_not_judged() -> None:
    looked_at = checked(exchange(document()), upn=None, authorities=())
    assert not looked_at & {"upn-value", "certificate-signed"}


def test_request_with_another_key_or_at_another_time() -> None:
    one = exchange(document())
    assert broken(exchange(document(written(key="rsa-2048-05").der)), authorities=()) == {"certificate-key"}
    assert broken(one, key=key_of("rsa-2048-05")) == {"certificate-key"}
    assert broken(one, at=NOW.replace(year=2040)) == {"certificate-not-after"}
    assert broken(one, at=NOW.replace(year=2020)) == {"certificate-not-before"}


@pytest.mark.parametrize("extra", ["", "!", "\n"])
def test_upn_and_thumbprint_are_compared_without_case(extra: str) -> None:
    body = document()
    body["User"]["Upn"] = "USER@Contoso.example" + extra
    body["Certificate"]["Thumbprint"] = body["Certificate"]["Thumbprint"].lower() + extra
    assert broken(exchange(body)) == ({"thumbprint-form", "upn-value"} if extra else set())


# --- MembershipChanges and what is observed


def test_membership_changes_when_asked_for() -> None:
    honest_one = members(CHANGES)
    asked_for = {
        "membership-changes",
        "membership-changes-array",
        "local-sid",
        "local-sid-form",
        "add-sids",
        "add-sids-form",
    }
    assert broken(honest_one, client_sid=True) == set()
    assert asked_for <= checked(honest_one, client_sid=True)
    assert asked_for - checked(honest_one) == {"membership-changes"}
    assert broken(exchange(document()), client_sid=True) == {"membership-changes"}
    assert broken(members([]), client_sid=True) == set()


def test_membership_changes_that_are_null_are_none() -> None:
    """So some libraries write what is not there."""
    body = document() | {"MembershipChanges": None}
    assert broken(exchange(body)) == set()
    assert "membership-changes-array" not in checked(exchange(body))
    assert broken(exchange(body), client_sid=True) == {"membership-changes"}


@pytest.mark.parametrize(("status", "reading"), [(200, "200"), (201, "201"), (206, "other")])
def test_readings_of_a1(status: int, reading: str) -> None:
    assert [(seen.subject, seen.reading) for seen in join_answer.status_seen(exchange(document(), status)).seen] == [
        ("A1", reading)
    ]


@pytest.mark.parametrize(
    ("change", "reading"),
    [
        (str.upper, "upper-case"),
        (str.lower, "lower-case"),
        (lambda text: re.sub("[a-f]", lambda found: found[0].upper(), text.lower(), count=1), "mixed-case"),
        (lambda _: "0" * 40, "other"),
        (lambda _: "qrvM", "other"),
    ],
)
def test_readings_of_a5(change: Callable[[str], str], reading: str) -> None:
    body = document()
    body["Certificate"]["Thumbprint"] = change(body["Certificate"]["Thumbprint"])
    assert [(seen.subject, seen.reading) for seen in join_answer.thumbprint_seen(exchange(body)).seen] == [
        ("A5", reading)
    ]


# --- whatever comes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
PLACES = [(), ("Certificate",), THUMBPRINT, RAW_BODY, ("User",), UPN, ("MembershipChanges",)]


@given(place=st.sampled_from(PLACES), value=JSON)
def test_no_value_of_a_member_breaks_a_check(place: tuple[str, ...], value: Any) -> None:
    body: Any = document()
    if place:
        put(*place, value=value)(body)
    never_raises(exchange(body if place else json.dumps(value).encode()))


@given(
    changes=st.lists(st.fixed_dictionaries({}, optional={"LocalSID": JSON, "AddSIDs": JSON | st.lists(JSON)}) | JSON)
)
def test_no_membership_changes_break_a_check(changes: list[Any]) -> None:
    never_raises(members(changes))


@given(body=st.binary(max_size=300), status=st.integers(100, 599))
def test_no_octets_break_a_check(body: bytes, status: int) -> None:
    never_raises(Exchange(Request("POST", "http://drs.example/"), Answer(status, (), body)))


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"Certificate":' * 70 + b"1" + b"}" * 70, b'{"a":1e999}', b'{"User":{"Upn":"\\ud800"}}']
)
def test_hostile_bodies(body: bytes) -> None:
    never_raises(exchange(body))


def never_raises(one: Exchange) -> None:
    judgement = join_answer.judge(one, asked(client_sid=True))
    value = join_answer.members(one)
    judgement += (
        join_answer.status_seen(one) + join_answer.thumbprint_seen(one) + membership.habits({0: value, 4: value})
    )
    join_answer.certificate_of(one)
    for finding in judgement.findings:
        f"{finding.problem}{finding.where}".encode()
    for seen in judgement.seen:
        seen.evidence.encode()
