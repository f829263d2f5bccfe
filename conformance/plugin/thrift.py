"""`--max-devices`: which tests are run so that no more devices are made, and the stop when they are made all the same.

The one rule: what a test costs is not guessed but known from a rehearsal (`rehearsal`), and the count decides in the
end: whatever a target does, no request that may create a device is sent once as many as were allowed are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from conformance.errors import TargetError
from conformance.kit import Made, Session
from conformance.plugin.journal import Journal
from conformance.plugin.order import named
from conformance.plugin.settings import MOST_DEVICES, Settings
from conformance.results import NOT_WITHIN

_TWICE = 2  # a baseline is asked for before the first case and after the last


@dataclass(frozen=True, slots=True)
class Cost:
    """What a test was seen to cost: `devices` of its own beside the baselines (`twins`, by name) it rests on.

    `leans` are the tests whose answers it judges too. `requirements` are those it had something to say of, and `every`
    device is counted of those that came, the baselines' too.
    """

    section: str
    devices: int
    every: int
    requests: int
    cases: int
    twins: frozenset[str]
    leans: frozenset[str]
    requirements: frozenset[str]


@dataclass(slots=True)
class Allowance:
    """How many devices may yet be made; between a session and its ledger. None is any number."""

    journal: Journal
    most: int | None
    ids: set[str] = field(default_factory=set)
    joins: int = 0  # that were accepted: one that uses a device again makes none, here, or does so elsewhere

    def asked(self, number: int) -> None:
        """Raises `TargetError` where so many requests could make more devices than are allowed."""
        if self.most is not None and len(self.ids) + number > self.most:
            made = "1 device was" if len(self.ids) == 1 else f"{len(self.ids)} devices were"
            raise TargetError(
                f"--max-devices {self.most} is reached: {made} made, and the next request could "
                f"make {'another' if number == 1 else f'{number} more'}; allow more, or select less"
            )
        self.journal.asked(number)

    def made(self, device: Made) -> None:
        """A device was made."""
        self.ids.add(device.id or device.thumbprint)
        self.joins += 1
        self.journal.add(device)


def allowance_of(session: Session, journal: Journal, settings: Settings) -> Allowance:
    """Stands between a session and its ledger from now on."""
    most = settings.max_devices
    allowance = Allowance(journal, None if most == MOST_DEVICES else most)
    session.on_join, session.on_device = allowance.asked, allowance.made
    return allowance


@dataclass(frozen=True, slots=True)
class Plan:
    """The tests that are run; of the others, how many devices each would have cost more."""

    most: int
    chosen: frozenset[str]
    left_out: Mapping[str, int]

    def refuses(self, test: str) -> str | None:
        """Why this test is not run, None when it is; what is newer than the plan is taken to cost nothing."""
        cost = self.left_out.get(named(test))
        if cost is None:
            return None
        devices = "a device" if cost == 1 else f"{cost} devices"
        return f"{NOT_WITHIN} {self.most}: it takes {devices} more"


def plan(costs: Mapping[str, Cost], most: int, testable: Callable[[str], bool]) -> Plan:
    """Chooses tests: what costs nothing first, then what says most of requirements not yet spoken of, for a device."""
    open_ones = {test: cost for test, cost in costs.items() if testable(test)}
    choice = _Choice(open_ones, most)
    free = {test for test, cost in open_ones.items() if not cost.devices}
    for twin in sorted({twin for test in free for twin in open_ones[test].twins}, key=lambda name: name != "join"):
        resting = next(test for test in free if twin in open_ones[test].twins)
        choice.take(resting)
    while (best := choice.best()) is not None:
        choice.take(best)
    left = {test: choice.price(test) for test in open_ones if test not in choice.taken}
    return Plan(most, frozenset(choice.taken), left)


class _Choice:
    """What was taken so far, and what of the devices is left."""

    def __init__(self, costs: Mapping[str, Cost], most: int) -> None:
        self._costs = costs
        self._left = most
        self._twins: set[str] = set()
        self._spoken: set[str] = set()
        self.taken: set[str] = set()

    def _needed(self, test: str) -> set[str]:
        """The test and those it leans on that were not taken yet."""
        leans = {other for other in self._costs[test].leans if other in self._costs}
        return {test, *leans} - self.taken

    def price(self, test: str) -> int:
        """How many devices it costs to take it, with what it needs."""
        needed = self._needed(test)
        twins = {twin for one in needed for twin in self._costs[one].twins} - self._twins
        return sum(self._costs[one].devices for one in needed) + _TWICE * len(twins)

    def take(self, test: str) -> None:
        """Takes a test and what it needs, where there is room."""
        if (price := self.price(test)) > self._left:
            return
        for one in self._needed(test):
            self.taken.add(one)
            self._twins |= self._costs[one].twins
            self._spoken |= self._costs[one].requirements
        self._left -= price

    def best(self) -> str | None:
        """The test that tells of most for a device, among those that there is room for."""
        worth = {
            test: (self._worth(test) / max(price, 0.01), len(self._costs[test].requirements), test)
            for test in self._costs
            if test not in self.taken and (price := self.price(test)) <= self._left
        }
        return max(worth, key=lambda test: worth[test]) if worth else None

    def _worth(self, test: str) -> float:
        """The requirements that only it tells of; one that others tell of too is worth little, but something."""
        found = {id_ for one in self._needed(test) for id_ in self._costs[one].requirements}
        return len(found - self._spoken) + 0.01 * len(found)
