"""What a check returns: the requirements it looked at, each mismatch, and what it saw where all is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement an answer breaks: what is wrong, and where in the answer (JSON pointer, header, structure)."""

    requirement: str
    problem: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One reading of an ambiguity (`A5`) or a field habit (requirement id) that an answer shows, with its evidence."""

    subject: str
    reading: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """A check as it was called, by name and arguments, for it to be called again; `checked` is what it looked at."""

    check: str
    arguments: Mapping[str, Any]
    checked: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The whole of one check: only what is in `checked` was looked at; a requirement outside it was not tested.

    `applied` are the checks it came of, where those can be called again (`again`).
    """

    checked: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    seen: tuple[Seen, ...] = ()
    applied: tuple[Applied, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if stray := {finding.requirement for finding in self.findings} - self.checked:
            raise ValueError(f"found but not checked: {sorted(stray)}")

    def __add__(self, other: Judgement) -> Judgement:
        findings, seen = self.findings + other.findings, self.seen + other.seen
        return Judgement(self.checked | other.checked, findings, seen, self.applied + other.applied)

    def only(self, requirements: Iterable[str]) -> Judgement:
        """The same of these requirements alone, with everything that was seen."""
        wanted = frozenset(requirements)
        findings = tuple(finding for finding in self.findings if finding.requirement in wanted)
        applied = tuple(replace(one, checked=one.checked & wanted) for one in self.applied)
        return Judgement(self.checked & wanted, findings, self.seen, applied)


class Notes:
    """Collects a judgement while a check reads an answer."""

    def __init__(self) -> None:
        self._checked: set[str] = set()
        self._findings: list[Finding] = []
        self._seen: list[Seen] = []

    def hold(self, requirement: str, holds: object, problem: str, where: str = "") -> bool:
        """The requirement was looked at; when it does not hold, `problem` says why. Returns whether it holds."""
        self._checked.add(requirement)
        if not holds:
            self._findings.append(Finding(requirement, problem, where))
        return bool(holds)

    def see(self, subject: str, reading: str, evidence: str = "") -> None:
        """The answer shows one reading of what the document leaves open."""
        self._seen.append(Seen(subject, reading, evidence))

    def take(self, other: Judgement) -> None:
        """Adds all of another judgement."""
        self._checked |= other.checked
        self._findings += other.findings
        self._seen += other.seen

    def judgement(self, also: Iterable[str] = ()) -> Judgement:
        """What was collected."""
        return Judgement(frozenset(self._checked).union(also), tuple(self._findings), tuple(self._seen))
