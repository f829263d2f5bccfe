"""One user of a load: device after device, from discovery to removal, as a client of the protocol does it.

The one rule: every request goes through `kit.Session`, so that what holds for a run holds here: tokens stay on their
host, Retry-After is obeyed, and a device is written down before the next request.
"""

from __future__ import annotations

import binascii
import time
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from conformance.checks import crowd, nonce, verdict
from conformance.checks.join_answer import Asked
from conformance.client import Identity, Transport
from conformance.client import protocol as steps
from conformance.client.secrets import expired
from conformance.codec.spki import SubjectPublicKeyInfo
from conformance.codec.x509 import Certificate
from conformance.errors import DecodeError
from conformance.exchange import Exchange
from conformance.generate.join import JoinDraft
from conformance.generate.keys import PoolKey
from conformance.kit import Made, NotOffered, Session, Unproven
from conformance.kit.crowd import Parcel, at_once, user_of
from conformance.kit.patience import Patience
from conformance.load import judging, tally
from conformance.load.process import PROFILE, Process

_RACE: Final = 20  # every so many devices, two joins bring one nonce at once
_SPENT: Final = 10  # every so many, the nonce that brought a device is brought again
_REMOVED: Final = {200, 204}


class Device:
    """A user, by number; `live` is the life of one device. To be closed."""

    def __init__(self, process: Process, number: int) -> None:
        """Raises `UsageError` for a CA file that is none."""
        self._process = process
        self._number = number
        self._lives = number  # so that not all users bring a spent nonce at the same moment
        self._journal = process.telling.journal(number)
        self._transport = Transport(process.target, process.secrets, pace=process.pace)
        self._patience = Patience() if process.target.loopback else Patience.towards_others()
        self._made: list[Made] = []

    def close(self) -> None:
        """Ends the connection; every request was answered."""
        self._transport.close()
        self._journal.close()

    def live(self) -> None:
        """One device. Raises `TargetError` when the load is over, `Unproven` where the target offers no more."""
        session = self._session()
        try:
            self._discover(session)
            value = self._nonce(session)
            if self._process.joins:
                self._lives += 1
                self._join(session, value)
        finally:
            if (why := session.stopped or session.refused_token or self._patience.end()) is not None:
                self._process.telling.stop(why)

    def _session(self) -> Session:
        """What one device knows: nothing of those before it, but for the connection."""
        process = self._process
        return Session(
            process.target,
            process.credentials,
            process.secrets,
            self._transport,
            PROFILE,
            on_join=self._journal.asked,
            on_device=self._created,
            on_removed=self._journal.gone,
            patience=self._patience,
        )

    def _created(self, made: Made) -> None:
        self._journal.add(made)
        self._made.append(made)
        self._process.tally.made += 1

    # --- the steps

    def _discover(self, session: Session) -> None:
        exchange = session.discovery()
        self._process.saw(tally.DISCOVERY, exchange, self._process.discovery(exchange), self._number)
        self._waited(tally.DISCOVERY, exchange)
        session.services()

    def _nonce(self, session: Session) -> str | None:
        """A fresh nonce; None where the target offers none, or gave none."""
        try:
            step = session.nonce_step()
        except NotOffered:
            return None
        exchange = session.send(step, "a nonce, of many users at once")
        value = nonce.value_of(exchange)
        uniques = () if value is None else (judging.unique_nonce(value),)
        known = any(self._process.knows(unique) for unique in uniques)
        self._process.saw(tally.NONCE, exchange, judging.nonces(exchange), self._number, uniques)
        self._waited(tally.NONCE, exchange)
        if value is None or known:  # with one that others have, nothing is shown of a join
            raise Unproven("no nonce of its own was to be had")
        return value

    def _join(self, session: Session, value: str | None) -> None:
        """A join, and now and then what a nonce is good for but once: two at once, or the same again."""
        race = value is not None and self._lives % _RACE == 0
        number = 2 if race else 1
        taken = self._process.take_keys(number + 1)
        if not taken:
            return
        self._made.clear()
        try:
            if self._process.reserve(number):
                if race:
                    self._race(session, value, taken[:number])
                else:
                    self._one(session, value, taken)
                self._process.release(max(0, number - len(self._made)))
                self._remove(session, taken)
        finally:
            self._process.give_back(taken)

    def _one(self, session: Session, value: str | None, taken: Sequence[PoolKey]) -> None:
        draft = self._draft(session, taken[0], value)
        asked = self._asked(taken[0], session.token())
        exchange = session.send_join(session.join_step(draft), "a join, of many users at once", token=session.token())
        if self._refuses_token(session, exchange):
            return
        mine = replace(asked, at=datetime.now(UTC))
        judgement = judging.joins(exchange, mine, partial(self._others, mine), self._process.target)
        self._process.saw(tally.JOIN, exchange, judgement, self._number, judging.unique_device(exchange))
        self._waited(tally.JOIN, exchange)
        accepted = verdict.join(exchange)[0] is verdict.Verdict.ACCEPTED
        self._process.joined |= accepted
        if accepted and value is not None and self._lives % _SPENT == 0 and self._process.reserve(1):
            self._again(session, taken[1], value)

    def _refuses_token(self, session: Session, exchange: Exchange) -> bool:
        """Whether the answer is about the token, which was never good or is over, and says nothing of the load."""
        token = session.token()
        if self._process.joined and expired(token, time.time()) is None:
            return False
        session.join_baseline(exchange)
        return session.refused_token is not None

    def _again(self, session: Session, key: PoolKey, value: str) -> None:
        """The nonce that brought a device, with another key."""
        before, token = len(self._made), session.token()
        self._asked(key, token)
        step = session.join_step(self._draft(session, key, value))
        exchange = session.send_join(step, "a join with a nonce that has brought a device", token=token)
        judgement = judging.spent(exchange)
        self._process.saw(tally.AGAIN, exchange, judgement, self._number, judging.unique_device(exchange))
        self._waited(tally.AGAIN, exchange)
        self._process.release(1 - min(1, len(self._made) - before))

    def _race(self, session: Session, value: str | None, taken: Sequence[PoolKey]) -> None:
        """Two joins with keys of their own and one nonce, both whole at one moment."""
        token = session.token()
        made = [session.join_step(self._draft(session, key, value)) for key in taken]
        asked = [self._asked(key, token) for key in taken]
        title = "one of two joins at once that bring one nonce"
        exchanges = at_once(session, [Parcel(step, title, token) for step in made])
        both = judging.raced(exchanges)
        for mine, exchange in zip(asked, exchanges, strict=True):
            mine = replace(mine, at=datetime.now(UTC))  # noqa: PLW2901 - the same, now that it was answered
            judgement = judging.answers(exchange, mine, partial(self._others, mine), self._process.target)
            if exchange is exchanges[-1]:
                judgement += both
            self._process.saw(tally.TWICE, exchange, judgement, self._number, judging.unique_device(exchange))
            self._waited(tally.TWICE, exchange)

    def _remove(self, session: Session, taken: Sequence[PoolKey]) -> None:
        """Each device with its own certificate, where that is of one of our keys; others are left to the end."""
        own = {key.spki_der: key for key in taken}
        for made in tuple(self._made):
            certificate = _certificate(made.certificate)
            key = own.get(certificate.public_key.encode()) if certificate else None
            if not self._process.removes or key is None or certificate is None or not made.url.startswith("https:"):
                continue
            identity = Identity(certificate.der, key.pkcs8_der)
            exchange = session.send(steps.Step("DELETE", made.url, ()), "removal of a device", identity=identity)
            self._process.saw(tally.REMOVAL, exchange, judging.removal(exchange), self._number)
            gone = exchange.answer is not None and exchange.answer.status in _REMOVED
            if gone:
                self._journal.gone(made.id)
            self._process.removal_answered(gone=gone)

    # --- what they are made of

    def _draft(self, session: Session, key: PoolKey, value: str | None) -> JoinDraft:
        draft = JoinDraft.baseline(self._number).with_target_domain(session.target_domain()).with_key(key)
        name = f"drs-conformance-load-{self._process.number}-{self._number}-{self._lives}"
        return replace(draft, device_display_name=name).with_nonce(value)

    def _asked(self, key: PoolKey, token: str) -> Asked:
        user = self._process.target.upn or user_of(token)
        asked = Asked(
            SubjectPublicKeyInfo.decode(key.spki_der),
            datetime.now(UTC),
            upn=user,
            authorities=self._process.authorities,
        )
        self._process.neighbours.append(asked)
        return asked

    def _others(self, asked: Asked) -> list[Asked]:
        return [other for other in self._process.neighbours if other.key is not asked.key]

    def _waited(self, operation: str, exchange: Exchange) -> None:
        """How often the target said that it is busy: each time that was waited for, and at the last."""
        self._process.tally.busy[operation] += len(self._patience.waits) + crowd.busy(exchange)
        self._patience.waits.clear()


def _certificate(text: str) -> Certificate | None:
    try:
        return Certificate.decode(b64decode(text, validate=True), strict=False)
    except (binascii.Error, DecodeError):
        return None
