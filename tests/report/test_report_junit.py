"""junit.xml as CI reads it: a case per requirement, and whatever the target sent in it is text."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance.results import Results
from conformance.spec import catalogue


@pytest.fixture(scope="module")
def root(report: Path) -> ET.Element:
    return ET.parse(report / "junit.xml").getroot()


def test_a_case_per_requirement(root: ET.Element, results: Results) -> None:
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert cases == [(item.section, item.id) for item in results.requirements]


def test_only_failures_are_failures(root: ET.Element, results: Results) -> None:
    kinds = {"fail": "failure", "error": "error", "skip": "skipped", "inconclusive": "skipped"}
    by_id = {case.get("name"): case for case in root.iter("testcase")}
    for item in results.requirements:
        ends = [child.tag for child in by_id[item.id] if child.tag != "system-out"]
        assert ends == ([kinds[item.verdict.value]] if item.verdict.value in kinds else [])
        skipped = by_id[item.id].find("skipped")
        begins = skipped is not None and (skipped.get("message") or "").startswith("inconclusive: ")
        assert begins == (item.verdict.value == "inconclusive")


def test_the_numbers_add_up(root: ET.Element, results: Results) -> None:
    for element in (root, *root.iter("testsuite")):
        assert int(element.get("tests") or -1) == len(list(element.iter("testcase")))
        assert int(element.get("failures") or 0) == len(list(element.iter("failure")))
        assert int(element.get("errors") or 0) == len(list(element.iter("error")))
        if element is not root:
            assert int(element.get("skipped") or 0) == len(list(element.iter("skipped")))
        assert float(element.get("time") or -1) >= 0
    assert root.get("failures") == str(len(results.failed))


def test_a_failure_shows_quote_sent_and_came(root: ET.Element, results: Results) -> None:
    first = next(item for item in results.failed if len(item.failures) > 1)
    (text,) = [case.findtext("failure") or "" for case in root.iter("testcase") if case.get("name") == first.id]
    assert catalogue().requirements[first.id].quote in text
    assert "sent: POST https://drs.example/x?a=[1]&b='" in text
    assert "came: 500" in text
    assert r"<script>alert(1)</script>\x00\x1b[31m\u202eevil\u2066\ud800]]>" in text


def test_the_run_is_told_in_properties(root: ET.Element) -> None:
    suite = next(root.iter("testsuite"))
    told = {item.get("name"): item.get("value") for item in suite.findall("properties/property")}
    assert (told["verdict"], told["seed"], told["target.url"]) == ("nonconformant", "7", "https://drs.example")
    assert suite.get("timestamp") == "2026-11-22T16:00:00"


def test_the_document_is_utf_8_and_names_it(report: Path) -> None:
    data = (report / "junit.xml").read_bytes()
    assert data.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    data.decode("utf-8")
