"""A target that is out to harm its reader: nothing it sent runs, loads, hides or floods the page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.conftest import Opener
from conformance.exchange import Answer, Exchange, Request
from conformance.report import write_all, write_comparison
from conformance.report.html import page
from conformance.results import (
    Device,
    Evidence,
    Footer,
    Header,
    Observation,
    Outcome,
    RequirementOutcome,
    Results,
    TestRecord,
    fold,
)
from conformance.spec import catalogue
from report.hostile import held_to

ATTACKS = (
    "</script><script>alert(1)</script>",
    "</style><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    '" onmouseover="alert(4)" autofocus onfocus="alert(5)" x="',
    "' onclick='alert(6)",
    "javascript:alert(7)",
    "</pre></details></main><iframe srcdoc='<script>parent.alert(8)</script>'></iframe>",
    "<svg/onload=alert(9)><style>*{display:none}</style><base href=//evil.example/><meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=https://evil.example/x.css><!-- --!> ]]> <![CDATA[",
    "{{ 7*7 }} {% raw %} ${7*7} %s {0}",
    "\u202egnp.exe\u2066 \u200b\u00ad\ufeff",
    "\x1b[2J\x1b]0;owned\x07\x9b31m\x00\r\x08",
    "\ud800 \ufffe",
)
ALL = " ".join(ATTACKS)


def exchanges(text: str) -> list[Exchange]:
    """The text in every place of an exchange that a target or a generated request has a say in."""
    sound = text.encode("utf-8", "replace")
    bodies = [sound, b'{"a": ' + repr(text).replace('"', "").replace("'", '"').encode() + b"}", b"\xff\x00" + sound]
    return [
        Exchange(
            Request("POST", f"https://drs.example/{text}", ((text, text),), body), Answer(400, ((text, text),), body)
        )
        for body in bodies
    ]


def hostile(text: str) -> Results:
    failing, erring, proving, skipping, *_ = held_to()
    failures = tuple(Evidence(text, text, None, one, one, text) for one in exchanges(text))
    outcomes = (
        RequirementOutcome(failing.id, Outcome.FAIL, text, 3, 3, failures),
        RequirementOutcome(erring.id, Outcome.ERROR, text),
        RequirementOutcome(proving.id, Outcome.INCONCLUSIVE, text),
        RequirementOutcome(skipping.id, Outcome.SKIP, text),
    )
    seen = (Observation("A1", text, text), Observation("A2", "other", text))
    test = TestRecord(f"s.py::t[{text}]", text, "2.1.1", 1.0, 3, Outcome.FAIL, text, outcomes, seen, {text: 3})
    target = {"url": f"https://drs.example/{text}", "tenant": text, "domain": text}
    header = Header(text, target, text, "must", 7, {text: text, "drs-conformance": text}, (), (text,))
    return fold((header, test, Device(text, text, text), Footer(text, 1.0, 3, text)), catalogue())


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_all(tmp_path_factory.mktemp("hostile"), hostile(ALL))


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_that_came_runs_or_loads(page_path: Path, visit: Opener, width: int) -> None:
    watched = visit(page_path, width=width)
    shown = watched.page
    shown.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    for link in shown.locator(".failure").all():
        link.hover()
    shown.wait_for_timeout(300)
    assert shown.locator("iframe, img, object, embed, base, link, form, svg:not(.bar)").count() == 0
    assert shown.locator("script").count() == 1
    assert shown.locator("style").count() == 1
    names = shown.evaluate("[...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames())")
    assert {name for name in names if name.startswith("on") or name in {"style", "srcdoc", "autofocus"}} == set()
    schemes = shown.evaluate("[...document.links].map(link => new URL(link.href).protocol)")
    assert set(schemes) == {"file:"}
    assert watched.quiet()


def test_what_came_is_there_to_be_read(page_path: Path, visit: Opener) -> None:
    shown = visit(page_path).page
    text = shown.locator("main").text_content() or ""
    for attack in ATTACKS[:10]:
        assert attack in text
    assert r"\u202egnp.exe\u2066" in text
    assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufffe]", text) is None


def test_the_policy_stops_what_an_escape_would_let_through(page_path: Path, tmp_path: Path, visit: Opener) -> None:
    """Were one place forgotten: a script in the page of another's making is not run, an image not asked for."""
    planted = page_path.read_text(encoding="utf-8").replace(
        "</main>", "<script>alert('planted')</script><img src=https://evil.example/x onerror=alert('planted')></main>"
    )
    path = tmp_path / "index.html"
    path.write_text(planted, encoding="utf-8")
    watched = visit(path)
    watched.page.wait_for_timeout(300)
    assert (watched.dialogs, watched.requests) == ([], [])
    assert any("Content Security Policy" in error for error in watched.errors)


def test_names_of_runs_and_of_targets_are_harmless_side_by_side(tmp_path: Path, visit: Opener) -> None:
    results = hostile(ALL)
    watched = visit(write_comparison(tmp_path, {ALL: results, "b": replace(results, why=ALL)}))
    watched.page.wait_for_timeout(300)
    assert watched.page.locator("script").count() == 1
    assert watched.quiet()


def test_megabytes_are_cut_and_the_page_stays_light(tmp_path: Path, visit: Opener) -> None:
    path = tmp_path / "index.html"
    path.write_text(page.render(hostile(ALL + "x" * 1_000_000), catalogue()), encoding="utf-8")
    assert path.stat().st_size < 2_000_000
    watched = visit(path, width=390)
    expect(watched.page.get_by_role("heading", level=1)).to_be_visible()
    assert watched.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert watched.quiet()
