"""The fold of a result stream and the catalogue into `Results`: pure, and independent of the order of the tests.

Rule 1: per requirement a fail outweighs an error, an error an inconclusive, that a pass, and a pass a skip.
Rule 2: a selected requirement of the catalogue that nothing tested is there all the same, skipped, and says why.
Rule 3: what a target may do or leave (MAY: what only the field does among it) is observed, and never counts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.errors import ResultsError
from conformance.results.baseline import weigh
from conformance.results.layers import in_order
from conformance.results.outcome import RequirementResult, Results, SectionTotals
from conformance.results.records import (
    LEFT_OUT,
    NOT_OFFERED,
    NOT_WITHIN,
    Device,
    Footer,
    Header,
    Observation,
    Outcome,
    RequirementOutcome,
    Stop,
    TestRecord,
)
from conformance.results.verdict import Run, judge
from conformance.spec import NEEDS, OFFERED, Level, Party

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.results.records import StreamRecord
    from conformance.spec import Catalogue, Requirement

_SHORT = (LEFT_OUT, NOT_WITHIN)
WEIGHT = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.PASS, Outcome.SKIP)
_REASONS_TOLD = 3
_DIGITS = 10  # of a number in a name; what has as many is a word
_HABIT = {Outcome.PASS: "does", Outcome.FAIL: "does not"}


@dataclass(frozen=True, slots=True)
class _Stream:
    """The records by kind; tests in the order of their ids, of each device the last word."""

    header: Header
    tests: tuple[TestRecord, ...]
    devices: tuple[Device, ...]
    stops: tuple[Stop, ...]
    footer: Footer | None


def fold(records: Iterable[StreamRecord], catalogue: Catalogue) -> Results:
    """What the run comes to.

    Raises ResultsError when there is no header, or when the stream names what this catalogue does not have.
    """
    stream = _sort(records)
    habits = {id_ for id_, item in catalogue.requirements.items() if item.level is Level.MAY}
    outcomes = _outcomes(stream.tests, catalogue)
    wanted = {item.id for item in catalogue.select(stream.header.selection)} | outcomes.keys()
    requirements = tuple(
        _requirement(item, outcomes.get(item.id, []), stream)
        for item in catalogue.requirements.values()
        if item.id in wanted - habits
    )
    partly = {id_ for id_, found in outcomes.items() if any(outcome.reason.startswith(_SHORT) for outcome in found)}
    baseline = weigh(stream.header.accepted or (), requirements, stream.header, partly)
    held = {entry.requirement: entry for entry in baseline.holding}
    requirements = tuple(replace(item, accepted=held.get(item.id)) for item in requirements)
    stopped = next((stop.reason for stop in stream.stops), stream.footer.stopped if stream.footer else None)
    run = Run(
        requirements,
        stream.header.gate,
        stopped,
        ended=stream.footer is not None,
        tests=stream.tests,
        baseline=baseline,
        strict=stream.header.strict,
        budget=stream.header.budget,
    )
    ruling = judge(run)
    return Results(
        header=stream.header,
        verdict=ruling.verdict,
        why=ruling.why,
        ended=stream.footer.ended if stream.footer else None,
        seconds=stream.footer.seconds if stream.footer else sum(test.seconds for test in stream.tests),
        requests=stream.footer.requests if stream.footer else sum(test.requests for test in stream.tests),
        requirements=requirements,
        observations=_observations(stream.tests, outcomes, habits),
        sections=_sections(requirements, stream.tests, catalogue),
        counts=_count(requirements),
        devices=stream.devices,
        layers=_layers(stream.tests),
        exit_status=ruling.exit_status,
        baseline=None if stream.header.accepted is None else baseline,
        left_out=run.left_out,
        load=stream.footer.load if stream.footer else None,
    )


def _sort(records: Iterable[StreamRecord]) -> _Stream:
    every = list(records)
    headers = [record for record in every if isinstance(record, Header)]
    if len(headers) != 1:
        raise ResultsError(f"a run has one header, not {len(headers)}")
    devices: dict[str, Device] = {}
    for device in (record for record in every if isinstance(record, Device)):
        known = devices.setdefault(device.id.lower(), device)  # a GUID, which some write in capitals
        devices[device.id.lower()] = replace(known, removed=known.removed or device.removed)
    return _Stream(
        headers[0],
        tuple(sorted((record for record in every if isinstance(record, TestRecord)), key=lambda test: test.test)),
        tuple(sorted(devices.values(), key=lambda device: (device.created, device.id))),
        tuple(record for record in every if isinstance(record, Stop)),
        next((record for record in every if isinstance(record, Footer)), None),
    )


def _outcomes(tests: Iterable[TestRecord], catalogue: Catalogue) -> dict[str, list[RequirementOutcome]]:
    """Every outcome recorded of each requirement."""
    found: dict[str, list[RequirementOutcome]] = {}
    for test in tests:
        for outcome in test.requirements:
            if outcome.id not in catalogue.requirements:
                raise ResultsError(
                    f"{test.test} tells of the requirement {outcome.id!r}, which this version's catalogue does not have"
                    "; read the results with the version that wrote them"
                )
            found.setdefault(outcome.id, []).append(outcome)
    return found


def _requirement(item: Requirement, outcomes: list[RequirementOutcome], stream: _Stream) -> RequirementResult:
    seen = {outcome.outcome for outcome in outcomes}
    verdict = next((outcome for outcome in WEIGHT if outcome in seen), Outcome.SKIP)
    deciding = [outcome for outcome in outcomes if outcome.outcome is verdict]
    tests = [test for test in stream.tests if any(outcome.id == item.id for outcome in test.requirements)]
    not_offered = verdict is Outcome.SKIP and any(outcome.reason.startswith(NOT_OFFERED) for outcome in deciding)
    reason = _told(outcome.reason for outcome in deciding) if outcomes else _untested(item, stream)
    return RequirementResult(
        id=item.id,
        section=item.section,
        level=item.level.value,
        source=item.source.value,
        title=item.title,
        party=item.party.value,
        verdict=verdict,
        reason=reason or ("" if verdict is Outcome.PASS else "no reason was recorded"),
        tests=len(outcomes),
        cases=sum(outcome.cases for outcome in outcomes),
        requests=sum(outcome.requests for outcome in outcomes),
        testable=item.party is Party.SERVER and not item.untestable,
        not_offered=not_offered,
        missing=_missing(item, stream, deciding, not_offered) if outcomes and verdict is Outcome.SKIP else (),
        failures=tuple(evidence for outcome in outcomes for evidence in outcome.failures),
        tested_by=tuple(test.test for test in tests),
        seconds=sum(test.seconds for test in tests),
    )


def _missing(
    item: Requirement, stream: _Stream, skips: list[RequirementOutcome], target_lacks: bool
) -> tuple[str, ...]:
    """The needs a skipped requirement lacked, in the order of NEEDS: the target's if it lacks any, else the run's."""
    if target_lacks:
        lacking = {
            need
            for need in item.needs & OFFERED
            for skip in skips
            if skip.reason.startswith(f"{NOT_OFFERED}: {need} (")
        }
    else:
        lacking = set(item.needs - OFFERED - frozenset(stream.header.given))
    return tuple(need for need in NEEDS if need in lacking)


def _told(reasons: Iterable[str]) -> str:
    """The distinct reasons as one text, the first few of them."""
    distinct = list(dict.fromkeys(reason for reason in reasons if reason))
    more = len(distinct) - _REASONS_TOLD
    return "; ".join(distinct[:_REASONS_TOLD]) + (f"; and {more} more" if more > 0 else "")


def _untested(item: Requirement, stream: _Stream) -> str:
    """Why nothing was recorded of a requirement."""
    if item.untestable:
        return item.untestable
    if item.party is Party.CLIENT:
        return "a duty of the client, which nothing a server answers can show"
    if stream.stops or stream.footer is None:
        return "not reached before the run ended"
    return f"no test of the {stream.header.profile} profile covers it"


def _observations(
    tests: Iterable[TestRecord], outcomes: dict[str, list[RequirementOutcome]], habits: set[str]
) -> tuple[Observation, ...]:
    """Each reading once, with its first evidence; what tests recorded of a field habit is one too."""
    every = [observation for test in tests for observation in test.observations]
    every += [
        Observation(id_, _HABIT[outcome.outcome], outcome.reason)
        for id_ in sorted(habits & outcomes.keys())
        for outcome in outcomes[id_]
        if outcome.outcome in _HABIT
    ]
    first: dict[tuple[str, str], Observation] = {}
    for observation in every:
        first.setdefault((observation.ambiguity, observation.reading), observation)
    return tuple(sorted(first.values(), key=lambda item: (*ambiguity_key(item.ambiguity), item.reading)))


def ambiguity_key(id_: str) -> tuple[int, str]:
    """A2 before A10, ambiguities before the ids of field habits."""
    number = id_.removeprefix("A")
    return (int(number), "") if number.isdecimal() and number.isascii() and len(number) < _DIGITS else (10**9, id_)


def _sections(
    requirements: tuple[RequirementResult, ...], tests: Iterable[TestRecord], catalogue: Catalogue
) -> tuple[SectionTotals, ...]:
    made: dict[str, list[TestRecord]] = {}
    for test in tests:
        made.setdefault(test.section, []).append(test)
    titles = {section.number: section.title for section in catalogue.sections}
    present = {item.section for item in requirements} | made.keys()
    return tuple(
        SectionTotals(
            number,
            titles.get(number, ""),
            _count(item for item in requirements if item.section == number),
            sum(test.requests for test in made.get(number, [])),
            sum(test.seconds for test in made.get(number, [])),
            _layers(made.get(number, [])),
        )
        for number in sorted(present, key=section_key)
    )


def _layers(tests: Iterable[TestRecord]) -> dict[str, int]:
    """The negative cases counted by the layer in which their first wrong thing sits, from the outside in."""
    counted: Counter[str] = Counter()
    for test in tests:
        counted.update(test.layers)
    return in_order(counted)


def section_key(number: str) -> tuple[tuple[int, str], ...]:
    """2.1.1.2 before 2.1.1.10, and words after numbers."""
    parts = number.split(".")
    return tuple((int(part), "") if part.isdecimal() and len(part) < _DIGITS else (10**9, part) for part in parts)


def _count(requirements: Iterable[RequirementResult]) -> dict[Outcome, int]:
    counted = Counter(item.verdict for item in requirements)
    return {outcome: counted[outcome] for outcome in Outcome}
