"""The one late nonce that a user gives: whoever takes it, at either endpoint, is told so, whatever ran before."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.results import Outcome
from conformance.server.defects import find
from suites.altered_behaviour import Server, served
from suites.suite_runner import suites

DEVICE, JOIN = suites("test_device", "test_join_request")
LATE: Any = SimpleNamespace(test_=JOIN.test_nonce_is_not_taken_late)
BODY: Any = SimpleNamespace(test_=DEVICE.test_precreate_holds_the_body_to_the_same_rules)
AT_JOIN, AT_PRECREATE = "join-request/csr-nonce-expired", "device/precreate-same-body"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running:
        yield running


@pytest.mark.parametrize("modules", [[LATE, BODY], [BODY, LATE]], ids=["late-first", "late-last"])
@pytest.mark.parametrize(
    ("defect", "failed"),
    [
        (None, set()),
        ("lets-nonces-last", {AT_JOIN}),
        ("precreates-by-old-nonces", {AT_PRECREATE}),
        ("precreates-by-nonces-of-other-tenants", {AT_PRECREATE}),
    ],
)
def test_who_takes_a_late_nonce_is_told_so(server: Server, defect: str | None, failed: set[str], modules: Any) -> None:
    came = server.answers(find(defect).change if defect else lambda honest: honest, modules, minted=True)
    assert came.outcomes == {id_: Outcome.FAIL if id_ in failed else Outcome.PASS for id_ in (AT_JOIN, AT_PRECREATE)}


def test_without_such_a_nonce_nothing_is_said_of_it(server: Server) -> None:
    assert server.answers(lambda honest: honest, [LATE]).outcomes.get(AT_JOIN) in {None, Outcome.SKIP}
