"""One run, from the options to the verdict: what pytest and the command share.

The one rule: once a run began, its stream, its reports and a verdict are written on every way out.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.client import Credentials, Target, Transport
from conformance.errors import ConformanceError, TargetError, UsageError
from conformance.kit import Session, Unproven
from conformance.kit.patience import Patience
from conformance.kit.shield import SHIELD
from conformance.plugin import again, corpus, rounds
from conformance.plugin.again import Earlier
from conformance.plugin.budget import Budget
from conformance.plugin.embedded import ReferenceServer, credentials_of, target_of
from conformance.plugin.journal import LEDGER, Journal, now
from conformance.plugin.network import hiding
from conformance.plugin.options import ABOUT_TARGET, Raw, spelled
from conformance.plugin.settings import Settings, check_fresh, given, read_target
from conformance.plugin.tidying import tidy
from conformance.report import allure, allure_page, write_all
from conformance.report.formats import FORMATS
from conformance.report.text import line, plural
from conformance.results import (
    STREAM,
    Device,
    Footer,
    Header,
    Load,
    Results,
    Stop,
    StreamRecord,
    TestRecord,
    Writer,
    fold,
)
from conformance.spec import catalogue

_VERSIONS = ("drs-conformance", "pytest", "hypothesis", "httpx", "cryptography", "jsonschema")
_FILES = (*(item.name for item in FORMATS), "devices.jsonl")


def _version(name: str) -> str:
    """The version of an installed distribution; a source tree that is run as it lies has none."""
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(name)
    return "not installed"


@dataclass(slots=True)
class Run:
    """A run that began. Only the process that began it writes the stream; xdist's workers send it their records."""

    settings: Settings
    target: Target
    credentials: Credentials
    writer: Writer
    server: ReferenceServer | None = None
    records: list[StreamRecord] = field(default_factory=list)
    stopped: str | None = None
    prefix: str = "--"  # how the user spells options
    remarks: dict[str, None] = field(default_factory=dict)  # said beside the verdict, each once
    interrupted: bool = False
    finishing: bool = False  # from here on nothing may keep the results from being written
    unwritable: UsageError | None = None
    earlier: Earlier | None = None  # the run that this one goes on with
    load: Load | None = None  # what a load was, where the run is one
    probes: int = 0  # requests before those of the suite
    _doubt: str | None = None
    _footed: bool = False
    _began: float = field(default_factory=time.monotonic)
    _results: Results | None = None

    def begin(self) -> None:
        """Writes the header; finds out whether there is a target at all, and that its token has not expired.

        Raises `UsageError` when not even the header can be written.
        """
        header = Header(
            now(),
            {"url": self.target.url, "tenant": self.target.tenant, "domain": self.target.domain or ""}
            | ({"embedded": "yes"} if self.server else {}),
            self.settings.profile.name,
            self.settings.gate,
            self.settings.seed,
            {name: _version(name) for name in _VERSIONS} | {"python": platform.python_version()},
            self.settings.select,
            tuple(sorted(given(self.target, self.credentials))),
            accepted=self.settings.accepted,
            strict=self.settings.strict_baseline,
            budget=self.settings.budget,
        )
        for record in (header, *(self.earlier.kept if self.earlier else ())):
            self.record(record)
        if self.unwritable is not None:
            raise self.unwritable
        if self.earlier is not None:
            self.earlier.drop_copy(self.settings.out)
        try:
            check_fresh(self.credentials)
            self._preflight()
        except TargetError as error:
            self.stop(str(error))

    def _preflight(self) -> None:
        """Raises `TargetError` when nobody answers; a discovery that is refused is for the suite to look into."""
        session = open_session(self.settings, self.target, self.credentials, journal_of(self.settings, self.target))
        with session.transport:
            try:
                session.services()
            except Unproven as reason:
                self._doubt = f"{reason}; check --target and --tenant"
        self.probes = session.requests
        if session.stopped:
            raise TargetError(session.stopped)

    def budget(self) -> Budget | None:
        """What is left of the budget now, where there is one."""
        if self.settings.budget is None:
            return None
        return Budget(self.settings.budget, self.settings.budget - (time.monotonic() - self._began))

    def record(self, record: StreamRecord, form: Mapping[str, Any] | None = None) -> None:
        """Writes one record to the stream and keeps it for the fold; a stream that cannot be written stops the run.

        `form` is what to write, where that is at hand and more than what to keep. An interrupt waits.
        """
        with SHIELD:
            self.records.append(record.told() if isinstance(record, TestRecord) else record)
            if self.unwritable is None:
                try:
                    self.writer.write(record, form)
                except UsageError as error:
                    self.unwritable = error
                    self.stop(str(error))

    def stop(self, reason: str) -> None:
        """The run cannot go on, or cannot come to a verdict, for this reason; the first one counts."""
        if self.stopped is None and not self._footed:
            self.stopped = spelled(reason, self.prefix)
            self.record(Stop(self.stopped))

    def finish(self) -> Results:
        """Ends the run: footer, verdict, every report, and the reference server; the same again when done twice.

        Raises `UsageError` when the results cannot be written.
        """
        if self.interrupted:
            self.stop("interrupted")
        self.finishing = True
        try:
            if self._results is None:
                self._results = self._concluded()
        finally:
            if self.server is not None:
                self.server.stop()
        if self.unwritable is not None:
            raise self.unwritable
        return self._results

    def _concluded(self) -> Results:
        if not self._footed:
            if self._doubt:
                self.stop(self._doubt)
            self._tidy()
            requests = self.probes + sum(record.requests for record in self.records if isinstance(record, TestRecord))
            self._footed = True
            seconds = time.monotonic() - self._began + (self.earlier.seconds if self.earlier else 0)
            self.record(Footer(now(), round(seconds, 3), requests, self.stopped, self.load))
            self.writer.close()
        results = fold(self.records, catalogue())
        if rounds.kind():
            return results
        write_all(self.settings.out, results)
        allure.write(self.settings.out, self.records, catalogue())
        if self.settings.allure:
            self.remarks[allure_page.make(self.settings.out)] = None
        return results

    def _tidy(self) -> None:
        """Removes what the run created, where the target offers it; the rest is left to `cleanup`."""
        try:
            tidied = tidy(self.settings.out / LEDGER, self.target)
        except ConformanceError as error:
            self.stop(f"devices could not be removed: {error}")
        else:
            for id_ in tidied.removed:
                self.record(Device(id_, now(), "", removed=True))
            if tidied.left:
                told = f"{plural(len(tidied.left), 'device')} not removed: {line(tidied.left[0].why)}"
                again = f"drs-conformance cleanup {self.settings.out / LEDGER}"
                self.remarks[f"{told}; {again} tries again"] = None

    def end(self) -> None:
        """`finish`, for those who only want it done; what goes wrong was said where it was finished first."""
        with suppress(ConformanceError):
            self.finish()


def prepare(raw: Raw) -> Run:
    """Reads the options, starts the reference server where no target is named, opens the stream: `UsageError`."""
    raw, earlier = again.taken_up(raw)
    settings = replace(Settings.read(raw), done=earlier.done if earlier else frozenset())
    named = read_target(raw, settings.timeout) if raw.text("target") is not None else None
    if named is None:
        refuse_orphans(raw)
    elif earlier is not None:
        again.check_target(raw, earlier, named[0])
    if settings.examples is not None:
        corpus.check(settings.examples)
    _make_room(settings.out, raw.said("out"), earlier)
    if named is not None:
        return Run(settings, *named, _writer(settings.out, earlier), earlier=earlier)
    server = ReferenceServer()
    try:
        target = target_of(server.ready, settings.timeout)
        credentials = credentials_of(server.ready, target)
        if earlier is not None:
            again.check_target(raw, earlier, target)
        return Run(settings, target, credentials, _writer(settings.out, earlier), server, earlier=earlier)
    except BaseException:  # also Ctrl-C: nobody else knows of the server yet
        server.stop()
        raise


def _writer(out: Path, earlier: Earlier | None) -> Writer:
    if earlier is not None:
        earlier.set_aside(out)
    return Writer(out / STREAM)


def refuse_orphans(raw: Raw) -> None:
    """Options about a target make no sense without one: better said than silently ignored."""
    for name in ABOUT_TARGET:
        if raw.values[name]:
            raise UsageError(
                f"{raw.said(name)} is given without --target; "
                "name the target, or leave it out to test the reference server"
            )


def _make_room(out: Path, option: str, earlier: Earlier | None) -> None:
    """The directory for results, writable, and without an earlier run's but what is gone on from. `UsageError`."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
        kept = earlier.keep_devices(out) if earlier else set()
        for leftover in _FILES:
            if leftover not in kept:
                (out / leftover).unlink(missing_ok=True)
    except OSError as error:
        what = str(error.strerror)
        if error.filename and Path(error.filename).name in _FILES:
            what = f"{error.filename}: {what}"
        raise UsageError(f"{option} {str(out)!r} cannot be written to ({what}); name another directory") from None


def open_session(settings: Settings, target: Target, credentials: Credentials, journal: Journal) -> Session:
    """A worker's conversation with the target; every device it creates is written down before anything else is sent."""
    secrets = hiding(target)
    for need, supply in (("token", credentials.token), ("challenge", credentials.challenge)):
        if supply is not None and not supply.many:
            secrets.add(supply.next(), need)
    return Session(
        target,
        credentials,
        secrets,
        Transport(target, secrets),
        settings.profile,
        settings.seed,
        on_join=journal.asked,
        on_device=journal.add,
        on_removed=journal.gone,
        patience=Patience() if target.loopback else Patience.towards_others(),
    )


def journal_of(settings: Settings, target: Target) -> Journal:
    """Where this run writes its devices down."""
    return Journal(settings.out / LEDGER, synced=not target.loopback)
