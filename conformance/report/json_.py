"""results.json: the fold as one document (`schemas/results.schema.json`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.results import Results


def render(results: Results) -> str:
    """The document, indented, ASCII only, so that whatever a target sent survives every reader."""
    return json.dumps(results.to_json(), indent=2, allow_nan=False) + "\n"
