"""One test case: what it holds the target to, what it sent, and how each of its requirements came out.

The one rule: a requirement passes by evidence only. What a case did not come to test is not passed but inconclusive.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from hypothesis import currently_in_test_context

from conformance.checks.judgement import Finding, Judgement
from conformance.checks.verdict import Verdict
from conformance.client import protocol as steps
from conformance.exchange import Exchange, Headers
from conformance.generate.edits import Edit, Layer
from conformance.generate.join import JoinDraft
from conformance.kit.ledger import Ledger
from conformance.kit.session import Session, Unproven
from conformance.kit.twins import Twin, Twins
from conformance.results import EditRecord, Observation


class CheckFailed(AssertionError):
    """The target broke a requirement; the ledger of the case holds which, and the evidence."""


@dataclass(slots=True)
class Case:
    """What a test works with; `requirements` are those it declares, of which only the selected are recorded."""

    session: Session
    twins: Twins
    requirements: tuple[str, ...]
    ledger: Ledger = field(default_factory=Ledger)
    _twins: set[Twin] = field(default_factory=set)
    _started: float = field(default_factory=time.monotonic)

    # --- refusing

    def refuses(self, *edits: Edit, twin: Twin = Twin.JOIN) -> None:
        """Sends a join request with each edit alone; each must be refused, while the untouched request is accepted."""
        for edit in edits:
            self.refused(partial(self._edited_join, edit, twin), edit_record(edit), twin)

    def _edited_join(self, edit: Edit, twin: Twin) -> Exchange:
        draft = edit.apply(self.session.draft())
        return self.session.join(draft, edit.title, precreate=twin is Twin.PRECREATE)

    def refused(self, send: Callable[[], Exchange], edit: EditRecord, twin: Twin) -> Exchange:
        """Sends what departs from a twin by one edit; only a refusal passes."""
        baseline = self.twins.before(twin)
        self._twins.add(twin)
        exchange = send()
        verdict, why = self.twins.judge(twin, exchange)
        self.ledger.layer(edit.layer)
        if verdict is Verdict.REFUSED:
            self.ledger.passed(edit.requirement, exchange)
            return exchange
        problem = {
            Verdict.ACCEPTED: f"accepted ({why}) what must be refused: {edit.title}",
            Verdict.BROKE: f"broke ({why}) instead of refusing: {edit.title}",
            Verdict.WRONG: f"{why} instead of refusing: {edit.title}",
        }[verdict]
        self.fail(Finding(edit.requirement, problem), exchange, edit=edit, baseline=baseline)
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
        headers: Headers | None = None,
        token: str | None = None,
        path: str = "",
    ) -> Exchange:
        """Sends a step that departs from its twin above the body: method, URL, header, token, text."""
        edit = EditRecord(requirement, "request", title, layer, path, "", "")

        def send() -> Exchange:
            exchange = self.session.send(step, title, headers=headers, token=token)
            if twin in {Twin.JOIN, Twin.PRECREATE}:
                self.session.saw_join(exchange)
            return exchange

        return self.refused(send, edit, twin)

    # --- accepting

    def accepts(self, requirements: Iterable[str], title: str, send: Callable[[], Exchange], twin: Twin) -> Exchange:
        """Sends a conforming variant of a twin; it must be accepted, as the twin is."""
        baseline = self.twins.before(twin)
        exchange = send()
        verdict, why = self.twins.judge(twin, exchange)
        for requirement in requirements:
            if verdict is Verdict.ACCEPTED:
                self.ledger.passed(requirement, exchange)
            else:
                finding = Finding(requirement, f"{why} to what must be accepted: {title}")
                self.fail(finding, exchange, baseline=baseline)
        self._shrink(verdict is not Verdict.ACCEPTED)
        return exchange

    def accepts_join(self, requirements: Iterable[str], title: str, draft: JoinDraft) -> Exchange:
        """Sends a conforming variant of the join request."""
        return self.accepts(requirements, title, lambda: self.session.join(draft, title), Twin.JOIN)

    # --- judging and observing

    def judge(self, judgement: Judgement, exchange: Exchange) -> None:
        """Records every requirement a check looked at, each mismatch with the exchange that shows it."""
        broken = {finding.requirement for finding in judgement.findings}
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
            raise CheckFailed(self.ledger.summary())

    # --- ending

    def close(self) -> None:
        """Sends the twins once more: refusals since the last accepted one prove nothing when it is accepted no more."""
        for twin in sorted(self._twins, key=lambda twin: twin.value):
            if not self.session.stopped and (reason := self.twins.after(twin)):
                self.ledger.unproven(self.ledger.requirements(), reason)
        if self.session.stopped:
            self.ledger.unproven(self.requirements, self.session.stopped)
        seen = set(self.ledger.requirements())
        silent = [requirement for requirement in self.requirements if requirement not in seen]
        self.ledger.unproven(silent, "nothing that the target did bears on it")

    def unproven(self, reason: Unproven) -> None:
        """The case could not do what it set out to do."""
        self.ledger.unproven(self.requirements, str(reason))


def edit_record(edit: Edit) -> EditRecord:
    """An edit as the result stream records it."""
    return EditRecord(
        edit.requirement, edit.name, edit.title, layer_word(edit.layer), edit.path, edit.before, edit.after, edit.offset
    )


def layer_word(layer: Layer) -> str:
    """A layer as the result stream names it: `blob-header`."""
    return layer.name.lower().replace("_", "-")
