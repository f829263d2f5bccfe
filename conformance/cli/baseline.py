"""`drs-conformance baseline`: write the file of accepted failures from a run, and hold a run to it again.

The one rule: a reason is a person's. What is written keeps the reasons there are, and asks for one for what is new.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from conformance.errors import UsageError
from conformance.report import files
from conformance.report.text import line, plural, until
from conformance.results import Accepted, Header, Results, Standing, fold, load
from conformance.results import baseline as entries_of
from conformance.spec import catalogue

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
_TOLD = {
    "holding": "accepted",
    "fixed": "fails no more, remove it",
    "expired": "expired",
    "untested": "is not told by this run, which tried less of it or nothing",
    "absent": "was not selected in this run",
}


@click.group()
def baseline() -> None:
    """Keep the file of failures that are known and accepted for now.

    drs-conformance --baseline FILE runs with it: what it lists does not gate, what is new does.
    """


@baseline.command()
@_FILE
@click.argument("results", type=click.Path(path_type=Path), metavar="RESULTS")
@click.option("--reason", metavar="TEXT", help="Why the new entries are accepted.")
@click.option("--expires", metavar="YYYY-MM-DD", help="The last day on which the new entries hold.")
def write(file: Path, results: Path, reason: str | None, expires: str | None) -> None:
    """Write FILE so that it accepts what failed in RESULTS.

    RESULTS is a results.jsonl, or a folder that holds one. Entries that passed there are removed; those that stay keep
    their reason and their day. Comments are not kept.
    """
    known = entries_of.read(file, catalogue()) if file.exists() else ()
    run = read_run(results, known)
    new = [item.id for item in run.failed if item.id not in {entry.requirement for entry in known}]
    if new and not (reason or "").strip():
        first = ", ".join(new[:3]) + (f" and {len(new) - 3} more" if len(new) > 3 else "")  # noqa: PLR2004 - as told
        raise UsageError(f"{first} would be accepted without a reason; give it as --reason")
    made = tuple(Accepted(id_, str(reason).strip(), _day(expires), run.header.profile) for id_ in new)
    gone = run.baseline.fixed if run.baseline else ()
    kept = tuple(entry for entry in known if entry not in gone)
    files.write(file, entries_of.render(kept + made))
    click.echo(f"{file}: {plural(len(made), 'new entry', 'new entries')}, {len(kept)} kept, {len(gone)} removed")


@baseline.command()
@_FILE
@click.argument("results", type=click.Path(path_type=Path), metavar="[RESULTS]", required=False)
@click.option("--strict", is_flag=True, help="An entry that fails no more is wrong too.")
def check(file: Path, results: Path | None, *, strict: bool) -> None:
    """Read FILE, and say what became of each entry in RESULTS.

    Ends as the run would have with this baseline: 0; 1 for a failure it does not accept or an entry that expired; 3 for
    a run that was not complete. Without RESULTS only the form of the file and the days in it are looked at.
    """
    entries = entries_of.read(file, catalogue())
    if results is None:
        _check_days(file, entries)
        return
    run = read_run(results, entries, strict=strict)
    standing = run.baseline or Standing()
    for name, told in _TOLD.items():
        for entry in getattr(standing, name):
            click.echo(f"{entry.requirement}: {told} ({line(until(entry))})")
    for item in run.failed:
        if item.accepted is None:
            click.echo(f"{item.id}: failed and is not accepted: {line(item.reason, 200)}")
    click.echo(f"{run.verdict.value}  {line(run.why)}")
    sys.exit(run.exit_status)


def _check_days(file: Path, entries: tuple[Accepted, ...]) -> None:
    today = datetime.now(UTC).date().isoformat()
    past = [entry for entry in entries if entries_of.is_past(entry, today)]
    for entry in past:
        click.echo(f"{entry.requirement}: expired ({line(until(entry))})")
    click.echo(f"{file}: {plural(len(entries), 'entry', 'entries')}, {len(past)} expired")
    sys.exit(1 if past else 0)


def read_run(path: Path, accepted: tuple[Accepted, ...], *, strict: bool = False) -> Results:
    """A recorded run, with this baseline in place of the one it had. Raises ResultsError."""
    given = [
        replace(item, accepted=accepted, strict=strict) if isinstance(item, Header) else item for item in load(path)
    ]
    return fold(given, catalogue())


def _day(text: str | None) -> str:
    if text is None:
        return ""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
    except ValueError:
        raise UsageError(f"--expires {text!r} is no day; write it as 2027-03-31") from None
