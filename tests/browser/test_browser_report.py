"""The report in a browser: read, searched, linked to, copied from, at the width of a phone and of a desk."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from browser.conftest import Opener
from conformance.report import write_all, write_comparison
from conformance.results import Outcome, RequirementResult, Results, fold
from conformance.spec import catalogue
from report.hostile import hostile_run

WIDTHS = pytest.mark.parametrize("width", [390, 1280])
RESULTS = fold(hostile_run(), catalogue())
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def one(outcome: Outcome) -> RequirementResult:
    return next(item for item in RESULTS.requirements if item.verdict is outcome)


def rows(page: Page) -> list[str]:
    """The ids of the rows that are to be seen."""
    return page.locator(".req:visible .id").all_text_contents()


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@WIDTHS
def test_what_failed_is_told_before_anything_else(report: Path, visit: Opener, width: int) -> None:
    watched = visit(report, width=width)
    page = watched.page
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nonconformant")
    first = page.locator("details.failed").first
    expect(first.locator("summary").first).to_be_in_viewport()
    expect(first.locator("summary").first).to_contain_text(RESULTS.failed[0].id)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    assert watched.quiet()


@WIDTHS
def test_words_and_verdicts_narrow_the_list(report: Path, visit: Opener, width: int) -> None:
    watched = visit(report, width=width)
    page = watched.page
    assert len(rows(page)) == len(RESULTS.requirements)
    page.get_by_role("searchbox").fill("join-answer UPN")
    found = rows(page)
    assert found
    assert all("join-answer" in id_ for id_ in found)
    page.get_by_role("searchbox").fill("")
    for kind in ("passed", "not tested", "inconclusive", "errors"):
        page.get_by_label(kind, exact=True).uncheck()
    assert rows(page) == [item.id for item in RESULTS.requirements if item.verdict is Outcome.FAIL]
    expect(page.locator(".filter output")).to_have_text(f"{len(RESULTS.failed)} of {len(RESULTS.requirements)}")
    page.get_by_role("searchbox").fill("nothing says this")
    expect(page.get_by_text("Nothing here fits the search.")).to_be_visible()
    assert watched.quiet()


def test_the_words_of_the_document_are_searched_too(report: Path, visit: Opener) -> None:
    page = visit(report).page
    quoted = catalogue().requirements[one(Outcome.PASS).id].quote
    page.get_by_role("searchbox").fill(quoted)
    assert one(Outcome.PASS).id in rows(page)


@WIDTHS
@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_link_opens_the_requirement_it_names(report: Path, visit: Opener, width: int, outcome: Outcome) -> None:
    item = one(outcome)
    watched = visit(report, f"#{item.id}", width=width)
    shown = watched.page.locator(f'[id="{item.id}"]')
    expect(shown).to_be_visible()
    expect(shown).to_contain_text(catalogue().requirements[item.id].expects)
    expect(watched.page.locator("details", has=shown).locator("summary").first).to_be_in_viewport()
    assert watched.quiet()


def test_a_link_opens_what_the_filter_has_put_away(report: Path, visit: Opener) -> None:
    page = visit(report).page
    page.get_by_role("searchbox").fill("nothing says this")
    item = one(Outcome.SKIP)
    page.evaluate("id => { location.hash = id }", item.id)
    expect(page.locator(f'[id="{item.id}"]')).to_be_visible()


def test_a_row_of_a_failure_leads_to_its_bytes(report: Path, visit: Opener) -> None:
    page = visit(report).page
    row = page.locator("a.req.fail").last
    row.click()
    expect(page.locator(f'[id="{row.locator(".id").text_content()}"]')).to_be_visible()


COPIED = {
    "Command that replays it": "drs-conformance replay {}-1 .",
    "Command that sends it again": "curl ",
    "Command that runs the cases again": "drs-conformance --target ",
}  # by the names that a screen reader has for them: how each begins


@WIDTHS
def test_a_reproduction_is_copied_as_it_stands(
    report: Path, visit: Opener, width: int, require_tool: Callable[[str], str]
) -> None:
    item = RESULTS.failed[0]
    watched = visit(report, f"#{item.id}", width=width, permissions=["clipboard-read", "clipboard-write"])
    page = watched.page
    for label, begins in COPIED.items():
        block = page.locator(f'[id="{item.id}"] .copy').filter(has=page.get_by_label(label, exact=True)).first
        block.get_by_role("button", name="Copy").click()
        expect(block.get_by_role("button")).to_have_text("Copied")
        expect(page.get_by_role("status").filter(has_text="copied")).to_have_count(1)
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == block.locator("pre").text_content()
        assert copied.startswith(begins.format(item.id))
        subprocess.run([require_tool("sh"), "-n", "-c", copied], check=True)
    assert watched.quiet()


def few() -> Results:
    """The run with two requirements of each verdict: axe looks at every element, and more of the same say no more."""
    kept = [item for kind in Outcome for item in [one for one in RESULTS.requirements if one.verdict is kind][:2]]
    return replace(RESULTS, requirements=tuple(kept))


@WIDTHS
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_with_everything_open(visit: Opener, tmp_path: Path, width: int, scheme: str) -> None:
    path = write_all(tmp_path, few())
    page = visit(path, width=width, color_scheme=scheme, bypass_csp=True).page
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    assert violations(page) == []


@WIDTHS
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_runs_side_by_side_are_accessible(visit: Opener, tmp_path: Path, width: int, scheme: str) -> None:
    path = write_comparison(tmp_path, {"one": few(), "two": replace(few(), requirements=few().requirements[5:])})
    page = visit(path, width=width, color_scheme=scheme, bypass_csp=True).page
    assert violations(page) == []


@WIDTHS
def test_runs_side_by_side_are_narrowed_and_lead_to_each_run(comparison: Path, visit: Opener, width: int) -> None:
    watched = visit(comparison, width=width)
    page = watched.page
    assert len(rows(page)) == len(RESULTS.requirements)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    expect(page.get_by_text("Came to a verdict before, and does not now")).to_be_visible()
    page.get_by_label("in some runs only", exact=True).uncheck()
    page.get_by_label("alike", exact=True).uncheck()
    assert rows(page) == []
    page.get_by_label("alike", exact=True).check()
    page.get_by_role("searchbox").fill(RESULTS.failed[0].id)
    page.locator(".req:visible").filter(has=page.get_by_text(RESULTS.failed[0].id, exact=True)).locator(
        "a"
    ).last.click()
    page.wait_for_url("**/run-3/**")
    expect(page.locator(f'[id="{RESULTS.failed[0].id}"]')).to_be_visible()
    assert watched.quiet()


def test_a_keyboard_is_enough(report: Path, visit: Opener) -> None:
    page = visit(report).page
    page.locator("details.failed > summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("details.failed").first).to_have_attribute("open", "")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Copy":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_have_count(1)


def test_without_script_all_is_there_but_the_filter(report: Path, visit: Opener) -> None:
    item = RESULTS.failed[0]
    page = visit(report, f"#{item.id}", java_script_enabled=False).page
    expect(page.locator(f'[id="{item.id}"]')).to_be_visible()  # the browser opens what a fragment leads into
    assert page.locator(".filter").is_hidden()
    assert page.locator(".copy button").first.is_hidden()
    page.locator("details.req > summary").first.click()
    expect(page.locator("details.req .inside").first).to_be_visible()


def test_on_paper_everything_is_open(report: Path, visit: Opener) -> None:
    page = visit(report).page
    hidden = page.locator(".failed .failure").first
    expect(hidden).to_be_hidden()
    page.emulate_media(media="print")
    expect(hidden).to_be_visible()
    expect(page.locator("details.req .inside").first).to_be_visible()
    expect(page.locator("nav")).to_be_hidden()
