"""A tenant that has no room for another device shows nothing but that: no requirement fails, and none passes, by it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.checks import quota
from conformance.exchange import Answer, Exchange, Request
from conformance.generate.faults import faults
from conformance.kit import Case, QuotaReached, Unproven
from conformance.results import Outcome
from kit.kit_target import Desk, after, json_answer

MAGIC = "join-request/transport-key-magic"
A: dict[str, Any] = {
    "ErrorType": "DirectoryError",
    "Message": "The device quota has been exceeded.",
    "TraceId": "0b8e4d0c-3a30-4a41-8cbd-f22ee4e3e1f5",
    "Time": "02-24-2016 17:37:01Z",
}
B: dict[str, Any] = {
    "code": "invalid_request",
    "subcode": "error_directory_quota_exceeded",
    "message": "The user has reached the limit. Reason 'DeviceCapReached'.",
    "operation": "DeviceJoin",
    "requestid": "0b8e4d0c-3a30-4a41-8cbd-f22ee4e3e1f5",
    "time": "12-30-2023 17:00:40Z",
}
C: dict[str, Any] = {
    "odata.error": {
        "code": "invalid_request",
        "message": {"lang": "en", "value": "User has reached the maximum number of devices."},
        "values": [{"item": "subCode", "value": "error_directory_quota_exceeded"}],
    }
}
ONLY_SUBCODE = {
    "odata.error": {"code": "x", "values": [{"item": "subCode", "value": "error_directory_quota_exceeded"}]}
}


def told(answer: Answer) -> str | None:
    return quota.reached(Exchange(Request("POST", "http://drs.example/"), answer))


OTHERS: tuple[dict[str, Any], ...] = (
    {"title": "Forbidden", "status": 403, "detail": "DeviceCapReached"},  # RFC 9457
    {"error": {"code": "error_device_quota_exceeded", "message": "no"}},  # OData JSON 4.01, 21.1
    {"error": {"code": "Forbidden", "message": "The maximum number of devices is reached."}},
    {"error": "access_denied", "error_description": "The device quota is reached."},  # RFC 6749 5.2
)


@pytest.mark.parametrize("body", [A, B, C, ONLY_SUBCODE, *OTHERS])
@pytest.mark.parametrize("status", [400, 403, 409])
def test_each_shape_tells_of_it(body: dict[str, Any], status: int) -> None:
    found = told(json_answer(status, body))
    assert found is not None
    assert found.startswith(f"the tenant's device quota is reached: answered {status}, ")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(403),
        Answer(403, (), b"DeviceCapReached"),
        json_answer(400, {"ErrorType": "InvalidParameter", "Message": "DeviceType is quoted wrongly."}),
        json_answer(400, {"Detail": "DeviceCapReached"}),
        json_answer(400, {"message": {"value": "DeviceCapReached"}, "odata.error": {"message": 4, "values": "x"}}),
        json_answer(400, {"odata.error": {"code": 7, "message": {"value": None}, "values": [None, {"item": []}]}}),
        json_answer(500, B),
        json_answer(201, B),
    ],
)
def test_nothing_else_does(answer: Answer) -> None:
    assert told(answer) is None


def came(case: Case, act: Any) -> dict[str, tuple[Outcome, str]]:
    """How a case comes out, taken as the recorder takes it."""
    try:
        act(case)
    except Unproven as reason:
        case.unproven(reason)
    case.close()
    return {found.id: (found.outcome, found.reason) for found in case.ledger.outcomes()}


def test_a_conforming_request_refused_for_it_is_no_failure() -> None:
    desk = Desk.of(after(1, lambda _: json_answer(403, B)))
    case = desk.case("processing/goes-on")
    found = came(case, lambda one: one.accepts_join(["processing/goes-on"], "a join", desk.session.draft()))
    reason = "the tenant's device quota is reached: answered 403, error_directory_quota_exceeded"
    assert found["processing/goes-on"] == (Outcome.INCONCLUSIVE, reason)
    assert case.has_observed("processing/device-quota")


def test_a_fault_refused_for_it_is_no_pass() -> None:
    desk = Desk.of(after(1, lambda _: json_answer(403, B)))
    found = came(desk.case(MAGIC), lambda case: case.refuses(*faults(MAGIC)))
    assert found[MAGIC][0] is Outcome.INCONCLUSIVE
    assert len(desk.wires.joins()) == 2  # the twin, one fault: what is full is not asked again


def test_it_ends_the_run_with_what_would_do() -> None:
    desk = Desk.of(after(1, lambda _: json_answer(403, B)))
    came(desk.case(MAGIC), lambda case: case.refuses(*faults(MAGIC)))
    assert desk.session.stopped == (
        "the tenant's device quota is reached: answered 403, error_directory_quota_exceeded; "
        "remove devices that are not needed, or have the quota raised, and run again"
    )


def test_the_token_is_not_blamed_for_it() -> None:
    desk = Desk.of(lambda asked: json_answer(403, B) if asked.join else None)
    with pytest.raises(QuotaReached):
        desk.session.join(desk.session.draft(), "a join")
    assert desk.session.refused_token is None
