"""With a defect on, exactly the requirements it names fail, and the exit status is 1; without one, none does.

Here every defect is held to the catalogue, one of each kind is proved with the whole suite, and every fortieth with the
tests that bear on it. CI proves all of them with these (`tox -e prove -- --fast`); the whole matrix is `tox -e prove`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.proof import coverage
from conformance.cli.proving import prove, run
from conformance.plugin.embedded import ReferenceServer
from conformance.server.defects import Defect, defects, find
from conformance.spec import Source, catalogue

WHOLE = (
    "leaves-a-placeholder",
    "forgets-spent-nonces",
    "takes-any-audience",
    "allows-private-primes",
    "skips-proof-of-possession",
    "takes-thumbprint-of-text",
)
SAMPLE = (*defects()[::40], find("speaks-old-tls"))


@pytest.mark.parametrize("defect", defects(), ids=lambda defect: defect.name)
def test_a_defect_breaks_what_a_server_can_break(defect: Defect) -> None:
    assert defect.breaks
    assert set(defect.breaks) <= catalogue().requirements.keys()
    assert not {one.requirement.id for one in coverage([]) if not one.open} & defect.breaks


@pytest.mark.parametrize("defect", defects(), ids=lambda defect: defect.name)
def test_what_a_defect_hides_is_another_requirement(defect: Defect) -> None:
    assert defect.hides <= catalogue().requirements.keys()
    assert not defect.hides & defect.breaks
    assert not (defect.blinds and defect.hides), "what blinds needs no names of what it hides"


def test_every_requirement_that_a_server_can_break_has_a_defect() -> None:
    assert [one.requirement.id for one in coverage(defects()) if one.open] == []


@pytest.mark.whole
@pytest.mark.parametrize("name", WHOLE)
def test_exactly_what_a_defect_breaks_fails(name: str, tmp_path: Path) -> None:
    row = prove(find(name), tmp_path, "quick")
    assert row.problem is None
    assert (row.missed, row.noise, row.unclear) == (frozenset(), frozenset(), frozenset())
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["verdict"] == "nonconformant"


@pytest.mark.whole
@pytest.mark.parametrize("defect", SAMPLE, ids=lambda defect: defect.name)
def test_what_a_defect_breaks_is_seen(defect: Defect, tmp_path: Path) -> None:
    row = prove(defect, tmp_path, "standard", tuple(sorted(defect.breaks)))  # quick sends a few edits of each only
    assert (row.problem, row.missed) == (None, frozenset())


def test_the_command_proves_a_defect_in_processes_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "conformance", "prove", "--fast", "--jobs", "2", "--out", str(tmp_path)]
    names = ["--defect", SAMPLE[0].name]
    done = subprocess.run([*command, *names], capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "proof.json").read_text())["rows"]
    assert [row["defect"] for row in rows] == ["no defect", SAMPLE[0].name]
    assert set(rows[1]["seen"]) == SAMPLE[0].breaks


@pytest.mark.whole
@pytest.mark.parametrize("form", [(), ("--like", "field")], ids=["strict", "field"])
def test_an_honest_server_breaks_nothing(form: tuple[str, ...], tmp_path: Path) -> None:
    server = ReferenceServer(form)
    with closing(_Stopping(server)):
        status, results, output = run(server.ready, tmp_path, "--profile", "quick")
    musts = {item["id"] for item in results["requirements"] if item["verdict"] == "fail" and item["level"] == "MUST"}
    assert not musts, output
    assert (status, results["verdict"]) == (0, "conformant"), output
    assert not [entry for entry in failed(results) if catalogue().requirements[entry].source is Source.FIELD]


class _Stopping:
    def __init__(self, server: ReferenceServer) -> None:
        self.close = server.stop


def failed(results: dict[str, Any]) -> set[str]:
    return {item["id"] for item in results["requirements"] if item["verdict"] == "fail"}
