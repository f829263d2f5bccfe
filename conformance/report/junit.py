"""junit.xml: a test case per requirement, a test suite per section, in the form Jenkins, GitLab and GitHub read.

The one rule: only `fail` is a failure and only `error` an error; `skip` and `inconclusive` are skipped, the latter with
a message that begins so, since the format has no word for a case that proved nothing. A failure that the baseline
accepts is skipped too, as pytest has it for what is expected to fail: it says so, and its evidence stands beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from conformance.report.text import line, plural, until, visible
from conformance.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.exchange import Exchange
    from conformance.results import Evidence, RequirementResult, Results, SectionTotals
    from conformance.spec import Catalogue

_MESSAGE = 400


def render(results: Results, catalogue: Catalogue) -> bytes:
    """The document, UTF-8, well-formed whatever the target sent."""
    named = {"name": "drs-conformance", "time": f"{results.seconds:.3f}"}
    totals = _totals(results.counts, _accepted(results.requirements))
    totals.pop("skipped")  # which Jenkins knows of a suite, and not of all of them
    root = ET.Element("testsuites", named | totals)
    for section in results.sections:
        members = [item for item in results.requirements if item.section == section.section]
        if members:
            root.append(_suite(results, section, members, catalogue))
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suite(
    results: Results, section: SectionTotals, members: list[RequirementResult], catalogue: Catalogue
) -> ET.Element:
    named = {
        "name": line(f"{section.section} {section.title}".strip()),
        "timestamp": line(results.header.started[:19]),
        "hostname": line(results.header.target.get("url", "")),
        "time": f"{section.seconds:.3f}",
    }
    suite = ET.Element("testsuite", named | _totals(section.counts, _accepted(members)))
    _properties(suite, _of_run(results))
    for item in members:
        suite.append(_case(item, catalogue.requirements[item.id].quote))
    return suite


def _case(item: RequirementResult, quote: str) -> ET.Element:
    """One requirement: how it came out, and as output what it is. Jenkins knows no properties here."""
    case = ET.Element("testcase", classname=item.section, name=item.id, time="0")
    message = line(item.reason, _MESSAGE)
    evidence = visible(f"{item.id}: {quote}\n\n" + "\n\n".join(map(_evidence, item.failures)))
    counts = {"test": item.tests, "case": item.cases, "request": item.requests}
    work = ", ".join(plural(number, noun) for noun, number in counts.items())
    output = visible(f"{item.title}\n{item.level}, {item.source}, {item.party}; {work}")
    if item.accepted:
        said = f"accepted failure ({line(until(item.accepted), _MESSAGE)}): {message}"
        ET.SubElement(case, "skipped", type="accepted", message=said)
        output += f"\n\n{evidence}"
    elif item.verdict is Outcome.FAIL:
        ET.SubElement(case, "failure", type=line(item.level), message=message).text = evidence
    elif item.verdict is Outcome.ERROR:
        ET.SubElement(case, "error", type="error", message=message).text = visible(item.reason)
    elif item.verdict is not Outcome.PASS:
        inconclusive = "inconclusive: " if item.verdict is Outcome.INCONCLUSIVE else ""
        ET.SubElement(case, "skipped", message=inconclusive + message)
    ET.SubElement(case, "system-out").text = output
    return case


def _evidence(evidence: Evidence) -> str:
    lines = [evidence.problem + (f" (at {evidence.where})" if evidence.where else "")]
    if edit := evidence.edit:
        at = "" if edit.offset is None else f" at offset {edit.offset}"
        lines.append(f"changed: {edit.title} [{edit.layer}{f', {edit.path}' if edit.path else ''}{at}]")
    if evidence.exchange:
        lines += _exchange(evidence.exchange)
    return "\n".join(lines)


def _exchange(exchange: Exchange) -> Iterable[str]:
    yield f"sent: {exchange.request.method} {exchange.request.url}"
    if exchange.answer is not None:
        body = exchange.answer.body[: 4 * _MESSAGE].decode("utf-8", "backslashreplace")
        yield f"came: {exchange.answer.status} {line(body, _MESSAGE)}".rstrip()
    if exchange.failure is not None:
        yield f"came: {exchange.failure.message}"


def _of_run(results: Results) -> dict[str, str]:
    header = results.header
    told = {"verdict": results.verdict.value, "why": results.why, "profile": header.profile, "gate": header.gate}
    versions = {f"version.{name}": version for name, version in header.versions.items()}
    target = {f"target.{name}": value for name, value in header.target.items()}
    return {**told, "seed": str(header.seed), **target, **versions}


def _properties(parent: ET.Element, values: dict[str, str]) -> None:
    properties = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=line(name), value=line(value))


def _accepted(items: Iterable[RequirementResult]) -> int:
    return sum(item.accepted is not None for item in items)


def _totals(counts: dict[Outcome, int], accepted: int) -> dict[str, str]:
    return {
        "tests": str(sum(counts.values())),
        "failures": str(counts[Outcome.FAIL] - accepted),
        "errors": str(counts[Outcome.ERROR]),
        "skipped": str(counts[Outcome.SKIP] + counts[Outcome.INCONCLUSIVE] + accepted),
    }
