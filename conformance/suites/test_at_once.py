"""2.1.1: the device resource under many hands at once, each request on a connection of its own.

All requests of a crowd are whole at one moment. A target may say that it is busy (429, 503), which is observed; a crowd
of which fewer than two came through proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from conformance.checks import crowd, distinct, join_answer, nonce, verdict
from conformance.checks.join_answer import Asked
from conformance.exchange import Exchange
from conformance.generate.join import JoinDraft
from conformance.kit import Case, Twin, Unproven, may_bear_on, requirement
from conformance.kit.crowd import Parcel, at_once, user_of

SECTION = "2.1.1"
ACCEPTED = "device/at-once-accepted"
UNDISTURBED = "device/at-once-undisturbed"
OTHER_USER = "a token of another user"
FEW = 2  # a crowd


@dataclass(frozen=True, slots=True)
class Sent:
    """One join of a crowd with its answer, and what its answer is held to."""

    asked: Asked
    exchange: Exchange

    @property
    def accepted(self) -> bool:
        """Whether a device came of it."""
        return verdict.join(self.exchange)[0] is verdict.Verdict.ACCEPTED


def tokens(case: Case) -> tuple[str, ...]:
    """The run's token, and one of another user where there is one that joins a device all alone."""
    own = case.session.token()
    kept = case.session.kept
    if OTHER_USER not in kept:
        kept[OTHER_USER] = None
        supply = case.session.credentials.other_token
        other = case.session.secret(supply, "token") if supply else own
        if user_of(other) not in {None, user_of(own)}:
            exchange = case.session.send_join(case.session.join_step(), "a join by another user", token=other)
            kept[OTHER_USER] = other if verdict.join(exchange)[0] is verdict.Verdict.ACCEPTED else None
    return (own, kept[OTHER_USER]) if kept[OTHER_USER] else (own,)


def drafts(case: Case, size: int) -> list[JoinDraft]:
    """Conforming requests with keys that no other request has, so that no answer fits two of them."""
    return [case.session.draft().with_key(case.session.keys.new()) for _ in range(size)]


def joins(
    case: Case, every: Sequence[JoinDraft], holders: Sequence[str], title: str, *, precreate: bool = False
) -> list[Sent]:
    """Joins that are under way at once, for each holder of a token in turn."""
    mine = [holders[place % len(holders)] for place in range(len(every))]
    made = [case.session.join_step(draft, precreate=precreate) for draft in every]
    title = f"one of {len(every)} joins at once{title}"
    parcels = [Parcel(step, title, token) for step, token in zip(made, mine, strict=True)]
    exchanges = at_once(case.session, parcels)
    at = datetime.now(UTC)
    asked = [Asked(one.csr.info.public_key, at, upn=user_of(token)) for one, token in zip(every, mine, strict=True)]
    return [Sent(*pair) for pair in zip(asked, exchanges, strict=True)]


def answered(case: Case, requirement_: str, exchange: Exchange, why: tuple[verdict.Verdict, str]) -> None:
    """Holds that a conforming request was accepted among others; one that came to a busy target proves nothing."""
    if crowd.busy(exchange):
        case.observe("processing/busy", "does", why[1])
    else:
        accepted = why[0] is verdict.Verdict.ACCEPTED
        case.hold(requirement_, accepted, f"{why[1]} to {exchange.request.label}, each of them conforming", exchange)


@requirement(ACCEPTED, crowd.OWN, "join-answer/certificate-serial-unique", "join-answer/certificate-subject-unique")
@may_bear_on("processing/busy")
def test_joins(case: Case) -> None:
    """Conforming requests in crowds of growing size, with keys of their own, by two users where there are two."""
    case.twins.before(Twin.JOIN)
    holders = tokens(case)
    came: list[Sent] = []
    for size in case.session.profile.at_once:
        sent = joins(case, drafts(case, size), holders, "")
        for one in sent:
            answered(case, ACCEPTED, one.exchange, verdict.join(one.exchange))
            others = [other.asked for other in sent if other is not one]
            case.judge(crowd.own(one.exchange, one.asked, others), one.exchange)
        came += [one for one in sent if one.accepted]
    differ(case, came)


def differ(case: Case, came: Sequence[Sent]) -> None:
    """No serial number twice and no subject for two keys, among the devices that were made at once."""
    found = [certificate for one in came if (certificate := join_answer.certificate_of(one.exchange)) is not None]
    if len(found) < FEW:
        raise Unproven("of all joins at once, fewer than two were accepted")
    last = came[-1].exchange
    case.judge(distinct.serials(found) + distinct.subjects(found), last)


@requirement("nonce/at-once", "nonce/unique")
@may_bear_on("processing/busy")
def test_nonces(case: Case) -> None:
    """Requests for a nonce in crowds: each gets one, and no two get the same."""
    case.twins.before(Twin.NONCE)
    came: list[Exchange] = []
    for size in case.session.profile.at_once:
        parcels = [Parcel(case.session.nonce_step(), f"one of {size} nonces at once") for _ in range(size)]
        came += at_once(case.session, parcels)
    for exchange in came:
        answered(case, "nonce/at-once", exchange, verdict.nonce(exchange))
    values = [value for exchange in came if (value := nonce.value_of(exchange)) is not None]
    if len(values) < FEW:
        raise Unproven("of all requests for a nonce at once, fewer than two were accepted")
    case.judge(nonce.unique(values), came[-1])


# --- what is good for one, and is brought by many


@requirement("join-request/csr-nonce-reused")
def test_one_nonce(case: Case) -> None:
    """Requests with keys of their own that carry one nonce, all under way at once: no more than one may be accepted."""
    case.twins.before(Twin.JOIN)
    for size in case.session.profile.at_once:
        value = case.session.nonce()
        if value is None:
            raise Unproven("the target offers no nonce")
        carried = [draft.with_nonce(value) for draft in drafts(case, size)]
        once(
            case, "join-request/csr-nonce-reused", "nonce", joins(case, carried, [case.session.token()], ", one nonce")
        )


@requirement("join-request/challenge-single-use")
def test_one_challenge(case: Case) -> None:
    """Requests with keys and nonces of their own that carry one challenge, all under way at once."""
    case.twins.before(Twin.PRECREATE)
    for size in case.session.profile.at_once:
        value = case.session.secret(case.session.credentials.challenge, "challenge")
        carried = [draft.with_challenge(value) for draft in drafts(case, size)]
        sent = joins(case, carried, [case.session.token()], ", one challenge", precreate=True)
        once(case, "join-request/challenge-single-use", "challenge", sent)


def once(case: Case, requirement_: str, what: str, sent: Sequence[Sent]) -> None:
    """At most one was accepted; where none was, nothing is shown of the target."""
    winners = [one.exchange for one in sent if one.accepted]
    if winners:
        problem = f"{len(winners)} of {len(sent)} joins at once are accepted with one {what}"
        case.hold(requirement_, len(winners) == 1, problem, winners[-1])


# --- next to what is broken


@requirement(UNDISTURBED)
def test_beside_broken_connections(case: Case) -> None:
    """Conforming requests beside connections that say nothing, stop within a request, or end within one."""
    case.twins.before(Twin.JOIN)
    token = case.session.token()
    title = "a join beside connections that are silent, slow or broken"
    parcels = [Parcel(case.session.join_step(), title, token) for _ in range(5)]
    step = case.session.join_step()
    octets = case.session.message(step, token).octets
    half = octets[: len(octets) - len(step.body) // 2]
    with ExitStack() as open_ones:
        silent, slow = (open_ones.enter_context(case.session.converse(step.url)) for _ in range(2))
        silent.send(b"")
        slow.send(half)
        for parcel in parcels:
            with case.session.converse(step.url) as broken:
                broken.send(half)
            (one,) = at_once(case.session, [parcel])
            answered(case, UNDISTURBED, one, verdict.join(one))
            if one.failure is not None:
                break
