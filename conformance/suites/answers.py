"""Join answers that many cases judge: the devices of a run, each made once and kept with what was asked.

The one rule: every join makes a device at the target, so that a way of asking is sent once a session, whoever wants its
answer; what was accepted is judged, and only where nothing was does a case prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from conformance.checks import certificate, join_answer, tenant, verdict
from conformance.checks.certificate import Certificate
from conformance.checks.join_answer import Asked
from conformance.checks.judgement import Judgement
from conformance.generate.join import JoinDraft
from conformance.kit import Case, Exchange, Unproven

JOIN, REGISTER, HYBRID = 0, 4, 6  # of the JoinType table (2.1.1.1.1)


@dataclass(frozen=True, slots=True)
class Way:
    """A way of asking: the JoinType, and ReturnClientSid where it is there."""

    join_type: int
    client_sid: bool | None = None


ASKING = tuple(Way(join_type, client_sid=True) for join_type in (JOIN, REGISTER, HYBRID))
NOT_ASKING = (Way(REGISTER), Way(REGISTER, client_sid=False))
WAYS = (*NOT_ASKING, *ASKING)


@dataclass(frozen=True, slots=True)
class Joined:
    """A join request with its answer, and when that came."""

    draft: JoinDraft
    exchange: Exchange
    at: datetime

    @property
    def accepted(self) -> bool:
        """Whether the answer claims success."""
        return join_answer.succeeded(self.exchange)

    @property
    def asked(self) -> bool:
        """Whether the request has ReturnClientSid true."""
        return dict(self.draft.attributes or ()).get("ReturnClientSid") is True

    @property
    def certificate(self) -> Certificate | None:
        """The device's certificate, where one can be read."""
        return join_answer.certificate_of(self.exchange)


def joined(case: Case, draft: JoinDraft, title: str) -> Joined:
    """Sends a join request; a refused token ends all that needs it."""
    exchange = case.session.join(draft, title)
    return Joined(draft, exchange, datetime.now(UTC))


def answer(case: Case, way: Way) -> Joined:
    """The answer to a way of asking: of this session's first case that wanted it."""
    key = f"join answer {way}"
    if key not in case.session.kept:
        draft = replace(case.session.draft(), join_type=way.join_type)
        sid = "without ReturnClientSid"
        if way.client_sid is not None:
            draft = replace(draft, attributes=(("ReturnClientSid", way.client_sid),))
            sid = f"with ReturnClientSid {str(way.client_sid).lower()}"
        found = joined(case, draft, f"JoinType {way.join_type}, {sid}")
        case.session.join_baseline(found.exchange)
        case.session.kept[key] = found
    return case.session.kept[key]  # type: ignore[no-any-return] # put there above


def answers(case: Case, ways: Iterable[Way] = WAYS) -> dict[Way, Joined]:
    """The accepted answers to some ways of asking. Raises `Unproven` when none is accepted."""
    every = {way: answer(case, way) for way in ways}
    found = {way: one for way, one in every.items() if one.accepted}
    if not found:
        _, why = verdict.join(next(iter(every.values())).exchange)
        raise Unproven(f"no conforming join was accepted: {why}")
    return found


def judged(case: Case, one: Joined, *, authorities: tuple[Certificate, ...] = ()) -> Judgement:
    """One answer judged whole; of it, the requirements that the case declares."""
    upn = case.session.target.upn
    asked = Asked(one.draft.csr.info.public_key, one.at, one.asked, upn, authorities)
    return join_answer.judge(one.exchange, asked).only(case.requirements)


def authorities(case: Case) -> tuple[Certificate, ...]:
    """The certificates of the CA file. Raises `Unproven` when it has none that can be read."""
    path = case.session.target.ca_file
    found = certificate.authorities(path.read_bytes()) if path else ()
    if not found:
        raise Unproven("the CA file holds no certificate that can be read")
    return found


def tenant_of(case: Case) -> str | None:
    """The id of the tenant under test, where it is known."""
    given = case.session.target.tenant
    named = given if tenant.is_guid(given) else case.session.services().value("TenantInfo.TenantId")
    return named if isinstance(named, str) else None
