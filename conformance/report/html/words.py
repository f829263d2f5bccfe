"""The words and signs every page shares: verdicts, counts, the bar."""

from __future__ import annotations

from markupsafe import Markup

from conformance.report.html.markup import el
from conformance.results import Outcome

SIGNS = {
    "pass": "✓",
    "fail": "✗",
    "inconclusive": "?",
    "error": "!",
    "skip": "–",  # noqa: RUF001 (a dash is meant)
    "conformant": "✓",
    "nonconformant": "✗",
    "incomplete": "?",
}
COUNTED = {
    Outcome.PASS: "passed",
    Outcome.FAIL: "failed",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.ERROR: "errors",
    Outcome.SKIP: "not tested",
}
"""The outcomes in the order they are told, as counts read."""


def bar(numbers: dict[Outcome, int]) -> Markup:
    """The proportions as a bar; what failed comes first, where the eye is, and never thinner than can be seen."""
    order = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.PASS, Outcome.SKIP)
    weights = {kind: max(numbers[kind], sum(numbers.values()) / 100) if numbers[kind] else 0 for kind in order}
    total = sum(weights.values()) or 1
    parts = []
    start = 0.0
    for kind, weight in weights.items():
        width = 1000 * weight / total
        if weight:
            parts.append(el("rect", x=f"{start:.2f}", y=0, width=f"{width:.2f}", height=10, cls=kind.value))
        start += width
    return el("svg", parts, cls="bar", viewBox="0 0 1000 10", preserveAspectRatio="none", aria_hidden="true")
