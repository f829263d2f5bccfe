"""A run taken up again where it was cut off (`--resume`), or repeated where it failed (`--failed-from`).

The one rule: profile, seed and selection are the earlier run's, so that the same requests are sent; naming others is an
error and not a choice. What an earlier run recorded is kept as it stands, or tested again, never judged here.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance.client import Target
from conformance.errors import UsageError
from conformance.plugin.options import Raw
from conformance.plugin.settings import Settings
from conformance.results import LEFT_OUT, STREAM, Device, Footer, Header, Outcome, StreamRecord, TestRecord, fold, load
from conformance.spec import catalogue

LEDGER = "devices.jsonl"
_ASIDE = "results.earlier.jsonl"
_SETTLED = {Outcome.PASS, Outcome.FAIL}  # a skip costs nothing to repeat, and may find what it needs this time
_UNSETTLED = {Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.ERROR}


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier run, as far as it counts for this one: where its stream lies, its header, and the records kept."""

    stream: Path
    header: Header
    kept: tuple[TestRecord | Device, ...]
    seconds: float

    @property
    def done(self) -> frozenset[str]:
        """The node ids of the tests that need not run again."""
        return frozenset(record.test for record in self.kept if isinstance(record, TestRecord))

    def keep_devices(self, out: Path) -> set[str]:
        """The ledger of devices goes on where it is, or as a copy in another folder; the file's name. OSError."""
        ledger = self.stream.with_name(LEDGER)
        if not ledger.exists():
            return set()
        if not self._within(out):
            shutil.copyfile(ledger, out / LEDGER)
        return {LEDGER}

    def set_aside(self, out: Path) -> None:
        """The stream under another name, until the new one holds what it held."""
        if self._within(out):
            self.stream.replace(out / _ASIDE)

    def drop_copy(self, out: Path) -> None:
        """The new stream holds what is kept of the old one."""
        if self._within(out):
            (out / _ASIDE).unlink(missing_ok=True)

    def _within(self, out: Path) -> bool:
        return self.stream.absolute() == (out / STREAM).absolute()


def taken_up(raw: Raw) -> tuple[Raw, Earlier | None]:
    """The options of a run that goes back to an earlier one, and of that what it goes on from.

    Raises `UsageError` when both options are given, when the earlier run leaves nothing to do, or when an option says
    otherwise than it did; `ResultsError` when it cannot be read.
    """
    resumed, repeated = raw.text("resume"), raw.text("failed-from")
    if resumed and repeated:
        raise UsageError(f"{raw.said('resume')} and {raw.said('failed-from')} are both given; pass one of them")
    if resumed:
        earlier = _cut_off(raw, resumed)
        return _as_then(raw, "resume", earlier.header, earlier.header.selection), earlier
    if repeated:
        header, failed = _failed(raw, repeated)
        return _as_then(raw, "failed-from", header, failed), None
    return raw, None


def check_target(raw: Raw, earlier: Earlier, target: Target) -> None:
    """Raises `UsageError` when this is not the target of the earlier run. The reference server's port is any."""
    then = earlier.header.target
    now = {"url": target.url, "tenant": target.tenant}
    for what in ("url", "tenant") if raw.text("target") else ("tenant",):
        if now[what] != then.get(what):
            raise UsageError(
                f"{raw.said('resume')} {raw.text('resume')!r} tested the {what} {then.get(what)!r}, not {now[what]!r}; "
                "name the same target, or begin anew"
            )


def _stream(text: str) -> Path:
    path = Path(text)
    return path / STREAM if path.is_dir() else path


def _cut_off(raw: Raw, text: str) -> Earlier:
    stream = _stream(text)
    records = load(stream)
    footer = next((record for record in records if isinstance(record, Footer)), None)
    short = any(record.reason.startswith(LEFT_OUT) for record in records if isinstance(record, TestRecord))
    if footer is not None and footer.stopped is None and not short:
        raise UsageError(
            f"{raw.said('resume')} {text!r} came to its end, nothing is left to do; --failed-from repeats what failed"
        )
    tests = [record for record in records if isinstance(record, TestRecord)]
    kept: list[TestRecord | Device] = [test for test in tests if test.outcome in _SETTLED]
    kept += [record for record in records if isinstance(record, Device)]
    seconds = footer.seconds if footer else sum(test.seconds for test in tests)
    return Earlier(stream, _header(records), tuple(kept), seconds)


def _header(records: tuple[StreamRecord, ...]) -> Header:
    return next(record for record in records if isinstance(record, Header))


def _failed(raw: Raw, text: str) -> tuple[Header, tuple[str, ...]]:
    records = load(Path(text))
    results = fold(records, catalogue())
    failed = tuple(item.id for item in results.requirements if item.verdict in _UNSETTLED)
    if not failed:
        raise UsageError(
            f"{raw.said('failed-from')} {text!r} has no requirement that failed; there is nothing to repeat"
        )
    return _header(records), failed


def _as_then(raw: Raw, option: str, header: Header, selection: tuple[str, ...]) -> Raw:
    then: dict[str, Any] = {"profile": header.profile, "seed": str(header.seed)}
    for name, value in then.items():
        if name not in raw.defaulted and raw.text(name) != value:
            raise UsageError(
                f"{raw.said(name)} is {raw.text(name)}, and the run of {raw.said(option)} had {value}; leave it out"
            )
    if raw.many("select"):
        raise UsageError(
            f"{raw.said('select')} is given with {raw.said(option)}, which says what to test; leave one out"
        )
    return with_values(raw, {**then, "select": list(selection)})


def values(settings: Settings) -> dict[str, Any]:
    """What a run was taken up with, for the workers: they cannot read the earlier stream, which is gone by then."""
    return {"profile": settings.profile.name, "seed": str(settings.seed), "select": list(settings.select)}


def with_values(raw: Raw, values: Mapping[str, Any]) -> Raw:
    """The options with these in place of those given."""
    return replace(raw, values={**raw.values, **values})
