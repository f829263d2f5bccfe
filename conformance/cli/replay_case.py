"""Which recorded failure is meant: by the requirement's id, by its number, or by its file beside the report.

The one rule: numbers are the report's. `join-request/csr-cn-2` is what lies in `failures/join-request.csr-cn-2.json`.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.errors import UsageError
from conformance.exchange import Exchange
from conformance.kit.judgings import ACCEPTED, REFUSED
from conformance.report import resend
from conformance.results import Evidence, Header, Judged, Outcome, StreamRecord, TestRecord, load

_NAMED = 5
_SUFFIXES = {".json", ".bin", ".http"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """One failure: its number among those of the requirement, the test it is from, and what was sent and came.

    `judged` is the rule that it broke, None where that rests on more than the one answer.
    """

    requirement: str
    number: int
    of: int
    test: TestRecord
    evidence: Evidence
    exchange: Exchange
    judged: Judged | None

    @property
    def id(self) -> str:
        """What names it on the command line."""
        return f"{self.requirement}-{self.number}"


def read(run: Path) -> tuple[Header, tuple[StreamRecord, ...]]:
    """The records of a run, by its folder or its stream. Raises `ResultsError` for what is none, and `UsageError`."""
    records = load(run)
    header = next(record for record in records if isinstance(record, Header))
    if "url" not in header.target:
        raise UsageError(f"{run} does not say which target it tested, so that nothing can be sent to it again")
    return header, records


def find(records: Iterable[StreamRecord], named: str, run: Path) -> tuple[Recorded, ...]:
    """The failures meant: one, or each of a requirement. Raises `UsageError` naming what there is."""
    failures = _failures(records)
    name = _plain(named)
    for requirement, found in failures.items():
        number = re.fullmatch(re.escape(requirement) + r"-([0-9]{1,6})", name)
        if name in {requirement, requirement.replace("/", ".")}:
            return tuple(_numbered(requirement, found))
        if number or (number := re.fullmatch(re.escape(requirement.replace("/", ".")) + r"-([0-9]{1,6})", name)):
            chosen = [one for one in _numbered(requirement, found) if one.number == int(number[1])]
            if not chosen:
                raise UsageError(f"{requirement} failed {_times(len(found))} in {run}; there is no number {number[1]}")
            return tuple(chosen)
    raise UsageError(_unknown(named, name, failures, run))


def _plain(named: str) -> str:
    """The id without what makes a path of it: `failures/nonce.value-1.bin` is `nonce.value-1`."""
    path = Path(named)
    return path.stem if path.suffix in _SUFFIXES else named


def _failures(records: Iterable[StreamRecord]) -> dict[str, list[tuple[TestRecord, Evidence]]]:
    found: dict[str, list[tuple[TestRecord, Evidence]]] = {}
    for test in (record for record in records if isinstance(record, TestRecord)):
        for outcome in test.requirements:
            if outcome.outcome is Outcome.FAIL:
                found.setdefault(outcome.id, []).extend((test, evidence) for evidence in outcome.failures)
    return found


def _numbered(requirement: str, found: list[tuple[TestRecord, Evidence]]) -> Iterator[Recorded]:
    tests = {id(evidence): test for test, evidence in found}
    ordered = resend.varied(tuple(evidence for _, evidence in found))
    for number, evidence in enumerate(ordered, start=1):
        if evidence.exchange is not None:
            test = tests[id(evidence)]
            rule = _rule(requirement, test, evidence, evidence.exchange)
            yield Recorded(requirement, number, len(found), test, evidence, evidence.exchange, rule)


def _rule(requirement: str, test: TestRecord, evidence: Evidence, exchange: Exchange) -> Judged | None:
    """The rule that this answer broke: a refusal, an acceptance, or a check of this answer and of no other."""
    bare = replace(exchange, request=replace(exchange.request, body=b""))
    places = {place for place, other in enumerate(test.exchanges) if other == bare}
    rules = [rule for rule in test.judged if requirement in rule.requirements]
    wanted = REFUSED if evidence.edit else ACCEPTED if evidence.baseline else None
    if wanted:
        same = [rule for rule in rules if rule.rule == wanted]
        return next((rule for rule in same if rule.exchange in places), same[0] if same else None)
    for rule in rules:
        named = list(_exchanges(json.loads(rule.arguments or "{}")))
        if len(named) == 1 and named[0] in places:
            return replace(rule, exchange=named[0])
    return None


def _exchanges(value: object) -> Iterator[int]:
    """The numbers of the exchanges that a check's arguments name."""
    if isinstance(value, dict):
        number = value.get("exchange")
        yield from (
            [number] if isinstance(number, int) else (each for item in value.values() for each in _exchanges(item))
        )
    elif isinstance(value, list):
        yield from (each for item in value for each in _exchanges(item))


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _unknown(named: str, name: str, failures: Iterable[str], run: Path) -> str:
    ids = list(failures)
    if not ids:
        return f"nothing failed in {run}, so that there is nothing to send again"
    near = difflib.get_close_matches(name.replace(".", "/"), ids, n=1) or ids[:_NAMED]
    more = f" and {len(ids) - len(near)} more" if len(ids) > len(near) else ""
    return f"{named[:100]!r} did not fail in {run}; what did: {', '.join(near)}{more}"
