"""Every requirement of a server that a run can test has a test, and every test declares requirements there are."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

from conformance import paths
from conformance.generate.accepted import ACCEPTED
from conformance.generate.faults import covered
from conformance.spec import Level, Party, catalogue

COLLECT = """
import json, sys
import pytest

class Ids:
    def pytest_collection_finish(self, session):
        marks = [mark for item in session.items for mark in item.iter_markers("requirement")]
        ids = {id_ for mark in marks for id_ in mark.args}
        sure = {id_ for mark in marks if not mark.kwargs.get("maybe") for id_ in mark.args}
        print(json.dumps([sorted(ids), sorted(sure)]))

arguments = [sys.argv[1], "-c", sys.argv[2], "--collect-only", "-p", "no:terminal", "-p", "no:cacheprovider"]
sys.exit(pytest.main(arguments, plugins=[Ids()]))
"""


@cache
def declared() -> tuple[set[str], set[str]]:
    """The requirement ids that tests declare, and those among them that do not depend on chance."""
    ini = paths.SUITES.parent / "pytest.ini"
    command = [sys.executable, "-c", COLLECT, str(paths.SUITES), str(ini)]
    beside = paths.PACKAGE.parent  # so that the package collected is the one imported, checkout or wheel
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=beside)
    every, sure = json.loads(done.stdout.splitlines()[-1])
    return set(every), set(sure)


def test_every_testable_requirement_has_a_test() -> None:
    testable = {
        id_ for id_, entry in catalogue().requirements.items() if entry.party is Party.SERVER and not entry.untestable
    }
    observed = {id_ for id_ in declared()[0] if catalogue().requirements[id_].level is Level.MAY}
    assert testable - declared()[1] - observed == set()


def test_every_test_declares_requirements_of_the_catalogue() -> None:
    assert declared()[0] - catalogue().requirements.keys() == set()


def test_no_test_claims_what_nothing_can_show() -> None:
    assert {id_ for id_ in declared()[0] if catalogue().requirements[id_].untestable} == set()


def test_every_fault_and_variant_is_sent_by_a_test() -> None:
    made = covered() | {id_ for variant in ACCEPTED for id_ in variant.requirements}
    assert made - declared()[1] == set()
