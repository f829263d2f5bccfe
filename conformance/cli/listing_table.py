"""The catalogue for people: a line for each requirement where the screen is wide, two where it is not, all of a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.cli.listing import heading, tally
from conformance.spec import NEEDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from rich.console import Console, RenderableType

    from conformance.cli.listing import Listing
    from conformance.server.defects import Defect
    from conformance.spec import Ambiguity, Requirement

WIDE = 120
FEW = 8  # requirements are shown with all that is said of them while they fit a screen
_LEVELS = {"MUST": "bold red", "SHOULD": "yellow", "MAY": "green"}


def show(listing: Listing, console: Console) -> None:
    """Prints the listing at the width of the console."""
    wide = console.width >= WIDE
    widest = max(len(entry.id) for entry in listing.requirements)
    for section in listing.sections:
        entries = listing.within(section)
        _title(console, heading(section), tally(entries))
        if len(listing.requirements) <= FEW:
            console.print(_in_full(entries))
        else:
            console.print(_in_lines(entries, widest) if wide else _stacked(entries))
    if listing.ambiguities:
        _title(console, "Ambiguities", "where the document is open, and the readings a target may take")
    for ambiguity in listing.ambiguities:
        for part in _ambiguity(ambiguity):
            console.print(part)
    if listing.defects:
        _title(console, "Defects of the reference server", "for serve --defect NAME")
        console.print(_defects(listing.defects, wide=wide))


def _title(console: Console, words: str, note: str) -> None:
    console.print()
    console.print(Text(words, "bold cyan"), Text(note, "dim"), sep="  ")
    console.print()


def _in_lines(entries: Collection[Requirement], widest: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, expand=True)
    table.add_column("id", width=widest, no_wrap=True)
    table.add_column("level", width=6)
    table.add_column("source", width=10)
    table.add_column("title", ratio=3)
    table.add_column("note", ratio=2)
    for entry in entries:
        table.add_row(entry.id, _level(entry), _source(entry), entry.title, Text(_note(entry), "dim"))
    return table


def _stacked(entries: Collection[Requirement]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, expand=True)
    table.add_column("id", ratio=1)
    table.add_column("level", width=6)
    table.add_column("source", width=10)
    for entry in entries:
        about = Group(Text(entry.id), Padding(Text(entry.title, "dim"), (0, 0, 0, 2)))
        table.add_row(about, _level(entry), _source(entry))
    return table


def _in_full(entries: Collection[Requirement]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column("what", style="dim", width=9)
    table.add_column("text")
    for number, entry in enumerate(entries):
        if number:
            table.add_row()
        table.add_row("id", Text(entry.id, "bold"))
        table.add_row("level", Text.assemble(_level(entry), "  ", _source(entry)))
        table.add_row("title", entry.title)
        for what, text in _details(entry):
            table.add_row(what, text)
    return table


def _details(entry: Requirement) -> Iterator[tuple[str, str]]:
    if entry.quote:
        yield "quote", f"“{entry.quote}”"
    if entry.reference:
        yield "reference", entry.reference
    yield "expects", entry.expects
    if entry.untestable:
        yield "untested", entry.untestable
    for need in sorted(entry.needs):
        yield "needs", f"{need}: {NEEDS[need]}"


def _level(entry: Requirement) -> Text:
    return Text(str(entry.level), _LEVELS[str(entry.level)])


def _source(entry: Requirement) -> Text:
    return Text(str(entry.source)) if entry.party == "server" else Text(str(entry.party), "dim italic")


def _note(entry: Requirement) -> str:
    """What else fits beside it: why it is not tested, or what it takes."""
    if entry.untestable:
        return "not tested"
    return "needs " + ", ".join(sorted(entry.needs)) if entry.needs else ""


def _ambiguity(ambiguity: Ambiguity) -> Iterator[RenderableType]:
    yield Text.assemble((ambiguity.id, "bold"), f"  {ambiguity.title}", (f"  {ambiguity.section}", "dim"))
    yield Padding(Text(ambiguity.settled), (0, 0, 0, 5))
    readings = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    readings.add_column("id", no_wrap=True)
    readings.add_column("conforms", no_wrap=True)
    readings.add_column("title")
    for reading in ambiguity.readings:
        word = Text("conforms", "green") if reading.conforms else Text("does not", "red")
        readings.add_row(reading.id, word, Text(reading.title, "dim"))
    yield Padding(readings, (0, 0, 1, 5))


def _defects(defects: Collection[Defect], *, wide: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, expand=True)
    if wide:
        table.add_column("name", width=max(len(defect.name) for defect in defects), no_wrap=True)
        table.add_column("sentence", ratio=3)
        table.add_column("breaks", ratio=2)
    for defect in defects:
        breaks = "\n".join(sorted(defect.breaks))
        if wide:
            table.add_row(defect.name, defect.sentence, Text(breaks, "dim"))
        else:
            sentence = Padding(Text(defect.sentence), (0, 0, 0, 2))
            table.add_row(Group(Text(defect.name), sentence, Padding(Text(breaks, "dim"), (0, 0, 0, 4))))
    return table
