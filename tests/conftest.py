"""What every test may lean on: tools and golden bytes that are not everywhere, and what their absence means.

The one rule: skipped is not passed. On a desk a test that lacks a tool is skipped and says so; in CI (`CI` is set) it
fails, whatever way it skipped itself. Only the golden bytes of `../shared/vectors` may be absent everywhere, since the
project does not carry them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT.parent / "shared" / "vectors"
MAY_BE_ABSENT = "shared/vectors"
IN_CI = bool(os.environ.get("CI"))

if not IN_CI:  # in CI Hypothesis loads its own profile, which has no deadline either
    settings.register_profile("desk", deadline=None)
    settings.load_profile("desk")


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str], str]:
    """`require_tool("swtpm")` gives the path of a program, or skips the test (fails it in CI)."""

    def require(name: str) -> str:
        path = shutil.which(name)
        return path if path is not None else pytest.skip(f"needs the program {name}, which is not on PATH")

    return require


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of golden bytes from published documents; the test is skipped where it is not there."""
    return VECTORS if VECTORS.is_dir() else pytest.skip(f"needs the golden bytes of ../{MAY_BE_ABSENT}")


def _skipped_is_not_passed(report: Report) -> Report:
    if not (IN_CI and report.skipped) or hasattr(report, "wasxfail"):
        return report
    reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if MAY_BE_ABSENT not in reason:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where everything is at hand: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _skipped_is_not_passed((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _skipped_is_not_passed((yield))
