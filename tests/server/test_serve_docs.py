"""docs/: the lines for clients do what they are shown for, and the unit and the image start what there is."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from conformance.cli.serve import serve
from conformance.server import chaos
from server.serving_draft import Served, start

if TYPE_CHECKING:
    import click

DOCS = Path(__file__).resolve().parents[2] / "docs"
UNIT = (DOCS / "service" / "drs-conformance.service").read_text(encoding="utf-8")
IMAGE = (DOCS / "service" / "Containerfile").read_text(encoding="utf-8")


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


def test_every_kind_of_trouble_is_told_of() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (DOCS / "serve.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(rows) == set(chaos.KINDS)


@pytest.mark.timeout(120)
def test_the_lines_for_a_sign_in_bring_a_token(tmp_path: Path, require_tool: object) -> None:
    for tool in ("curl", "jq"):
        require_tool(tool)  # type: ignore[operator]
    text = (DOCS / "clients.md").read_text(encoding="utf-8").partition("## A sign-in with a browser")[2]
    (block,) = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    first, *lines = block.replace("\\\n", "").splitlines()
    served = Served(start(*shlex.split(first.partition(" >")[0])[2:]))
    with closing(served.process.stderr):  # type: ignore[type-var]
        (tmp_path / "ready.json").write_text(json.dumps(served.line), encoding="utf-8")
        shell("\n".join(lines[:2]), tmp_path)
        code = json.loads((tmp_path / "code.json").read_text(encoding="utf-8"))
        account = served.line["more"]["token"]
        form = {"user_code": code["user_code"], "username": account["username"], "password": account["password"]}
        assert "You are signed in" in httpx.post(code["verification_uri"], data=form).text
        assert shell("\n".join([lines[0], lines[2]]), tmp_path).count(".") == 2
        served.kill()


def shell(lines: str, cwd: Path) -> str:
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", lines], cwd=cwd, capture_output=True, text=True, check=True
    ).stdout
