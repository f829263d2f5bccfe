"""The order of tests that shows most in the least time, and how much is caught by when."""

from __future__ import annotations

import json

from conformance.cli.power import measure, order
from conformance.cli.proof import Proof
from conformance.cli.proof_page import page
from conformance.cli.proof_row import CONTROL, Row, Timed
from conformance.cli.proof_text import matrix

A, B, C = "nonce/status", "nonce/value", "device/post"
TESTS = (
    Timed("suites/test_a.py::slow", 10.0, frozenset({A, B})),
    Timed("suites/test_a.py::quick", 1.0, frozenset({A})),
    Timed("suites/test_a.py::useless", 0.5, frozenset({C})),
    Timed("suites/test_a.py::same", 2.0, frozenset({A})),
)
CONTROL_ROW = Row(CONTROL, "The server as it is.", frozenset(), tests=TESTS)


def row(name: str, breaks: str, *failing: str) -> Row:
    tests = tuple(
        Timed(f"suites/test_a.py::{test}", 99.0, frozenset({breaks}), frozenset({breaks})) for test in failing
    )
    return Row(name, "A sentence.", frozenset({breaks}), frozenset({breaks}), fast=True, tests=tests)


ROWS = (CONTROL_ROW, row("one", A, "slow", "quick", "same"), row("two", A, "quick", "same"), row("three", B, "slow"))


def test_most_new_defects_a_second_come_first_then_new_requirements_then_what_is_quick() -> None:
    power = measure(ROWS)
    assert power is not None
    assert [(step.test, step.first) for step in power.steps] == [
        ("test_a.py::quick", 2),
        ("test_a.py::slow", 1),
        ("test_a.py::useless", 0),
        ("test_a.py::same", 0),
    ]


def test_the_seconds_are_the_controls() -> None:
    power = measure(ROWS)
    assert power is not None
    assert power.seconds == 13.5
    assert [power.caught(at) for at in (0.9, 1, 10.9, 11, 60)] == [0, 2, 2, 3, 3]
    assert [power.caught(at, plain=True) for at in (1, 9.9, 10, 11)] == [0, 0, 2, 3]


def test_what_fails_besides_is_no_catch() -> None:
    noisy = Row(
        "noisy", "A sentence.", frozenset({A}), frozenset({A, B}), tests=(Timed("t", 1.0, failed=frozenset({B})),)
    )
    assert noisy.caught_by == ()


def test_without_a_whole_control_there_is_no_order() -> None:
    assert measure(ROWS[1:]) is None
    assert measure((Row(CONTROL, "S.", frozenset(), problem="no", tests=TESTS), *ROWS[1:])) is None
    assert measure((CONTROL_ROW,)) is None


def test_the_order_is_the_same_whatever_order_the_tests_came_in() -> None:
    catches = {"test_a.py::quick": {"one"}}
    assert order(TESTS, catches) == order(TESTS[::-1], catches)


def test_the_shares_are_told_everywhere_and_never_rounded_up() -> None:
    proof = Proof(ROWS, "standard", True, (), len(ROWS), 60.0, measure(ROWS))
    line = "After  5 s of suite time 66.6 % of the defects are caught (0.0 % in the document's order)."
    assert line in matrix(proof)
    assert "66.6 %" in page(proof)
    told = json.loads(json.dumps(proof.to_json()))
    assert told["power"]["after"][0] == {"seconds": 5, "caught": 2, "in_document_order": 0}
    assert told["rows"][1]["caught_by"] == [f"suites/test_a.py::{name}" for name in ("slow", "quick", "same")]
    assert told["tests"][0] == {"test": "test_a.py::slow", "seconds": 10.0}
