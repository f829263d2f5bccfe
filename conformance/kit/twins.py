"""The untouched twin of every case: a refusal counts only while its baseline is accepted, before and after.

The one rule: the baseline that follows one case precedes the next, so that being sure costs one request per case.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum

from conformance.checks import verdict as verdicts
from conformance.client import protocol as steps
from conformance.exchange import Exchange
from conformance.generate.edits import TRANSPORT_KEY
from conformance.generate.join import render
from conformance.kit.outcomes import NotOffered, Unproven
from conformance.kit.session import Session

Judge = Callable[[Exchange], tuple[verdicts.Verdict, str]]


class Twin(Enum):
    """What a case departs from."""

    DISCOVERY = "discovery"
    NONCE = "nonce"
    JOIN = "join"
    ATTESTED = "attested join"
    PRECREATE = "precreate"
    KEY = "key provisioning"


def _discovery(session: Session) -> Exchange:
    step = steps.discover(session.target.url, session.target.tenant)
    return session.send(step, "the baseline: discovery of the tenant under test")


def _nonce(session: Session) -> Exchange:
    return session.send(session.nonce_step(), "the baseline: a nonce")


def _join(session: Session) -> Exchange:
    exchange = session.join(session.draft(), "the baseline: a conforming join")
    session.join_baseline(exchange)
    return exchange


def _attested(session: Session) -> Exchange:
    return session.join(session.draft().with_attestation(), "the baseline: a conforming join with an attestation")


def _precreate(session: Session) -> Exchange:
    return session.join(session.draft(), "the baseline: a conforming join with a challenge", precreate=True)


def _key(session: Session) -> Exchange:
    endpoint = session.endpoint("KeyProvisioningService.KeyProvisionEndpoint")
    body = json.dumps({"kngc": render(session.draft()).texts[TRANSPORT_KEY]}).encode()
    step = steps.key(endpoint, body)
    return session.send(step, "the baseline: a conforming key", token=session.token())


_BASELINES: dict[Twin, tuple[Callable[[Session], Exchange], Judge]] = {
    Twin.DISCOVERY: (_discovery, verdicts.discovery),
    Twin.NONCE: (_nonce, verdicts.nonce),
    Twin.JOIN: (_join, verdicts.join),
    Twin.ATTESTED: (_attested, verdicts.join),
    Twin.PRECREATE: (_precreate, verdicts.join),
    Twin.KEY: (_key, verdicts.key),
}


_MAKING = {Twin.JOIN, Twin.ATTESTED, Twin.PRECREATE}


def verdict_on(twin: Twin, exchange: Exchange) -> tuple[verdicts.Verdict, str]:
    """The verdict on an answer to a request of this kind."""
    return _BASELINES[twin][1](exchange)


class Twins:
    """The baselines of one session: which are accepted, and whether anything was sent since."""

    def __init__(self, session: Session, *, sparing: bool = False) -> None:
        """`sparing`: those that make a device are not sent after each case, but owed for all of them together."""
        self._session = session
        self._held: dict[Twin, Exchange] = {}
        self._sparing = sparing
        self.owed: set[Twin] = set()
        self.used: set[Twin] = set()
        self.devices = 0  # that came of baselines

    def judge(self, twin: Twin, exchange: Exchange) -> tuple[verdicts.Verdict, str]:
        """The verdict on an answer to a request of this kind."""
        return verdict_on(twin, exchange)

    def before(self, twin: Twin) -> Exchange:
        """The accepted baseline. Raises `Unproven` when the target does not accept it."""
        self.used.add(twin)
        if twin not in self._held:
            self._held[twin] = self._accepted(twin)
        return self._held[twin]

    def after(self, twin: Twin) -> str | None:
        """As `again`; where devices are spared the baseline is owed, and nothing is said yet."""
        if self._sparing and twin in _MAKING and twin in self._held:
            self.owed.add(twin)
            return None
        return self.again(twin)

    def again(self, twin: Twin) -> str | None:
        """Sends the baseline again; None while it is accepted, else the reason why what went before proves nothing."""
        self._held.pop(twin, None)
        try:
            self._held[twin] = self._accepted(twin)
        except Unproven as reason:
            return f"afterwards {reason}"
        return None

    def _accepted(self, twin: Twin) -> Exchange:
        send, judge = _BASELINES[twin]
        exchange = send(self._session)
        verdict, why = judge(exchange)
        if verdict is verdicts.Verdict.ACCEPTED:
            self.devices += twin in _MAKING
        else:
            if twin is Twin.ATTESTED and verdict is verdicts.Verdict.REFUSED and self.before(Twin.JOIN):
                raise NotOffered("the target takes no AIK certificate and attestation of the suite's making")
            raise Unproven(f"the baseline ({twin.value}) was not accepted: {why}")
        if twin is Twin.JOIN and not self._sparing:
            self._ask_for_a_key_again()
        return exchange

    def _ask_for_a_key_again(self) -> None:
        """Whether the target certifies a key once only, asked once: new keys for all that is sent cost time."""
        keys = self._session.keys
        if (key := keys.doubtful()) is not None:
            again = self._session.join(self._session.draft().with_key(key), "a conforming join with a device's key")
            keys.once = verdict_on(Twin.JOIN, again)[0] is not verdicts.Verdict.ACCEPTED
