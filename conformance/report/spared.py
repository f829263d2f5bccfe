"""What a run says of devices on a terminal: those it made and could not remove, and what it left out to make fewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from conformance.report.text import line, plural
from conformance.results import NOT_WITHIN, Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.results import Results

_SHOWN = 10


def left_out(results: Results) -> list[Text]:
    """The requirements that `--max-devices` had no room for, the first few by name; nothing where there was room."""
    found = [item for item in results.requirements if item.verdict is Outcome.SKIP and NOT_WITHIN in item.reason]
    if not found:
        return []
    told = [Text(f"  {line(item.id)}: {line(item.reason)}", "dim") for item in found[:_SHOWN]]
    if (more := len(found) - _SHOWN) > 0:
        told.append(Text(f"  and {plural(more, 'more requirement')}, which the report has", "dim"))
    return [Text("left out, to make no more devices:", "dim"), *told]


def left_behind(results: Results, report: Path | None) -> str:
    """How many devices were made and removed; empty where the target cannot remove any (it has no TLS)."""
    made = results.made
    if not made or not results.header.target.get("url", "").startswith("https:"):
        return ""
    left = made - results.removed
    told = f"{plural(made, 'device')} made, {made - left} removed"
    if left and report is not None:
        told += f"; drs-conformance cleanup {report.parent / 'devices.jsonl'} tries the others again"
    return told
