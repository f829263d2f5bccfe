"""Each answer of a load under the suite's own checks, and what of it may come only once.

The one rule: nothing is judged here that a check does not say. What a check says of one answer it says of every answer
of the same octets, so that those that repeat themselves (discovery) are judged once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from conformance.checks import crowd, discovery, habits, join_answer, names, nonce, tenant, verdict
from conformance.checks.join_answer import Asked
from conformance.checks.judgement import Judgement, Notes
from conformance.checks.tenant import is_guid
from conformance.client import Target
from conformance.exchange import Exchange
from conformance.load.tally import Unique

ACCEPTED: Final = "device/at-once-accepted"
NONCES: Final = "nonce/at-once"
ANY_ORDER: Final = "device/in-any-order"
ONCE: Final = "join-request/csr-nonce-reused"
NO_ERROR: Final = "processing/no-server-error"
_MOST: Final = 256  # different answers to discovery that are remembered


def accepted(requirement: str, exchange: Exchange, judged: tuple[verdict.Verdict, str]) -> Judgement:
    """Whether a conforming request was accepted among many; nothing is said where the target was busy."""
    notes = Notes()
    if not crowd.busy(exchange):
        found, why = judged
        notes.hold(
            requirement, found is verdict.Verdict.ACCEPTED, f"{why} to a conforming request, one of many at once"
        )
    return notes.judgement()


@dataclass(slots=True)
class DiscoveryJudge:
    """Discovery answers of one target."""

    target: Target
    version: str
    _known: dict[tuple[object, ...], Judgement] = field(default_factory=dict)

    def __call__(self, exchange: Exchange) -> Judgement:
        """All that the suite holds one answer to."""
        answer = exchange.answer
        if answer is None:
            return self._judge(exchange)
        key = (answer.status, answer.header("Content-Type"), answer.body)
        if key not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = self._judge(exchange)
        return self._known[key]

    def _judge(self, exchange: Exchange) -> Judgement:
        judgement = accepted(ANY_ORDER, exchange, verdict.discovery(exchange)) + discovery.answer(exchange)
        for name in discovery.members():
            judgement += discovery.service(exchange, name)
        id_ = self.target.tenant if is_guid(self.target.tenant) else None
        return (
            judgement
            + discovery.forms(exchange)
            + discovery.schemes(exchange, self.target.url)
            + discovery.resources(exchange)
            + tenant.version(exchange, self.version)
            + tenant.tenant(exchange, id_)
        )


def nonces(exchange: Exchange) -> Judgement:
    """All that the suite holds one nonce answer to."""
    value = nonce.value_of(exchange)
    judgement = accepted(NONCES, exchange, verdict.nonce(exchange)) + nonce.answer(exchange) + nonce.members(exchange)
    judgement += nonce.not_stored(exchange)
    return judgement if value is None else judgement + nonce.unpredictable([value])


def joins(exchange: Exchange, asked: Asked, others: Callable[[], Sequence[Asked]], target: Target) -> Judgement:
    """All that the suite holds one join answer to; `others` are the requests that were under way beside it."""
    return accepted(ACCEPTED, exchange, verdict.join(exchange)) + answers(exchange, asked, others, target)


def answers(exchange: Exchange, asked: Asked, others: Callable[[], Sequence[Asked]], target: Target) -> Judgement:
    """What a join answer says of the device, whether or not it should have come, and that it is its own request's."""
    judgement = join_answer.judge(exchange, asked)
    certificate = join_answer.certificate_of(exchange)
    if certificate is not None:
        judgement += habits.agree(certificate, None, target.tenant if is_guid(target.tenant) else None)
    mixed = crowd.own(exchange, asked, others())
    if mixed.findings:  # which is one fault: the key and the user are another request's
        judgement = judgement.only(judgement.checked - {"join-answer/certificate-key", "join-answer/upn-value"})
    return judgement + mixed


def spent(exchange: Exchange) -> Judgement:
    """A nonce that has brought a device is refused, and only refused is refused."""
    notes = Notes()
    if not crowd.busy(exchange):
        found, why = verdict.join(exchange)
        notes.hold(ONCE, found is verdict.Verdict.REFUSED, f"{why} to a join with a nonce that has brought a device")
    return notes.judgement()


def raced(exchanges: Sequence[Exchange]) -> Judgement:
    """Of joins that brought one nonce at once, at most one is accepted, and the others are refused."""
    notes = Notes()
    found = [verdict.join(exchange) for exchange in exchanges if not crowd.busy(exchange)]
    won = sum(one is verdict.Verdict.ACCEPTED for one, _ in found)
    if won:
        notes.hold(ONCE, won == 1, f"{won} of {len(exchanges)} joins at once are accepted with one nonce")
    broke = [why for one, why in found if one is verdict.Verdict.BROKE]
    notes.hold(NO_ERROR, not broke, f"{''.join(broke[:1])} to one of two joins with one nonce, at once")
    return notes.judgement()


def removal(exchange: Exchange) -> Judgement:
    """A removal may be refused, and must not break the target."""
    notes = Notes()
    found, why = verdict.classify(exchange, frozenset({200, 204}), lambda _: True)
    notes.hold(NO_ERROR, found is not verdict.Verdict.BROKE or crowd.busy(exchange), f"{why} to a removal")
    return notes.judgement()


def unique_nonce(value: str) -> Unique:
    """The nonce."""
    return Unique("nonce", _digest(value.encode("utf-8", "surrogatepass")))


def unique_device(exchange: Exchange) -> tuple[Unique, ...]:
    """The serial number and the subject of a device's certificate; none where no certificate can be read."""
    one = join_answer.certificate_of(exchange)
    if one is None:
        return ()
    serial = repr((names.canonical(one.issuer), one.serial)).encode()
    found = [Unique("serial number", _digest(serial), _digest(one.der))]
    if one.subject:
        subject = repr(names.canonical(one.subject)).encode()
        found.append(Unique("subject", _digest(subject), _digest(one.public_key.key)))
    return tuple(found)


def _digest(octets: bytes) -> str:
    return hashlib.sha256(octets).digest()[:16].hex()
