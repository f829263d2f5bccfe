"""index.html of one run: what the template `run.html` tells, put together out of the fold and the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.report.html.evidence import Failures, chosen, failures
from conformance.report.html.frame import document, page
from conformance.report.html.observations import habits, questions
from conformance.report.html.untested import untested
from conformance.report.html.words import COUNTED
from conformance.results import FORMAT, Outcome, RequirementResult, Results, SectionTotals, Standing
from conformance.spec import Catalogue, Level, Requirement

__all__ = ["document", "render"]

DEVICES = 200  # rows of the table of devices; devices.jsonl has all

_SOURCES = {
    "document": "the document",
    "referenced": "a text the document rests on",
    "security": "what any service behind a token owes",
    "field": "what is done in the field",
}
_GATES = {"must": "MUST", "should": "MUST and SHOULD"}


@dataclass(frozen=True, slots=True)
class Told:
    """A requirement as the page tells it: what came of it, its entry in the catalogue, its failures if it failed."""

    item: RequirementResult
    entry: Requirement
    failures: Failures | None

    @property
    def follows(self) -> str:
        """What it follows from, in words."""
        return _SOURCES[self.item.source] + (f": {self.entry.reference}" if self.entry.reference else "")


@dataclass(frozen=True, slots=True)
class Group:
    """A section of the document with its requirements."""

    section: SectionTotals
    members: tuple[Told, ...]


def render(results: Results, catalogue: Catalogue) -> str:
    """The report of one run."""
    whole = chosen(results)
    told = {
        item.id: Told(
            item,
            catalogue.requirements[item.id],
            failures(item, whole[item.id], results.header) if item.id in whole else None,
        )
        for item in results.requirements
    }
    erred = [one for one in told.values() if one.item.verdict is Outcome.ERROR]
    return page(
        "run.html",
        f"{results.verdict.value}: {results.header.target.get('url', '')}",
        results=results,
        gate=_GATES.get(results.header.gate, results.header.gate),
        failed=[told[item.id] for item in sorted(results.failed, key=lambda item: item.accepted is not None)],
        erred=erred,
        groups=_groups(results, told),
        questions=questions(results, catalogue),
        habits=habits(results, catalogue),
        untested=untested(results),
        devices=sorted(results.devices, key=lambda device: device.removed)[:DEVICES],
        there=sum(not device.removed for device in results.devices),
        filters=[(kind.value, word) for kind, word in COUNTED.items() if results.counts[kind]],
        levels=[level for level in Level if any(item.level == level for item in results.requirements)],
        facts=_facts(results),
        format=FORMAT,
    )


def _facts(results: Results) -> dict[str, str]:
    header = results.header
    versions = ", ".join(f"{name} {version}" for name, version in header.versions.items())
    return {
        "Target": header.target.get("url", ""),
        "Tenant": header.target.get("tenant", ""),
        "Domain": header.target.get("domain", ""),
        "Selection": ", ".join(header.selection) or "everything",
        "Given": ", ".join(header.given) or "nothing",
        "Gate": _GATES.get(header.gate, header.gate),
        "Exit status": str(results.exit_status),
        "Baseline": _baseline(results.baseline) if results.baseline else "",
        "Versions": versions,
    }


def _baseline(standing: Standing) -> str:
    """What became of the baseline's entries, in words."""
    kinds = {
        "accepted": standing.holding,
        "expired": standing.expired,
        "no longer failing": standing.fixed,
        "not tested enough": standing.untested,
        "not selected": standing.absent,
    }
    told = (
        f"{len(found)} {words} ({', '.join(one.requirement for one in found)})"
        for words, found in kinds.items()
        if found
    )
    return "; ".join(told) or "empty"


def _groups(results: Results, told: dict[str, Told]) -> list[Group]:
    """The sections that have requirements, those in the document's order."""
    found = (
        Group(section, tuple(one for one in told.values() if one.item.section == section.section))
        for section in results.sections
    )
    return [group for group in found if group.members]
