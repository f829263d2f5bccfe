"""Values held against schemas: a violated keyword is a finding of its requirement; what is absent was not looked at."""

from __future__ import annotations

import time
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks import schema
from conformance.spec import schemas

NONCE: dict[str, Any] = {
    "ReponseStatus": {
        "message": "Successfully created a nonce",
        "traceId": "c532f6ca-259a-44af-8720-1f901ec69a09",
        "time": "10/12/2023 3:05:30 PM",
    },
    "Value": "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZaUxDSmxibU1pT2lKQk1qVTJSME5OSQ==",
}
JOIN: dict[str, Any] = {
    "Certificate": {"Thumbprint": "D0" * 20, "RawBody": "MIID"},
    "User": {"Upn": "myuser@contoso.com"},
}


def changed(base: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    result = deepcopy(base)
    *outer, last = path.split("/")
    inside = result
    for name in outer:
        inside = inside[name]
    inside[last] = value
    return result


def findings(name: str, value: object) -> set[tuple[str, str]]:
    return {(finding.requirement, finding.where) for finding in schema.judge(name, value).findings}


def test_the_documents_nonce_answer_passes_everything() -> None:
    judgement = schema.judge("nonce-answer", NONCE)
    assert judgement.findings == ()
    assert judgement.checked == schemas.requirements_of("nonce-answer")


@pytest.mark.parametrize(
    ("path", "value", "requirement", "where"),
    [
        ("Value", None, "nonce/value", "/Value"),
        ("Value", "", "nonce/value", "/Value"),
        ("Value", "Zg", "nonce/value-base64", "/Value"),
        ("Value", "\ud800", "nonce/value-base64", "/Value"),
        ("ReponseStatus", [], "nonce/response-status", "/ReponseStatus"),
        ("ReponseStatus", {"message": "", "time": ""}, "nonce/trace-id", "/ReponseStatus"),
        ("ReponseStatus/traceId", "{c532f6ca-259a-44af-8720-1f901ec69a09}", "nonce/trace-id", "/ReponseStatus/traceId"),
        ("ReponseStatus/time", 1.5, "nonce/time", "/ReponseStatus/time"),
    ],
)
def test_one_fault_is_one_finding(path: str, value: object, requirement: str, where: str) -> None:
    assert findings("nonce-answer", changed(NONCE, path, value)) == {(requirement, where)}


def test_what_is_missing_is_named() -> None:
    (finding,) = schema.judge("nonce-answer", {"ReponseStatus": NONCE["ReponseStatus"]}).findings
    assert (finding.requirement, finding.problem) == ("nonce/value", "'Value' is not there")


@pytest.mark.parametrize(
    ("name", "path", "value", "problem", "where"),
    [
        ("nonce-answer", "Value", 5, "is 5, not of type string", "/Value"),
        ("nonce-answer", "Value", "", "is empty", "/Value"),
        (
            "nonce-answer",
            "Value",
            "Zg",
            "is \"Zg\": base64: padding is missing: '==' must follow at offset 2",
            "/Value",
        ),
        ("join-answer", "User", {}, "'Upn' is not there", "/User"),
        ("join-request", "JoinType", 7, "is 7, against enum [0, 3, 4, 6, 8]", "/JoinType"),
        ("join-request", "JoinType", "0", 'is "0", not of type number', "/JoinType"),  # and not of those in `enum`
        (
            "join-request",
            "CertificateRequest/Type",
            "pkcs7",
            'is "pkcs7", against const "pkcs10"',
            "/CertificateRequest/Type",
        ),
        ("join-request", "CertificateRequest/Type", None, "is null, not of type string", "/CertificateRequest/Type"),
    ],
)
def test_a_fault_is_told_of_once_and_by_its_keyword(
    name: str, path: str, value: object, problem: str, where: str
) -> None:
    base = {"nonce-answer": NONCE, "join-answer": JOIN, "join-request": {"CertificateRequest": {}}}[name]
    found = schema.judge(name, changed(base, path, value)).findings
    assert [one.problem for one in found if one.where == where] == [problem]


def test_a_text_of_another_form_is_told_with_the_form() -> None:
    (finding,) = schema.judge("join-answer", changed(JOIN, "Certificate/Thumbprint", "x")).findings
    assert finding.problem.startswith('is "x", which is not of the form ^')


@pytest.mark.parametrize(
    ("name", "text"), [("a/b", "a~1b"), ("a~b", "a~0b"), ("~1", "~01"), (3, "3"), ("\xe9\n", "\\xe9\\n")]
)
def test_steps_of_a_pointer_are_escaped(name: str | int, text: str) -> None:
    """RFC 6901 3, in printable ASCII."""
    assert schema.step(name) == text


def test_what_is_inside_of_something_absent_was_not_looked_at() -> None:
    judgement = schema.judge("nonce-answer", {"Value": "Zg=="})
    assert judgement.checked == {"nonce/json", "nonce/response-status", "nonce/value", "nonce/value-base64"}


def test_what_is_inside_of_something_of_another_type_was_not_looked_at() -> None:
    judgement = schema.judge("nonce-answer", changed(NONCE, "ReponseStatus", "Success"))
    assert not {"nonce/message", "nonce/trace-id", "nonce/time"} & judgement.checked


def test_an_optional_member_is_looked_at_where_it_is() -> None:
    without = schema.judge("join-answer", JOIN).checked
    empty = schema.judge("join-answer", changed(JOIN, "MembershipChanges", [])).checked
    both = schema.judge(
        "join-answer", changed(JOIN, "MembershipChanges", [{"LocalSID": "S-1-5-32-544", "AddSIDs": []}])
    )
    assert empty - without == {"join-answer/membership-changes-array"}
    assert both.checked - empty == {"join-answer/local-sid", "join-answer/local-sid-form", "join-answer/add-sids"}
    assert both.findings == ()


def test_items_have_their_places() -> None:
    changes = [{"LocalSID": "S-1-5-32-544", "AddSIDs": ["S-1-12-1-1-2-3-4", "S-1-"]}]
    found = findings("join-answer", changed(JOIN, "MembershipChanges", changes))
    assert found == {("join-answer/add-sids-form", "/MembershipChanges/0/AddSIDs/1")}


def test_a_reference_carries_its_requirements() -> None:
    service = {"DiscoveryService": {"DiscoveryEndpoint": "/x", "ServiceVersion": "1.9"}}
    judgement = schema.judge("discovery-answer", service)
    assert {"discovery/url-absolute", "discovery/url-placeholders", "discovery/version-form"} <= judgement.checked
    assert ("discovery/url-absolute", "/DiscoveryService/DiscoveryEndpoint") in findings("discovery-answer", service)


@pytest.mark.parametrize("name", ["discovery-answer", "nonce-answer", "join-answer"])
def test_every_assertion_of_an_answers_schema_stands_for_a_requirement(name: str) -> None:
    silent = {"properties", "items", "$ref", "$defs", "$schema", "$id", "title", "description", schemas.NAME}
    for part in schemas.subschemas(schemas.load(name)):
        named = part.get(schemas.NAME, {})
        assert isinstance(named, str) or part.keys() - silent <= named.keys(), part


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)  # lone surrogates too
    | st.sampled_from(
        ["https://[", "urn:ms-drs:x", "//\ud800", "1.9\n", "http://\u2100/", "{tenantId}", "S-1-5-32-544"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize("name", ["discovery-answer", "nonce-answer", "join-answer"])
@given(data=st.data())
def test_nothing_a_target_sends_raises(name: str, data: st.DataObject) -> None:
    root = schemas.load(name)

    def like(part: Any) -> st.SearchStrategy[Any]:
        if "properties" in part:
            members = {member: like(inner) for member, inner in part["properties"].items()}
            return st.fixed_dictionaries({}, optional=members) | ANY
        return ANY

    judgement = schema.judge(name, data.draw(like(root)))
    assert all(len(finding.problem.encode()) < 400 for finding in judgement.findings)  # and UTF-8 can carry it
    assert judgement.checked <= schemas.requirements_of(name)


@pytest.mark.parametrize("value", ["x" * 4_000_000, ["S-1-"] * 300_000, [["x"] * 10] * 10_000, {"x" * 1_000_000: 1}])
def test_large_values_are_judged_in_a_moment(value: object) -> None:
    started = time.process_time()
    membership = [{"LocalSID": value, "AddSIDs": value}]
    judgement = schema.judge("join-answer", changed(JOIN, "MembershipChanges", membership))
    assert judgement.findings
    assert len(judgement.findings) <= 500
    assert all(len(finding.problem) < 400 for finding in judgement.findings)
    assert time.process_time() - started < 20  # a bound against squares, not a measurement
