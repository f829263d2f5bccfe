"""A run that spares devices: which tests it leaves out, what each cost, and the baselines owed for all together.

The one rule: a refusal counts only once the baseline was accepted after it too. That is asked for at the end, once for
all, and when it is not accepted then, everything that rests on it is inconclusive.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.errors import ConformanceError
from conformance.kit import Session, Twin, Twins
from conformance.plugin.order import named
from conformance.plugin.rehearsal import COSTS
from conformance.plugin.thrift import Allowance, Plan
from conformance.results import Outcome, RequirementOutcome, TestRecord

_LAST = "the baselines, once more for all that was refused"


class Sparing:
    """Of one run; told when a test began and what it recorded."""

    def __init__(self, twins: Twins, session: Session, allowance: Allowance) -> None:
        self.twins = twins
        self._session = session
        self._allowance = allowance
        self.plan: Plan | None = None
        self._owed: dict[Twin, set[str]] = {}
        self._before = (0, 0)
        self._names: frozenset[str] = frozenset()
        self._costs = Path(os.environ[COSTS]) if COSTS in os.environ else None

    def refuses(self, test: str) -> str | None:
        """Why a test is not run, None when it is."""
        return self.plan.refuses(test) if self.plan else None

    def began(self) -> None:
        """A test begins."""
        self._before = self._allowance.joins, self.twins.devices
        self._names = frozenset(self._session.kept)
        self._session.kept.used.clear()
        self.twins.used.clear()

    def ended(self, record: TestRecord) -> None:
        """A test ended with this record."""
        passed = {found.id for found in record.requirements if found.outcome is Outcome.PASS}
        for twin in self.twins.owed:
            self._owed.setdefault(twin, set()).update(passed)
        self.twins.owed.clear()
        if self._costs is not None:
            with self._costs.open("a", encoding="ascii") as file:
                file.write(json.dumps(self._cost(record)) + "\n")

    def _cost(self, record: TestRecord) -> dict[str, Any]:
        every, of_twins = self._allowance.joins - self._before[0], self.twins.devices - self._before[1]
        return {
            "test": named(record.test),
            "section": record.section,
            "devices": max(0, every - of_twins),
            "every": every,
            "requests": record.requests,
            "cases": sum(found.cases for found in record.requirements),
            "twins": sorted(twin.value for twin in self.twins.used if twin in {Twin.JOIN, Twin.PRECREATE}),
            "kept": sorted(set(self._session.kept) - self._names),
            "used": sorted(self._session.kept.used),
            "requirements": sorted(
                {found.id for found in record.requirements if found.outcome is not Outcome.SKIP}
                | {seen.ambiguity for seen in record.observations}
            ),
        }

    def _again(self, twin: Twin) -> str | None:
        """Why what rests on a baseline proves nothing, None where it does."""
        try:
            return self._session.stopped or self.twins.again(twin)
        except ConformanceError as error:
            return str(error)

    def settled(self) -> Iterator[TestRecord]:
        """Asks for the baselines that are owed; a record of it, in which what they do not bear out is inconclusive."""
        before = self._session.requests
        reasons = {twin: self._again(twin) for twin in self._owed}
        unproven = {
            id_: reason for twin, ids in self._owed.items() if (reason := reasons[twin]) is not None for id_ in ids
        }
        self._owed = {}
        if reasons:
            outcome = Outcome.INCONCLUSIVE if unproven else Outcome.PASS
            yield TestRecord(
                _LAST, "Conforming requests, after everything that was refused", "2.1.1", 0.0,
                self._session.requests - before, outcome, next(iter(unproven.values()), ""),
                tuple(RequirementOutcome(id_, Outcome.INCONCLUSIVE, why) for id_, why in sorted(unproven.items())),
            )  # fmt: skip
