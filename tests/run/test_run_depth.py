"""At least four in ten negative cases of a run are wrong at DER or deeper, whatever HTTP and JSON add to them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.results.layers import deep

DEMANDED = 0.4


@pytest.mark.whole
def test_enough_negative_cases_reach_the_octets(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "conformance", "run", "--profile", "quick", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert results["verdict"] == "conformant", done.stdout + done.stderr
    assert deep(results["layers"]) >= DEMANDED * sum(results["layers"].values())
    assert f"{sum(results['layers'].values()):,} negative cases, first wrong at: http " in done.stdout
    for section in results["sections"]:
        assert sum(section["layers"].values()) <= section["requests"]
