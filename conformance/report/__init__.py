"""Reports: a pure fold of catalogue and results, one module per format, and the writing of them all.

`write_all` is what a run calls at its end, `write_comparison` what several runs come to. What was left of an older
report in the folder is replaced; files that are not a report's are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from conformance import spec
from conformance.errors import UsageError
from conformance.report import files, resend
from conformance.report.formats import FORMATS, PAGE
from conformance.report.html import comparison
from conformance.report.html.evidence import chosen
from conformance.results import Results
from conformance.spec import Catalogue

__all__ = ["write_all", "write_comparison"]


def write_all(out: Path, results: Results, catalogue: Catalogue | None = None) -> Path:
    """Write every file of `FORMATS` and the requests of failures into `out`; the page's path.

    The catalogue is this version's when none is given. Raises UsageError, one sentence, when a file cannot be written.
    """
    catalogue = catalogue or spec.catalogue()
    for format_ in FORMATS:
        files.write(out / format_.name, format_.render(results, catalogue))
    _write_requests(out, results)
    return out / PAGE.name


def write_comparison(out: Path, runs: Mapping[str, Results], catalogue: Catalogue | None = None) -> Path:
    """Write each run's report into a folder of its number, and a page with all side by side; that page's path.

    The keys are what the runs are called there.
    """
    catalogue = catalogue or spec.catalogue()
    named = [
        comparison.Run(name, f"run-{number}", results) for number, (name, results) in enumerate(runs.items(), start=1)
    ]
    for run in named:
        write_all(files.own(out / run.folder), run.results, catalogue)
    return files.write(out / "index.html", comparison.render(named, catalogue))


def _write_requests(out: Path, results: Results) -> None:
    """What of every failure the page shows whole is sent again, byte for byte; what an older report left goes."""
    requests = {
        resend.file_name(id_, number, evidence.exchange.request): evidence.exchange.request
        for id_, shown in chosen(results).items()
        for number, evidence in enumerate(shown, start=1)
        if evidence.exchange and resend.content(evidence.exchange.request)
    }
    wanted = {name: resend.content(request) for name, request in requests.items()}
    if any(request.octets for request in requests.values()):
        wanted[resend.SENDER] = resend.sender()
    folder = files.own(out / resend.FOLDER)
    for name, octets in wanted.items():
        files.write(out / name, octets)
    try:
        for path in (*folder.glob("*-[1-9]*"), *folder.glob("send.py")):
            if f"{resend.FOLDER}/{path.name}" not in wanted:
                path.unlink()
    except OSError as problem:
        raise UsageError(f"cannot remove an older report's {problem.filename}: {problem.strerror}") from None
