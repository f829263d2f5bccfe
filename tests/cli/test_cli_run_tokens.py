"""A token that expires while a run goes on is renewed by its command, in time and no more often than need be."""

from __future__ import annotations

import base64
import json
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.cli_runs import Ran
from conformance.client import Command, secrets
from conformance.client.secrets import expired, lasts
from conformance.errors import UsageError
from conformance.server.settings import Ready

MINT = """
import json, sys, urllib.request
with open(sys.argv[1], "a") as file:
    file.write("x")
asked = urllib.request.Request(sys.argv[2], sys.argv[3].encode(), {"Content-Type": "application/json"})
print(json.load(urllib.request.urlopen(asked))["token"])
"""


def test_a_run_outlives_its_tokens(drs: Callable[..., Ran], server: Ready, tmp_path: Path) -> None:
    """Tokens of four seconds, and a run that takes longer: each request has one that is good."""
    mint = tmp_path / "mint.py"
    mint.write_text(MINT, encoding="ascii")
    mints: Any = server.more["mint"]
    body = json.dumps({"lifetime": 4})
    line = [sys.executable, str(mint), str(tmp_path / "calls"), str(mints["token"]), body]
    given = {"target": server.url, "tenant": server.tenant, "token-command": shlex.join(line), "profile": "quick",
             "rate": "25", "select": "join-request/csr-signature"}  # fmt: skip
    ran = drs(*(word for name, value in given.items() for word in (f"--{name}", value)), "--select", "device/post")
    assert ran.status == 0, ran.said + ran.warned
    assert ran.check().results["seconds"] > 5
    assert ran.verdicts["join-request/csr-signature"] == ran.verdicts["device/post"] == "pass", ran.said
    calls = len((tmp_path / "calls").read_text(encoding="ascii"))
    assert 2 <= calls < ran.results["requests"] / 2


def jwt_of(**claims: float) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({}, claims))
    return ".".join([*parts, "c2ln"])


def command(tmp_path: Path, token: str) -> Command:
    calls = shlex.quote(str(tmp_path / "calls"))
    return Command(f"sh -c {shlex.quote(f'printf x >> {calls}; echo {token}')}", "--token-command", reuse=300.0)


def called(tmp_path: Path) -> int:
    return len((tmp_path / "calls").read_text(encoding="ascii"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("false", "ended with status 1; it should print one token and end with 0"),
        ("true", "what --token-command prints is empty; pass a bearer token"),
        ("yes", "prints more than 1048576 octets; it should print one token"),
        ("sh -c 'yes; true'", "prints more than 1048576 octets; it should print one token"),
        ("sh -c 'sleep 30; true'", "did not end within 0.5 seconds"),
        ("sh -c 'exec >&-; exec sleep 30'", "did not end within 0.5 seconds"),
        ("printf 'a.b.c\\na.b.c'", "pass a JWT as issued"),
        ("echo a.b.c | cat", "pass a JWT as issued; it is run without a shell, and sh -c '…' has one"),
        ("echo $TOKEN", "pass a JWT as issued; it is run without a shell, and sh -c '…' has one"),
        ("sh -c 'echo a.b.c | false'", "ended with status 1; it should print one token and end with 0"),
        ("printf '\\377'", "pass a JWT as issued"),
    ],
)
def test_a_command_that_prints_no_token_is_one_sentence(line: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_COMMAND_SECONDS", 0.5 if "sleep" in line else 20)
    with pytest.raises(UsageError) as refused:
        Command(line, "--token-command").next()
    assert str(refused.value).endswith(said)
    assert "\n" not in str(refused.value)


def test_a_token_is_used_again_while_it_is_good(tmp_path: Path) -> None:
    supply = command(tmp_path, jwt_of(exp=time.time() + 3600))
    assert supply.next() == supply.next()
    assert called(tmp_path) == 1


def test_a_token_without_end_is_used_again(tmp_path: Path) -> None:
    supply = command(tmp_path, "opaque")
    assert supply.next() == supply.next()
    assert called(tmp_path) == 1


def test_a_token_that_is_to_expire_is_fetched_again(tmp_path: Path) -> None:
    supply = command(tmp_path, jwt_of(exp=time.time() + 1))
    supply.next()
    time.sleep(0.9)
    supply.next()
    assert called(tmp_path) == 2


@pytest.mark.parametrize("exp", ["1" + "0" * 400, "-1" + "0" * 400, "NaN", "Infinity", "-Infinity", "true", '"soon"'])
def test_a_token_whose_end_is_no_time_has_none(exp: str) -> None:
    payload = base64.urlsafe_b64encode(f'{{"exp":{exp}}}'.encode()).rstrip(b"=").decode()
    token = f"eyJhbGciOiJub25lIn0.{payload}.c2ln"
    assert lasts(token, time.time()) == float("inf")
    assert expired(token, time.time()) is None
