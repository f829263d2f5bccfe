"""`drs-conformance fuzz`: runs with seed after seed until time is up, as one campaign with one report."""

from __future__ import annotations

import re
import sys
from typing import Any

import click

from conformance.cli.options import collected, options
from conformance.plugin.options import BY_NAME

_LEFT_OUT = {"dry-run", "resume", "failed-from", "budget"}  # what says how one run goes, and not how all of them do
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_FORM = re.compile("".join(f"(?:([0-9]+(?:\\.[0-9]+)?){unit})?" for unit in _UNITS), re.ASCII)


@click.command()
@click.option("--for", "lasting", metavar="TIME", required=True, help="How long, such as 90m, 12h or 2d.")
@click.option("--jobs", metavar="N", default="1", help="So many rounds at once.  [default: 1]")
@options(
    *(name for name in BY_NAME if name not in _LEFT_OUT),
    max_devices="No more devices than these over all rounds; the campaign ends when they are made.",
    out="Directory for campaign, results and report; the same again goes on there.  [default: reports]",
    seed="Seed of the first round, the next has the next; without it drawn by chance.",
)
def fuzz(lasting: str, jobs: str, **given: Any) -> None:
    """Run what the suite draws by chance until time is up.

    Each round has a new seed. The first round is the whole suite, so that there is a verdict; those after it are the
    tests that send something else with another seed. --out keeps where the campaign is: the same command goes on where
    it was ended. Without --seed the first seed is drawn by chance, so that several machines do not do the same. Ctrl-C
    ends it in good order.
    """
    from conformance.cli.fuzzing import campaign  # noqa: PLC0415 - --help need not wait for the suite's imports

    raw = collected(given)
    for name in _LEFT_OUT:  # from the environment or a file
        raw = _without(raw, name)
    sys.exit(campaign(raw, seconds(lasting), _number(jobs)))


def seconds(text: str) -> float:
    """The seconds of `90m` or `1h30m`. Raises `UsageError`."""
    from conformance.errors import UsageError  # noqa: PLC0415 - as above

    found = _FORM.fullmatch(text)
    parts = zip(found.groups(), _UNITS.values(), strict=True) if found else ()
    total = sum(float(part or 0) * unit for part, unit in parts)
    if not total > 0:
        raise UsageError(f"--for {text!r} is not a time; give it as 90m, 12h or 2d")
    return total


def _number(text: str) -> int:
    from conformance.errors import UsageError  # noqa: PLC0415 - as above

    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 64:  # noqa: PLR2004 - more than a machine has
        raise UsageError(f"--jobs {text!r} is not a number of rounds from 1 to 64")
    return int(text)


def _without(raw: Any, name: str) -> Any:
    from dataclasses import replace  # noqa: PLC0415 - as above

    return replace(raw, values={**raw.values, name: None}, origins={k: v for k, v in raw.origins.items() if k != name})
