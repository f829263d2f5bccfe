"""Several runs side by side: the matrix, what differs in it, and what changed between two runs of one target."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.report import write_comparison
from conformance.report.html.comparison import Run, render
from conformance.results import Outcome, Results
from conformance.spec import catalogue


@pytest.fixture(scope="module")
def better(results: Results) -> Results:
    """A later run of the same target, which passes all, and did not select the first requirement."""
    items = tuple(replace(item, verdict=Outcome.PASS, failures=()) for item in results.requirements[1:])
    return replace(results, header=replace(results.header, started="2026-11-23T08:00:00Z"), requirements=items)


@pytest.fixture(scope="module")
def folder(results: Results, better: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("comparison")
    assert write_comparison(out, {"new <b>": better, "old": results}, catalogue()) == out / "index.html"
    return out


@pytest.fixture(scope="module")
def markup(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


def test_what_differs_is_counted_and_marked_and_told_first(markup: str, results: Results) -> None:
    first, *others = results.requirements
    contrary = {item.id for item in others if item.verdict is Outcome.FAIL}
    partly = {item.id for item in others if item.verdict in {Outcome.SKIP, Outcome.INCONCLUSIVE, Outcome.ERROR}}
    partly |= {first.id} if first.verdict is not Outcome.SKIP else set()
    assert (
        f"{len(contrary)} requirements of {len(results.requirements)} came out differently; {len(partly)} came"
        in markup
    )
    assert marked(markup, "told contrary") == marked(markup, "req contrary") == contrary
    assert marked(markup, "req partly") == partly
    assert "not selected" in markup


def marked(markup: str, kind: str) -> set[str]:
    return set(re.findall(rf'<tr class="{kind}".*?<span class="id">([^<]+)</span>', markup, re.DOTALL))


def test_every_cell_leads_into_the_report_of_its_run(markup: str, folder: Path, results: Results) -> None:
    links = re.findall(r'href="(run-\d)/index\.html#([^"]+)"', markup.partition('id="requirements"')[2])
    assert len(links) == 2 * len(results.requirements) - 1
    pages = {run: (folder / run / "index.html").read_text(encoding="utf-8") for run in ("run-1", "run-2")}
    assert [link for run, link in links if f'id="{link}"' not in pages[run]] == []
    assert (folder / "run-2" / "junit.xml").is_file()


def test_runs_have_the_names_they_were_given(markup: str) -> None:
    assert '<a href="run-1/index.html">new &lt;b&gt;</a>' in markup


def test_what_changed_between_runs_of_one_target_is_told_in_the_order_of_time(markup: str, results: Results) -> None:
    told = html.unescape(re.sub("<[^>]+>", "", markup.partition('id="changes"')[2].partition("</section>")[0]))
    assert "From old to new <b>" in told
    assert "Fails now" not in told
    fixed = told.partition("Passes now")[2].partition("Came to a verdict before")[0].partition("Comes to a verdict")[0]
    assert [item.id for item in results.failed if (item.id in fixed) == (item.id == results.requirements[0].id)] == []


def test_what_fails_now_comes_first(results: Results, better: Results) -> None:
    earlier = replace(better, header=replace(better.header, started="2026-01-01T00:00:00Z"))
    markup = render([Run("a", "run-1", earlier), Run("b", "run-2", results)], catalogue())
    changes = re.findall(r'<span class="v \w+">([^<]+)</span>', markup.partition('id="changes"')[2])
    assert changes[0] == "Fails now"


def test_runs_of_different_targets_are_compared_and_not_followed(results: Results, better: Results) -> None:
    elsewhere = replace(better, header=replace(better.header, target={"url": "https://other.example"}))
    third = replace(elsewhere, header=replace(elsewhere.header, target={"url": "https://third.example"}))
    runs = [Run("a", "run-1", results), Run("b", "run-2", elsewhere), Run("c", "run-3", third)]
    assert 'id="changes"' not in render(runs, catalogue())
    assert "From a to b" in render(runs[:2], catalogue())


def test_two_runs_alike_say_so(results: Results) -> None:
    markup = render([Run("a", "run-1", results), Run("b", "run-2", results)], catalogue())
    assert "0 requirements of" in markup
    assert "Nothing." in markup.partition('id="changes"')[2]
