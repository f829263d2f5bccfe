"""`pytest --pyargs conformance` does what the command does; every other session of pytest is left alone."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.cli_runs import PYTEST, variables
from conformance.plugin import PREFIX
from conformance.plugin.options import OPTIONS, spelled
from conformance.plugin.order import named

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.cli_runs import Ran, Started
    from conformance.server.settings import Ready

    Drs = Callable[..., Ran]

CHOSEN = ("3.1", "device/post", "join-service/garbage-token", "join-request/transport-key-magic")


def options(server: Ready, prefix: str = PREFIX) -> list[str]:
    given = {"target": server.url, "tenant": server.tenant, "token": server.token, "profile": "quick"}
    words = [word for name, value in given.items() for word in (f"{prefix}{name}", value)]
    return [*words, *(word for id_ in CHOSEN for word in (f"{prefix}select", id_))]


# --- the same run


def ran_in(ran: Ran) -> set[str]:
    return {line["test"] for line in ran.stream if line["record"] == "test"}


@pytest.fixture
def by_command(drs: Drs, server: Ready) -> Ran:
    return drs(*options(server, "--")).check()


def test_plain_pytest_and_xdist_come_to_the_same(by_command: Ran, drs: Drs, server: Ready) -> None:
    assert by_command.status == 0
    assert set(by_command.verdicts.values()) >= {"pass"}
    plain = drs(*options(server), words=PYTEST).check()
    spread = drs(*options(server), "-n", "2", words=PYTEST).check()
    for other in (plain, spread):
        assert other.status == by_command.status
        assert other.verdicts == by_command.verdicts
        assert other.results["counts"] == by_command.results["counts"]
        assert "conformant" in other.said
        assert f"report: {other.out}/index.html" in other.said.replace("\n", "")
    assert ran_in(spread) == ran_in(by_command) == {f"suites/{named(test)}" for test in ran_in(plain)}
    ledger = [json.loads(line) for line in (spread.out / "devices.jsonl").read_text(encoding="ascii").splitlines()]
    devices = [line["id"] for line in ledger if "id" in line]
    assert len(set(devices)) == spread.results["devices"]["created"]  # ReuseDevice may bring one back to another worker


def tried(ran: Ran) -> dict[str, list[str]]:
    return {line["test"]: [one["title"] for one in line["judged"]] for line in ran.stream if line["record"] == "test"}


def test_the_same_seed_sends_the_same_and_another_does_not(drs: Drs, server: Ready) -> None:
    first = tried(drs(*options(server, "--"), "--seed", "7").check())
    assert tried(drs(*options(server, "--"), "--seed", "7", CI="true").check()) == first, "as on any machine"
    assert tried(drs(*options(server), f"{PREFIX}seed", "7", "-n", "2", words=PYTEST).check()) == first
    assert tried(drs(*options(server, "--"), "--seed", "8").check()) != first


def test_the_reference_server_is_started_and_ended(start: Callable[..., Started]) -> None:
    run = start(f"{PREFIX}profile", "quick", f"{PREFIX}select", "3.2", "-n", "2", words=PYTEST)
    ran = run.end().check()
    assert ran.status == 0
    place = ("127.0.0.1", int(ran.results["target"]["url"].rpartition(":")[2]))
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(place)


# --- wrong options


WRONG = {
    "target": (["--drs-target", "drs.example.com"], "--drs-target 'drs.example.com' has no scheme"),
    "tenant": (["--drs-target", "http://a"], "--drs-tenant is missing and no token names one"),
    "profile": (["--drs-profile", "fast"], "--drs-profile 'fast' is none of quick, standard, deep"),
    "select": (["--drs-select", "discovry"], "--drs-select 'discovry' names no requirement"),
    "token": (["--drs-token", "a"], "--drs-token is given without --drs-target"),
    "out": (["--drs-out", "/proc/drs"], "--drs-out '/proc/drs' cannot be written to"),
    "seed": (["--drs-seed", ""], "--drs-seed is empty"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_option_is_one_sentence(case: str, tmp_path: Path) -> None:
    given, said = WRONG[case]
    done = subprocess.run([*PYTEST, *given], cwd=tmp_path, env=variables(), capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_option_of_the_command_has_its_twin() -> None:
    told = subprocess.run([*PYTEST, "--help"], capture_output=True, text=True, env=variables(), check=True).stdout
    for option in OPTIONS:
        assert f"{PREFIX}{option.name}" in told
        assert option.env in told


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("pass --token or --token-command", "pass --drs-token or --drs-token-command"),
        ("(--ca-file)", "(--drs-ca-file)"),
        ("--drs-target", "--drs-target"),
        ("--tokens --tb=long x--out --pyargs", "--tokens --tb=long x--out --pyargs"),
        ("--token, --out.", "--drs-token, --drs-out."),
    ],
)
def test_options_are_spelled_as_the_user_has_them(said: str, meant: str) -> None:
    assert spelled(said, PREFIX) == meant
    assert spelled(said, "--") == said


# --- the directory's own settings


HOSTILE = """
[pytest]
python_files = nothing_*.py
python_functions = nothing
filterwarnings = error
addopts = --strict-markers --strict-config -ra
xfail_strict = true
log_level = DEBUG
log_cli = true
"""


def test_the_settings_of_a_directory_do_no_harm(drs: Drs, server: Ready, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(HOSTILE, encoding="ascii")
    ran = drs(*options(server)[:8], f"{PREFIX}select", "join-service/status", words=PYTEST).check()
    assert ran.status == 0
    assert server.token.split(".")[2] not in ran.said


# --- parts of a run


def test_leaving_tests_out_by_pytest_s_own_means_is_not_conformant(drs: Drs, server: Ready) -> None:
    ran = drs(*options(server)[:8], "-k", "test_tenant_by_id", words=PYTEST).check()
    assert ran.status == 3
    assert ran.verdicts["discovery/tenant-id"] == "pass"


def test_selecting_nothing_by_pytest_s_own_means_says_so(drs: Drs, server: Ready) -> None:
    ran = drs(*options(server)[:8], "-k", "no_such_test", words=PYTEST).check()
    assert ran.status == 3
    assert "no test was selected" in ran.results["why"]


def test_ending_at_the_first_failure_is_told(drs: Drs, answering: Callable[..., str]) -> None:
    """A target whose discovery is fine but in another tenant's form: -x leaves the rest."""
    body = json.dumps({"DiscoveryService": {"ServiceVersion": 1}}).encode()
    url = answering(lambda *_: (200, {"Content-Type": "application/json"}, body))
    given = (f"{PREFIX}target", url, f"{PREFIX}tenant", "contoso.example", f"{PREFIX}select", "3.1")
    ran = drs(*given, "-x", words=PYTEST).check()
    assert ran.status in {1, 3}
    assert any("stopping after 1 failures" in line["reason"] for line in ran.stream if line["record"] == "stop")


def test_tests_of_one_s_own_beside_the_suites_are_refused(server: Ready, tmp_path: Path) -> None:
    """Their failures would be lost behind the verdict."""
    own = tmp_path / "test_own.py"
    own.write_text("def test_own(): assert False\n", encoding="ascii")
    words = [*PYTEST, str(own), *options(server), "--drs-out", "out"]
    done = subprocess.run(words, cwd=tmp_path, env=variables(), capture_output=True, text=True, check=False)
    assert done.returncode not in {0, 1}
    said = done.stdout + done.stderr
    assert "is no conformance test; give the suites a session of their own" in " ".join(said.split())
    assert "Traceback" not in said


# --- other sessions


INERT = """
import sys

def test_that_nothing_of_ours_is_here(request):
    assert request.config.pluginmanager.has_plugin("drs-conformance")
    assert not request.config.pluginmanager.has_plugin("drs-controller")
    heavy = {"httpx", "jsonschema", "uvicorn", "starlette", "conformance.kit", "conformance.spec", "conformance.report"}
    assert heavy & set(sys.modules) == set()

def test_own_case_and_own_files(case):
    assert case == 1
"""
CONFTEST = "import pytest\n@pytest.fixture\ndef case(): return 1\n"


def test_in_any_other_session_the_plugin_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(INERT, encoding="ascii")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="ascii")
    environment = variables() | {"DRS_TARGET": "nonsense", "DRS_PROFILE": "nonsense"}
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", "-W", "error"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "reports").exists()


def test_collecting_begins_no_run(tmp_path: Path) -> None:
    words = [*PYTEST, "--collect-only", "-q", "--drs-out", "out"]
    done = subprocess.run(words, cwd=tmp_path, env=variables(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_discovery.py::test_tenant_by_id" in done.stdout
    assert [path.name for path in tmp_path.iterdir() if path.name != ".hypothesis"] == []


def test_suites_of_a_session_that_is_no_run_skip_themselves(tmp_path: Path) -> None:
    """A caller who runs all there is below a folder finds no failures of ours in it."""
    from conformance.paths import PACKAGE, SUITES  # noqa: PLC0415 - beside its use

    inside = tmp_path / "test_own.py"
    inside.write_text(
        textwrap.dedent(f"""
        import pytest, sys
        def test_skipped():
            code = pytest.main([{str(PACKAGE)!r}, "-c", {str(PACKAGE / "pytest.ini")!r}, "-q", "-p", "no:cacheprovider",
                                "-k", "test_tenant_by_id", "-rs"])
            assert code == 0
        """),
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", str(inside)],
        cwd=tmp_path, env=variables(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "conformance suites run by `drs-conformance` or `pytest --pyargs conformance`" in done.stdout
    assert SUITES.is_dir()


# --- signals


@pytest.mark.parametrize(("name", "spread"), [("SIGINT", ()), ("SIGTERM", ("-n", "2"))])
def test_a_signal_ends_the_run_with_all_results(
    start: Callable[..., Started], name: str, spread: tuple[str, ...]
) -> None:
    import signal  # noqa: PLC0415 - beside its use

    from cli.test_cli_run_ends import begun, gone  # noqa: PLC0415

    run = begun(start, f"{PREFIX}profile", "deep", *spread, words=PYTEST)
    children = run.descendants()
    run.signal(getattr(signal, name))
    ran = run.end().check()
    assert ran.status == 3
    assert "interrupted" in ran.results["why"]
    assert gone(children)
