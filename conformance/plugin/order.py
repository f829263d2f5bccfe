"""The order in which tests show most in the least time, measured once and kept as data (`order.json`).

`drs-conformance prove --fast --order conformance/plugin/order.json` measures it anew.
"""

from __future__ import annotations

import json
from functools import cache

from conformance.paths import ORDER

FORMAT = "drs-conformance order 1"


def named(test: str) -> str:
    """A test's node id without the folders before its file, which depend on where pytest was started."""
    path, bracket, parameter = test.partition("[")
    return path.rpartition("/")[2] + bracket + parameter


@cache
def order() -> dict[str, float]:
    """The tests in order, each with the seconds it took in a standard run on the reference server."""
    tests = json.loads(ORDER.read_text(encoding="utf-8"))["tests"]
    return {test: float(seconds) for test, seconds in tests}


def written(tests: dict[str, float]) -> str:
    """The file, a test a line so that a change can be read."""
    lines = ",\n  ".join(json.dumps([test, round(seconds, 3)]) for test, seconds in tests.items())
    return f'{{"format": {json.dumps(FORMAT)}, "tests": [\n  {lines}\n]}}\n'
