"""The one module that knows where `schemas/`, `fixtures/` and `reports/` lie.

In a checkout they are beside the package; in an installed wheel `schemas/` and `fixtures/` travel inside it, under
`conformance/_data/`. `reports/` is where the user stands.
"""

from __future__ import annotations

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
