"""The verdict on any answer, what it says of a quota, and what else is read out of answers that nobody trusts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from checks.checks_answer import CA_KEY, DEVICE_ID, document, exchange, honest, order, rsa_key
from conformance.checks import quota, success, verdict
from conformance.checks.services import Services
from conformance.checks.verdict import Verdict
from conformance.codec import base64, der
from conformance.codec.x509 import Certificate
from conformance.exchange import Answer, Exchange, Failure, FailureKind, Request
from conformance.server import certificate as writing

SILENT = Exchange(Request("GET", "/"), None, Failure(FailureKind.TIMEOUT, "no answer in 30 s"))
NO_JSON = [b"", b"[]", b'"{}"', b"{", b"\xff", b"[" * 100_000]


def answered(status: int, method: str = "POST", body: bytes = b"{}") -> Exchange:
    return Exchange(Request(method, "/"), Answer(status, (), body))


@pytest.mark.parametrize(
    ("status", "method", "right", "found", "why"),
    [
        (200, "POST", True, Verdict.ACCEPTED, "answered 200"),
        (200, "POST", False, Verdict.WRONG, "answered 200 without"),
        (201, "POST", True, Verdict.WRONG, "answered 201, neither"),
        (302, "POST", True, Verdict.WRONG, "answered 302, neither"),
        (399, "POST", True, Verdict.WRONG, "answered 399, neither"),
        (400, "POST", True, Verdict.REFUSED, "answered 400"),
        (404, "GET", False, Verdict.REFUSED, "answered 404"),
        (408, "POST", True, Verdict.WRONG, "answered 408, which says it timed out and"),
        (425, "POST", True, Verdict.WRONG, "answered 425, which says too early and"),
        (429, "POST", True, Verdict.WRONG, "answered 429, which says too many requests and"),
        (499, "POST", True, Verdict.REFUSED, "answered 499"),
        (500, "PUT", True, Verdict.BROKE, "answered 500"),
        (501, "PUT", True, Verdict.REFUSED, "answered 501"),
        (501, "GET", True, Verdict.BROKE, "answered 501"),
        (501, "HEAD", True, Verdict.BROKE, "answered 501"),
        (501, "POST", True, Verdict.BROKE, "answered 501"),
        (502, "PUT", True, Verdict.BROKE, "answered 502"),
    ],
)
def test_only_refused_is_refused(status: int, method: str, right: bool, found: Verdict, why: str) -> None:
    said, clause = verdict.classify(answered(status, method), frozenset({200}), lambda _answer: right)
    assert said is found
    assert clause.startswith(why)


def test_no_answer_broke() -> None:
    assert verdict.join(SILENT) == (Verdict.BROKE, "no answer in 30 s")


@pytest.mark.parametrize(
    ("judge", "statuses", "right", "wrong"),
    [
        (verdict.discovery, {200}, {"a": 1}, {}),
        (verdict.nonce, {200}, {"Value": ""}, {"Value": 1}),
        (verdict.join, {200, 201}, {"Certificate": {}}, {"Certificate": []}),
        (verdict.key, {200, 201}, {"kid": "x"}, {"kid": None}),
    ],
)
def test_what_acceptance_looks_like(judge: Any, statuses: set[int], right: Any, wrong: Any) -> None:
    for status in (200, 201, 202):
        said, _ = judge(answered(status, body=json.dumps(right).encode()))
        assert said is (Verdict.ACCEPTED if status in statuses else Verdict.WRONG)
    for body in (json.dumps(wrong).encode(), b"{}", *NO_JSON):
        assert judge(answered(200, body=body))[0] is Verdict.WRONG


@pytest.mark.parametrize("status", [200, 201, 299])
def test_the_device_of_a_join(status: int) -> None:
    found = verdict.devices(exchange(document(), status=status))
    assert found == [(str(DEVICE_ID), Certificate.decode(honest()).thumbprint)]


def test_the_id_of_a_device_is_its_first_cn_whatever_octets_it_has() -> None:
    names = [(writing.CN, der.tlv(der.tags.UTF8_STRING, octets)) for octets in (b"a\xff", b"bb")]
    made = writing.sign(replace(order(), subject=writing.name(*names)), rsa_key(CA_KEY))
    assert [name for name, _ in verdict.devices(exchange(document(made)))] == ["a\ufffd"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"Certificate": {"RawBody": "AAAA", "Thumbprint": "F" * 41}}, [("", "F" * 40)]),
        ({"Certificate": {"RawBody": "?"}}, [("", "")]),
        ({"Certificate": {}}, [("", "")]),
        ({"Certificate": "x"}, []),
        ({}, []),
        (b"no JSON", []),
    ],
)
def test_a_device_that_is_hard_to_tell(body: Any, found: list[tuple[str, str]]) -> None:
    assert verdict.devices(exchange(body)) == found


def test_nothing_that_is_no_success_made_a_device() -> None:
    for status in (199, 300, 400):
        assert verdict.devices(exchange(document(), status=status)) == []
    assert verdict.devices(SILENT) == []


def test_the_texts_of_a_join_answer() -> None:
    whole = exchange(document())
    assert base64.decode(verdict.raw_certificate(whole)) == honest()
    assert verdict.upn(whole) == "user@contoso.example"
    for longest, found in ((65_536, 65_536), (65_537, 0)):
        assert len(verdict.raw_certificate(exchange({"Certificate": {"RawBody": "A" * longest}}))) == found
    for seen in (SILENT, *(exchange(body) for body in NO_JSON), exchange({"Certificate": 1, "User": 1})):
        assert (verdict.raw_certificate(seen), verdict.upn(seen)) == ("", None)
    assert verdict.raw_certificate(exchange({"Certificate": {"RawBody": 1}})) == ""
    assert verdict.upn(exchange({"User": {"Upn": 1}})) is None


# --- quota


def odata(**members: Any) -> dict[str, Any]:
    return {"odata.error": members}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"ErrorType": "error_directory_quota_exceeded"}, "error_directory_quota_exceeded"),
        ({"code": "ERROR_DEVICE_QUOTA_EXCEEDED"}, "ERROR_DEVICE_QUOTA_EXCEEDED"),
        ({"code": "DirectoryError", "subcode": "error_device_quota_exceeded"}, "error_device_quota_exceeded"),
        ({"Message": "user has DeviceCapReached."}, "DeviceCapReached"),
        ({"message": "the directory quota has been exceeded"}, "directory quota has been exceeded"),
        ({"message": "Device quota is reached"}, "Device quota is reached"),
        ({"message": "device quota exceeded"}, "device quota exceeded"),
        (odata(message="The maximum number of devices"), "maximum number of devices"),
        (odata(message={"value": "the maximum number of devices"}), "maximum number of devices"),
        (odata(code="error_device_quota_exceeded"), "error_device_quota_exceeded"),
        (odata(values=[1, {"item": "SubCode", "value": "error_device_quota_exceeded"}]), "error_device_quota_exceeded"),
    ],
)
def test_a_refusal_that_tells_of_a_quota(said: dict[str, Any], found: str) -> None:
    for status in (400, 403, 499):
        assert quota.reached(exchange(said, status=status)) == f"{quota.REACHED}: answered {status}, {found}"
    for status in (200, 399, 500):
        assert quota.reached(exchange(said, status=status)) is None


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"ErrorType": "quota", "Message": "quota"},
        {"ErrorType": "DeviceCapReached", "Message": "error_device_quota_exceeded"},
        {"ErrorType": 1, "Message": ["DeviceCapReached"]},
        {"error": "error_device_quota_exceeded", "text": "DeviceCapReached"},
        {"odata.error": "DeviceCapReached"},
        odata(values="error_device_quota_exceeded", message={"text": "DeviceCapReached"}),
        odata(values=[{"item": "RequestId", "value": "error_device_quota_exceeded"}, {"item": "subcode"}]),
    ],
)
def test_no_other_refusal_does(said: dict[str, Any]) -> None:
    assert quota.reached(exchange(said, status=403)) is None


def test_no_refusal_tells_of_no_quota() -> None:
    assert quota.reached(SILENT) is None
    assert [quota.reached(exchange(body, status=403)) for body in NO_JSON] == [None] * len(NO_JSON)


# --- services and successes


def test_services_are_what_stands_there() -> None:
    read = Services.read(exchange({"A": {"B": "https://drs.example/", "Empty": "", "Number": 5}, "C": "x"}))
    assert (read.value("A.B"), read.value("C"), read.value("A.Number")) == ("https://drs.example/", "x", 5)
    assert (read.value("A.None"), read.value("C.B"), read.value("None.B")) == (None, None, None)
    assert (read.endpoint("A.B"), read.endpoint("A.Empty"), read.endpoint("A.Number")) == (
        "https://drs.example/",
        None,
        None,
    )
    assert [Services.read(seen).members for seen in (SILENT, exchange(b"[]"))] == [{}, {}]


@pytest.mark.parametrize(
    ("status", "checked", "broken"),
    [
        (200, {"status", "media-type", "json", "unique-names"}, set()),
        (201, {"status", "media-type", "json", "unique-names"}, {"status"}),
        (204, {"status"}, {"status"}),
        (205, {"status"}, {"status"}),
        (299, {"status", "media-type", "json", "unique-names"}, {"status"}),
        (300, {"status"}, {"status"}),
        (399, {"status"}, {"status"}),
        (400, set(), set()),
        (500, set(), set()),
    ],
)
def test_only_a_success_is_held_to_its_form(status: int, checked: set[str], broken: set[str]) -> None:
    value, judgement = success.judge(exchange({"a": 1}, status=status), "nonce")
    assert judgement.checked == {f"nonce/{name}" for name in checked}
    assert [(one.requirement, one.where) for one in judgement.findings] == [
        (f"nonce/{name}", name) for name in sorted(broken)
    ]
    assert value == ({"a": 1} if "json" in checked else None)
    assert success.judge(SILENT, "nonce") == (None, type(judgement)())
