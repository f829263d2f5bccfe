"""What GitHub shows of a run in one of its workflows: the job's summary, and annotations.

The one rule: a target has no say in the workflow. GitHub reads commands from what a step prints, so whatever a target
had a hand in is printed between `stop-commands` and a word that no target can know, and escaped within a command.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.report.text import clip, duration, line, plural, until
from conformance.results import Outcome

if TYPE_CHECKING:
    from conformance.results import RequirementResult, Results
    from conformance.spec import Catalogue

_ANNOTATIONS = 10  # of a kind, that GitHub shows of a step
_ROWS = 100
_SHORT = 300
_KINDS = {"MUST": "error", "SHOULD": "warning"}
_WORDS = r"[0-9A-Za-z ,]+|(?<=[0-9A-Za-z])[-/](?=[0-9A-Za-z])|\.(?= |$)"  # no markup by themselves, and readable
_CHARACTERS = re.compile(f"{_WORDS}|(.)")
Echo = Callable[[str], object]


def here(environ: Mapping[str, str]) -> bool:
    """Whether this is a step of a GitHub workflow."""
    return environ.get("GITHUB_ACTIONS") == "true"


@contextlib.contextmanager
def fenced(environ: Mapping[str, str], echo: Echo) -> Iterator[None]:
    """Within it nothing that is printed is taken for a workflow's command."""
    if not here(environ):
        yield
        return
    word = secrets.token_hex(16)
    echo(f"::stop-commands::{word}")
    try:
        yield
    finally:
        echo(f"::{word}::")


def announce(results: Results, catalogue: Catalogue, environ: Mapping[str, str], echo: Echo) -> None:
    """Prints the annotations and appends to the job's summary; nothing where this is no workflow.

    A summary that cannot be written says so in an annotation: it is no reason to lose the verdict.
    """
    if not here(environ):
        return
    for command in notes(results):
        echo(command)
    file = environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    try:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(summary(results, catalogue))
    except OSError as problem:
        echo(f"::warning::{_data(f'the job summary cannot be written: {problem.strerror}')}")


def notes(results: Results) -> list[str]:
    """A workflow command for each failure, errors for MUST and warnings for SHOULD, notices for what is accepted."""
    made: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for item in results.failed:
        kind = "notice" if item.accepted else _KINDS[item.level]
        said = f"{until(item.accepted)}: {item.reason}" if item.accepted else item.reason
        title = f"{'accepted: ' if item.accepted else ''}{item.id} ({item.level}, MS-DRS {item.section})"
        made[kind].append(_command(kind, title, f"{item.title}: {said}"))
    commands = [command for kind in made.values() for command in kind[:_ANNOTATIONS]]
    if left := sum(len(kind) for kind in made.values()) - len(commands):
        commands.append(_command("notice", "drs-conformance", f"{plural(left, 'more failure')} in the report"))
    if results.exit_status and not any(item.accepted is None for item in results.failed):
        commands.insert(0, _command("error", f"drs-conformance: {results.verdict.value}", results.why))
    return commands


def _command(kind: str, title: str, message: str) -> str:
    return f"::{kind} title={_property(title)}::{_data(clip(line(message), 4 * _SHORT))}"


def _data(text: str) -> str:
    """The message of a command, as GitHub's own toolkit escapes it."""
    return line(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary(results: Results, catalogue: Catalogue) -> str:
    """The run in Markdown: verdict, counts, a row for each failure."""
    counts = ", ".join(f"{results.counts[kind]} {kind.value}" for kind in Outcome if results.counts[kind])
    where = f"{code(results.header.target.get('url', ''))}, tenant {code(results.header.target.get('tenant', ''))}"
    work = f"{plural(results.requests, 'request')} in {duration(results.seconds)}"
    choice = f"profile {escaped(results.header.profile)}, seed {results.header.seed}"
    parts = [
        f"## MS-DRS: {results.verdict.value}",
        escaped(results.why),
        f"{where}: {counts} of {plural(len(results.requirements), 'requirement')}; {work}, {choice}.",
    ]
    if results.failed:
        rows = [_row(item, catalogue) for item in results.failed[:_ROWS]]
        head = "| requirement | level | section | says | problem |\n|---|---|---|---|---|\n"
        parts.append(head + "\n".join(rows))
        if (more := len(results.failed) - _ROWS) > 0:
            parts.append(f"And {plural(more, 'more failure')}, which the report has.")
    return "\n\n".join(parts) + "\n"


def _row(item: RequirementResult, catalogue: Catalogue) -> str:
    entry = catalogue.requirements[item.id]
    accepted = f"accepted ({escaped(clip(until(item.accepted), _SHORT))}): " if item.accepted else ""
    cells = (
        f"`{item.id}`",
        item.level,
        item.section,
        escaped(clip(entry.quote or entry.expects, _SHORT)),
        accepted + code(item.reason),
    )
    return "| " + " | ".join(cells) + " |"


def escaped(text: str) -> str:
    """Text as Markdown in which nothing is markup: each character that could be is its entity (CommonMark 2.5)."""
    return _CHARACTERS.sub(lambda found: f"&#{ord(found[1])};" if found[1] else found[0], line(text))


def code(text: str) -> str:
    """What a target may have said, in a line and in a fixed face."""
    return f"<code>{escaped(clip(line(text), _SHORT))}</code>" if text else ""
