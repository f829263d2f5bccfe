"""`--budget`: what a time is, which tests begin, and the order they are run in, held to the tests there are."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from conformance import paths
from conformance.errors import UsageError
from conformance.plugin import budget as budgets
from conformance.plugin.budget import Budget, seconds
from conformance.plugin.order import named, order, written
from conformance.results import left_out

COLLECT = """
import json, sys
import pytest

class Ids:
    def pytest_collection_finish(self, session):
        print(json.dumps([item.nodeid for item in session.items]))

arguments = [sys.argv[1], "-c", sys.argv[2], "--collect-only", "-p", "no:terminal", "-p", "no:cacheprovider"]
sys.exit(pytest.main(arguments, plugins=[Ids()]))
"""


@pytest.mark.parametrize(
    ("text", "wanted"), [("20s", 20), ("20", 20), ("2m", 120), ("1m30s", 90), ("1.5m", 90), ("0.5s", 0.5), ("1m30", 90)]
)
def test_a_time(text: str, wanted: float) -> None:
    assert seconds(text, "--budget") == wanted


@pytest.mark.parametrize(
    "text", ["", "0", "0s", "-5s", "5 s", "5h", "s", "m", "soon", "1e3", "\u0662\u0660s", "nan", "s5", "30s1m"]
)
def test_what_is_no_time_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UsageError) as error:
        seconds(text, "DRS_BUDGET")
    assert str(error.value) == f"DRS_BUDGET {text!r} is not a time; give it as 20s, 2m or 1m30s"


class Clock:
    """A clock that is put on by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(budgets, "order", lambda: {"test_a.py::quick": 0.5, "test_a.py::slow": 4.0})
    return Clock()


def test_a_test_begins_only_when_it_would_end_in_time(clock: Clock) -> None:
    budget = Budget(5, 5, clock)
    assert budget.refuses("suites/test_a.py::slow") is None
    clock.now += 1.5
    assert budget.refuses("suites/test_a.py::slow") == left_out(5)
    assert budget.refuses("suites/test_a.py::quick") is None
    clock.now += 3.4
    assert budget.refuses("suites/test_a.py::quick") == left_out(5)


def test_a_slow_target_gets_fewer_tests(clock: Clock) -> None:
    budget = Budget(60, 60, clock)
    budget.ended("test_a.py::slow", 84.0)  # (1 + 84) / (1 + 4): seventeen times as slow
    assert budget.refuses("test_a.py::slow") == left_out(60)
    assert budget.refuses("test_a.py::quick") is None


def test_a_quick_profile_gets_more_of_them(clock: Clock) -> None:
    budget = Budget(5, 3.0, clock)
    assert budget.refuses("test_a.py::slow") == left_out(5)
    budget.ended("test_a.py::slow", 0.1)
    assert budget.refuses("test_a.py::slow") is None


def test_a_name_is_without_its_folders_and_with_its_parameter() -> None:
    assert named("conformance/suites/test_a.py::test_b[x/y]") == "test_a.py::test_b[x/y]"
    assert named("test_a.py::test_b") == "test_a.py::test_b"


def test_the_file_is_what_is_read() -> None:
    text = written({'test_a.py::test_b["x"]': 0.12345, "test_a.py::test_c": 2.0})
    assert json.loads(text)["tests"] == [['test_a.py::test_b["x"]', 0.123], ["test_a.py::test_c", 2.0]]
    assert len(text.splitlines()) == 4


def test_the_order_has_the_tests_there_are() -> None:
    ini = paths.SUITES.parent / "pytest.ini"
    command = [sys.executable, "-c", COLLECT, str(paths.SUITES), str(ini)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=paths.PACKAGE.parent)
    tests = {named(test) for test in json.loads(done.stdout.splitlines()[-1])}
    gone = order().keys() - tests
    assert not gone, "measure the order anew: drs-conformance prove --fast --order conformance/plugin/order.json"
    assert len(tests - order().keys()) <= len(tests) // 10, "too many tests are newer than the order; measure it anew"
