"""Runs suites' tests in this process, without pytest: each on a case of its own, and how every requirement came out."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import settings
from hypothesis.errors import Flaky

from conformance.client import Credentials, Fixed, Secrets, Target, Transport
from conformance.kit import Case, CheckFailed, Session, Twins, Unproven, profile
from conformance.results import Observation, Outcome
from conformance.server.settings import Ready

WORST = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.PASS, Outcome.SKIP)


@dataclass(frozen=True)
class Came:
    """How a run came out: the worst outcome of each requirement, what was said of it, and what was observed."""

    outcomes: dict[str, Outcome]
    reasons: dict[str, str]
    observations: tuple[Observation, ...]

    def of(self, outcome: Outcome) -> set[str]:
        """The requirements that came out so."""
        return {id_ for id_, found in self.outcomes.items() if found is outcome}

    def readings(self, subject: str) -> set[str]:
        """What was observed of an ambiguity or a habit."""
        return {seen.reading for seen in self.observations if seen.ambiguity == subject}


def suites(*names: str) -> tuple[ModuleType, ...]:
    """The modules of some suites, their properties with few examples: they take the number when they are imported."""
    before = settings.get_current_profile_name()
    settings.register_profile("suites", max_examples=3, deadline=None, database=None, derandomize=True)
    settings.load_profile("suites")
    try:
        return tuple(importlib.import_module(f"conformance.suites.{name}") for name in names)
    finally:
        settings.load_profile(before)


def session_with(ready: Ready, tenant: str | None = None) -> Session:
    """A session with a reference server, in the quick profile."""
    target = Target(ready.url, tenant or ready.tenant, ready.domain, ready.upn, Path(ready.ca), timeout=5)
    secrets = Secrets()
    credentials = Credentials(Fixed(secrets.add(ready.token)))
    return Session(target, credentials, secrets, Transport(target, secrets), profile("quick"))


def run(session: Session, modules: Iterable[ModuleType]) -> Came:
    """Every test of the modules, in their order; the session is over then."""
    with session.transport:
        return _run(session, modules)


def _run(session: Session, modules: Iterable[ModuleType]) -> Came:
    twins = Twins(session)
    outcomes: dict[str, Outcome] = {}
    reasons: dict[str, str] = {}
    observations: list[Observation] = []
    for function, arguments, ids in (found for module in modules for found in _tests(module)):
        case = Case(session, twins, ids, maybe=_possible(function))
        _try(case, function, arguments)
        observations += case.ledger.observations()
        for found in case.ledger.outcomes():
            known = outcomes.get(found.id, found.outcome)
            if found.id in ids and WORST.index(found.outcome) <= WORST.index(known):
                outcomes[found.id], reasons[found.id] = found.outcome, found.reason
    return Came(outcomes, reasons, tuple(observations))


def _try(case: Case, function: Any, arguments: dict[str, Any]) -> None:
    try:
        function(case=case, **arguments)
    except Unproven as reason:
        case.unproven(reason)
    except (CheckFailed, Flaky):  # a target may well answer now so, now so
        assert case.ledger.broken
    case.close()


def _possible(function: Any) -> frozenset[str]:
    """The requirements that a test bears on only when chance has it so."""
    marks = getattr(function, "pytestmark", [])
    return frozenset(id_ for mark in marks if mark.kwargs.get("maybe") for id_ in mark.args)


def _tests(module: ModuleType) -> Iterator[tuple[Any, dict[str, Any], tuple[str, ...]]]:
    """Each test with its arguments and the requirements it declares, one for each value it is parametrized with."""
    for name, function in vars(module).items():
        if not name.startswith("test_"):
            continue
        marks = getattr(function, "pytestmark", [])
        declared = [id_ for mark in marks if mark.name == "requirement" for id_ in mark.args]
        parametrized = next((mark.args for mark in marks if mark.name == "parametrize"), None)
        if parametrized is None:
            yield function, {}, tuple(declared)
            continue
        argument, values = parametrized
        for value in values:
            own = [id_ for mark in getattr(value, "marks", ()) for id_ in mark.args]
            plain = value.values[0] if hasattr(value, "values") else value
            yield function, {argument: plain}, (*declared, *own)
