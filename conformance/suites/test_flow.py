"""2.1.1: the protocol as it goes: discovery, nonces, joins of every kind and refused ones, in any order.

A story is told step by step and keeps in mind what must hold after it: a conforming request is accepted as before,
devices are distinct, a nonce is spent with the device it brought, and a refusal brings nothing. A step tells only what
the steps before it changed: what the target does not accept all by itself is left out of the story.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from conformance.checks import crowd, distinct, habits, nonce, verdict
from conformance.checks.verdict import Verdict
from conformance.exchange import Exchange
from conformance.generate.faults import faults
from conformance.generate.join import JoinDraft
from conformance.kit import Case, Identity, NotOffered, Twin, Unproven, may_bear_on, requirement
from conformance.suites import asking
from conformance.suites.answers import ASKING, REGISTER, Joined, answers, joined, judged
from conformance.suites.test_field_services import device_step
from conformance.suites.test_join_answer import CHANGES, WHOLE

SECTION = "2.1.1"
ORDER = "device/in-any-order"
GOES_ON = "processing/goes-on"
REUSED = "join-request/csr-nonce-reused"
KEPT = "nonce/kept-by-refusal"
SAME = "join-request/attributes-reuse-device-same"
NO_DEVICE = "processing/refusal-without-device"
DISTINCT = ("join-answer/certificate-serial-unique", "join-answer/certificate-subject-unique")
ANY = (ORDER, GOES_ON, NO_DEVICE, REUSED, KEPT, "nonce/unique", *DISTINCT, *WHOLE, *CHANGES)
FAULTS = ("csr-signature", "transport-key-magic", "join-type-required", "csr-cn")
STORIES = settings(
    max_examples=max(2, settings.default.max_examples // 4) if settings.default else 2,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a shorter story would be other devices, and another past
)

Judged = tuple[Verdict, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What the target accepts all by itself: join types, a device to be used again, a challenge at precreate."""

    join_types: tuple[int, ...]
    reuse: bool
    precreate: bool


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
        case.session.kept["known"] = Known(join_types, reuse, precreates(case))
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


@dataclass(slots=True)
class Story:
    """What happened so far: the nonces by what became of them, and every device with what was asked."""

    case: Case
    known: Known
    nonces: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    spent: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    devices: list[Joined] = field(default_factory=list)
    gone: list[Joined] = field(default_factory=list)
    removes: bool = True
    after_refusal: bool = False

    # --- what must hold

    def goes_on(self, exchange: Exchange, judged_: Judged, requirement_: str = ORDER) -> bool:
        """Whether what conforms was accepted."""
        found, why = judged_
        if crowd.busy(exchange):
            raise Unproven(f"the target is busy: {why}")
        problem = f"{why} to {exchange.request.label}, which it accepts all alone"
        self.case.hold(requirement_, found is Verdict.ACCEPTED, problem, exchange)
        return found is Verdict.ACCEPTED

    def to_blame(self, exchange: Exchange) -> str:
        """What a join right after a refusal is about: that refusal, unless the next join is not accepted either."""
        if not self.after_refusal:
            return ORDER
        self.after_refusal = False
        if verdict.join(exchange)[0] is Verdict.ACCEPTED:
            return GOES_ON
        again = self.case.session.join(self.case.session.draft(), "a conforming join, once more")
        return GOES_ON if verdict.join(again)[0] is Verdict.ACCEPTED else ORDER

    def keep(self, one: Joined) -> None:
        """Judges the answer that brought a device, and the device beside all others of the story."""
        self.devices.append(one)
        self.case.judge(judged(self.case, one), one.exchange)
        found = [certificate for device in self.devices if (certificate := device.certificate) is not None]
        self.case.judge(distinct.serials(found) + distinct.subjects(found), one.exchange)

    def denied(self, one: Joined) -> bool:
        """Whether a request was refused; then no device is to come with the refusal."""
        found, _ = verdict.join(one.exchange)
        refused = found is Verdict.REFUSED
        self.after_refusal = refused or (self.after_refusal and found is not Verdict.ACCEPTED)
        if refused and one.exchange.answer is not None:
            there = "Certificate" in (verdict.json_object(one.exchange.answer) or {})
            problem = f"{one.exchange.request.label} is refused with a Certificate in the answer"
            self.case.hold(NO_DEVICE, not there, problem, one.exchange, "/Certificate")
        return refused

    def nonce(self) -> str | None:
        """The oldest nonce that no request has carried yet; None where the target has none to give."""
        if not self.fresh:
            self.ask()
        return self.fresh.pop(0) if self.fresh else None

    def send(self, draft: JoinDraft, title: str, *, precreate: bool = False) -> Joined | None:
        """A conforming join; what came of it where it was accepted."""
        carried = draft.with_nonce(self.nonce())
        exchange = self.case.session.join(carried, title, precreate=precreate)
        one = Joined(carried, exchange, datetime.now(UTC))
        if not self.goes_on(exchange, verdict.join(exchange), self.to_blame(exchange)):
            return None
        self.spent += [carried.csr.nonce] if isinstance(carried.csr.nonce, str) else []
        self.keep(one)
        return one

    # --- steps

    def discover(self, _: int = 0) -> None:
        """Discovery once more."""
        exchange = self.case.session.send(asking.asked(self.case), "discovery, once more")
        self.goes_on(exchange, verdict.discovery(exchange))

    def ask(self, _: int = 0) -> None:
        """A nonce, for a later request: it is a new one."""
        try:
            step = self.case.session.nonce_step()
        except NotOffered:
            return
        exchange = self.case.session.send(step, "a nonce, for later")
        value = nonce.value_of(exchange)
        if self.goes_on(exchange, verdict.nonce(exchange)) and value is not None:
            self.nonces.append(value)
            self.fresh.append(value)
            self.case.judge(nonce.unique(self.nonces), exchange)

    def join(self, pick: int = 0) -> None:
        """A device, of any type that the target joins."""
        join_type = self.known.join_types[pick % len(self.known.join_types)]
        self.send(replace(self.case.session.draft(), join_type=join_type), f"a join, JoinType {join_type}")

    def precreate(self, _: int = 0) -> None:
        """A device by a challenge."""
        if self.known.precreate:
            self.send(self.case.session.draft(), "a join with a challenge", precreate=True)

    def join_again(self, pick: int = 0) -> None:
        """A device of the story, to be used again: it keeps its id or gets a new one, and never another's."""
        there = [device for device in self.devices if device not in self.gone]
        first = [device for device in there if device.draft.join_type == REGISTER and not device.draft.challenge]
        if self.known.reuse and first:
            before = first[pick % len(first)]
            again = self.send(reusing(before.draft), "the same device, to be used again")
            ids = [verdict.devices(one.exchange) for one in (before, again) if one]
            if len(ids) > 1 and all(ids):
                same = ids[0][0][0] == ids[1][0][0]
                self.case.observe(SAME, "does" if same else "does not", "the device ids of both answers")

    def remove(self, pick: int = 0) -> None:
        """A device of the story, removed with its own certificate, as long as the target offers that."""
        there = [device for device in self.devices if device not in self.gone and device.certificate is not None]
        if not self.removes or not there or not self.case.session.target.url.startswith("https:"):
            return
        one = there[pick % len(there)]
        certificate = one.certificate
        device = habits.device_id(certificate) if certificate else None
        if certificate is None or device is None:
            return
        identity = Identity(certificate.der, one.draft.csr.key.pkcs8_der)
        step = device_step(self.case, "DELETE", device)
        exchange = self.case.session.send(step, "a device of the story, removed", identity=identity)
        self.removes = exchange.answer is not None and exchange.answer.status == HTTPStatus.OK
        if self.removes:
            self.gone.append(one)
            self.case.session.on_removed(str(device))

    def be_refused(self, pick: int = 0) -> None:
        """A request with one fault, and with a nonce of its own."""
        edit = faults(f"join-request/{FAULTS[pick % len(FAULTS)]}")[0]
        carried = self.case.session.draft().with_nonce(self.nonce())
        one = joined(self.case, edit.apply(carried), edit.title)
        if self.denied(one) and isinstance(carried.csr.nonce, str):
            self.refused.append(carried.csr.nonce)

    def replay(self, pick: int = 0) -> None:
        """A new request with the nonce of an accepted one."""
        if self.spent:
            draft = self.case.session.draft().with_nonce(self.spent[pick % len(self.spent)])
            one = joined(self.case, draft, "a join with the nonce of an earlier device")
            found, why = verdict.join(one.exchange)
            if crowd.busy(one.exchange):
                raise Unproven(f"the target is busy: {why}")
            if self.denied(one):
                self.case.hold(REUSED, True, "", one.exchange)
            elif found is Verdict.ACCEPTED:
                self.case.hold(REUSED, False, f"{why} to {one.exchange.request.label}", one.exchange)

    def try_kept(self, _: int = 0) -> None:
        """A conforming request with the nonce of a refused one: whether it is good still is observed."""
        if self.refused:
            value = self.refused.pop(0)
            one = joined(self.case, self.case.session.draft().with_nonce(value), "a join with a refused one's nonce")
            self.case.observed_habit(KEPT, one.exchange)
            if not self.denied(one) and one.accepted:
                self.spent.append(value)
                self.keep(one)


STEPS: Mapping[str, Callable[[Story, int], None]] = {
    "join": Story.join,
    "ask for a nonce": Story.ask,
    "be refused": Story.be_refused,
    "replay a nonce": Story.replay,
    "join again": Story.join_again,
    "remove": Story.remove,
    "try a refused one's nonce": Story.try_kept,
    "precreate": Story.precreate,
    "discover": Story.discover,
}
ALL = (
    *(("ask for a nonce", 0), ("ask for a nonce", 0), ("join", 0), ("discover", 0), ("join", 1), ("join", 2)),
    *(("replay a nonce", 0), ("join", 0), ("join again", 0), ("be refused", 0), ("ask for a nonce", 0)),
    *(("be refused", 1), ("join", 1), ("try a refused one's nonce", 0), ("precreate", 0), ("replay a nonce", 1)),
    *(("remove", 0), ("join", 0), ("remove", 1), ("discover", 0)),
)


def tell(case: Case, plan: Sequence[tuple[str, int]]) -> None:
    """The steps of a story, and a join at its end."""
    story = Story(case, known(case))
    for name, pick in (*plan, ("join", len(plan))):
        STEPS[name](story, pick)


@requirement(ORDER, GOES_ON, NO_DEVICE, REUSED, KEPT)
@may_bear_on("nonce/unique", *DISTINCT, *WHOLE, *CHANGES)
def test_a_story_of_everything(case: Case) -> None:
    """Every step at least once: nonces kept for later, devices of each type and once more, refusals in between."""
    tell(case, ALL)
    for id_ in (GOES_ON, NO_DEVICE):
        case.not_applicable(id_, "nothing was refused, which other cases tell of")
    if not case.has_observed(KEPT):
        case.not_applicable(KEPT, "nothing that carries a nonce was refused for another fault")
    if case.session.services().endpoint("NonceService.Endpoint") is None:
        case.not_applicable(REUSED, "the target offers no nonce")


@STORIES
@given(plan=st.lists(st.tuples(st.sampled_from(list(STEPS)), st.integers(0, 5)), min_size=3, max_size=8))
@may_bear_on(*ANY)
def test_any_story(case: Case, plan: list[tuple[str, int]]) -> None:
    """The same steps in any order and number, from a few to many."""
    tell(case, plan)
