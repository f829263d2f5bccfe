"""The report on a terminal: renderables for rich, and the same as plain text where there is no colour.

The one rule: what a target sent goes through `line`, so that no control character of its reaches the terminal, and is
text to rich, never markup.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.report import resend, spared
from conformance.report.text import as_text, duration, line, plural, until
from conformance.results import Outcome, Verdict
from conformance.results.layers import deep
from conformance.spec import NEEDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.exchange import Exchange
    from conformance.results import Evidence, Load, RequirementResult, Results
    from conformance.spec import Catalogue

STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.ERROR: "magenta",
    Outcome.SKIP: "dim",
}
_VERDICTS = {Verdict.CONFORMANT: "bold green", Verdict.NONCONFORMANT: "bold red", Verdict.INCOMPLETE: "bold yellow"}
_SHOWN = 20  # failures told; the report has all
_NAMED = 5  # requirements named in one line
_SHORT = 300  # characters of anything a target or a document says
_WIDTH = 110
_REPORTS = Path("reports")  # where `replay` looks for a run, unless told


def sections(results: Results) -> Table:
    """The table of sections: passed, failed, skipped, requests; inconclusive and errors where there are any.

    Requests per second are of the time that a section's tests took, whichever of them ran beside another.
    """
    columns = [Outcome.PASS, Outcome.FAIL, Outcome.SKIP]
    columns += [kind for kind in (Outcome.INCONCLUSIVE, Outcome.ERROR) if results.counts[kind]]
    heads = {Outcome.PASS: "passed", Outcome.FAIL: "failed", Outcome.SKIP: "skipped", Outcome.ERROR: "errors"}
    table = Table(box=None, pad_edge=False, show_footer=True, padding=(0, 2, 0, 0))
    table.add_column("section", Text("all"))
    for kind in columns:
        footer = _count(results.counts[kind], kind)
        table.add_column(heads.get(kind, kind.value), footer, justify="right", no_wrap=True)
    table.add_column("requests", Text(f"{results.requests:,}"), justify="right", no_wrap=True)
    table.add_column("per second", Text(_rate(results.requests, results.seconds)), justify="right", no_wrap=True)
    for item in results.sections:
        counts = [_count(item.counts[kind], kind) for kind in columns]
        numbers = [Text(f"{item.requests:,}"), Text(_rate(item.requests, item.seconds))]
        table.add_row(Text(line(f"{item.section} {item.title}")), *counts, *numbers)
    return table


def load(told: Load) -> Table:
    """The table of a load's operations: how many a second, how long they took, and what was wrong with them."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(f"{plural(told.users, 'user')}, {duration(told.seconds)}")
    for head in ("requests", "per second", "median ms", "95 %", "99 %", "longest", "wrong", "busy"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in told.timings:
        times = (f"{value:,.0f}" for value in (one.median, one.p95, one.p99, one.longest))
        wrong = _count(one.wrong, Outcome.FAIL)
        numbers = (Text(f"{one.requests:,}"), Text(f"{one.per_second:,.1f}"), *map(Text, times))
        table.add_row(Text(line(one.operation)), *numbers, wrong, Text(f"{one.busy:,}"))
    return table


def depth(results: Results) -> Text:
    """How many negative cases there were, and in which layer the first wrong thing of each sat."""
    negative = sum(results.layers.values())
    by_layer = ", ".join(f"{line(name)} {number:,}" for name, number in results.layers.items())
    text = Text(f"{plural(negative, 'negative case')}, first wrong at: {by_layer}\n", "dim")
    shares = [f"{_share(item.layers)} in section {item.section}" for item in results.sections if deep(item.layers)]
    text.append(f"at DER or deeper: {_share(results.layers)}" + (f" ({', '.join(shares)})" if shares else ""), "dim")
    return text


def failures(results: Results, catalogue: Catalogue, run: Path | None = None) -> RenderableType:
    """Each failed requirement with its words, what was sent, what came, and how to send it again, in short."""
    folder = "" if run in {None, _REPORTS} else str(run)
    told: list[RenderableType] = []
    by_gate = sorted(results.failed, key=lambda item: item.accepted is not None)  # what is new is what matters
    for item in by_gate[:_SHOWN]:
        told += [_failure(item, catalogue, resend.replay(results.header, item.id, 1, folder)), Text("")]
    if (more := len(by_gate) - _SHOWN) > 0:
        told.append(Text(f"and {plural(more, 'more failed requirement')}, which the report has"))
    return Group(*told)


def untested(results: Results) -> RenderableType:
    """What to pass to test what was skipped; nothing where nothing is lacking."""
    lacking: dict[str, int] = {}
    for need in (need for item in results.requirements for need in item.missing):
        lacking[need] = lacking.get(need, 0) + 1
    told = [Text(f"  {NEEDS[need]} ({plural(number, 'requirement')})", "dim") for need, number in lacking.items()]
    return Group(Text("to test more:", "dim"), *told) if told else Group()


def baseline(results: Results) -> RenderableType:
    """What became of the baseline; nothing where there is none, or nothing of note."""
    if results.baseline is None:
        return Group()
    counted = {
        "holding": "accepted",
        "expired": "expired",
        "fixed": "no longer failing",
        "untested": "not tested enough",
    }
    parts = [
        f"{len(entries)} {word}" + ("" if kind == "holding" else f" ({line(', '.join(ids[:_NAMED]), _SHORT)})")
        for kind, word in counted.items()
        if (entries := getattr(results.baseline, kind)) and (ids := [entry.requirement for entry in entries])
    ]
    return Text(f"baseline: {', '.join(parts) or 'accepts nothing that was tested'}")


def verdict(results: Results, report: Path | None = None) -> Text:
    """The last lines: the verdict and why, how long it took, and where the report lies."""
    text = Text(results.verdict.value, _VERDICTS[results.verdict])
    text.append(f"  {line(results.why)}\n", "default")
    text.append(
        f"{plural(results.requests, 'request')} in {duration(results.seconds)}, seed {results.header.seed}", "dim"
    )
    if told := spared.left_behind(results, report):
        text.append(f"\n{line(told)}", "dim")
    if report is not None:
        text.append(f"\nreport: {line(str(report))}", "default")
    return text


def summary(
    results: Results, catalogue: Catalogue, report: Path | None = None, run: Path | None = None
) -> RenderableType:
    """All of it, in the order in which one reads it. `run` is the folder of the run, if not that of the report."""
    parts: list[RenderableType] = [load(results.load) if results.load else sections(results), Text("")]
    if results.layers:
        parts += [depth(results), Text("")]
    if results.failed:
        parts.append(failures(results, catalogue, run or (report and report.parent)))
    if any(item.missing for item in results.requirements):
        parts += [untested(results), Text("")]
    if told := spared.left_out(results):
        parts += [*told, Text("")]
    if results.baseline is not None:
        parts += [baseline(results), Text("")]
    return Group(*parts, verdict(results, report))


def plain(renderable: RenderableType, width: int = _WIDTH) -> str:
    """A renderable as text without colour, for a log."""
    file = io.StringIO()
    Console(file=file, width=width, color_system=None, force_terminal=False, legacy_windows=False).print(renderable)
    return "\n".join(text.rstrip() for text in file.getvalue().splitlines()) + "\n"


def _rate(requests: int, seconds: float) -> str:
    return f"{requests / seconds:,.0f}" if seconds else "-"


def _share(layers: Mapping[str, int]) -> str:
    return f"{deep(layers) / sum(layers.values()):.0%}"


def _count(number: int, kind: Outcome) -> Text:
    return Text(f"{number:,}", STYLES[kind] if number else "dim")


def _failure(item: RequirementResult, catalogue: Catalogue, again: str) -> RenderableType:
    entry = catalogue.requirements[item.id]
    title = Text.assemble(
        ("ACCEPTED " if item.accepted else "FAILED ", "yellow" if item.accepted else STYLES[Outcome.FAIL]),
        (line(item.id), "bold"),
        f"  {item.level}, section {item.section}",
    )
    rows = {"says": f"“{entry.quote}”" if entry.quote else f"{entry.reference}: {entry.expects}"}
    rows |= {"accepted": until(item.accepted)} if item.accepted else {}
    rows |= _evidence(item.failures[0]) if item.failures else {"problem": item.reason}
    if again and item.failures and item.failures[0].exchange:
        rows |= dict(zip(("again", ""), again.split("\n"), strict=False))
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column()
    for name, value in rows.items():
        table.add_row(name, Text(line(value, _SHORT)))
    if (more := len(item.failures) - 1) > 0:
        table.add_row("", Text(f"and {plural(more, 'more failure')} of it", "dim"))
    return Group(title, Padding(table, (0, 0, 0, 2)))


def _evidence(evidence: Evidence) -> dict[str, str]:
    rows = {"problem": evidence.problem + (f" (at {evidence.where})" if evidence.where else "")}
    if edit := evidence.edit:
        at = "" if edit.offset is None else f", offset {edit.offset}"
        rows["changed"] = f"{edit.layer}{f', {edit.path}' if edit.path else ''}{at}"
        if edit.before or edit.after:
            rows["changed"] += f": {edit.before or '(nothing)'} became {edit.after or '(nothing)'}"
    if evidence.exchange:
        request = evidence.exchange.request
        size = f", {plural(len(request.body), 'octet')}" if request.body else ""
        rows["sent"] = f"{request.method} {request.url}{size}"
        rows["came"] = _came(evidence.exchange)
    return rows


def _came(exchange: Exchange) -> str:
    if exchange.answer is None:
        return f"no answer: {exchange.failure.message}" if exchange.failure else "no answer"
    body = exchange.answer.body
    text = as_text(body[: 4 * _SHORT])
    return f"{exchange.answer.status} {plural(len(body), 'octet') if text is None else text}".rstrip()
