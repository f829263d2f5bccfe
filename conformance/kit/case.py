"""One test case: what it holds the target to, what it sent, and how each of its requirements came out.

The one rule: a requirement passes by evidence only. What a case did not come to test is not passed but inconclusive.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from hypothesis import currently_in_test_context

from conformance.checks.judgement import Finding, Judgement
from conformance.checks.verdict import Verdict
from conformance.client import protocol as steps
from conformance.exchange import Exchange
from conformance.generate.bytes import OPEN
from conformance.generate.edits import Edit, Layer
from conformance.generate.join import JoinDraft
from conformance.generate.measure import measured
from conformance.generate.variants import Variant
from conformance.kit.judgings import ACCEPTED, REFUSED, UNTOLD
from conformance.kit.ledger import Ledger
from conformance.kit.outcomes import NotOffered, QuotaReached, Unproven
from conformance.kit.session import Session
from conformance.kit.twins import Twin, Twins
from conformance.results import EditRecord, Observation
from conformance.spec import Level, catalogue

T = TypeVar("T")
BUSY = {408, 425, 429}  # RFC 9110 15.5.9, RFC 8470, RFC 6585: of the hour, not of the request; a 503 is a 5xx


class CheckFailed(AssertionError):
    """The target broke a requirement; the ledger of the case holds which, and the evidence."""


@dataclass(slots=True, repr=False)
class Case:
    """What a test works with; `requirements` are those it declares, of which only the selected are recorded."""

    session: Session
    twins: Twins
    requirements: tuple[str, ...]
    maybe: frozenset[str] = frozenset()
    ledger: Ledger = field(default_factory=Ledger)
    _twins: set[Twin] = field(default_factory=set)
    _started: float = field(default_factory=time.monotonic)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Short, for Hypothesis tells what an example was called with, and here only the draw is of interest."""
        printer.text("case")

    # --- refusing

    def refuses(self, *edits: Edit, twin: Twin = Twin.JOIN) -> None:
        """Sends a join request with each edit alone; each must be refused, while the untouched request is accepted."""
        for edit in edits:
            draft = self.session.draft()
            if twin is Twin.ATTESTED:
                draft = draft.with_attestation()
            send = partial(self.session.join, edit.apply(draft), edit.title, precreate=twin is Twin.PRECREATE)
            self.refused(send, edit_record(edit), twin, measure=partial(measured, edit, draft))

    def refused(
        self,
        send: Callable[[], Exchange],
        edit: EditRecord,
        twin: Twin,
        *,
        measure: Callable[[], Edit] | None = None,
    ) -> Exchange:
        """Sends what departs from a twin by one edit; only a refusal passes. `measure` tells what the edit did."""
        baseline = self.twins.before(twin)
        self._twins.add(twin)
        exchange = send()
        verdict, why = self.twins.judge(twin, exchange)
        if _busy(exchange):
            self.ledger.unproven([edit.requirement], f"{why}, which tells of the target's hour and not of the request")
            return exchange
        self.ledger.layer(edit.layer)
        self.ledger.judgings.baseline(twin.value, baseline)
        failed = verdict is not Verdict.REFUSED
        self.ledger.judgings.rule(REFUSED, (edit.requirement,), twin.value, exchange, edit.title, failed=failed)
        if verdict is Verdict.REFUSED:
            self.ledger.passed(edit.requirement, exchange)
            return exchange
        problem = {
            Verdict.ACCEPTED: f"accepted ({why}) what must be refused: {edit.title}",
            Verdict.BROKE: f"broke ({why}) instead of refusing: {edit.title}",
            Verdict.WRONG: f"{why} instead of refusing: {edit.title}",
        }[verdict]
        shown = edit_record(measure()) if measure else edit
        self.fail(Finding(edit.requirement, problem), exchange, edit=shown, baseline=baseline)
        self._shrink(True)
        return exchange

    def refused_step(
        self,
        requirement: str,
        title: str,
        step: steps.Step,
        twin: Twin,
        *,
        layer: str = "http",
        token: str | None = None,
    ) -> Exchange:
        """Sends a step that departs from its twin above the body: method, URL, header, token, text."""
        edit = EditRecord(requirement, "request", title, layer, "", "", "")
        joins = twin in {Twin.JOIN, Twin.PRECREATE}
        send = self.session.send_join if joins else self.session.send
        return self.refused(partial(send, step, title, token=token), edit, twin)

    def sample(self, values: Sequence[T], salt: str = "") -> tuple[T, ...]:
        """As many of the values as the profile does, the same for the same seed."""
        return self.session.profile.sample(values, self.session.seed, salt or self.requirements[0])

    # --- accepting

    def accepts(
        self,
        requirements: Iterable[str],
        title: str,
        send: Callable[[], Exchange],
        twin: Twin,
        *,
        blame: Callable[[], str] | None = None,
    ) -> Exchange:
        """Sends a conforming variant of a twin; it must be accepted too. A refusal breaks what `blame` says, or all."""
        baseline = self.twins.before(twin)
        exchange = send()
        verdict, why = self.twins.judge(twin, exchange)
        if _busy(exchange):
            raise Unproven(f"{why}, which tells of the target's hour and not of the request")
        if verdict in {Verdict.REFUSED, Verdict.WRONG} and (reason := self.twins.again(twin)):
            raise Unproven(reason)  # the target takes nothing any more: a token that expired, a quota reached
        failed = verdict is not Verdict.ACCEPTED
        culprit = blame() if blame and failed else None
        told = culprit or (UNTOLD if blame else "")
        requirements = tuple(requirements)
        self.ledger.judgings.rule(ACCEPTED, requirements, twin.value, exchange, title, failed=failed, blame=told)
        for requirement in requirements:
            if verdict is Verdict.ACCEPTED:
                self.ledger.passed(requirement, exchange)
            elif culprit in {None, requirement}:
                finding = Finding(requirement, f"{why} to what must be accepted: {title}")
                self.fail(finding, exchange, baseline=baseline)
        self._shrink(verdict is not Verdict.ACCEPTED)
        return exchange

    def accepts_join(
        self, requirements: Iterable[str], title: str, draft: JoinDraft, *, blame: Callable[[], str] | None = None
    ) -> Exchange:
        """Sends a conforming variant of the join request."""
        return self.accepts(requirements, title, lambda: self.session.join(draft, title), Twin.JOIN, blame=blame)

    # --- judging and observing

    def judge(self, judgement: Judgement, exchange: Exchange) -> None:
        """Records every requirement a check looked at, each mismatch with the exchange that shows it."""
        broken = {finding.requirement for finding in judgement.findings}
        self.ledger.judgings.applied(judgement)
        for requirement in judgement.checked - broken:
            self.ledger.passed(requirement, exchange)
        for finding in judgement.findings:
            self.fail(finding, exchange)
        for seen in judgement.seen:
            self.observe(seen.subject, seen.reading, seen.evidence)
        self._shrink(bool(judgement.findings))

    def hold(self, requirement: str, holds: object, problem: str, exchange: Exchange, where: str = "") -> None:
        """One requirement, looked at in an exchange."""
        findings = () if holds else (Finding(requirement, problem, where),)
        self.judge(Judgement(frozenset({requirement}), findings), exchange)

    def observes(self, variants: Iterable[Variant]) -> None:
        """Sends what the document leaves open, each departing from the accepted baseline, and says what came of it.

        A target may refuse any of it; where the case bears on that requirement too, it may not break over it.
        """
        self.twins.before(Twin.JOIN)
        self._twins.add(Twin.JOIN)
        for variant in variants:
            exchange = self.session.join(variant.apply(self.session.draft()), variant.title)
            verdict, why = self.twins.judge(Twin.JOIN, exchange)
            accepted = verdict is Verdict.ACCEPTED
            if OPEN in self.requirements:
                self.hold(
                    OPEN, verdict is not Verdict.BROKE, f"{why} to what may be refused: {variant.title}", exchange
                )
            for requirement in variant.requirements:
                if catalogue().requirements[requirement].level is Level.MAY:
                    self.observe(requirement, "does" if accepted else "does not", f"{variant.title} {why}")
            if variant.ambiguity and (reading := variant.if_accepted if accepted else variant.if_refused):
                self.observe(variant.ambiguity, reading, f"{variant.title} {why}")

    def observed_habit(self, requirement: str, exchange: Exchange, twin: Twin = Twin.JOIN) -> bool:
        """Whether the target accepts what only the field does; never held against it."""
        verdict, why = self.twins.judge(twin, exchange)
        self.observe(
            requirement, "does" if verdict is Verdict.ACCEPTED else "does not", f"{exchange.request.label}: {why}"
        )
        return verdict is Verdict.ACCEPTED

    def has_observed(self, subject: str) -> bool:
        """Whether any reading of it was seen in this case."""
        return any(observation.ambiguity == subject for observation in self.ledger.observations())

    def not_applicable(self, requirement: str, reason: str) -> None:
        """What the requirement speaks of is not there at this target, which is the target's right."""
        self.ledger.left_out(requirement, reason)

    def observe(self, subject: str, reading: str, evidence: str = "") -> None:
        """What the target does where the document leaves it open."""
        self.ledger.observed(Observation(subject, reading, evidence))

    def fail(
        self, finding: Finding, exchange: Exchange, *, edit: EditRecord | None = None, baseline: Exchange | None = None
    ) -> None:
        """Records a failure with its evidence."""
        self.ledger.failed(finding, exchange, edit=edit, baseline=baseline, shrinking=currently_in_test_context())

    def _shrink(self, failed: bool) -> None:
        """Raises what an example of Hypothesis failed by, so that it is shrunk; elsewhere a case goes on to its end."""
        if failed and currently_in_test_context():
            self.ledger.raised()
            raise CheckFailed(self.ledger.summary())

    # --- ending

    def close(self) -> None:
        """Sends the twins once more: refusals since the last accepted one prove nothing when it is accepted no more."""
        for twin in sorted(self._twins, key=lambda twin: twin.value):
            if not self.session.stopped and (reason := self.twins.after(twin)):
                self.ledger.unproven(self.ledger.requirements(), reason)
        if self.session.stopped:
            self.ledger.unproven(self.requirements, self.session.stopped)
        seen = {*self.ledger.requirements(), *(observation.ambiguity for observation in self.ledger.observations())}
        silent = [requirement for requirement in self.requirements if requirement not in seen | self.maybe]
        self.ledger.unproven(silent, "nothing that the target did bears on it")

    def unproven(self, reason: Unproven) -> None:
        """The case could not do what it set out to do; where the target does not offer it, that is its right."""
        if isinstance(reason, QuotaReached):
            self.observe("processing/device-quota", "does", str(reason))
        for requirement in self.requirements:
            if isinstance(reason, NotOffered):
                self.ledger.left_out(requirement, str(reason))
            else:
                self.ledger.unproven([requirement], str(reason))


def _busy(exchange: Exchange) -> bool:
    """Whether the answer is one that a busy target gives to anything."""
    return exchange.answer is not None and exchange.answer.status in BUSY


def edit_record(edit: Edit) -> EditRecord:
    """An edit as the result stream records it."""
    return EditRecord(
        edit.requirement, edit.name, edit.title, layer_word(edit.layer), edit.path, edit.before, edit.after, edit.offset
    )


def layer_word(layer: Layer) -> str:
    """A layer as the result stream names it: `blob-header`."""
    return layer.name.lower().replace("_", "-")
