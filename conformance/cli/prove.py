"""`drs-conformance prove`: the suite against servers that are wrong on purpose, each seen for what it is."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.errors import UsageError
from conformance.paths import REPORTS

if TYPE_CHECKING:
    from conformance.cli.proving import Row
    from conformance.server.defects import Defect


@click.command()
@click.option("--defect", "names", multiple=True, metavar="NAME", help="Prove this one only; may be repeated.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="Runs at a time.")
@click.option(
    "--profile",
    type=click.Choice(["quick", "standard", "deep"]),
    default="quick",
    show_default=True,
    help="How much each run does.",
)
@click.option("--fast", is_flag=True, help="Run only the tests that bear on a defect; noise is not looked for.")
@click.option("--coverage", is_flag=True, help="Only tell which requirements have no defect, and why.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=REPORTS,
    show_default=True,
    help="The folder for proof.json and proof.html.",
)
def prove(*, names: tuple[str, ...], jobs: int, profile: str, fast: bool, coverage: bool, out: Path) -> None:
    """Show that the suite sees every defect that the reference server can have, and nothing besides.

    Exit status: 0 when for each defect exactly the requirements it breaks fail, 1 when not, 2 for a name that is not
    known, 3 when a run could not be done.
    """
    from conformance.cli import proof  # noqa: PLC0415 - --help need not wait for the suite's imports
    from conformance.server.defects import defects, find  # noqa: PLC0415

    chosen = tuple(dict.fromkeys(find(name) for name in names)) if names else defects()
    if coverage:
        click.echo("\n".join(proof.coverage_lines(proof.coverage(defects()))))
        return
    _make_room(out)
    rows = []
    with tempfile.TemporaryDirectory(prefix="drs-prove-") as folder:
        total = len(chosen) + 1
        for row in _rows(chosen, Path(folder), jobs, profile, fast=fast):
            rows.append(row)
            click.echo(f"[{len(rows):{len(str(total))}}/{total}] {proof.told(row)}", err=True)
    order = {name: place for place, name in enumerate(["", *(one.name for one in chosen)])}
    done = proof.Proof(
        tuple(sorted(rows, key=lambda row: order.get(row.name, 0))), profile, fast, proof.coverage(defects())
    )
    (out / "proof.json").write_text(json.dumps(done.to_json(), indent=2) + "\n", encoding="utf-8")
    (out / "proof.html").write_text(proof.page(done), encoding="utf-8")
    click.echo("\n".join(proof.matrix(done)))
    click.echo(f"the same as a page: {out / 'proof.html'}")
    sys.exit(done.exit_status)


def _make_room(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in ("proof.json", "proof.html"):
            (out / name).unlink(missing_ok=True)
            (out / name).touch()
    except OSError as error:
        raise UsageError(
            f"--out {str(out)!r} cannot be written to ({error.strerror}); name another directory"
        ) from None


def _rows(chosen: Iterable[Defect], folder: Path, jobs: int, profile: str, *, fast: bool) -> Iterator[Row]:
    """The control's row and one per defect, as they end."""
    from conformance.cli.proving import prove as prove_one  # noqa: PLC0415 - as above

    with ThreadPoolExecutor(jobs) as pool:
        every = [None, *chosen]
        waiting: list[Future[Row]] = []
        union = tuple(sorted({id_ for one in chosen for id_ in one.breaks})) if fast else ()
        for one in every:
            select = (tuple(sorted(one.breaks)) if one else union) if fast else ()
            out = folder / (one.name if one else "control")
            waiting.append(pool.submit(prove_one, one, out, profile, select))
        try:
            for future in as_completed(waiting):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
