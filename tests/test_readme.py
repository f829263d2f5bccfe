"""README.md, held to what the commands do: every line of shell in it runs, every name in it exists, none is missing.

Two lines set up environments; they are checked for their form here, and run by `.ci/run`, which reads them there.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import conformance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SET_UP = re.compile(r"python3 -m venv \.venv && \.venv/bin/pip install -q (\.|tox) && \.venv/bin/(drs-conformance|tox)")
EXAMPLE_TARGET = "https://drs.test.example"  # what the README writes where the reader has a server of their own
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z](?![\w-])")
VARIABLE = re.compile(r"\bDRS_[A-Z_]*[A-Z]\b")


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def table(head: str) -> list[list[str]]:
    """The cells of the rows of the table whose first heading is `head`."""
    (rows,) = re.findall(rf"^\| {head} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", README, re.MULTILINE)
    return [[cell.strip(" `") for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows.splitlines()]


LINES = [line for block in fenced("sh") for line in block.splitlines()]
SERVE = "drs-conformance serve"
RUNNABLE = [line for line in LINES if "drs-conformance " in line and line != SERVE]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment where `drs-conformance` is the code under test, and nothing of the caller's reaches it."""
    command = tmp_path_factory.mktemp("bin") / "drs-conformance"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m conformance "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DRS_", "PYTEST_"))}
    code = str(Path(str(conformance.__file__)).parents[1])
    return kept | {"PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": code, "COLUMNS": "200"}


def run(line: str, shell: dict[str, str], cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-o", "pipefail", "-c", line]
    return subprocess.run(command, cwd=cwd, env=shell | more, capture_output=True, text=True, check=False)


@contextmanager
def serving(shell: dict[str, str], cwd: Path, *options: str) -> Iterator[dict[str, Any]]:
    """The reference server, and what its first line says; ended by Ctrl-C, cleanly."""
    with subprocess.Popen(["drs-conformance", "serve", *options], cwd=cwd, env=shell, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())
        finally:
            server.send_signal(signal.SIGINT)
            status = server.wait(timeout=20)
    assert status == 0


def test_every_line_of_shell_is_one_this_test_knows_what_to_do_with() -> None:
    assert RUNNABLE
    assert [line for line in LINES if not (SET_UP.fullmatch(line) or line == SERVE or line in RUNNABLE)] == []


def test_two_commands_set_up_one_for_the_main_job_and_one_for_the_tests() -> None:
    set_up = [line for line in README.splitlines() if line.startswith("python3 -m venv ")]  # as `.ci/run` finds them
    matches = [match.groups() for line in set_up if (match := SET_UP.fullmatch(line))]
    assert matches == [(".", "drs-conformance"), ("tox", "tox")]


@pytest.mark.parametrize("line", RUNNABLE)
def test_the_line_does_what_it_is_shown_for(
    line: str, shell: dict[str, str], tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    require_tool(line.partition(" ")[0]) if not line.startswith("drs-conformance") else None
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "devices.jsonl").write_text('{"asked": 0}\n', encoding="utf-8")  # of an earlier run
    with serving(shell, tmp_path) as server:
        done = run(line.replace(EXAMPLE_TARGET, server["url"]), shell, tmp_path, TOKEN=server["token"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


def test_serve_says_on_its_first_line_what_the_readme_shows(shell: dict[str, str], tmp_path: Path) -> None:
    assert SERVE in LINES
    (shown,) = map(json.loads, fenced("json"))
    with serving(shell, tmp_path) as server:
        assert list(server) == list(shown)
        assert set(server["more"]) == set(shown["more"])


@pytest.fixture(scope="module")
def help_of(shell: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The help text of the command itself, of each of its commands, and of theirs, by name."""
    cwd = tmp_path_factory.mktemp("help")
    texts: dict[str, str] = {}
    waiting = [""]
    for name in waiting:
        texts[name] = run(f"drs-conformance {name} --help", shell, cwd).stdout
        commands = texts[name].partition("Commands:\n")[2]
        waiting += [f"{name} {word}".strip() for word in re.findall(r"^  (\w+)", commands, re.MULTILINE)]
    return texts


def test_the_options_of_a_run_are_in_the_table_and_those_of_the_table_exist(help_of: dict[str, str]) -> None:
    shown = {row[0].partition(" ")[0] for row in table("option")}
    assert shown == set(OPTION.findall(help_of["run"])) - {"--help"}


def test_each_option_of_a_run_may_be_given_as_the_variable_the_table_says(help_of: dict[str, str]) -> None:
    pairs = {row[0].partition(" ")[0]: row[1] for row in table("option")}
    assert pairs == {option: "DRS" + option[1:].replace("-", "_").upper() for option in pairs}
    assert set(pairs.values()) == set(VARIABLE.findall(help_of["run"]))


def test_every_option_and_variable_named_anywhere_exists(help_of: dict[str, str]) -> None:
    texts = "\n".join(help_of.values())
    shown = [line for line in README.splitlines() if "drs-conformance " in line or not line.startswith(("$ ", "> "))]
    named = {option for line in shown for option in OPTION.findall(line)}  # not those of other programs in consoles
    pytest_own = {option for option in named if option.startswith("--drs-")} | {"--pyargs"}
    assert named - pytest_own <= set(OPTION.findall(texts))
    assert set(VARIABLE.findall(README)) <= set(VARIABLE.findall(texts))


def test_the_options_in_pytest_are_those_of_a_run(
    shell: dict[str, str], tmp_path: Path, help_of: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "pytest", "--disable-plugin-autoload", "-p", "conformance.plugin", "--help"]
    said = subprocess.run(command, cwd=tmp_path, env=shell, capture_output=True, text=True, check=True).stdout
    twins = {option.replace("--drs-", "--") for option in OPTION.findall(said) if option.startswith("--drs-")}
    assert twins == set(OPTION.findall(help_of["run"])) - {"--help"}


def test_every_command_is_mentioned(help_of: dict[str, str]) -> None:
    assert [name for name in help_of if name and not re.search(rf"\b{name.split()[0]}\b", README)] == []


@pytest.fixture(scope="module")
def ends(shell: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[str, Path]]:
    """Four runs that ought to end in four ways: exit status -> verdict in results.json, and its folder."""
    cwd = tmp_path_factory.mktemp("ends")
    quick = "drs-conformance run --profile quick --out"
    with serving(shell, cwd, "--defect", "certifies-authorities") as wrong:
        target = f"--target {wrong['url']} --tenant {wrong['tenant']} --token {wrong['token']}"
        done = [run(f"{quick} {number} {more}", shell, cwd) for number, more in enumerate(_four_ways(target))]
    return {end.returncode: (_verdict(cwd / str(number)), cwd / str(number)) for number, end in enumerate(done)}


def _four_ways(faulty: str) -> list[str]:
    return ["", faulty, "--no-such-option", "--target http://127.0.0.1:1 --tenant contoso.example"]


def _verdict(out: Path) -> str:
    results = out / "results.json"
    return str(json.loads(results.read_text(encoding="utf-8"))["verdict"]) if results.exists() else ""


def test_the_exit_statuses_are_those_of_the_table(ends: dict[int, tuple[str, Path]]) -> None:
    assert {int(row[0]): row[1] for row in table("status")} == {
        status: verdict for status, (verdict, _) in ends.items()
    }


def test_a_run_writes_the_files_of_the_table(ends: dict[int, tuple[str, Path]]) -> None:
    (shown,) = ([row[0].rstrip("/") for row in table("file")],)
    assert sorted(shown) == sorted(path.name for path in ends[0][1].iterdir())
    assert all(f"`{row[0]}`" in (ROOT / "reports" / "README.md").read_text(encoding="utf-8") for row in table("file"))


def anchors(page: Path) -> set[str]:
    """The names by which a link leads to the headings of a page, as GitHub and GitLab make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "reports" / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_or_a_heading_leads_somewhere(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")) if "://" not in link]
    found = [
        (link, (page.parent / file) if file else page, name)
        for link in links
        for file, _, name in [link.partition("#")]
    ]
    assert [link for link, file, name in found if not file.exists() or (name and name not in anchors(file))] == []


def test_the_readme_links_to_every_page_of_docs() -> None:
    assert {path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.md")} <= set(
        re.findall(r"\]\(([^)#]+)", README)
    )
