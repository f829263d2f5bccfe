"""A replay from the options to its status: one session with the target of the run, for all that is sent again.

The one rule: it keeps to the care of a run. Devices need the same leave, are written to the run's ledger before the
next request, and are removed at the end where the target offers that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from conformance.cli import replay_case as cases
from conformance.cli import replay_judge as judge
from conformance.cli import replay_view as view
from conformance.cli.replay_case import Recorded
from conformance.cli.replay_judge import State, Told
from conformance.cli.replay_send import NotFaithfulError, check_care, device_ids, restored, sent
from conformance.client import Credentials, Target
from conformance.client.target import check_url
from conformance.errors import TargetError, UsageError
from conformance.exchange import Exchange
from conformance.kit import Made, Unproven
from conformance.kit.removal import remove
from conformance.plugin.again import with_values
from conformance.plugin.embedded import ReferenceServer, credentials_of, target_of
from conformance.plugin.interrupts import Interrupts
from conformance.plugin.options import Raw
from conformance.plugin.run import journal_of, open_session
from conformance.plugin.settings import Settings, check_fresh, read_target
from conformance.report import files
from conformance.results import Header

FOLDER = "replay"  # in the folder of the run, where a test that had to be run again writes
_NOT_OF_A_CASE = ("select", "baseline", "strict-baseline", "budget", "max-devices", "resume", "failed-from")


def replayed(named: str, run: Path, given: Raw, *, alone: bool) -> int:
    """Sends what is meant again, shows what comes, and gives the exit status. Raises `ConformanceError`."""
    header, records = cases.read(run)
    if header.profile == "load":
        raise UsageError(f"{run} is of a load, whose requests went out at once; drs-conformance load sends such again")
    found = cases.find(records, named, run)
    raw = _as_then(given, header, run)
    states: list[State] = []
    with Interrupts(), _target(raw) as (target, credentials):
        replay = _Replay(raw, header, target, credentials, device_ids(records), alone=alone)
        try:
            states += [told.state for told in replay.each(found)]
        except KeyboardInterrupt:
            click.echo("drs-conformance: interrupted", err=True)
            states.append(State.UNKNOWN)
        finally:
            replay.close()
    if len(found) > 1:
        _say([view.summary(found[0].requirement, states)])
    worst = next((state for state in (State.FAILS, State.UNKNOWN) if state in states), State.HOLDS)
    return worst.value


def _as_then(raw: Raw, header: Header, run: Path) -> Raw:
    """The options, with the run's target, tenant, profile and seed where they are not given. Raises `UsageError`."""
    then = header.target
    names = {then.get("tenant", "").lower(), then.get("domain", "").lower()}
    if (tenant := raw.text("tenant")) and tenant.lower() not in names:
        raise UsageError(f"{raw.said('tenant')} is {tenant!r}, and the run tested {then.get('tenant')!r}; leave it out")
    values: dict[str, Any] = dict.fromkeys(_NOT_OF_A_CASE)
    values |= {"profile": header.profile, "seed": str(header.seed), "out": str(run if run.is_dir() else run.parent)}
    values |= {"tenant": then.get("tenant"), "domain": raw.text("domain") or then.get("domain") or None}
    if not raw.text("target"):
        values["target"] = None if "embedded" in then else _recorded(then["url"], run)
    return with_values(raw, values)


def _recorded(url: str, run: Path) -> str:
    """The target of a run that somebody else may have written: this machine alone. Raises `UsageError`."""
    if not Target(check_url(url, f"the target of {run}"), "").loopback:
        raise UsageError(f"{run} is of {url}, and no token goes where a file alone leads; add --target {url} for that")
    return url


@contextmanager
def _target(raw: Raw) -> Iterator[tuple[Target, Credentials]]:
    """The target named, or that of the run; the reference server started again where it was that."""
    timeout = Settings.read(raw).timeout
    if raw.text("target"):
        target, credentials = read_target(raw, timeout)
        check_fresh(credentials)
        yield target, credentials
        return
    server = ReferenceServer()
    try:
        target = target_of(server.ready, timeout)
        yield target, credentials_of(server.ready, target)
    finally:
        server.stop()


class _Replay:
    """One session, and the devices that came of it."""

    def __init__(
        self,
        raw: Raw,
        header: Header,
        target: Target,
        credentials: Credentials,
        devices: frozenset[str],
        *,
        alone: bool,
    ) -> None:
        settings = Settings.read(raw)
        self._raw, self._header, self._devices, self._alone = raw, header, devices, alone
        self._folder = files.own(settings.out / FOLDER)
        self._journal = journal_of(settings, target)
        self._session = open_session(settings, target, credentials, self._journal)
        self._session.on_device = self._write_down
        self._made: list[Made] = []
        self._tested: dict[tuple[str, str], Told] = {}

    def _write_down(self, made: Made) -> None:
        self._journal.add(made)
        self._made.append(made)

    def each(self, found: tuple[Recorded, ...]) -> Iterator[Told]:
        """Sends them one after the other: one with all there is to show, several in a line each."""
        for case in found:
            check_care(case, self._session.target)
        for case in found:
            if len(found) == 1:
                _say(view.head(case, self._header.started))
            now, told = self._sent(case, whole=len(found) == 1)
            told = told or self._by_its_test(case)
            _say([view.verdict(case, told, now)])
            yield told

    def _sent(self, case: Recorded, *, whole: bool) -> tuple[Exchange | None, Told | None]:
        """What came now, and what that shows; None where it could not be sent, or does not show it."""
        then, origin = case.exchange, self._header.target["url"]
        version = then.answer.http_version if then.answer else ""
        try:
            ready = restored(case, self._session, origin, self._devices)
            now = sent(ready, self._session, then.request.label, version)
            if whole:
                _say([f"anew  {', '.join(ready.notes) or 'nothing'}"])
                _say([*view.came("then", then), *view.came("now", now), *view.differs(then, now)])
            return now, judge.judged(case, now, self._session, origin, alone=self._alone)
        except NotFaithfulError as reason:
            _say([f"not sent by itself: {reason}"])
            return None, None
        except (Unproven, TargetError) as reason:
            return None, Told(State.UNKNOWN, str(reason))

    def _by_its_test(self, case: Recorded) -> Told:
        """What the whole test of a case shows; asked for once."""
        if self._alone:
            return Told(State.UNKNOWN, "this alone does not show it; without --alone its whole test is run again")
        key = case.requirement, case.test.test
        if key not in self._tested:
            _say([f"its whole test is run again, since one answer does not show it; report: {self._folder}"])
            session = self._session
            told = judge.tested(case, self._raw, session.target, session.credentials, self._folder)
            self._tested[key] = told
        return self._tested[key]

    def close(self) -> None:
        """What was made is removed, where the target offers it, and told of."""
        try:
            if self._made:
                left = remove(self._session, reversed(self._made), lambda made: self._journal.gone(made.id))
                gone, many = len(self._made) - len(left), len(self._made)
                _say([f"devices  {many} made, {gone} removed" + (f"; the others stay: {left[0].why}" if left else "")])
        finally:
            self._journal.close()
            self._session.transport.close()


def _say(lines: Iterable[str]) -> None:
    for each in lines:
        click.echo(each)
