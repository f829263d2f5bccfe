"""The wheel, installed where there is no source tree, runs the main job; and it declares what it imports."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "conformance"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = re.compile(r"conformance$|drs_conformance-|__editable__.*drs_conformance|.*\.pth$")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a download."""
    folder = tmp_path_factory.mktemp("wheel")
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *offline, "-w", str(folder), str(ROOT)], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a new environment that holds the wheel, and the dependencies of this one by link."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    install = ["install", "--no-deps", "--no-index", "--quiet", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True)
    site = next((folder / "venv").glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(f"{_linked_dependencies(folder / 'dependencies')}\n", encoding="utf-8")
    return python.parent


def _linked_dependencies(folder: Path) -> Path:
    """A folder with a link to all that is installed beside the tests, the project itself left out."""
    folder.mkdir()
    for site in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(site).iterdir():
            if not OURS.match(entry.name):
                (folder / entry.name).symlink_to(entry)
    return folder


def run(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run an installed program where nothing points at the source tree."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "DRS_", "PYTEST_"))}
    return subprocess.run(
        [str(program), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_the_wheel_carries_every_file_the_code_reads(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())
    data = {
        f"conformance/_data/{path.relative_to(ROOT)}" for top in ("schemas", "fixtures") for path in files(ROOT / top)
    }
    code = {str(path.relative_to(ROOT)) for path in files(PACKAGE)}
    assert data | code <= carried
    assert {"conformance/py.typed", "conformance/_data/schemas/join-request.schema.json"} <= carried
    assert any(name.startswith("conformance/spec/catalogue/") for name in carried)
    assert any(name.startswith("conformance/_data/fixtures/") for name in carried)


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.partition("/")[0] for name in carried}
    assert tops == {"conformance", f"drs_conformance-{PROJECT['version']}.dist-info"}
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in carried)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def test_it_is_the_installed_code_that_runs(elsewhere: Path, tmp_path: Path) -> None:
    where = "from conformance import paths; print(paths.PACKAGE, paths.SCHEMAS.is_dir(), paths.FIXTURES.is_dir())"
    done = run(elsewhere / "python", "-c", where, cwd=tmp_path)
    assert done.stderr == ""
    package, *there = done.stdout.split()
    assert Path(package).is_relative_to(elsewhere.parent)
    assert there == ["True", "True"]


def test_it_says_its_version(elsewhere: Path, tmp_path: Path) -> None:
    done = run(elsewhere / "drs-conformance", "--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert PROJECT["version"] in done.stdout


def test_it_runs_the_main_job_without_the_source_tree(elsewhere: Path, tmp_path: Path) -> None:
    done = run(elsewhere / "drs-conformance", "run", "--profile", "quick", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert results["verdict"] == "conformant"
    assert results["counts"]["pass"] > 0
    assert str(ROOT) not in done.stdout + done.stderr


def test_the_wheel_declares_what_the_code_imports_and_nothing_else() -> None:
    extras = [requirement for extra in PROJECT["optional-dependencies"].values() for requirement in extra]
    declared = {_plain(re.split(r"[<>=!~\[; ]", requirement)[0]) for requirement in (*PROJECT["dependencies"], *extras)}
    distributions = packages_distributions()
    third_party = _imported(PACKAGE) - sys.stdlib_module_names - {"conformance"}
    owners = {name: {_owner(distribution) for distribution in distributions.get(name, [name])} for name in third_party}
    assert {name for name in third_party if not owners[name] & declared} == set()
    assert declared - set().union(*owners.values()) == set()


def _owner(distribution: str) -> str:
    """The distribution to declare: `allure` is in a package that allure-pytest asks for at exactly its own version."""
    return {"allure-python-commons": "allure-pytest"}.get(_plain(distribution), _plain(distribution))


def _plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _imported(package: Path) -> set[str]:
    """The top-level names imported anywhere in the package."""
    found = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names):
                    found |= {alias.name.partition(".")[0] for alias in names}
                case ast.ImportFrom(module=str(module), level=0):
                    found.add(module.partition(".")[0])
    return found
