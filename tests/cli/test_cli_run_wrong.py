"""A wrong command is one sentence that says what, where and what would do, and status 2; nothing is run or written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from conformance.cli import drs_conformance
from conformance.plugin.options import OPTIONS

if TYPE_CHECKING:
    from click.testing import Result

SECRET = "eyJhbGciOiJub25lIn0.eyJ0aWQiOiJzZWNyZXQtdGVuYW50In0.c2VjcmV0LXNpZ25hdHVyZQ"
TARGET = ("--target", "http://127.0.0.1:1", "--tenant", "contoso.example")
NO_VARIABLES: dict[str, str | None] = {option.env: None for option in OPTIONS}


def run(cwd: Path, *arguments: str, **variables: str) -> Result:
    before = Path.cwd()
    os.chdir(cwd)
    try:
        return CliRunner(env=NO_VARIABLES | variables).invoke(drs_conformance, list(arguments))
    finally:
        os.chdir(before)


WRONG: dict[str, tuple[Any, ...]] = {
    # what is named does not exist
    "command": (["rnu"], "no such command 'rnu'", "drs-conformance --help"),
    "option": (["--tagret", "x"], "no such option '--tagret'", "--target"),
    "option-of-run": (["run", "--seeds", "1"], "no such option '--seeds'", "--seed"),
    "no-value": (["run", "--target"], "'--target' requires an argument", "run --help"),
    "argument": (["run", "http://127.0.0.1"], "unexpected extra argument (http://127.0.0.1)", "run --help"),
    "profile": (["--profile", "fast"], "--profile 'fast' is none of quick, standard, deep"),
    "gate": (["--gate", "MUST"], "--gate 'MUST' is none of must, should"),
    "select": (["--select", "join-request/transport-key-majic"], "--select", "join-request/transport-key-magic"),
    "select-section": (["--select", "9.9"], "--select '9.9' names no requirement"),
    "select-one-of-two": (["--select", "discovery", "--select", "discvery"], "'discvery'", "discovery"),
    # numbers
    "seed": (["--seed", "x"], "--seed 'x' is not a number from 0 to 4294967295"),
    "seed-negative": (["--seed", "-1"], "--seed '-1' is not a number"),
    "seed-large": (["--seed", "4294967296"], "--seed '4294967296' is not"),
    "seed-other-digits": (["--seed", "\u0661"], "is not a number from 0"),
    "timeout": (["--timeout", "soon"], "--timeout 'soon' is not a number of seconds above 0 and up to 600"),
    "timeout-zero": ([*TARGET, "--timeout", "0"], "--timeout '0' is not"),
    "timeout-nan": ([*TARGET, "--timeout", "nan"], "--timeout 'nan' is not"),
    "timeout-endless": (["--timeout", "inf"], "--timeout 'inf' is not"),
    # the target
    "target-empty": (["--target", ""], "--target is empty; give it a value or leave it out"),
    "target-no-scheme": (["--target", "127.0.0.1:8080"], "--target '127.0.0.1:8080' has no scheme", "http://"),
    "target-host-only": (["--target", "drs.example.com"], "has no scheme", "https://drs.example.com"),
    "target-scheme": (["--target", "ftp://a"], "'ftp'", "only http and https are spoken"),
    "target-no-host": (["--target", "http://"], "names no host", "https://drs.example.com"),
    "target-port": (["--target", "http://a:x"], "--target is not a URL", "http://127.0.0.1:8080"),
    "target-port-zero": (["--target", "http://a:0"], "names no host that could be reached"),
    "target-space": (["--target", "http://a b"], "has a space or control character"),
    "target-query": (["--target", f"http://a/?access_token={SECRET}"], "has a query or a fragment"),
    "target-fragment": (["--target", f"http://a/#{SECRET}"], "has a query or a fragment"),
    "target-password": (["--target", f"http://user:{SECRET}@a/"], "holds a user name or password"),
    "target-password-no-url": (["--target", f"user:{SECRET}@a:b"], "holds a user name or password"),
    "no-tenant": (["--target", "http://127.0.0.1:1"], "--tenant is missing", "pass the tenant's id or domain name"),
    "no-target": (["--token", SECRET], "--token is given without --target", "name the target"),
    "no-target-tenant": (["--tenant", "x"], "--tenant is given without --target"),
    # credentials
    "two-tokens": ([*TARGET, "--token", SECRET, "--token-command", "true"], "--token and --token-command are both"),
    "token-blank": ([*TARGET, "--token", " "], "--token is not a bearer token"),
    "token-lines": ([*TARGET, "--token", f"{SECRET}\nx"], "--token is not a bearer token", "pass a JWT as issued"),
    "token-with-scheme": ([*TARGET, "--token", f"Bearer {SECRET}"], "--token is not a bearer token"),
    "challenge": ([*TARGET, "--challenge", "ä"], "--challenge is not a bearer token"),
    "foreign-token": ([*TARGET, "--foreign-token", "a b"], "--foreign-token is not a bearer token"),
    "command-blank": ([*TARGET, "--token-command", "  "], "--token-command is blank"),
    "command-quote": ([*TARGET, "--token-command", f"echo '{SECRET}"], "--token-command is not a command line"),
    "command-missing": ([*TARGET, "--token-command", f"/no/such {SECRET}"], "--token-command could not be run"),
    "command-status": ([*TARGET, "--token-command", f"sh -c 'echo {SECRET}; exit 7'"], "ended with status 7"),
    "command-nothing": ([*TARGET, "--token-command", "true"], "what --token-command prints is empty"),
    "command-noise": ([*TARGET, "--token-command", f"echo token: {SECRET}"], "is not a bearer token"),
    "command-octets": ([*TARGET, "--token-command", r"printf '\377\376'"], "is not a bearer token"),
    # files
    "ca-missing": ([*TARGET, "--ca-file", "no.pem"], "--ca-file 'no.pem' cannot be read (No such file or directory)"),
    "ca-directory": ([*TARGET, "--ca-file", "."], "--ca-file '.' cannot be read (Is a directory)"),
    "ca-no-pem": ([*TARGET, "--ca-file", "file"], "--ca-file 'file' holds no PEM certificate"),
    "tls-ca": ([*TARGET, "--tls-ca-file", "file"], "--tls-ca-file 'file' holds no PEM certificate"),
    "out-is-file": (["--out", "file"], "--out 'file' cannot be written to", "File exists", "name another directory"),
    "out-below-file": (["--out", "file/out"], "--out 'file/out' cannot be written to", "Not a directory"),
    "out-in-proc": (["--out", "/proc/drs"], "--out '/proc/drs' cannot be written to"),
    "out-read-only": (["--out", "/proc/self"], "--out '/proc/self' cannot be written to"),
    "out-empty": (["--out", ""], "--out is empty"),
    "out-too-long": (["--out", "x" * 300], "File name too long"),
    "out-has-directories": ([*TARGET, "--out", "taken"], "--out 'taken' cannot be written to", "taken/junit.xml"),
    "out-has-directory-for-stream": ([*TARGET, "--out", "streamed"], "results.jsonl", "another directory with --out"),
}  # fmt: skip


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("no certificate", encoding="ascii")
    (tmp_path / "taken" / "junit.xml").mkdir(parents=True)
    (tmp_path / "streamed" / "results.jsonl").mkdir(parents=True)
    return tmp_path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def sentence(done: Result) -> str:
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("drs-conformance: ")
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 500
    return done.stderr


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_command_is_one_sentence(case: str, here: Path) -> None:
    arguments, *said = WRONG[case]
    before = files(here)
    told = sentence(run(here, *arguments))
    assert [part for part in said if part not in told] == []
    assert not any(part in told for part in SECRET.split("."))
    assert files(here) == before


VARIABLES = {
    "DRS_PROFILE": ("fast", "DRS_PROFILE 'fast' is none of quick, standard, deep"),
    "DRS_GATE": ("may", "DRS_GATE 'may' is none of must, should"),
    "DRS_SEED": ("x", "DRS_SEED 'x' is not a number"),
    "DRS_TIMEOUT": ("x", "DRS_TIMEOUT 'x' is not a number"),
    "DRS_TARGET": ("drs.example.com", "DRS_TARGET 'drs.example.com' has no scheme"),
    "DRS_TOKEN": ("a b", "DRS_TOKEN is given without --target"),
    "DRS_SELECT": ("discovery nowhere", "DRS_SELECT 'nowhere' names no requirement"),
    "DRS_INSECURE": ("maybe", "DRS_INSECURE='maybe' is neither true nor false; set it to 1 or 0"),
    "DRS_OUT": ("/proc/drs", "DRS_OUT '/proc/drs' cannot be written to"),
}


@pytest.mark.parametrize("name", VARIABLES)
def test_a_wrong_variable_is_named_as_such(name: str, here: Path) -> None:
    value, said = VARIABLES[name]
    assert said in sentence(run(here, **{name: value}))


def test_a_token_that_is_none_is_named_by_its_variable(here: Path) -> None:
    assert "DRS_TOKEN is not a bearer token" in sentence(run(here, *TARGET, DRS_TOKEN="a b"))


def test_the_command_line_goes_before_the_environment(here: Path) -> None:
    assert "--profile 'x'" in sentence(run(here, "--profile", "x", DRS_PROFILE="quick"))


def test_an_empty_variable_counts_as_not_set(here: Path) -> None:
    assert "--tenant is missing" in sentence(run(here, "--target", "http://a", DRS_TENANT="", DRS_INSECURE=""))


@pytest.mark.parametrize("arguments", [[], ["run"]])
def test_run_is_what_is_meant_where_no_command_is_named(arguments: list[str], here: Path) -> None:
    assert "--seed 'x'" in sentence(run(here, *arguments, "--seed", "x"))


# --- help


def test_help_of_the_command_tells_of_every_subcommand_and_status(here: Path) -> None:
    done = run(here, "--help")
    assert done.exit_code == 0
    for word in ("run", "serve", "catalogue", "inspect", "report", "0 conformant", "1 nonconformant", "3 incomplete"):
        assert word in done.stdout


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_of_run_tells_of_every_option_its_variable_and_default(flag: str, here: Path) -> None:
    told = " ".join(run(here, "run", flag).stdout.split())
    for option in OPTIONS:
        assert f"--{option.name} {option.metavar or option.help[0].upper()}" in told
        assert f"[{option.env}]" in told
        assert option.default is None or f"[default: {option.default}]" in told
        for choice in option.choices:
            assert choice in told


@pytest.mark.parametrize("command", ["serve", "catalogue", "inspect", "report"])
def test_every_subcommand_has_help(command: str, here: Path) -> None:
    done = run(here, command, "--help")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"Usage: drs-conformance {command}")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("replay", "--target URL Origin of the service now; without it the run's, where that is on this machine."),
        ("fuzz", "--seed N Seed of the first round, the next has the next; without it drawn by chance. [DRS_SEED]"),
        ("load", "--out DIR Directory for results and report. [default: reports/load] [DRS_OUT]"),
        ("login", "--tenant ID-OR-DOMAIN Tenant to sign in at, by id or domain name; without it the user's own."),
    ],
)
def test_an_option_that_means_something_else_in_a_command_says_so_there(command: str, words: str, here: Path) -> None:
    assert words in " ".join(run(here, command, "--help").stdout.split())


def test_the_version_is_told(here: Path) -> None:
    done = run(here, "--version")
    assert done.exit_code == 0
    assert done.stdout.startswith("drs-conformance, version ")


# --- as a process


def test_as_a_process_it_is_the_same(here: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("DRS_")}
    command = [sys.executable, "-m", "conformance", *TARGET, "--token-command", "false", "--out", "out"]
    done = subprocess.run(command, cwd=here, env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "drs-conformance: --token-command ended with status 1; it should print one token and end with 0\n"
    )
    assert not (here / "out").exists()


def test_heavy_imports_wait_until_they_are_needed(here: Path) -> None:
    """`--version` and `--help` come at once: neither the suite nor the server is imported for them."""
    code = (
        "import sys, json\nfrom conformance.cli import main\n"
        "sys.argv[1:] = ['run', '--help']\ntry: main()\nexcept SystemExit: pass\n"
        "print(json.dumps(sorted({'hypothesis', 'httpx', 'jsonschema', 'uvicorn', 'allure'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=here, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
