"""What is wrong inside an attestation tells something only of who takes a right one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.results import Outcome
from conformance.server.behaviour import Behaviour
from conformance.server.defects import find
from conformance.server.refusal import Refusal
from suites.altered_behaviour import Server, served
from suites.suite_runner import suites

(JOIN,) = suites("test_join_request")
FAULTS: Any = [SimpleNamespace(test_=JOIN.test_fault_is_refused)]


def refuses_aik(honest: Behaviour) -> Behaviour:
    """Knows no maker of TPMs, which is its right."""

    def accept(_: bytes) -> None:
        raise Refusal("AikCertificate: its issuer is not known.")

    return replace(honest, accept_aik=accept)


def wants_both(honest: Behaviour) -> Behaviour:
    """Takes no certificate or attestation without the other."""

    def both(case: Any) -> None:
        if case.has("/AikCertificate") != case.has("/AttestationData"):
            raise Refusal("AikCertificate and AttestationData belong together.")

    return replace(honest, accept_join=honest.accept_join.plus("both", both))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as running:
        yield running


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda honest: honest, Outcome.PASS),
        (wants_both, Outcome.PASS),
        (refuses_aik, Outcome.SKIP),
        (find("trusts-attestations-with-certificates").change, Outcome.FAIL),
    ],
    ids=["honest", "wants-both", "refuses", "trusts"],
)
def test_inside_an_attestation(server: Server, change: Any, outcome: Outcome) -> None:
    came = server.answers(change, FAULTS)
    inside = find("trusts-attestations-with-certificates").breaks
    assert {id_: came.outcomes[id_] for id_ in inside} == dict.fromkeys(inside, outcome)
    types = {"join-request/aik-certificate-type", "join-request/attestation-type"}
    assert {came.outcomes[id_] for id_ in types} == {Outcome.SKIP if outcome is Outcome.SKIP else Outcome.PASS}
    assert came.of(Outcome.FAIL) | came.of(Outcome.INCONCLUSIVE) == (inside if outcome is Outcome.FAIL else set())
