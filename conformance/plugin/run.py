"""One run, from the options to the verdict: what pytest and the command share.

The one rule: once a run began, its stream, its reports and a verdict are written on every way out.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.client import Credentials, Secrets, Target, Transport
from conformance.errors import TargetError, UsageError
from conformance.kit import Session
from conformance.plugin.embedded import ReferenceServer, credentials_of, target_of
from conformance.plugin.options import Raw
from conformance.plugin.settings import Settings, check_fresh, given, read_target
from conformance.report import write_all
from conformance.results import Device, Footer, Header, Results, Stop, StreamRecord, TestRecord, Writer, fold
from conformance.spec import catalogue

_VERSIONS = ("drs-conformance", "pytest", "hypothesis", "httpx", "cryptography", "jsonschema", "allure-pytest")


def now() -> str:
    """This moment as the stream writes it: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _version(name: str) -> str:
    """The version of an installed distribution; a source tree that is run as it lies has none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
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
    _began: float = field(default_factory=time.monotonic)
    _probes: int = 0
    _results: Results | None = None

    def begin(self) -> None:
        """Writes the header; finds out whether there is a target at all, and that its token has not expired."""
        header = Header(
            now(),
            {"url": self.target.url, "tenant": self.target.tenant, "domain": self.target.domain or ""},
            self.settings.profile.name,
            self.settings.gate,
            self.settings.seed,
            {name: _version(name) for name in _VERSIONS} | {"python": platform.python_version()},
            self.settings.select,
            tuple(sorted(given(self.target, self.credentials))),
        )
        self.record(header)
        try:
            check_fresh(self.credentials)
            self._preflight()
        except TargetError as error:
            self.stop(str(error))

    def _preflight(self) -> None:
        session = open_session(self.settings, self.target, self.credentials, journal_of(self.settings, self.target))
        with session.transport:
            exchange = session.discovery()
        self._probes = session.requests
        if exchange.failure is not None and not session.stopped:
            return  # it is alive, and the suite will say what is wrong with its discovery
        if session.stopped:
            raise TargetError(session.stopped)

    def record(self, record: StreamRecord) -> None:
        """Writes one record to the stream and keeps it for the fold."""
        self.records.append(record)
        self.writer.write(record)

    def stop(self, reason: str) -> None:
        """The run cannot go on, or cannot come to a verdict, for this reason; the first one counts."""
        if self.stopped is None:
            self.stopped = reason
            self.record(Stop(reason))

    def finish(self) -> Results:
        """Ends the run: footer, verdict, every report, and the reference server; the same again when done twice."""
        if self._results is None:
            requests = self._probes + sum(record.requests for record in self.records if isinstance(record, TestRecord))
            self.record(Footer(now(), round(time.monotonic() - self._began, 3), requests, self.stopped))
            self.writer.close()
            if self.server is not None:
                self.server.stop()
            self._results = fold(self.records, catalogue())
            write_all(self.settings.out, self._results)
        return self._results

    def end(self) -> None:
        """`finish`, for those who only want it done."""
        self.finish()


def prepare(raw: Raw) -> Run:
    """Reads the options, starts the reference server where no target is named, opens the stream: `UsageError`."""
    settings = Settings.read(raw)
    server = None
    if raw.text("target") is not None:
        target, credentials = read_target(raw)
    else:
        _refuse_orphans(raw)
        target = Target("http://127.0.0.1", "", timeout=float(raw.text("timeout") or 10))
    _writable(settings.out)
    if raw.text("target") is None:
        server = ReferenceServer()
        target = target_of(server.ready, target.timeout)
        credentials = credentials_of(server.ready, target)
    for leftover in ("results.json", "junit.xml", "index.html", "devices.jsonl"):
        (settings.out / leftover).unlink(missing_ok=True)
    return Run(settings, target, credentials, Writer(settings.out / "results.jsonl"), server)


def _refuse_orphans(raw: Raw) -> None:
    """Options about a target make no sense without one: better said than silently ignored."""
    about_target = ("tenant", "domain", "token", "token-command", "upn", "challenge", "challenge-command", "insecure")
    for name in (*about_target, "foreign-token", "expired-token", "audience-token", "ca-file", "tls-ca-file"):
        if raw.values[name]:
            raise UsageError(
                f"--{name} is given without --target; name the target, or leave it out to test the reference server"
            )


def _writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(
            f"--out {str(out)!r} cannot be written to ({error.strerror}); name another directory"
        ) from None


def open_session(settings: Settings, target: Target, credentials: Credentials, journal: Journal) -> Session:
    """A worker's conversation with the target; every device it creates is written down before anything else is sent."""
    secrets = Secrets()
    for supply in (credentials.token, credentials.challenge):
        if supply is not None and not supply.many:
            secrets.add(supply.next())
    transport = Transport(target, secrets)
    return Session(target, credentials, secrets, transport, settings.profile, settings.seed, on_device=journal.add)


def journal_of(settings: Settings, target: Target) -> Journal:
    """Where this run writes its devices down."""
    return Journal(settings.out / "devices.jsonl", synced=not target.loopback)


@dataclass(slots=True)
class Journal:
    """`devices.jsonl`: appended to line by line, so that several workers may; synced where a device costs someone."""

    path: Path
    synced: bool
    fresh: list[Device] = field(default_factory=list)

    def add(self, id_: str, thumbprint: str) -> None:
        """Writes a device down. Raises `UsageError` when it cannot: a device nobody knows of is litter."""
        device = Device(id_, now(), thumbprint)
        self.fresh.append(device)
        line = json.dumps(device.to_json()) + "\n"
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(handle, line.encode())
                if self.synced:
                    os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise UsageError(f"{str(self.path)!r} cannot be written to ({error.strerror})") from None


def worker_input(run: Run) -> dict[str, Any]:
    """What a worker of pytest-xdist needs to speak to the same target; options it reads for itself."""
    return {"ready": run.server.ready if run.server else None}


def worker_session(raw: Raw, given_by_controller: dict[str, Any]) -> tuple[Settings, Target, Credentials]:
    """A worker's settings, and the target its controller has."""
    settings = Settings.read(raw)
    ready = given_by_controller["ready"]
    if ready is None:
        target, credentials = read_target(raw)
    else:
        target = target_of(ready, float(raw.text("timeout") or 10))
        credentials = credentials_of(ready, target)
    return settings, target, credentials
