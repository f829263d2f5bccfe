"""docs/: the lines for clients do what they are shown for, and the unit and the image start what there is."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from conformance.cli.serve import serve
from conformance.server import Settings, chaos, running
from server.serving_draft import Served, start
from server.signing_in import Client

if TYPE_CHECKING:
    import click

DOCS = Path(__file__).resolve().parents[2] / "docs"
UNIT = (DOCS / "service" / "drs-conformance.service").read_text(encoding="utf-8")
IMAGE = (DOCS / "service" / "Containerfile").read_text(encoding="utf-8")

SHELL = ("bash", "-eo", "pipefail", "-c")
BROWSER = """
import json, ssl, sys, httpx
from server.signing_in import Client, posted

ready = json.load(open("ready.json"))
with httpx.Client(verify=ssl.create_default_context(cafile=ready["ca"])) as http:
    client = Client(http, f"{ready['url']}/{ready['tenant']}", version="/v2.0")
    where, answer = posted(client.fill_in(http.get(sys.argv[1])))
    httpx.post(where, data=answer)
"""  # the user's, for a program that opens one
Begin = Callable[..., tuple[Served, list[str]]]


def context(arguments: list[str]) -> click.Context:
    with serve.make_context("serve", arguments) as made:
        return made


def test_the_unit_starts_it_with_options_it_has() -> None:
    (command,) = re.findall(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)
    program, name, *options = shlex.split(command)
    assert (Path(program).name, name) == ("drs-conformance", "serve")
    assert context(options).params["state"] == Path("/var/lib/drs-conformance/state.sqlite")


def test_the_image_starts_it_with_options_it_has_and_asks_its_port_for_health() -> None:
    assert json.loads(re.findall(r"^ENTRYPOINT (.*)$", IMAGE, re.MULTILINE)[0]) == ["drs-conformance", "serve"]
    found = context(json.loads(re.findall(r"^CMD (.*)$", IMAGE, re.MULTILINE)[0]))
    (health,) = re.findall(r"http://127\.0\.0\.1:(\d+)/healthz", IMAGE)
    assert found.params["port"] == int(health)
    assert str(found.params["state"]).startswith("/state/")
    copied = [name for line in re.findall(r"^COPY (.*) \S+$", IMAGE, re.MULTILINE) for name in line.split()]
    assert [name for name in copied if not (DOCS.parent / name).exists()] == []


def test_what_the_image_copies_is_all_that_it_installs(tmp_path: Path) -> None:
    """No daemon to build it with is at hand in CI: the wheel is built of what is copied, as the image does."""
    for line in re.findall(r"^COPY (.*)$", IMAGE, re.MULTILINE):
        *names, folder = line.split()
        assert Path(folder).parts[:2] == ("/", "src")
        there = tmp_path / Path(folder).relative_to("/")
        for name in names:
            path = DOCS.parent / name
            if path.is_dir():
                shutil.copytree(path, there, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                there.mkdir(exist_ok=True)
                shutil.copy(path, there)
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--no-cache-dir"]
    command = [sys.executable, "-m", "pip", "wheel", *offline, "-w", str(tmp_path), str(tmp_path / "src")]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entries,) = (archive.read(name).decode() for name in names if name.endswith("/entry_points.txt"))
    assert "drs-conformance = conformance.cli:main" in entries
    assert {"conformance/cli/serve.py", "conformance/_data/schemas/join-request.schema.json"} <= set(names)


def test_the_image_s_health_check_tells_a_server_that_is_there_from_one_that_is_not() -> None:
    (command,) = re.findall(r"^HEALTHCHECK .* CMD (.*)$", IMAGE, re.MULTILINE)
    program, *words = json.loads(command)
    assert program == "python"
    with running(Settings()) as ready:
        words = [word.replace("http://127.0.0.1:8080", ready.url) for word in words]
        assert subprocess.run([sys.executable, *words], check=False).returncode == 0
    assert subprocess.run([sys.executable, *words], check=False, capture_output=True).returncode == 1


def test_every_kind_of_trouble_is_told_of() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (DOCS / "serve.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(rows) == set(chaos.KINDS)


def test_the_readme_s_lines_for_clients_are_those_that_are_tried_here() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^[$>] (.*)$", readme, re.MULTILINE)
    told = (DOCS / "clients.md").read_text(encoding="utf-8").splitlines()
    assert any(" serve " in line for line in shown)
    assert [line for line in shown if line not in told] == []


@pytest.fixture
def documented(tmp_path: Path, require_tool: Callable[[str], str]) -> Iterator[Begin]:
    """`documented(heading, first)` starts what a block of clients.md starts; gives it without that, and the rest."""
    for tool in ("curl", "jq", "openssl"):
        require_tool(tool)
    started: list[Served] = []

    def begin(heading: str, first: int = 0) -> tuple[Served, list[str]]:
        text = (DOCS / "clients.md").read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
        blocks = re.findall(r"^```(?:sh|python)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[first:]
        started.append(Served(start(*shlex.split(blocks[0].partition(" >")[0])[2:])))
        (tmp_path / "ready.json").write_text(json.dumps(started[-1].line), encoding="utf-8")
        return started[-1], [re.sub(r"^drs-conformance serve .*\n", "", block) for block in blocks]

    yield begin
    for served in started:
        served.kill()


@pytest.mark.timeout(120)
def test_the_lines_for_a_sign_in_with_a_browser_bring_a_token(documented: Begin, tmp_path: Path) -> None:
    served, blocks = documented("A sign-in with a browser")
    with (
        subprocess.Popen(
            [*SHELL, blocks[0]], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as lines,
        httpx.Client() as http,
    ):
        assert lines.stdout is not None
        browser = Client(http, f"{served.ready.url}/{served.ready.tenant}")
        page = browser.fill_in(http.get(lines.stdout.readline().strip()))
        (code,) = re.findall(r"<output [^>]*>(\S+)</output>", page.text)
        token, _ = lines.communicate(f"{code}\n", timeout=30)
    assert token.count(".") == 2


@pytest.mark.timeout(120)
def test_the_lines_for_msal_bring_a_token(documented: Begin, tmp_path: Path) -> None:
    _, (lines, program) = documented("A sign-in with a browser", 1)
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    (tmp_path / "browser.py").write_text(BROWSER, encoding="utf-8")
    browser = f"{sys.executable} {tmp_path}/browser.py %s &"
    path = os.pathsep.join([str(DOCS.parent / "tests"), str(DOCS.parent)])
    printed = shell(f"{lines}{sys.executable} program.py", tmp_path, BROWSER=browser, PYTHONPATH=path)
    assert printed.splitlines()[-1].count(".") == 2


@pytest.mark.timeout(120)
def test_the_lines_for_a_sign_in_on_another_device_bring_a_token(documented: Begin, tmp_path: Path) -> None:
    served, (block,) = documented("A sign-in on another device")
    first, *rest = block.replace("\\\n", "").splitlines()
    shell("\n".join([first, rest[0]]), tmp_path)
    code = json.loads((tmp_path / "code.json").read_text(encoding="utf-8"))
    account = served.line["more"]["token"]
    form = {"user_code": code["user_code"], "username": account["username"], "password": account["password"]}
    assert "You are signed in" in httpx.post(code["verification_uri"], data=form).text
    assert shell("\n".join([first, rest[1]]), tmp_path).count(".") == 2


def shell(lines: str, cwd: Path, **environment: str) -> str:
    return subprocess.run(
        [*SHELL, lines],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
