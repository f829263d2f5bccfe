"""Begins a run in the process that was started, joins it in xdist's workers, and ends it on every way out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

import hypothesis
import pytest
from hypothesis import core
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.internal.conjecture import providers

from conformance import plugin
from conformance.errors import ConformanceError, TargetError, UsageError
from conformance.kit import Twins
from conformance.kit.shield import SHIELD
from conformance.plugin import dry, rounds
from conformance.plugin.budget import Budget
from conformance.plugin.corpus import Corpus
from conformance.plugin.garbage import Garbage
from conformance.plugin.interrupts import Interrupts
from conformance.plugin.options import spelled
from conformance.plugin.recording import Recorder
from conformance.plugin.run import Run, journal_of, open_session, prepare
from conformance.plugin.settings import Settings, given
from conformance.plugin.sparing import Sparing
from conformance.plugin.spread import keep_to_ourselves, part, refuse_far, specs, worker_input
from conformance.plugin.thrift import Plan, allowance_of
from conformance.report import github, terminal
from conformance.results import Device, Results, TestRecord
from conformance.spec import catalogue


def configure(config: pytest.Config) -> None:
    """Raises `ConformanceError` when the options are wrong."""
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        own = part(config, worker)
        settings, target, credentials, journal = own.settings, own.target, own.credentials, own.journal
        budget = Budget(settings.budget, own.left) if settings.budget and own.left is not None else None
    else:
        run = config.pluginmanager.get_plugin(plugin.RUN)
        controller = Controller(run.run if run else _begin(config), quiet=run is not None)
        config.pluginmanager.register(controller, "drs-controller")
        settings, target, credentials = controller.run.settings, controller.run.target, controller.run.credentials
        budget = controller.run.budget()
        journal = journal_of(settings, target)
    _hypothesis(settings)
    config.add_cleanup(lambda: set_hypothesis_home_dir(None))
    session = open_session(settings, target, credentials, journal)
    config.add_cleanup(journal.close)
    config.add_cleanup(session.transport.close)
    twins = Twins(session, sparing=settings.max_devices is not None)
    sparing = Sparing(twins, session, allowance_of(session, journal, settings))
    if worker is None:
        session.breaker.before = controller.run.probes
        sparing.plan = _plan(config, controller.run)
    config.pluginmanager.register(Recorder(session, journal, settings, budget, sparing), "drs-recorder")
    config.pluginmanager.register(Garbage(config), "drs-garbage")
    _own_settings(config)


def _plan(config: pytest.Config, run: Run) -> Plan | None:
    """What to leave out, where devices are counted. Raises `UsageError` under pytest-xdist: nobody counts over all."""
    if run.settings.max_devices is None or run.stopped:
        return None
    if specs(config):
        raise UsageError("--max-devices counts the devices of one process; leave out -n and --tx")
    try:
        return dry.planned(run.settings, given(run.target, run.credentials))
    except TargetError as error:
        run.stop(str(error))
        return None


def _hypothesis(settings: Settings) -> None:
    """The same seed sends the same requests, whatever ran before, and whatever else of the user's is imported.

    With a database of examples, what is in it is sent too, and what failed of it in place of what the seed draws.
    A run writes nowhere but into its folder, so that Hypothesis has no place to keep its tables of Unicode in.
    """
    set_hypothesis_home_dir(os.devnull)
    hypothesis.settings.register_profile(
        "drs",
        hypothesis.settings.get_profile("default"),  # not "ci", loaded where CI is set, which goes by no seed
        max_examples=settings.profile.examples,
        deadline=None,  # a slow target is the target's affair, and has a time-out of its own
        database=Corpus(settings.examples, replays=rounds.kind() != rounds.DRAWN) if settings.examples else None,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("drs")
    core.global_force_seed = settings.seed  # type: ignore[assignment]  # what --hypothesis-seed sets
    providers._get_local_constants = lambda: providers._local_constants  # noqa: SLF001 - numbers found in local code


def _own_settings(config: pytest.Config) -> None:
    """How a directory's owner names and treats tests of their own is not how the suites are run."""
    for name, value in (("python_files", "test_*.py"), ("python_functions", "test"), ("filterwarnings", "default")):
        config.getini(name)[:] = [value]


def _begin(config: pytest.Config) -> Run:
    raw = plugin.read_options(config)
    if specs(config):
        refuse_far(config, raw)
        keep_to_ourselves(config)
    if raw.flag("dry-run"):
        pytest.exit(dry.told(raw), 0)
    interrupts = Interrupts()
    config.add_cleanup(interrupts.close)
    run = interrupts.run = prepare(raw)
    run.prefix = plugin.PREFIX
    config.add_cleanup(run.end)
    run.begin()
    return run


class Controller:
    """The one writer of the stream: takes the tests' records as they come, and turns them into a verdict at the end."""

    def __init__(self, run: Run, *, quiet: bool) -> None:
        self.run = run
        self._quiet = quiet
        self.results: Results | None = None
        self._fence = contextlib.ExitStack()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tells a worker of pytest-xdist about the target."""
        node.workerinput["drs"] = worker_input(self.run, plugin.read_options(node.config), node)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """What a worker of pytest-xdist did not tell with a test."""
        told = getattr(node, "workeroutput", {}).get("drs", {})
        for value in told.get("devices", ()):
            self.run.record(Device.from_json(value))
        if told.get("ledger"):
            self._enter(told["ledger"])

    def _enter(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Lines of the ledger of a worker on another machine."""
        try:
            journal_of(self.run.settings, self.run.target).append(*lines)
        except ConformanceError as error:
            self.run.stop(str(error))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """A run that is over before it began runs no test."""
        del session
        return True if self.run.stopped else None

    def pytest_runtest_logstart(self) -> None:
        """An interrupt that nobody heard of (`Interrupts`) counts all the same."""
        if self.run.interrupted or rounds.orphaned():
            raise KeyboardInterrupt

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Writes down what a test recorded. What failed without a record is our own fault, as is a lost worker."""
        with SHIELD:
            self._record(report)
        if self.run.unwritable is not None:
            pytest.exit(str(self.run.unwritable), self.run.unwritable.exit_status)

    def _record(self, report: pytest.TestReport) -> None:
        if report.failed and not any(name == "drs-test" for name, _ in report.user_properties):
            self.run.stop(f"our own fault: {report.nodeid} failed outside its test: {_last_line(report.longreprtext)}")
        properties: list[tuple[str, Any]] = report.user_properties
        for name, value in properties:
            if name == "drs-test":
                whole = dict(value)
                value.update(judged=[], exchanges=[], kept=[])  # pytest keeps its reports to the end of the session
                self.run.record(TestRecord.from_json(value), whole)
            elif name == "drs-device":
                self.run.record(Device.from_json(value))
            elif name == "drs-stopped":
                self.run.stop(str(value))
            elif name == "drs-ledger":
                self._enter([value])
            elif name == "drs-remark":
                self.run.remarks[str(value)] = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite that cannot be collected is our own fault, and must not pass for a run without failures."""
        if report.failed:
            self.run.stop(f"our own fault: {report.nodeid} could not be collected: {_last_line(report.longreprtext)}")

    def pytest_internalerror(self, excrepr: Any) -> None:
        """So is an error of pytest or of a plugin."""
        self.run.stop(f"our own fault: {_last_line(str(excrepr))}")

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Interrupted, or ended by `pytest.exit`."""
        self.run.stop("interrupted" if excinfo.errisinstance(KeyboardInterrupt) else str(excinfo.value))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """The verdict is the exit status, whatever pytest counts as failed."""
        self._conclude(session)
        try:
            self.results = self.run.finish()
        except ConformanceError as error:
            if self._quiet:
                return  # the command asks for the results too, and says it
            pytest.exit(spelled(str(error), self.run.prefix), error.exit_status)
        session.exitstatus = self.results.exit_status

    def _conclude(self, session: pytest.Session) -> None:
        """What pytest knows of a run that came to no test, or not to its end, or was interrupted in one."""
        recorder: Recorder | None = session.config.pluginmanager.get_plugin("drs-recorder")
        for record in recorder.sparing.settled() if recorder else ():
            self.run.record(record)
        for device in recorder.new_devices() if recorder else ():
            self.run.record(device)
        if session.shouldfail:
            self.run.stop(f"pytest was told to end early: {session.shouldfail}")
        if any(isinstance(record, TestRecord) for record in self.run.records):
            return
        if session.exitstatus not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            self.run.stop("our own fault: pytest ended before the suite began")
        elif chosen := ", ".join(self.run.settings.select):
            self.run.stop(
                f"no test bears on what --select names ({chosen}); drs-conformance catalogue says what is tested"
            )
        else:
            self.run.stop("no test was selected; leave out the options that select tests")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """In plain pytest, the verdict and where the report lies."""
        if self.results is not None and not self._quiet:
            report = self.run.settings.out / "index.html"
            told = terminal.plain(terminal.summary(self.results, catalogue(), report))
            terminalreporter.write_line(spelled(told + "\n".join(self.run.remarks), self.run.prefix))

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """In a workflow of GitHub, nothing that pytest prints of a target is to be taken for a command of it."""
        if echo := self._echo(session.config):
            self._fence.enter_context(github.fenced(os.environ, echo))

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """And at the end, annotations and the job's summary."""
        self._fence.close()
        if self.results is not None and (echo := self._echo(config)):
            github.announce(self.results, catalogue(), os.environ, echo)

    def _echo(self, config: pytest.Config) -> github.Echo | None:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        return None if self._quiet or reporter is None else reporter.write_line


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "without a word"
