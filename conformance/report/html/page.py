"""index.html: one file, readable offline and without script, in which nothing a target sent can act.

The one rule: the page may load nothing and run nothing but its own sheet and script, held by their hashes (CSP).
"""

from __future__ import annotations

import base64
import hashlib

from conformance.report.html import observations, requirements, skips, summary
from conformance.report.html.markup import Child, Markup, el, join
from conformance.report.html.style import SCRIPT, STYLE
from conformance.report.text import moment
from conformance.results import FORMAT, Results
from conformance.spec import Catalogue


def render(results: Results, catalogue: Catalogue) -> str:
    """The report of one run."""
    untested = sum(results.counts[kind] for kind in results.counts if kind.value in {"skip", "inconclusive"})
    sections = {
        ("sections", "Sections", len(results.sections)): summary.sections(results),
        ("failures", "Failures", len(results.failed)): requirements.failed(results),
        ("requirements", "Requirements", len(results.requirements)): requirements.requirements(results, catalogue),
        ("observations", "Observations", len(results.observations)): observations.observations(results, catalogue),
        ("skips", "Not tested", untested): skips.skips(results),
        ("devices", "Devices", len(results.devices)): skips.devices(results),
    }
    present = {key: section for key, section in sections.items() if section is not None}
    links = [
        el("li", el("a", title, el("span", number, cls="n"), href=f"#{anchor}")) for anchor, title, number in present
    ]
    ended = f"The run ended {moment(results.ended)}" if results.ended else "The run did not end"
    return document(
        f"{results.verdict.value}: {results.header.target.get('url', '')}",
        summary.top(results),
        el("nav", el("ul", links), aria_label="Parts of this report"),
        el("main", list(present.values())),
        el("footer", f"{ended}. Folded from {FORMAT}; results.jsonl has every record."),
    )


def document(title: str, *body: Child) -> str:
    """A whole page around its body."""
    policy = (
        f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'"
    )
    head = (
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", f"{title} · drs-conformance"),
        el("style", Markup(STYLE)),
    )
    page = el("html", el("head", head), el("body", *body, el("script", Markup(SCRIPT))), lang="en")
    return join(("", Markup("<!DOCTYPE html>\n"), page, "\n"))


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
