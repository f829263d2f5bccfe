"""The one module that knows where `schemas/`, `fixtures/` and `reports/` lie, and how a process of ours is begun.

In a checkout they are beside the package; in an installed wheel `schemas/` and `fixtures/` travel inside it, under
`conformance/_data/`. `reports/` is where the user stands.
"""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def _data(name: str) -> Path:
    inside = PACKAGE / "_data" / name
    return inside if inside.is_dir() else PACKAGE.parent / name


SCHEMAS = _data("schemas")
FIXTURES = _data("fixtures")
CATALOGUE = PACKAGE / "spec" / "catalogue"
SUITES = PACKAGE / "suites"
TEMPLATES = PACKAGE / "report" / "html" / "templates"
LOCUSTFILE = PACKAGE / "load" / "locustfile.py"
ORDER = PACKAGE / "plugin" / "order.json"
REPORTS = Path("reports")


def python() -> list[str]:
    """The command of a process of ours: this Python, for which a json.py where the user stands is no module (-P).

    Where they stand in a checkout, that is where the package is found.
    """
    return [sys.executable] if Path.cwd() == PACKAGE.parent else [sys.executable, "-P"]
