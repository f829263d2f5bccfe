"""A copy of the checkout for mutmut, which changes no function under a decorator: each is decorated behind its end.

    python tests/undecorated.py FOLDER

`@recorded` above `def judge` becomes `judge = recorded(judge)` as the module's last line, which is the same to whoever
imports it, and leaves the function to be changed.
"""

from __future__ import annotations

import ast
import shutil
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
COPIED = ("conformance", "tests", "schemas", "fixtures", "pyproject.toml", "README.md")


def undecorated(source: str) -> str:
    """A module's source in which no function of the module itself stands under a decorator."""
    lines, behind = source.splitlines(), []
    for function in ast.parse(source).body:
        if isinstance(function, ast.FunctionDef) and function.decorator_list:
            made = function.name
            for decorator in reversed(function.decorator_list):
                made = f"{ast.unparse(decorator)}({made})"
            behind.append(f"{function.name} = {made}")
            for number in range(function.decorator_list[0].lineno - 1, function.lineno - 1):
                lines[number] = ""
    return "\n".join([*lines, *behind, ""])


def main(folder: Path) -> None:
    """Writes the copy in place of the one that is there; what mutmut wrote beside it stays."""
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        there = CHECKOUT / name
        shutil.rmtree(folder / name, ignore_errors=True)
        if there.is_dir():
            shutil.copytree(there, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(there, folder / name)
    patterns = settings["tool"]["mutmut"]["only_mutate"]
    for module in (folder / "conformance").rglob("*.py"):
        if any(fnmatch(module.relative_to(folder).as_posix(), pattern) for pattern in patterns):
            module.write_text(undecorated(module.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
