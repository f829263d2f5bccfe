"""A story: discovery, nonces, joins of every kind and refused ones, each step judged by what came before it.

The one rule: a step tells only what the steps before it changed. A story keeps in mind what must hold: a conforming
request is accepted as before, devices are distinct, a nonce is spent with the device it brought, and a refusal brings
nothing. What the target does not accept all by itself is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from conformance.checks import crowd, distinct, habits, nonce, verdict
from conformance.checks.certificate import Certificate
from conformance.checks.verdict import Verdict
from conformance.exchange import Exchange
from conformance.generate.faults import faults
from conformance.generate.join import JoinDraft
from conformance.kit import Case, Identity, Unproven
from conformance.suites import asking
from conformance.suites.accepting import known, reusing
from conformance.suites.answers import REGISTER, Joined, joined, judged
from conformance.suites.test_field_services import device_step

ORDER = "device/in-any-order"
GOES_ON = "processing/goes-on"
REUSED = "join-request/csr-nonce-reused"
KEPT = "nonce/kept-by-refusal"
SAME = "join-request/attributes-reuse-device-same"
NO_DEVICE = "processing/refusal-without-device"
FAULTS = ("csr-signature", "transport-key-magic", "join-type-required", "csr-cn")
LAST: Final = 6  # steps that a failure tells of
PICK: Final = st.integers(0, 5)  # which of those there are: never a nonce or a token, which no example may hold

Judged = tuple[Verdict, str]


class Story(RuleBasedStateMachine):
    """What happened so far: the nonces by what became of them, and every device with what was asked.

    Its rules are the steps, which may be taken one by one where `possible` has them so. Hypothesis takes them in any
    order.
    """

    def __init__(self, case: Case) -> None:
        """Raises `Unproven` where the target accepts no join."""
        super().__init__()
        self.case = case
        self.known = known(case)
        self.taken: list[str] = []
        self.nonces: list[str] = []
        self.fresh: list[str] = []
        self.spent: list[str] = []
        self.refused: list[str] = []
        self.devices: list[Joined] = []
        self.gone: list[Joined] = []
        self.removes = case.session.target.url.startswith("https:")
        self.after_refusal = False

    # --- what must hold

    def goes_on(self, exchange: Exchange, judged_: Judged, requirement_: str = ORDER) -> bool:
        """Whether what conforms was accepted."""
        found, why = judged_
        if crowd.busy(exchange):
            raise Unproven(f"the target is busy: {why}")
        problem = f"{why} to {exchange.request.label}, which it accepts all alone; before it came {self.told()}"
        self.case.hold(requirement_, found is Verdict.ACCEPTED, problem, exchange)
        return found is Verdict.ACCEPTED

    def told(self) -> str:
        """The steps so far, the last first: what the target was asked before."""
        return ", ".join(reversed(self.taken[-LAST:])) + (" and more" if len(self.taken) > LAST else "") or "nothing"

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
            there = (verdict.json_object(one.exchange.answer) or {}).get("Certificate") is not None
            problem = f"{one.exchange.request.label} is refused with a Certificate in the answer"
            self.case.hold(NO_DEVICE, not there, problem, one.exchange, "/Certificate")
        return refused

    def nonce(self) -> str | None:
        """The oldest nonce that no request has carried yet; None where the target has none to give."""
        if not self.fresh and self.possible("ask"):
            self.ask()
        return self.fresh.pop(0) if self.fresh else None

    def send(self, draft: JoinDraft, title: str, *, precreate: bool = False) -> Joined | None:
        """A conforming join; what came of it where it was accepted."""
        carried = draft.with_nonce(self.nonce())
        exchange = self.case.session.join(carried, title, precreate=precreate)
        one = Joined(carried, exchange, datetime.now(UTC))
        accepted = self.goes_on(exchange, verdict.join(exchange), self.to_blame(exchange))
        self.taken.append(title)
        if not accepted:
            return None
        self.spent += [carried.csr.nonce] if isinstance(carried.csr.nonce, str) else []
        self.keep(one)
        return one

    # --- what there is to go on with

    @property
    def there(self) -> list[Joined]:
        """The devices of the story that were not removed."""
        return [device for device in self.devices if device not in self.gone]

    @property
    def reusable(self) -> list[Joined]:
        """Those that may be asked for once more."""
        asked = [one for one in self.there if one.draft.join_type == REGISTER and not one.draft.challenge]
        return asked if self.known.reuse else []

    @property
    def removable(self) -> list[tuple[Joined, Certificate, UUID]]:
        """Those that may be removed, each with its certificate and id, as long as the target offers that."""
        found = [(one, one.certificate) for one in self.there] if self.removes else []
        named = [(one, read, habits.device_id(read)) for one, read in found if read is not None]
        return [(one, read, device) for one, read, device in named if device is not None]

    def possible(self, step: str) -> bool:
        """Whether a step has what it takes."""
        needed = NEEDED.get(step)
        return needed is None or bool(needed(self))

    # --- steps

    @rule()
    def discover(self) -> None:
        """Discovery once more."""
        exchange = self.case.session.send(asking.asked(self.case), "discovery, once more")
        self.goes_on(exchange, verdict.discovery(exchange))
        self.taken.append("discovery")

    @precondition(lambda story: story.possible("ask"))
    @rule()
    def ask(self) -> None:
        """A nonce, for a later request: it is a new one."""
        exchange = self.case.session.send(self.case.session.nonce_step(), "a nonce, for later")
        value = nonce.value_of(exchange)
        if self.goes_on(exchange, verdict.nonce(exchange)) and value is not None:
            self.nonces.append(value)
            self.fresh.append(value)
            self.case.judge(nonce.unique(self.nonces), exchange)
        self.taken.append("a nonce")

    @rule(pick=PICK)
    def join(self, pick: int = 0) -> None:
        """A device, of any type that the target joins."""
        join_type = self.known.join_types[pick % len(self.known.join_types)]
        self.send(replace(self.case.session.draft(), join_type=join_type), f"a join, JoinType {join_type}")

    @precondition(lambda story: story.possible("precreate"))
    @rule()
    def precreate(self) -> None:
        """A device by a challenge."""
        self.send(self.case.session.draft(), "a join with a challenge", precreate=True)

    @precondition(lambda story: story.possible("join_again"))
    @rule(pick=PICK)
    def join_again(self, pick: int = 0) -> None:
        """A device of the story, to be used again: it keeps its id or gets a new one, and never another's."""
        before = self.reusable[pick % len(self.reusable)]
        again = self.send(reusing(before.draft), "the same device, to be used again")
        ids = [verdict.devices(one.exchange) for one in (before, again) if one]
        if len(ids) > 1 and all(ids):
            same = ids[0][0][0] == ids[1][0][0]
            self.case.observe(SAME, "does" if same else "does not", "the device ids of both answers")

    @precondition(lambda story: story.possible("remove"))
    @rule(pick=PICK)
    def remove(self, pick: int = 0) -> None:
        """A device of the story, removed with its own certificate."""
        one, certificate, device = self.removable[pick % len(self.removable)]
        identity = Identity(certificate.der, one.draft.csr.key.pkcs8_der)
        step = device_step(self.case, "DELETE", device)
        exchange = self.case.session.send(step, "a device of the story, removed", identity=identity)
        self.removes = exchange.answer is not None and exchange.answer.status == HTTPStatus.OK
        if self.removes:
            self.gone.append(one)
            self.case.session.on_removed(str(device))
        self.taken.append("a removal")

    @rule(pick=PICK)
    def be_refused(self, pick: int = 0) -> None:
        """A request with one fault, and with a nonce of its own."""
        edit = faults(f"join-request/{FAULTS[pick % len(FAULTS)]}")[0]
        carried = self.case.session.draft().with_nonce(self.nonce())
        one = joined(self.case, edit.apply(carried), edit.title)
        if self.denied(one) and isinstance(carried.csr.nonce, str):
            self.refused.append(carried.csr.nonce)
        self.taken.append(edit.title)

    @precondition(lambda story: story.possible("replay"))
    @rule(pick=PICK)
    def replay(self, pick: int = 0) -> None:
        """A new request with the nonce of an accepted one."""
        draft = self.case.session.draft().with_nonce(self.spent[pick % len(self.spent)])
        one = joined(self.case, draft, "a join with the nonce of an earlier device")
        found, why = verdict.join(one.exchange)
        if crowd.busy(one.exchange):
            raise Unproven(f"the target is busy: {why}")
        if self.denied(one):
            self.case.hold(REUSED, True, "", one.exchange)
        elif found is Verdict.ACCEPTED:
            self.case.hold(REUSED, False, f"{why} to {one.exchange.request.label}", one.exchange)
        self.taken.append("a nonce used twice")

    @precondition(lambda story: story.possible("try_kept"))
    @rule()
    def try_kept(self) -> None:
        """A conforming request with the nonce of a refused one: whether it is good still is observed."""
        value = self.refused.pop(0)
        one = joined(self.case, self.case.session.draft().with_nonce(value), "a join with a refused one's nonce")
        self.case.observed_habit(KEPT, one.exchange)
        if not self.denied(one) and one.accepted:
            self.spent.append(value)
            self.keep(one)
        self.taken.append("a join with a refused one's nonce")


NEEDED: Final[dict[str, Callable[[Story], object]]] = {
    "ask": lambda story: story.known.nonces,
    "precreate": lambda story: story.known.precreate,
    "join_again": lambda story: story.reusable,
    "remove": lambda story: story.removable,
    "replay": lambda story: story.spent,
    "try_kept": lambda story: story.refused,
}
