"""What CI runs for its users: the script behind the action and the templates, and that these say what there is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.cli_runs import variables
from conformance.plugin.options import BY_NAME
from conformance.report.formats import FORMATS

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".ci" / "action"
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
GITLAB = (ROOT / ".ci" / "gitlab.yml").read_text(encoding="utf-8")
DOCS = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def run(tmp_path: Path, **given: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """The script, with the code under test as the command on PATH; what it said, and what it told GitHub."""
    command = tmp_path / "bin" / "drs-conformance"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m conformance "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    output = tmp_path / "output"
    environment = variables() | {
        "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "GITHUB_OUTPUT": str(output),
        "DRS_PROFILE": "quick", "DRS_SELECT": "nonce/value",
    }  # fmt: skip
    done = subprocess.run(
        [SCRIPT], cwd=tmp_path, env=environment | given, capture_output=True, text=True, check=False, timeout=110
    )
    return done, output.read_text(encoding="utf-8") if output.exists() else ""


def test_the_script_runs_and_tells_the_verdict(tmp_path: Path) -> None:
    done, told = run(tmp_path, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert told == "verdict=conformant\nstatus=0\n"
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("## MS-DRS: conformant\n")
    (word,) = re.findall("^::stop-commands::([0-9a-f]{32})$", done.stdout, re.MULTILINE)
    assert f"\n::{word}::\n" in done.stdout


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"DRS_SEED": "x; touch pwned"}, "verdict=\nstatus=2\n"),
        ({"DRS_TARGET": "http://127.0.0.1:1", "DRS_TENANT": "t.example"}, "verdict=incomplete\nstatus=3\n"),
        ({"DRS_TARGET": "$(touch pwned)"}, "verdict=\nstatus=2\n"),
    ],
)
def test_its_status_is_that_of_the_command(tmp_path: Path, given: dict[str, str], told: str) -> None:
    done, said = run(tmp_path, **given)
    assert said == told
    assert f"status={done.returncode}\n" in said
    assert not list(tmp_path.rglob("pwned"))


def test_the_folder_it_is_started_in_brings_no_code(tmp_path: Path) -> None:
    for name in ("json", "venv", "conformance"):
        (tmp_path / f"{name}.py").write_text(f"open('pwned-{name}', 'w')\nprint('conformant')\n", encoding="utf-8")
    _, told = run(tmp_path, DRS_TARGET="http://127.0.0.1:1", DRS_TENANT="t.example")
    assert told == "verdict=incomplete\nstatus=3\n"
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "mktemp"):
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    (tools / "python3").chmod(0o755)
    done = subprocess.run(
        [SCRIPT], cwd=tmp_path, env={"PATH": str(tools), "TMPDIR": str(tmp_path), "PIP_NO_INDEX": "1", "CDPATH": "/"},
        capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip
    assert done.returncode == 3
    assert "could not be installed" in done.stderr
    assert list(tmp_path.rglob("venv/bin/pip"))
    assert not list(tmp_path.glob("pwned-*"))


def test_each_input_of_the_action_is_an_option_and_goes_by_its_variable() -> None:
    inputs = re.findall(r"^  ([a-z-]+):\n    description", ACTION.partition("outputs:")[0], re.MULTILINE)
    passed = dict(re.findall(r"^        (DRS_[A-Z_]+): \$\{\{ inputs\.([a-z-]+) \}\}$", ACTION, re.MULTILINE))
    assert {BY_NAME[name].env: name for name in inputs} == passed
    script = re.findall(r"^      run: (.*)$", ACTION, re.MULTILINE)
    assert script == ["'\"$GITHUB_ACTION_PATH/.ci/action\"'"]


def test_the_files_that_are_named_are_files_of_a_report() -> None:
    names = {item.name for item in FORMATS}
    for text in (GITLAB, DOCS):
        assert set(re.findall(r"reports/([a-z]+\.[a-z]+)", text)) <= names
    assert os.access(SCRIPT, os.X_OK)


def test_the_inputs_in_the_docs_exist() -> None:
    (block,) = re.findall(r"uses: \./drs-conformance\n    with:\n((?:      .*\n)+)", DOCS)
    for name in re.findall(r"^      ([a-z-]+):", block, re.MULTILINE):
        assert f"\n  {name}:\n    description" in ACTION
