"""What a run records: a header, a record per test, devices, stops, and a footer.

The rule: a record is complete when it is built, carries no secret (`exchange.py` sees to that) and judges nothing; what
it all comes to is `fold`'s to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Self, cast

from conformance.errors import ResultsError
from conformance.exchange import Exchange
from conformance.results import wire

NOT_OFFERED = "not offered"
LEFT_OUT = "left out"
USUAL = "standard"  # the profile of a run that names none
NOT_WITHIN = "not within --max-devices"  # begins the reason of a skip that spares devices


def not_offered(what: str) -> str:
    """The reason of a skip that is the target's to decide: it does not offer `what`, so it cannot be held to it."""
    return f"{NOT_OFFERED}: {what}"


def left_out(budget: float) -> str:
    """The reason of a skip for want of time: there was too little left of so many seconds."""
    return f"{LEFT_OUT}: too little was left of the budget of {budget:g} s"


class Outcome(Enum):
    """How a test, or one requirement in it, came out; `error` is our own fault, never the target's."""

    PASS = "pass"  # noqa: S105 (a verdict, no password)
    FAIL = "fail"
    SKIP = "skip"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


class Record:
    """What every record can do: become JSON values, and come back from them."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """The record as builtins that `json` and pytest-xdist's `user_properties` carry."""
        return cast("dict[str, Any]", wire.dump(self))

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """The record again; ResultsError naming the field that is missing or of another kind."""
        try:
            return cast("Self", wire.undump(cls, value, cls.__name__))
        except wire.WireError as problem:
            raise ResultsError(str(problem)) from None


@dataclass(frozen=True, slots=True)
class Accepted(Record):
    """A failure that the baseline accepts, through the day `expires` (ISO 8601), or with no end where that is empty.

    `profile` is the least that can tell that it fails no more.
    """

    requirement: str
    reason: str
    expires: str = ""
    profile: str = USUAL


@dataclass(frozen=True, slots=True)
class Header(Record):
    """What the run set out to do. `accepted` is its baseline, None without one; `strict`: a fixed entry gates.

    `budget`: how many seconds it was given, None for as many as it takes.
    """

    started: str  # ISO 8601, UTC
    target: dict[str, str]  # url, tenant, domain
    profile: str  # quick, standard, deep; load, which is of many users at once
    gate: str  # must, should
    seed: int
    versions: dict[str, str]
    selection: tuple[str, ...] = ()  # as given; empty: everything
    given: tuple[str, ...] = ()  # the needs that are available
    accepted: tuple[Accepted, ...] | None = None
    strict: bool = False
    budget: float | None = None


@dataclass(frozen=True, slots=True)
class EditRecord(Record):
    """The one thing changed between the twins: `offset` in bytes (characters in text) within the layer, where known."""

    requirement: str
    name: str
    title: str
    layer: str
    path: str
    before: str
    after: str
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence(Record):
    """One failure: what is wrong (`problem`), where in the answer, what was sent and came, and its accepted twin."""

    problem: str
    where: str = ""
    edit: EditRecord | None = None
    exchange: Exchange | None = None
    baseline: Exchange | None = None
    curl: str = ""


@dataclass(frozen=True, slots=True)
class RequirementOutcome(Record):
    """How one requirement came out in one test: over how many cases and requests, with every failure's evidence."""

    id: str
    outcome: Outcome
    reason: str = ""
    cases: int = 0
    requests: int = 0
    failures: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation(Record):
    """What the target does where the document leaves it open: an ambiguity (`A1`) or a field requirement's id."""

    ambiguity: str
    reading: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Judged(Record):
    """A rule applied to an answer: what it takes to apply it again.

    `rule` is `refused`, `accepted` or `baseline`, applied to exchange number `exchange` as an answer to a request of
    the kind of `twin` (`blame`: the one requirement that a refusal breaks); or it is the name of a check, and
    `arguments` are its arguments as JSON.
    """

    rule: str
    requirements: tuple[str, ...]
    twin: str = ""
    exchange: int = -1
    title: str = ""
    blame: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class TestRecord(Record):
    """One test as it ended. `requests` is exact (requirements may share exchanges); `layers` counts edits by layer.

    `judged` are the rules applied, to `exchanges` (without the bodies of what was sent); the verdicts on the
    requirements in `kept` rest on more than these.
    """

    __test__ = False  # pytest: not a test, though so named

    test: str  # node id
    title: str
    section: str  # 2.1.1.1.1
    seconds: float
    requests: int
    outcome: Outcome
    reason: str = ""
    requirements: tuple[RequirementOutcome, ...] = ()
    observations: tuple[Observation, ...] = ()
    layers: dict[str, int] = field(default_factory=dict)
    judged: tuple[Judged, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    kept: tuple[str, ...] = ()

    def told(self) -> TestRecord:
        """The record without what was judged, exchange by exchange: that is for the stream, and too much for memory."""
        return replace(self, judged=(), exchanges=(), kept=())


@dataclass(frozen=True, slots=True)
class Device(Record):
    """A device the run created; recorded again with `removed` once it is gone."""

    id: str
    created: str  # ISO 8601, UTC
    thumbprint: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Stop(Record):
    """The run could not go on: breaker, interrupt, unreachable, token refused. `reason` is a clause, no full stop."""

    reason: str


@dataclass(frozen=True, slots=True)
class Timing(Record):
    """How long the answers to one operation of a load took, in milliseconds; `median` is half of them, and so on.

    `wrong` counts answers that break a requirement, `busy` those that asked to come back later (429, 503).
    """

    operation: str
    requests: int
    per_second: float
    median: float
    p95: float
    p99: float
    longest: float
    wrong: int = 0
    busy: int = 0


@dataclass(frozen=True, slots=True)
class Load(Record):
    """What a load was: users at once, in how many processes, for how many seconds, and what came of each operation.

    `made` and `removed` count devices, which are too many to be records of the stream.
    """

    users: int
    workers: int
    seconds: float
    timings: tuple[Timing, ...] = ()
    made: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Footer(Record):
    """How the run ended; `stopped` says why before its time, None when it ran to its end. `load`: what a load was."""

    ended: str  # ISO 8601, UTC
    seconds: float
    requests: int
    stopped: str | None = None
    load: Load | None = None


StreamRecord = Header | TestRecord | Device | Stop | Footer
