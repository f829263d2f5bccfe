"""Options in a file: below the command line and the environment, refused by name where wrong, and never a secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.cli_runs import PYTEST, Ran
from conformance.errors import UsageError
from conformance.plugin.options import OPTIONS, Raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.server.settings import Ready

SECRET = "eyJhbGciOiJub25lIn0.eyJ0aWQiOiJzZWNyZXQtdGVuYW50In0.c2VjcmV0LXNpZ25hdHVyZQ"


def collect(folder: Path, environ: dict[str, str] | None = None, **given: Any) -> Raw:
    return Raw.collect(lambda option: given.get(option.name.replace("-", "_")), environ or {}, folder)


def write(folder: Path, text: str, name: str = "drs.toml") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# --- where a value comes from


def test_an_option_counts_above_its_variable_above_the_file_above_its_default(tmp_path: Path) -> None:
    write(tmp_path, 'gate = "should"\nseed = 3\nprofile = "quick"\n')
    raw = collect(tmp_path, {"DRS_SEED": "2", "DRS_PROFILE": "deep"}, profile="standard")
    assert [raw.text(name) for name in ("profile", "seed", "gate", "timeout")] == ["standard", "2", "should", "10"]
    said = [raw.said(name) for name in ("profile", "seed", "gate", "timeout")]
    assert said == ["--profile", "DRS_SEED", "gate in drs.toml", "--timeout"]


def test_a_variable_can_say_no_to_a_flag_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, "insecure = true\nallow-device-creation = true\n")
    raw = collect(tmp_path, {"DRS_INSECURE": "0"})
    assert not raw.flag("insecure")
    assert raw.flag("allow-device-creation")


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("seed = 7", "seed", "7"),
        ("timeout = 2.5", "timeout", "2.5"),
        ('select = "nonce"', "select", ["nonce"]),
        ('select = ["nonce", "3.1"]', "select", ["nonce", "3.1"]),
        ("insecure = false", "insecure", False),
    ],
)
def test_values_are_written_as_toml_has_them(tmp_path: Path, text: str, name: str, value: object) -> None:
    write(tmp_path, text)
    assert collect(tmp_path).values[name] == value


def test_paths_are_seen_from_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'ca-file = "ca.pem"\nout = "/elsewhere"\n', "conf/my.toml")
    raw = collect(tmp_path, config="conf/my.toml")
    assert raw.text("ca-file") == str(tmp_path / "conf" / "ca.pem")
    assert raw.text("out") == "/elsewhere"
    assert raw.said("ca-file") == "ca-file in my.toml"


# --- which file


def test_drs_toml_counts_and_not_the_table_beside_it(tmp_path: Path) -> None:
    write(tmp_path, "[tool.drs-conformance]\nseed = 1\ntimeout = 1\n", "pyproject.toml")
    assert collect(tmp_path).text("seed") == "1"
    write(tmp_path, "seed = 2\n")
    assert [collect(tmp_path).text(name) for name in ("seed", "timeout")] == ["2", "10"]


def test_the_file_that_is_named_counts_alone(tmp_path: Path) -> None:
    write(tmp_path, "seed = 2\n")
    other = write(tmp_path, "[tool.drs-conformance]\nseed = 5\n", "other.toml")
    assert collect(tmp_path, {"DRS_CONFIG": "other.toml"}).text("seed") == "5"
    raw = collect(tmp_path, {"DRS_CONFIG": "no.toml"}, config=str(other))
    assert raw.text("seed") == "5"
    assert raw.file is not None
    assert raw.file.path == other


@pytest.mark.parametrize("text", ["", "[tool.ruff]\n", "tool = 1\n", "[project]\nname = 'x'\n"])
def test_a_pyproject_without_the_table_is_none_of_ours(tmp_path: Path, text: str) -> None:
    write(tmp_path, text, "pyproject.toml")
    assert collect(tmp_path).file is None


def test_no_file_is_looked_for_further_up(tmp_path: Path) -> None:
    write(tmp_path, "seed = 2\n")
    (tmp_path / "below").mkdir()
    assert collect(tmp_path / "below").text("seed") == "0"


# --- what is wrong with it

WRONG = {
    "misspelt": ('tagret = "http://a"', "drs.toml: 'tagret' is no option; did you mean target?"),
    "underscore": ('ca_file = "x"', "'ca_file' is no option; did you mean ca-file?"),
    "unlike-any": ("zzzzzz = 1", "'zzzzzz' is no option; drs-conformance run --help names them all"),
    "config": ('config = "other.toml"', "'config' is no option"),
    "token": (f'token = "{SECRET}"', "drs.toml: token is a secret, and secrets never belong in a file",
              "pass token-command there, or DRS_TOKEN"),
    "challenge": (f'challenge = "{SECRET}"', "pass challenge-command there, or DRS_CHALLENGE"),
    "foreign": (f'foreign-token = "{SECRET}"', "never belong in a file; pass DRS_FOREIGN_TOKEN"),
    "flag-text": ('insecure = "true"', "drs.toml: insecure is either true or false, without quotes"),
    "flag-number": ("insecure = 1", "insecure is either true or false"),
    "text-flag": ("seed = true", "drs.toml: seed is no text or number; write it in quotes"),
    "text-table": ("[target]\nurl = 'x'", "target is no text or number"),
    "text-list": ('target = ["http://a"]', "target is no text or number"),
    "text-date": ("seed = 2026-01-01", "seed is no text or number"),
    "list-of-numbers": ("select = [[1]]", "select is no text or number"),
    "empty": ('tenant = ""', "drs.toml: tenant is empty; give it a value or leave it out"),
    "nul": ('ca-file = "a\\u0000b"', "drs.toml: ca-file holds a NUL, which no file, command or URL has; leave it out"),
    "nul-in-a-list": ('select = ["a", "\\u0000"]', "select holds a NUL"),
    "choice": ('gate = "MUST"', "gate in drs.toml 'MUST' is none of must, should"),
    "no-toml": ("target: http://a", "drs.toml is not TOML", "line 1", "write option = value, a line for each"),
    "deep": ("a = " + "[" * 100_000, "drs.toml nests too deep; write option = value, a line for each"),
    "twice": ("seed = 1\nseed = 2", "drs.toml is not TOML"),
    "table-is-none": ("[tool]\ndrs-conformance = 3", "[tool.drs-conformance] is no table"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, case: str) -> None:
    text, *expected = WRONG[case]
    write(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        collect(tmp_path)
    said = str(refused.value)
    assert [part for part in expected if part not in said] == []
    assert SECRET[-12:] not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("no.toml", "--config 'no.toml' cannot be read (No such file or directory); pass a file of TOML"),
        (".", "--config '.' cannot be read (Is a directory)"),
        ("latin", "--config 'latin' is not UTF-8"),
        ("pyproject.toml", "--config 'pyproject.toml' has no table [tool.drs-conformance]; add one, or name"),
        ("", "--config is empty"),
    ],
)
def test_a_file_that_is_named_and_is_none(tmp_path: Path, named: str, expected: str) -> None:
    write(tmp_path, "", "pyproject.toml")
    (tmp_path / "latin").write_bytes(b'tenant = "\xe9"')
    with pytest.raises(UsageError) as refused:
        collect(tmp_path, config=named)
    assert expected in str(refused.value)


def test_every_secret_is_refused_in_a_file(tmp_path: Path) -> None:
    secrets = [option.name for option in OPTIONS if option.secret]
    assert "token" in secrets
    for name in secrets:
        write(tmp_path, f'{name} = "{SECRET}"')
        with pytest.raises(UsageError, match="never belong in a file"):
            collect(tmp_path)


# --- in whole runs


def configured(tmp_path: Path, server: Ready) -> None:
    document = {"target": server.url, "tenant": server.tenant, "select": ["discovery/tenant-id"], "profile": "quick"}
    lines = [f"{name} = {json.dumps(value)}" for name, value in document.items()]
    write(tmp_path, "\n".join(lines))


@pytest.mark.parametrize("words", [None, PYTEST, [*PYTEST, "-n2", "--import-mode=importlib"]])
def test_the_command_and_plain_pytest_read_the_same_file(
    drs: Callable[..., Ran], server: Ready, tmp_path: Path, words: list[str] | None
) -> None:
    configured(tmp_path, server)
    ran = drs(words=words).check()
    assert ran.results["target"]["url"] == server.url
    assert ran.results["profile"] == "quick"
    assert ran.results["requests"] < 60
    assert ran.verdicts["discovery/tenant-id"] == "pass", ran.said


@pytest.mark.parametrize("words", [None, PYTEST])
def test_a_wrong_file_ends_the_command_and_plain_pytest(
    drs: Callable[..., Ran], tmp_path: Path, words: list[str] | None
) -> None:
    write(tmp_path, f'token = "{SECRET}"')
    ran = drs(words=words)
    assert ran.status == 2
    assert "token is a secret, and secrets never belong in a file" in ran.said + ran.warned
    assert SECRET not in ran.said + ran.warned
