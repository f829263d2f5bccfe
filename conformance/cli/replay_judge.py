"""Whether a requirement still fails: the recorded rule applied to the answer that came now, or its test run again.

The one rule: a refusal counts only while a conforming request is accepted, here as in a run; and what rests on more
than one answer is not told from one answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from conformance.checks.again import NotRecordedError, apply
from conformance.checks.verdict import Verdict
from conformance.cli.replay_case import Recorded
from conformance.client import Credentials, Target
from conformance.errors import TargetError
from conformance.exchange import Exchange
from conformance.kit import Session, Twin, Twins, Unproven
from conformance.kit.judgings import ACCEPTED, REFUSED
from conformance.kit.twins import verdict_on
from conformance.plugin.options import Raw
from conformance.results import STREAM, Outcome, TestRecord, Writer, load

_BUSY = {408, 425, 429}


class State(Enum):
    """What a replay comes to; the value is the exit status."""

    HOLDS = 0
    FAILS = 1
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Told:
    """A state, and why in a clause."""

    state: State
    why: str


def judged(case: Recorded, now: Exchange, session: Session, origin: str, *, alone: bool) -> Told | None:
    """The state by the rule that was recorded; None where it rests on more than this answer.

    `alone`: nothing else is sent, so that a refusal is told as what it is.
    """
    rule = case.judged
    if rule is None:
        return None
    if now.answer is not None and now.answer.status in _BUSY:
        return Told(State.UNKNOWN, f"the target is busy (answered {now.answer.status})")
    if rule.rule not in {REFUSED, ACCEPTED}:
        return _checked(case, now, origin, session.target)
    twin = Twin(rule.twin)
    verdict, why = verdict_on(twin, now)
    if verdict is Verdict.ACCEPTED and rule.rule == ACCEPTED:
        return Told(State.HOLDS, f"it is {why}")
    if verdict is not Verdict.REFUSED and rule.rule == REFUSED:
        return Told(State.FAILS, f"it is {why}, and must be refused")
    return _beside(twin, why, None if alone else session, refused=rule.rule == REFUSED)


def _beside(twin: Twin, why: str, session: Session | None, *, refused: bool) -> Told:
    """What an answer that is no acceptance shows, by what a conforming request gets now."""
    if session is None:
        return Told(State.UNKNOWN, f"it is {why}; whether a conforming request is accepted was not asked")
    if (reason := _twin(session, twin)) is not None:
        return Told(State.UNKNOWN, f"it is {why}, which shows nothing: {reason}")
    if refused:
        return Told(State.HOLDS, f"it is {why}, while a conforming request is accepted")
    return Told(State.FAILS, f"it is {why}, and must be accepted")


def _twin(session: Session, twin: Twin) -> str | None:
    """Why a refusal shows nothing; None while the conforming request is accepted."""
    try:
        reason = Twins(session).again(twin)
    except (Unproven, TargetError) as error:
        return str(error)
    return reason.removeprefix("afterwards ") if reason else None


def _checked(case: Recorded, now: Exchange, origin: str, target: Target) -> Told | None:
    """The check called again with this answer, at this hour, at this place."""
    assert case.judged is not None
    arguments = json.loads(case.judged.arguments.replace(json.dumps(origin)[1:-1], json.dumps(target.url)[1:-1]))
    exchanges = [*case.test.exchanges]
    exchanges[case.judged.exchange] = now
    try:
        judgement = apply(case.judged.rule, json.dumps(_at_this_hour(arguments)), tuple(exchanges))
    except NotRecordedError:
        return None
    if case.requirement not in judgement.checked:
        return Told(State.UNKNOWN, "the answer has nothing any more that could show it")
    found = next((one for one in judgement.findings if one.requirement == case.requirement), None)
    return Told(State.FAILS, found.problem) if found else Told(State.HOLDS, "the answer is as it must be")


def _at_this_hour(value: Any) -> Any:
    """The moments of a check are when the answer came, which is now."""
    if isinstance(value, dict):
        if set(value) == {"moment"}:
            return {"moment": datetime.now(UTC).isoformat()}
        return {key: _at_this_hour(item) for key, item in value.items()}
    return [_at_this_hour(item) for item in value] if isinstance(value, list) else value


def tested(case: Recorded, raw: Raw, target: Target, credentials: Credentials, out: Path) -> Told:
    """The state by the whole test that the failure is from, run again into a folder."""
    from conformance.cli.run import suite  # noqa: PLC0415 - pytest comes with it
    from conformance.plugin.again import with_values  # noqa: PLC0415
    from conformance.plugin.run import Run  # noqa: PLC0415
    from conformance.plugin.settings import Settings  # noqa: PLC0415

    settings = Settings.read(with_values(raw, {"select": [case.requirement], "out": str(out)}))
    out.mkdir(parents=True, exist_ok=True)
    run = Run(replace(settings, accepted=None, budget=None), target, credentials, Writer(out / STREAM))
    try:
        run.begin()
        if not run.stopped:
            suite(run, case.test.test)
    except KeyboardInterrupt:
        run.stop("interrupted")
    finally:
        results = run.finish()
    item = next(item for item in results.requirements if item.id == case.requirement)
    if run.stopped and item.verdict is not Outcome.FAIL:
        return Told(State.UNKNOWN, run.stopped)
    if item.verdict is Outcome.PASS and not _sent_again(case, out):
        return Told(State.UNKNOWN, "its test passes, but draws its cases by chance, and this one did not come again")
    state = {Outcome.PASS: State.HOLDS, Outcome.FAIL: State.FAILS}.get(item.verdict, State.UNKNOWN)
    return Told(state, item.reason or "its test passes")


def _sent_again(case: Recorded, out: Path) -> bool:
    """Whether the test that ran again had this very case; one without an edit is the test itself."""
    edit = case.evidence.edit
    tests = (record for record in load(out) if isinstance(record, TestRecord))
    return edit is None or any(
        rule.title == edit.title and case.requirement in rule.requirements for test in tests for rule in test.judged
    )
