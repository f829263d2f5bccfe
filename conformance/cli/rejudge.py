"""`drs-conformance report --rejudge`: the present catalogue and checks applied to what a run recorded, offline.

The one rule: nothing is guessed. A verdict changes only where a rule, applied to the recorded answers, now says
otherwise; what rested on more than answers keeps the verdict that the run gave it, and is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from conformance.checks.again import NotRecordedError, apply
from conformance.checks.verdict import Verdict
from conformance.errors import ResultsError, UsageError
from conformance.kit import Twin
from conformance.kit.judgings import ACCEPTED, BASELINE, REFUSED, UNTOLD
from conformance.kit.twins import verdict_on
from conformance.report.text import plural
from conformance.results import Evidence, Header, Judged, Outcome, RequirementOutcome, StreamRecord, TestRecord
from conformance.spec import Catalogue

_DECIDED = {Outcome.PASS, Outcome.FAIL}


@dataclass(frozen=True, slots=True)
class Change:
    """A requirement that a test's record now shows otherwise: by which rule, and why."""

    requirement: str
    before: str
    after: str
    rule: str
    why: str
    test: str


@dataclass(slots=True)
class Rejudged:
    """A run judged again. `extent` says of each requirement that had come to pass or fail: wholly, partly or not."""

    records: list[StreamRecord] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    extent: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Said:
    """What the rules now say of one requirement in one test."""

    rules: list[str] = field(default_factory=list)
    held: int = 0
    broken: list[tuple[str, Evidence]] = field(default_factory=list)
    unproven: str = ""
    unknown: str = ""


def rejudge(records: Iterable[StreamRecord], catalogue: Catalogue) -> Rejudged:
    """The records with present verdicts. A requirement that is gone from the catalogue goes, which is a change too."""
    done = Rejudged()
    for record in records:
        if isinstance(record, TestRecord):
            done.records.append(_test(record, catalogue, done))
        else:
            done.records.append(_header(record, catalogue) if isinstance(record, Header) else record)
    return done


def _header(header: Header, catalogue: Catalogue) -> Header:
    """The header, without the words of a selection that name nothing any more."""
    return replace(header, selection=tuple(word for word in header.selection if _selects(word, catalogue)))


def _selects(word: str, catalogue: Catalogue) -> bool:
    try:
        return bool(catalogue.select((word,)))
    except UsageError:
        return False


def _test(test: TestRecord, catalogue: Catalogue, done: Rejudged) -> TestRecord:
    said: dict[str, _Said] = {}
    unproven = ""
    for judged in test.judged:
        unproven = _apply(judged, test, said) or unproven
    outcomes = []
    for outcome in test.requirements:
        if outcome.id not in catalogue.requirements:
            gone = "the catalogue has no such requirement any more"
            done.changes.append(Change(outcome.id, outcome.outcome.value, "gone", "catalogue", gone, test.test))
            continue
        found = said.get(outcome.id, _Said())
        found.unproven = found.unproven or (unproven if REFUSED in found.rules else "")
        kept = outcome.id in test.kept or bool(found.unknown)
        if outcome.outcome in _DECIDED:
            _note(done.extent, outcome.id, "not" if not found.rules else "partly" if kept else "wholly")
        outcomes.append(_outcome(outcome, found, test, done, kept=kept))
    observations = tuple(item for item in test.observations if _known(item.ambiguity, catalogue))
    return replace(test, requirements=tuple(outcomes), observations=observations)


def _known(subject: str, catalogue: Catalogue) -> bool:
    return subject in catalogue.requirements or subject in catalogue.ambiguities


def _note(extent: dict[str, str], id_: str, word: str) -> None:
    """Wholly only where every test is; not at all only where none is."""
    extent[id_] = word if extent.get(id_, word) == word else "partly"


def _outcome(
    outcome: RequirementOutcome, found: _Said, test: TestRecord, done: Rejudged, *, kept: bool
) -> RequirementOutcome:
    now, rule, why = outcome.outcome, "", ""
    if found.broken:
        now, (rule, first) = Outcome.FAIL, found.broken[0]
        why = first.problem
    elif outcome.outcome in _DECIDED and found.unproven:
        now, rule, why = Outcome.INCONCLUSIVE, BASELINE, found.unproven
    elif outcome.outcome is Outcome.FAIL and found.held and not kept:
        now, rule, why = Outcome.PASS, ", ".join(dict.fromkeys(found.rules)), "what was sent and came is right by it"
    if now is outcome.outcome:
        return outcome
    done.changes.append(Change(outcome.id, outcome.outcome.value, now.value, rule, why, test.test))
    failures = tuple(evidence for _, evidence in found.broken[:5]) if now is Outcome.FAIL else ()
    return replace(
        outcome, outcome=now, reason="" if now is Outcome.PASS else f"judged again: {why}", failures=failures
    )


def _apply(judged: Judged, test: TestRecord, said: dict[str, _Said]) -> str:
    """Applies one rule; gives the reason where it is a baseline that is accepted no more."""
    if judged.rule not in {REFUSED, ACCEPTED, BASELINE}:
        _check(judged, test, said)
        return ""
    try:
        exchange = test.exchanges[judged.exchange]
        verdict, why = verdict_on(Twin(judged.twin), exchange)
    except (IndexError, ValueError):
        raise ResultsError(f"{test.test} has a rule that names no answer of it: {judged.rule!r}") from None
    if judged.rule == BASELINE:
        accepted = verdict is Verdict.ACCEPTED
        return "" if accepted else f"the baseline ({judged.twin}) is not accepted any more: {why}"
    wanted = Verdict.REFUSED if judged.rule == REFUSED else Verdict.ACCEPTED
    evidence = Evidence(f"{why}: {judged.title}", exchange=exchange)
    for id_ in judged.requirements:
        _hold(said.setdefault(id_, _Said()), judged, id_, evidence, holds=verdict is wanted)
    return ""


def _check(judged: Judged, test: TestRecord, said: dict[str, _Said]) -> None:
    """Applies a check; what it cannot be called with any more keeps its verdict."""
    for id_ in judged.requirements:
        said.setdefault(id_, _Said()).rules.append(judged.rule)
    try:
        judgement = apply(judged.rule, judged.arguments, test.exchanges)
    except NotRecordedError as reason:
        for id_ in judged.requirements:
            said[id_].unknown = str(reason)
        return
    for id_ in judgement.checked & set(judged.requirements):
        said[id_].held += 1
    shown = test.exchanges[0] if len(test.exchanges) == 1 else None
    for finding in judgement.findings:
        if finding.requirement in judged.requirements:
            evidence = Evidence(finding.problem, finding.where, exchange=shown)
            said[finding.requirement].broken.append((judged.rule, evidence))


def _hold(found: _Said, judged: Judged, id_: str, evidence: Evidence, *, holds: bool) -> None:
    found.rules.append(judged.rule)
    if holds:
        found.held += 1
    elif judged.blame == UNTOLD:
        found.unproven = f"{evidence.problem}, and which of {', '.join(judged.requirements)} is to blame was not asked"
    elif judged.blame in {"", id_}:
        found.broken.append((judged.rule, evidence))


def told(done: Rejudged) -> list[str]:
    """What changed, and of what nothing more can be said, in lines."""
    counted = Counter(done.extent.values())
    extent = f"{plural(counted['wholly'], 'requirement')} wholly, {counted['partly']} in part, {counted['not']} not"
    lines = [f"judged again: {extent}, since they rest on more than answers"]
    lines += [f"{one.requirement}: {one.before} -> {one.after} by {one.rule}: {one.why}" for one in done.changes]
    return lines if done.changes else [*lines, "no verdict changed"]


def document(done: Rejudged) -> dict[str, Any]:
    """rejudged.json: every change, and how far each requirement could be judged again."""
    return {"changes": [asdict(one) for one in done.changes], "requirements": dict(sorted(done.extent.items()))}
