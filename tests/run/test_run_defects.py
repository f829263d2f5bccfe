"""With a defect on, exactly the requirements it names fail, and the exit status is 1; without one, none does."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.server.defects import defects
from conformance.spec import Source, catalogue


@contextmanager
def serving(*arguments: str) -> Iterator[dict[str, Any]]:
    """The reference server in a process of its own, and what its first line says."""
    command = [sys.executable, "-m", "conformance", "serve", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def run(ready: dict[str, Any], out: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """The suite against a server, given all the credentials a user could have of it."""
    mint = ready["more"]["mint"]
    given = {
        "--target": ready["url"],
        "--tenant": ready["tenant"],
        "--domain": ready["domain"],
        "--token": ready["token"],
        "--challenge-command": command_for(mint["challenge"], {}, "challenge"),
        "--audience-token": fetch(mint["token"], {"audience": "00000003-0000-0000-c000-000000000000"}, "token"),
        "--expired-token": fetch(mint["token"], {"lifetime": -600}, "token"),
        "--foreign-token": fetch(mint["token"], {"tenant": ready["more"]["other"]["tenant"]}, "token"),
        "--ca-file": ready["ca"],
        "--out": str(out),
        "--profile": "quick",
    }
    words = [word for pair in given.items() for word in pair]
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "run", *words, *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, json.loads((out / "results.json").read_text()), done.stdout + done.stderr


ASK = (
    "import json,sys,urllib.request as u;"
    "r=u.Request(sys.argv[1],sys.argv[2].encode(),{'Content-Type':'application/json'});"
    "print(json.load(u.urlopen(r))[sys.argv[3]])"
)


def fetch(url: str, body: dict[str, Any], member: str) -> str:
    arguments = [sys.executable, "-c", ASK, url, json.dumps(body), member]
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.strip()


def command_for(url: str, body: dict[str, Any], member: str) -> str:
    return shlex.join([sys.executable, "-c", ASK, url, json.dumps(body), member])


def failed(results: dict[str, Any]) -> set[str]:
    return {item["id"] for item in results["requirements"] if item["verdict"] == "fail"}


@pytest.mark.parametrize("defect", defects(), ids=lambda defect: defect.name)
def test_exactly_what_a_defect_breaks_fails(defect: Any, tmp_path: Path) -> None:
    assert set(defect.breaks) <= catalogue().requirements.keys()
    with serving("--defect", defect.name) as ready:
        status, results, output = run(ready, tmp_path, "--gate", "should")
    assert failed(results) == set(defect.breaks), output
    assert (status, results["verdict"]) == (1, "nonconformant")
    assert not [item for item in results["requirements"] if item["verdict"] in {"error", "inconclusive"}]


@pytest.mark.parametrize("form", [(), ("--like", "field")], ids=["strict", "field"])
def test_an_honest_server_breaks_nothing(form: tuple[str, ...], tmp_path: Path) -> None:
    with serving(*form) as ready:
        status, results, output = run(ready, tmp_path)
    musts = {item["id"] for item in results["requirements"] if item["verdict"] == "fail" and item["level"] == "MUST"}
    assert not musts, output
    assert (status, results["verdict"]) == (0, "conformant"), output
    assert not [entry for entry in failed(results) if catalogue().requirements[entry].source is Source.FIELD]
