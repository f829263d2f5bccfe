"""From one test to one record: which requirements it may test here, how each came out, what it sent.

The one rule: an exception of ours is never a finding about the target, and a finding is never lost behind an exception.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Generator, Iterable, Iterator
from typing import Any, cast

import pytest

from conformance.errors import ConformanceError
from conformance.kit import Case, CheckFailed, NotOffered, Session, Unproven, only
from conformance.kit.judgings import Judgings
from conformance.paths import SUITES
from conformance.plugin import budget as budgets
from conformance.plugin import corpus, labels, rounds
from conformance.plugin.budget import Budget
from conformance.plugin.journal import Journal
from conformance.plugin.order import named
from conformance.plugin.redacting import redact_json, redact_report
from conformance.plugin.settings import Settings, given
from conformance.plugin.sparing import Sparing
from conformance.plugin.spread import same_everywhere
from conformance.report.text import plural
from conformance.results import Device, Outcome, RequirementOutcome, TestRecord, not_offered
from conformance.spec import NEEDS, catalogue

CASE = pytest.StashKey[Case]()
SKIPPED = pytest.StashKey[dict[str, str]]()
STARTED = pytest.StashKey[tuple[float, int]]()
_OFFERS = {
    "nonce": "NonceService.Endpoint",
    "precreate": "PrecreateService.PrecreateEndpoint",
    "key-provisioning": "KeyProvisioningService.KeyProvisionEndpoint",
    "removal": "DeviceJoinService.JoinEndpoint",
}
_WORST = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.PASS, Outcome.SKIP)


def declared(item: pytest.Item) -> tuple[str, ...]:
    """The requirements a test declares, in order."""
    return tuple(dict.fromkeys(id_ for mark in item.iter_markers("requirement") for id_ in mark.args))


def possible(item: pytest.Item) -> frozenset[str]:
    """Those of them that a test bears on only when chance has it so."""
    return frozenset(id_ for mark in item.iter_markers("requirement") if mark.kwargs.get("maybe") for id_ in mark.args)


def open_case(request: pytest.FixtureRequest) -> Case:
    """The case of a test: skips it when nothing it declares can be tested here, saying what it needs."""
    recorder = cast("Recorder | None", request.config.pluginmanager.get_plugin("drs-recorder"))
    if recorder is None:
        pytest.skip("conformance suites run by `drs-conformance` or `pytest --pyargs conformance`")
    return recorder.open(request.node)


class Recorder:
    """One worker's side of a run: its session with the target, and a record for every test."""

    def __init__(
        self, session: Session, journal: Journal, settings: Settings, budget: Budget | None, sparing: Sparing
    ) -> None:
        self.session = session
        self._twins = sparing.twins
        self._journal = journal
        self.sparing = sparing
        self._selection = settings.selection
        self._done = frozenset(map(named, settings.done))
        self._budget = budget
        self._given = given(session.target, session.credentials)

    def open(self, item: pytest.Item) -> Case:
        """Sorts a test's requirements into those that can be tested here and those that cannot, with the reason."""
        skipped: dict[str, str] = {}
        testable = []
        for id_ in only(declared(item), self._selection):
            reason = self._missing(catalogue().requirements[id_].needs)
            if reason:
                skipped[id_] = reason
            else:
                testable.append(id_)
        item.stash[SKIPPED] = skipped
        if not testable:
            pytest.skip(next(iter(skipped.values()), "nothing selected"))
        late = self._budget.refuses(item.nodeid) if self._budget else None
        if reason := self.sparing.refuses(item.nodeid) or late:
            skipped.update(dict.fromkeys(testable, reason))
            pytest.skip(reason)
        case = Case(self.session, self._twins, tuple(testable), maybe=possible(item))
        item.stash[CASE] = case
        return case

    def _missing(self, needs: frozenset[str]) -> str | None:
        """Why these needs are not met; what the target does not offer no option would make testable."""
        absent = sorted(need for need in needs if need not in _OFFERS and need not in self._given)
        told = "; ".join(f"needs {need}: {NEEDS[need]}" for need in absent)
        return self._not_offered(needs) or told or None

    def _not_offered(self, needs: frozenset[str]) -> str | None:
        for need in sorted(needs & _OFFERS.keys()):
            try:
                self.session.endpoint(_OFFERS[need])
            except NotOffered:
                return not_offered(f"{need} (discovery names no {_OFFERS[need]})")
            except (Unproven, ConformanceError):
                return None  # the case itself finds out, and says that it proves nothing
        return None

    # --- pytest's hooks

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keeps what was selected, in the document's order or in that of a budget, and labels it for Allure."""
        if own := [item.nodeid for item in items if SUITES not in item.path.parents]:
            pytest.exit(f"{own[0]} is no conformance test; give the suites a session of their own", 2)
        same_everywhere(items)
        if self._selection is not None or self._done or rounds.kind():
            chosen = [
                item for item in items if only(declared(item), self._selection) and named(item.nodeid) not in self._done
            ]
            chosen = rounds.chosen(chosen)
            config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
            items[:] = chosen
        order = {section.number: place for place, section in enumerate(catalogue().sections)}
        items.sort(key=lambda item: order.get(labels.section(item), len(order)))
        if self._budget:
            places = budgets.places()
            items.sort(key=lambda item: places.get(named(item.nodeid), len(places)))
        corpus.first(items)
        for item in items:
            unknown = [id_ for id_ in declared(item) if id_ not in catalogue().requirements]
            if unknown or not declared(item):
                raise pytest.UsageError(
                    f"{item.nodeid} declares {unknown or 'no requirement'}, which the catalogue does not have"
                )

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Starts the clock of a test; once the target is given up, the rest is left."""
        item.stash[STARTED] = (time.monotonic(), self.session.requests)
        self.sparing.began()
        if self.session.stopped:
            item.session.shouldstop = self.session.stopped

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """A budget learns from every test how long tests take here."""
        if self._budget and CASE in item.stash:
            self._budget.ended(item.nodeid, time.monotonic() - item.stash[STARTED][0])

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Runs a test, asks for its twins once more, and turns what it recorded into pytest's outcome."""
        error: Exception | None = None
        result: object = True
        try:
            result = yield
        except Unproven as reason:
            self._case(pyfuncitem).unproven(reason)
        except Exception as caught:  # noqa: BLE001 - whatever it is, it is recorded as what it is
            error = caught
        if (case := pyfuncitem.stash.get(CASE, None)) is None:
            if error is not None:
                raise error
            return result
        self._close(case, error)
        _conclude(case, self._speakable(error))
        return result

    def _speakable(self, error: Exception | None) -> Exception | None:
        """An exception whose words may be written down."""
        said = "".join(traceback.format_exception_only(error)) if error is not None else ""
        redacted = self.session.secrets.redact_text(said)
        return error if redacted == said else ConformanceError(redacted.strip())

    def _case(self, item: pytest.Item) -> Case:
        return item.stash[CASE]

    def _close(self, case: Case, error: Exception | None) -> None:
        if error is not None and not _about_target(error, case) and not self.session.stopped:
            case.ledger.erred(case.requirements, f"{type(error).__name__}: {error}")
        if waits := self.session.patience.waits:
            told = f"asked to wait, and was sent {plural(len(waits), 'request')} again after {sum(waits):g} s in all"
            case.observe("processing/busy", "does", told)
            waits.clear()
        try:
            case.close()
        except Exception as fault:  # noqa: BLE001 - a twin that fails by our own fault proves as little
            if not self.session.stopped:
                case.ledger.erred(case.requirements, f"{type(fault).__name__}: {fault}")
            case.ledger.unproven(case.requirements, self.session.stopped or str(fault))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Hangs the test's record on its report, which pytest-xdist carries to the one writer."""
        report = yield
        redact_report(report, self.session.secrets)
        if call.when == "call" or (call.when == "setup" and call.excinfo is not None):
            report.user_properties = [*report.user_properties, ("drs-test", self._record_of(item, report))]
            report.user_properties += [("drs-device", device.to_json()) for device in self.new_devices()]
            report.user_properties += [("drs-ledger", line) for line in self._journal.taken()]
            self.session.stopped = self.session.stopped or self.session.patience.end()
            if reason := self.session.stopped or self.session.refused_token:
                report.user_properties.append(("drs-stopped", reason))
            if (shared := corpus.current()) is not None and shared.lost is not None:
                report.user_properties.append(("drs-remark", shared.lost))
        if call.when == "teardown" and CASE in item.stash:
            del item.stash[CASE]  # with every exchange of the test: pytest keeps its items to the end of the session
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A worker that is told to end in the middle of a test still tells of its devices."""
        if hasattr(session.config, "workeroutput"):
            self._journal.close()
            output = {"devices": [one.to_json() for one in self.new_devices()], "ledger": self._journal.taken()}
            session.config.workeroutput["drs"] = output

    def new_devices(self) -> Iterator[Device]:
        """The devices created since they were last asked for."""
        while self._journal.fresh:
            yield self._journal.fresh.pop(0)

    def _record_of(self, item: pytest.Item, report: pytest.TestReport) -> Any:
        """The record as JSON; whatever its exchanges, notes and reprs hold, no secret leaves the process."""
        record = self._record(item, report)
        self.sparing.ended(record)
        return redact_json(record.to_json(), self.session.secrets)

    def _record(self, item: pytest.Item, report: pytest.TestReport) -> TestRecord:
        started, before = item.stash[STARTED]
        outcomes, reason, observations, layers = _outcomes(item, report)
        found = [outcome.outcome for outcome in outcomes]
        return TestRecord(
            item.nodeid,
            labels.title(item),
            labels.section(item),
            round(time.monotonic() - started, 4),
            self.session.requests - before,
            next((outcome for outcome in _WORST if outcome in found), Outcome.PASS if observations else Outcome.SKIP),
            reason,
            outcomes,
            observations,
            layers,
            *_judged(item),
        )


def _judged(item: pytest.Item) -> tuple[Any, ...]:
    """The rules applied, the exchanges they were applied to, and what rests on more."""
    case = item.stash.get(CASE, None)
    judgings = case.ledger.judgings if case else Judgings()
    return tuple(judgings.judged), tuple(judgings.exchanges), tuple(sorted(judgings.kept))


def _outcomes(item: pytest.Item, report: pytest.TestReport) -> tuple[Any, ...]:
    skipped = item.stash.get(SKIPPED, {})
    outcomes = [RequirementOutcome(id_, Outcome.SKIP, reason) for id_, reason in skipped.items()]
    case = item.stash.get(CASE, None)
    if case is None or report.when == "setup":
        if report.failed:
            outcomes = _own_fault(declared(item), "the test could not be set up", report)
        return tuple(outcomes), outcomes[0].reason if outcomes else "", (), {}
    recorded = [outcome for outcome in case.ledger.outcomes() if outcome.id in case.requirements]
    if report.failed and not {Outcome.FAIL, Outcome.ERROR} & {outcome.outcome for outcome in recorded}:
        recorded = _own_fault(case.requirements, "the test failed of itself", report)
    worst = next((outcome for kind in _WORST for outcome in recorded if outcome.outcome is kind), None)
    return (*outcomes, *recorded), worst.reason if worst else "", case.ledger.observations(), dict(case.ledger.layers)


def _own_fault(requirements: Iterable[str], what: str, report: pytest.TestReport) -> list[RequirementOutcome]:
    told = [line.strip() for line in report.longreprtext.splitlines() if line.strip()]
    errors = [line[1:].strip() for line in told if line.startswith("E ")]
    reason = f"{what}: {(errors or told or ['without a word'])[-1]}"
    return [RequirementOutcome(id_, Outcome.ERROR, reason) for id_ in requirements]


def _about_target(error: Exception, case: Case) -> bool:
    """Whether an exception only carries what the ledger already holds: a check that failed, also through Hypothesis."""
    if isinstance(error, CheckFailed):
        return True
    if isinstance(error, ExceptionGroup):
        return all(_about_target(inner, case) for inner in error.exceptions)
    return type(error).__module__.startswith("hypothesis") and case.ledger.broken  # the target answered now so, now so


def _conclude(case: Case, error: Exception | None) -> None:
    outcomes = [outcome for outcome in case.ledger.outcomes() if outcome.id in case.requirements]
    found = {outcome.outcome for outcome in outcomes}
    if Outcome.FAIL in found:
        pytest.fail(case.ledger.summary(), pytrace=False)
    if Outcome.ERROR in found and error is not None:
        raise error
    unproven = [outcome for outcome in outcomes if outcome.outcome is Outcome.INCONCLUSIVE]
    if unproven:
        pytest.skip(f"inconclusive: {unproven[0].reason}")
