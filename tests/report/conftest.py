"""A run of every outcome, its records, their fold and its report."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.report import write_all
from conformance.results import Results, StreamRecord, fold
from conformance.spec import catalogue
from report.hostile import hostile_run


@pytest.fixture(scope="session")
def stream() -> tuple[StreamRecord, ...]:
    return hostile_run()


@pytest.fixture(scope="session")
def results(stream: tuple[StreamRecord, ...]) -> Results:
    return fold(stream, catalogue())


@pytest.fixture(scope="session")
def report(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole report of that run."""
    out = tmp_path_factory.mktemp("report")
    assert write_all(out, results) == out / "index.html"
    return out
