"""What the users of one process share: target, secrets, keys, how many devices may yet be made, and what they saw.

The one rule: no two requests under way have one key, in this process or another: each process has its own keys, and a
key is out of the pool while somebody uses it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from conformance.checks import certificate
from conformance.checks.join_answer import Asked
from conformance.checks.judgement import Judgement
from conformance.client import Credentials, Pace, Target
from conformance.client import protocol as steps
from conformance.exchange import Exchange
from conformance.generate import keys
from conformance.generate.keys import PoolKey
from conformance.kit import Profile
from conformance.load.judging import DiscoveryJudge
from conformance.load.tally import Tally, Unique
from conformance.plugin.journal import Journal
from conformance.plugin.network import hiding
from conformance.results import Evidence

PROFILE: Final = Profile("load", examples=0, edits=0, nonces=0, at_once=(2,))
_PREPARED: Final = 256  # keys of a process: four for each of 64 users
_KEPT: Final = 4096  # answers kept for a while, in case one of them turns out to bring what was there already
_NEIGHBOURS: Final = 256
_IN_VAIN: Final = 3


@dataclass(frozen=True, slots=True)
class Telling:
    """Whom a process tells: `report` gets each request (operation, method, milliseconds, octets, what is wrong).

    `stop` ends the load, with the reason where it could not be done. `journal` makes the ledger of a user by number.
    """

    report: Callable[[str, str, int, int, str], None]
    stop: Callable[[str | None], None]
    journal: Callable[[int], Journal]


class Process:
    """One process's part of a load."""

    def __init__(
        self, target: Target, credentials: Credentials, telling: Telling, max_devices: int | None = None
    ) -> None:
        self.target = target
        self.credentials = credentials
        self.telling = telling
        self.secrets = hiding(target)
        self.pace = Pace()
        self.tally = Tally()
        self.discovery = DiscoveryJudge(target, steps.DISCOVERY_VERSION)
        self.authorities = certificate.authorities(target.ca_file.read_bytes()) if target.ca_file else ()
        self.joins = credentials.token is not None and (target.loopback or target.devices_allowed)
        self.removes = target.url.startswith("https:")
        self.neighbours: deque[Asked] = deque(maxlen=_NEIGHBOURS)
        self.number = 0
        self.joined = False  # whether a join was accepted, so that the token is known to be good
        self._max_devices = max_devices
        self._room: int | None = None
        self._in_vain = 0
        self._keys: deque[PoolKey] = deque()
        self._kept: OrderedDict[tuple[str, str], Exchange] = OrderedDict()

    def begin(self, number: int, workers: int) -> None:
        """Prepares keys and shares for process `number` of `workers`, from 0, before its users come."""
        self.number = number
        self._keys = deque(keys.paired(index) for index in range(number % workers, keys.pairs(), workers)[:_PREPARED])
        for key in self._keys:
            _ = key.private_key  # parsed here, and never again
        most = self._max_devices
        self._room = None if most is None else most // workers + (number < most % workers)
        rate = self.target.network.rate
        self.pace = Pace(rate / workers if rate else None)

    # --- keys, and room for devices

    def take_keys(self, number: int) -> list[PoolKey]:
        """Keys that nobody else has; none where there are not so many."""
        return [self._keys.popleft() for _ in range(number)] if len(self._keys) >= number else []

    def give_back(self, taken: list[PoolKey]) -> None:
        """The requests with these keys were answered."""
        self._keys.extend(taken)

    def reserve(self, devices: int) -> bool:
        """Whether so many more may be made; the load ends where none may."""
        if self._room is None:
            return True
        if self._room < devices:
            if not self._room:
                self.telling.stop(None)
            return False
        self._room -= devices
        return True

    def release(self, devices: int) -> None:
        """So many that were reserved were not made."""
        if self._room is not None:
            self._room += devices

    # --- what was seen

    def saw(
        self, operation: str, exchange: Exchange, judgement: Judgement, user: int, uniques: tuple[Unique, ...] = ()
    ) -> None:
        """One answer, what the checks say of it, and what it brought that may come once."""
        told = self.tally
        told.add(operation, exchange.seconds, wrong=bool(judgement.findings))
        told.judged(operation, judgement, exchange)
        for unique in uniques:
            told.unique(unique, user)
            self._keep(unique, exchange)
        wrong = ", ".join(sorted({finding.requirement for finding in judgement.findings}))
        size = len(exchange.answer.body) if exchange.answer else 0
        self.telling.report(operation, exchange.request.method, round(exchange.seconds * 1000), size, wrong)

    def _keep(self, unique: Unique, exchange: Exchange) -> None:
        self._kept[unique.what, unique.digest] = exchange
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def knows(self, unique: Unique) -> bool:
        """Whether it came to this process before, not long ago."""
        return (unique.what, unique.digest) in self._kept

    def show(self, what: str, digest: str, problem: str) -> dict[str, Any]:
        """The answer that brought something a second time, as evidence; none where it is not kept any more."""
        exchange = self._kept.get((what, digest))
        evidence = Evidence(problem, exchange=exchange).to_json() if exchange is not None else None
        return {"what": what, "problem": problem, "evidence": evidence}

    def removal_answered(self, *, gone: bool) -> None:
        """A target that removes none of some devices in a row is not asked again."""
        self._in_vain = 0 if gone else self._in_vain + 1
        self.tally.removed += gone
        self.removes = self._in_vain < _IN_VAIN
