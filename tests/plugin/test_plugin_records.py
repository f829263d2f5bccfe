"""What a test of the suites comes to in the record, however it ends: our faults are errors, findings are never lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.cli_runs import Ran, variables

if TYPE_CHECKING:
    from conformance.server.settings import Ready

MADE = '''
"""A suite that goes wrong in every way."""
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from conformance.kit import Case, NotOffered, Twin, Unproven, requirement, steps

SECTION = "3.1"
seen = []

def ask(case):
    return case.session.send(steps.discover(case.session.target.url, case.session.target.tenant), "asked")

@pytest.fixture
def broken_setup(): raise LookupError("the fixture's own")

@pytest.fixture
def broken_teardown():
    yield
    if TEARDOWN: raise LookupError("the fixture's own")

@requirement("discovery/status")
def test_passes(case: Case):
    """Passes."""
    case.hold("discovery/status", True, "", ask(case))

@requirement("discovery/json")
def test_fails(case: Case):
    """Fails."""
    case.hold("discovery/json", False, "it is wrong", ask(case))

@requirement("discovery/tenant-id")
def test_own_exception(case: Case):
    """Has a fault of its own."""
    raise LookupError("ours")

@requirement("discovery/no-token")
def test_own_exception_after_a_pass(case: Case):
    """Has a fault of its own after something passed."""
    case.hold("discovery/no-token", True, "", ask(case))
    raise LookupError("ours")

@requirement("discovery/url-scheme")
def test_own_exception_after_a_failure(case: Case):
    """Has a fault of its own after something failed."""
    case.hold("discovery/url-scheme", False, "it is wrong", ask(case))
    raise LookupError("ours")

@requirement("discovery/url-absolute")
def test_own_assertion(case: Case):
    """Asserts by itself, which is no finding."""
    assert ask(case) is None

@requirement("discovery/url-placeholders")
def test_records_nothing(case: Case):
    """Says nothing."""

@requirement("discovery/nonce-endpoint", "discovery/join-endpoint")
def test_says_something_of_one(case: Case):
    """Says something of one of two."""
    case.hold("discovery/join-endpoint", True, "", ask(case))

@requirement("discovery/allow")
def test_unproven(case: Case):
    """Proves nothing."""
    raise Unproven("the twin was not accepted")

@requirement("discovery/precreate-endpoint")
def test_not_offered(case: Case):
    """Is about what is not there."""
    raise NotOffered("discovery names no such thing")

@requirement("discovery/join-service")
def test_setup(broken_setup, case: Case):
    """Cannot be set up."""

@requirement("discovery/headers-accepted")
def test_setup_after_the_case(case: Case, broken_setup):
    """Cannot be set up, though its case could."""

@requirement("discovery/unknown-tenant")
@given(number=st.integers(0, 1000))
def test_own_exception_in_a_property(case: Case, number: int):
    """Has a fault of its own in an example."""
    if number > 10: raise LookupError("ours")

@requirement("discovery/unknown-domain")
@given(number=st.integers(0, 1000))
def test_flaky(case: Case, number: int):
    """The target is wrong once and never again."""
    seen.append(number)
    case.hold("discovery/unknown-domain", len(seen) != 3, "it was wrong once", ask(case))

@requirement("discovery/malformed-tenant")
@given(number=st.integers(0, 1000))
def test_unsatisfiable(case: Case, number: int):
    """Finds no example."""
    assume(False)

@requirement("discovery/discovery-service")
def test_skipped(case: Case):
    """Skips itself by pytest's own means."""
    pytest.skip("not today")

@requirement("discovery/discovery-endpoint")
def test_twin_of_our_own_fault(case: Case):
    """Cannot make its twin again."""
    case.hold("discovery/discovery-endpoint", True, "", ask(case))
    case._twins.add(Twin.NONCE)
    case.twins.after = lambda twin: 1 / 0
    try: pass
    finally: case.twins = type("Broken", (), {"after": lambda self, twin: 1 / 0})()

@requirement("discovery/discovery-service-version")
def test_secret_in_an_exception(case: Case):
    """Quotes the token in an exception of its own."""
    token = case.session.token()
    print("said", token)
    raise LookupError(f"{token} is unknown")

@requirement("discovery/tenant-info-id")
def test_teardown(case: Case, broken_teardown):
    """Passes, and cannot be torn down."""
    case.hold("discovery/tenant-info-id", True, "", ask(case))
'''

PASSING = MADE[: MADE.index('@requirement("discovery/json")')]
COMES_TO = {
    "discovery/status": ("pass", ""),
    "discovery/json": ("fail", "it is wrong"),
    "discovery/tenant-id": ("error", "LookupError: ours"),
    "discovery/no-token": ("error", "LookupError: ours"),
    "discovery/url-scheme": ("fail", "it is wrong"),
    "discovery/url-absolute": ("error", "AssertionError"),
    "discovery/url-placeholders": ("inconclusive", "nothing that the target did bears on it"),
    "discovery/nonce-endpoint": ("inconclusive", "nothing that the target did bears on it"),
    "discovery/join-endpoint": ("pass", ""),
    "discovery/allow": ("inconclusive", "the twin was not accepted"),
    "discovery/precreate-endpoint": ("skip", "not offered: discovery names no such thing"),
    "discovery/join-service": ("error", "the test could not be set up: LookupError: the fixture's own"),
    "discovery/headers-accepted": ("error", "the test could not be set up"),
    "discovery/unknown-tenant": ("error", "LookupError: ours"),
    "discovery/unknown-domain": ("fail", "it was wrong once"),
    "discovery/malformed-tenant": ("error", "Unsatisfiable"),
    "discovery/discovery-service": ("skip", ""),
    "discovery/discovery-endpoint": ("error", "ZeroDivisionError"),
    "discovery/discovery-service-version": ("error", "LookupError: [redacted] is unknown"),
    "discovery/tenant-info-id": ("pass", ""),
}
START = """
import sys
from pathlib import Path
import conformance.paths
conformance.paths.SUITES = Path(sys.argv.pop(1))
from conformance.cli import main
main()
"""


def run_made(server: Ready, folder: Path, source: str) -> Ran:
    """The command, on a suite of our making in place of its own."""
    made = folder / "suites"
    made.mkdir()
    (made / "test_made.py").write_text(source, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\npython_files = test_*.py\n", encoding="ascii")
    out = folder / "out"
    given = ["--target", server.url, "--tenant", server.tenant, "--token", server.token, "--profile", "quick"]
    done = subprocess.run(
        [sys.executable, "-c", START, str(made), *given, "--out", str(out)],
        cwd=folder, env=variables(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr, out)


@pytest.fixture(scope="module")
def made(server: Ready, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run_made(server, tmp_path_factory.mktemp("made"), MADE.replace("TEARDOWN", "False")).check()


@pytest.mark.parametrize("id_", COMES_TO)
def test_however_a_test_ends_it_is_recorded_as_what_it_is(made: Ran, id_: str) -> None:
    verdict, reason = COMES_TO[id_]
    found = next(item for item in made.results["requirements"] if item["id"] == id_)
    assert (found["verdict"], reason in found["reason"]) == (verdict, True), found


def test_failures_and_only_failures_have_evidence(made: Ran) -> None:
    recorded = [item for line in made.stream if line["record"] == "test" for item in line["requirements"]]
    assert {item["id"] for item in recorded if item["failures"]} == {
        id_ for id_, (verdict, _) in COMES_TO.items() if verdict == "fail"
    }
    assert made.status == 1


def test_what_was_quoted_in_an_exception_is_in_no_file(made: Ran, server: Ready) -> None:
    signature = server.token.split(".")[2].encode()
    assert [name for name, data in made.everything() if signature in data] == []


def test_each_test_has_one_record_in_the_order_they_ran(made: Ran) -> None:
    tests = [line["test"].partition("::")[2] for line in made.stream if line["record"] == "test"]
    assert tests == [line.split("(")[0][4:] for line in MADE.splitlines() if line.startswith("def test_")]


def test_what_cannot_be_torn_down_is_our_own_fault(server: Ready, tmp_path: Path) -> None:
    """A suite that passes, and whose fixture fails afterwards: not conformant."""
    kept = (
        MADE[: MADE.index('@requirement("discovery/json")')]
        + MADE[MADE.index('@requirement("discovery/tenant-info-id")') :]
    )
    ran = run_made(server, tmp_path, kept.replace("TEARDOWN", "True"))
    assert ran.status == 3
    assert "our own fault: suites/test_made.py::test_teardown failed outside its test" in ran.results["why"]


def test_a_suite_that_cannot_be_imported_is_our_own_fault(server: Ready, tmp_path: Path) -> None:
    ran = run_made(server, tmp_path, "import no_such_module\n").check()
    assert ran.status == 3
    assert "our own fault: suites/test_made.py could not be collected" in ran.results["why"]


@pytest.mark.parametrize("declares", ["", '@requirement("discovery/unheard-of")\n'])
def test_a_test_that_declares_nothing_known_is_our_own_fault(server: Ready, tmp_path: Path, declares: str) -> None:
    source = f"from conformance.kit import requirement\nSECTION = '3.1'\n{declares}def test_it(case): pass\n"
    ran = run_made(server, tmp_path, source).check()
    assert ran.status == 3
    assert "our own fault" in ran.results["why"]


def test_a_process_that_dies_in_a_test_leaves_a_stream_without_a_footer(server: Ready, tmp_path: Path) -> None:
    """Killed is the one way out that nothing can be written on; what was recorded before is there."""
    dying = '@requirement("discovery/json")\ndef test_dies(case: Case):\n    import os; os._exit(9)\n'
    ran = run_made(server, tmp_path, PASSING.replace("TEARDOWN", "False") + dying)
    assert ran.status == 9
    assert [line["record"] for line in ran.stream] == ["header", "test"]
