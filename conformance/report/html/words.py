"""The words and signs every page shares: verdicts, counts, the bar, requirements by their anchor."""

from __future__ import annotations

from conformance.report.html.markup import Markup, el
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
WORDS = {
    Outcome.PASS: "passed",
    Outcome.FAIL: "failed",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.ERROR: "errors",
    Outcome.SKIP: "skipped",
}
"""The outcomes in the order they are told, as counts read."""


def verdict(value: str, word: str = "") -> Markup:
    """A verdict as sign and word, so that colour is never needed to tell it."""
    return el("span", f"{SIGNS[value]} {word or value}", cls=f"v {value}")


def counts(numbers: dict[Outcome, int]) -> Markup:
    """How many of each, as a list."""
    return el(
        "ul", [el("li", verdict(kind.value, f"{numbers[kind]:,} {word}")) for kind, word in WORDS.items()], cls="counts"
    )


def bar(numbers: dict[Outcome, int]) -> Markup:
    """The proportions as a bar; what failed comes first, where the eye is."""
    order = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.PASS, Outcome.SKIP)
    total = max(sum(numbers.values()), 1)
    parts = []
    start = 0.0
    for kind in order:
        width = 1000 * numbers[kind] / total
        parts.append(el("rect", x=f"{start:.2f}", y=0, width=f"{width:.2f}", height=10, cls=kind.value))
        start += width
    return el("svg", parts, cls="bar", viewBox="0 0 1000 10", preserveAspectRatio="none", aria_hidden="true")


def link(id_: str, page: str = "") -> Markup:
    """A requirement's id, leading to it."""
    return el("a", id_, href=f"{page}#{id_}", cls="id")
