"""Allure's HTML of a run, made by Allure 3 where there is one: a program of Node that is not ours to bring along.

The one rule: whatever becomes of it, the run's verdict and its other reports stand.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from conformance.report.allure import FOLDER

REPORT = "allure-report"
_SECONDS = 300
_GET_IT = "install Node 20 or later and `npm install --global allure`, then run drs-conformance report --allure"


def make(out: Path) -> str:
    """Makes `allure-report/` beside the results; a sentence on where it is, or on what would do."""
    command = _command()
    if command is None:
        return f"Allure's page was not made: neither allure nor npx is on PATH; {_GET_IT}"
    words = [
        *command,
        "awesome",
        str(out / FOLDER),
        "--single-file",
        "--group-by",
        "feature",
        "--output",
        str(out / REPORT),
        "--name",
        "MS-DRS",
    ]
    try:
        done = subprocess.run(  # noqa: S603 - a program found on PATH, which the user asked for
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        why = "it took too long" if isinstance(problem, subprocess.TimeoutExpired) else problem.strerror
        return f"Allure's page was not made: {why}; {_GET_IT}"
    page = out / REPORT / "index.html"
    if done.returncode or not page.is_file():
        said = (done.stderr or done.stdout).strip().splitlines()
        return f"Allure's page was not made: {said[-1][:200] if said else f'status {done.returncode}'}; {_GET_IT}"
    return f"Allure: {page}"


def _command() -> list[str] | None:
    """Allure 3 on PATH, else through npx, which fetches it."""
    if found := shutil.which("allure"):
        return [found]
    npx = shutil.which("npx")
    return [npx, "--yes", "allure@3"] if npx else None
