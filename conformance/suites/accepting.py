"""What a target accepts all by itself, asked once a session: what it does not is left out of a story."""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.checks import verdict
from conformance.checks.verdict import Verdict
from conformance.generate.join import JoinDraft
from conformance.kit import Case, Twin, Unproven
from conformance.suites.answers import ASKING, REGISTER, answers


@dataclass(frozen=True, slots=True)
class Known:
    """What the target accepts all by itself: join types, a device to be used again, a challenge; and has nonces for."""

    join_types: tuple[int, ...]
    reuse: bool
    precreate: bool
    nonces: bool


def known(case: Case) -> Known:
    """What this session's target accepts, asked once. Raises `Unproven` where it accepts no join."""
    if "known" not in case.session.kept:
        case.twins.before(Twin.JOIN)
        seen = {way.join_type: verdict.join(one.exchange) for way, one in answers(case, ASKING).items()}
        join_types = tuple(join_type for join_type, (found, _) in seen.items() if found is Verdict.ACCEPTED)
        if not join_types:
            raise Unproven(f"no conforming join was accepted: {next(iter(seen.values()))[1]}")
        first, again = devices_to_reuse(case)
        reuse = bool(first and again)
        nonces = case.session.services().endpoint("NonceService.Endpoint") is not None
        case.session.kept["known"] = Known(join_types, reuse, precreates(case), nonces)
    return case.session.kept["known"]  # type: ignore[no-any-return] # put there above


def devices_to_reuse(case: Case) -> list[list[tuple[str, str]]]:
    """The device of a join, and that of the same once more with ReuseDevice; each empty where it is not accepted."""
    draft = replace(case.session.draft(), join_type=REGISTER)
    return [
        verdict.devices(case.session.join(one, title))
        for one, title in ((draft, "a device"), (reusing(draft), "the device, to be used again"))
    ]


def reusing(draft: JoinDraft) -> JoinDraft:
    """The same request, but that the device may be used again."""
    return replace(draft, attributes=(("ReuseDevice", True),))


def precreates(case: Case) -> bool:
    """Whether a join with a challenge is accepted, and there are challenges enough to try."""
    supply = case.session.credentials.challenge
    try:
        return supply is not None and supply.many and bool(case.twins.before(Twin.PRECREATE))
    except Unproven:
        return False
