"""The arithmetic of the benchmark, its guard and its table; nothing is measured here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import guard, kept, start
from bench.__main__ import main
from bench.figures import Figure, ratios
from bench.growth import Grown
from bench.growth import figures as of_growth
from bench.parts import PARTS, chosen
from bench.replay import Turns, measured, same
from bench.server_rate import Rates, rate
from bench.server_rate import figures as of_server
from bench.spent import Spent
from bench.workers import figures as of_workers

RATIO = Figure("replay/quick/wall", "wall over replay", "", (1.4, 1.2, 1.3), goal=1.2, limit=1.5)
RATE = Figure("server/ratio", "joins over signatures", "", (0.4, 0.5, 0.6), goal=0.5, more_is_better=True)


def like(figure: Figure, *samples: float) -> Figure:
    return Figure(
        figure.name, figure.says, figure.unit, samples, figure.goal, figure.limit, more_is_better=figure.more_is_better
    )


def test_a_figure_is_the_median_of_its_samples_and_shows_how_far_they_lie_apart() -> None:
    assert RATIO.median == 1.3
    assert RATIO.text() == "1.30 (1.20\N{EN DASH}1.40)"
    assert Figure("a/b", "", "s", (0.456,)).text() == "0.46 s"
    assert Figure("a/b", "", "/s", (1234.5, 1300.0)).text() == "1,267/s (1,234\N{EN DASH}1,300)"
    assert Figure("a/b", "", "MiB", (101.6,)).text() == "102 MiB"


def test_a_figure_says_what_is_wanted_and_whether_it_is_so() -> None:
    assert (RATIO.wanted(), RATIO.verdict()) == ("at most 1.20, never above 1.5", "within the limit")
    assert (RATE.wanted(), RATE.verdict()) == ("at least 0.50", "met")
    assert like(RATIO, 1.1).verdict() == "met"
    assert like(RATIO, 1.6).verdict() == "missed"
    assert like(RATE, 0.4).verdict() == "missed"
    assert Figure("a/b", "", "s", (1.0,)).wanted() == Figure("a/b", "", "s", (1.0,)).verdict() == ""


def test_a_figure_comes_back_from_json() -> None:
    assert Figure.from_json(RATIO.to_json()) == RATIO
    assert RATIO.to_json()["median"] == 1.3
    assert RATIO.to_json()["verdict"] == "within the limit"


@pytest.mark.parametrize(("unit", "samples", "said"), [("s", (), "no samples"), ("h", (1.0,), "the unit 'h'; s, MiB")])
def test_a_figure_without_samples_or_of_an_unknown_unit_is_none(
    unit: str, samples: tuple[float, ...], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Figure("a/b", "", unit, samples)


def test_ratios_are_taken_repetition_by_repetition() -> None:
    assert ratios([3.0, 8.0], [2.0, 4.0]) == (1.5, 2.0)
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_the_guard_warns_of_a_ratio_that_became_worse_by_more_than_is_tolerated() -> None:
    assert guard.warnings([like(RATIO, 1.45)], [RATIO]) == []
    assert guard.warnings([like(RATIO, 1.0)], [RATIO]) == []
    (said,) = guard.warnings([like(RATIO, 1.5)], [RATIO])
    assert said == "replay/quick/wall is 1.50, 15% worse than the committed 1.30 (tolerated: 15%)"
    (said,) = guard.warnings([like(RATE, 0.4)], [RATE])
    assert said.startswith("server/ratio is 0.40, 20% worse than the committed 0.50")
    assert guard.warnings([like(RATE, 0.6)], [RATE]) == []


def test_the_guard_warns_of_a_limit_that_is_passed_whatever_is_committed() -> None:
    assert guard.warnings([like(RATIO, 1.51)], []) == ["replay/quick/wall is 1.51, past its limit of 1.5"]


def test_the_guard_compares_nothing_that_hangs_on_the_machine() -> None:
    slow, fast = (Figure("start/warm", "", "s", (seconds,), goal=1.0) for seconds in (9.0, 1.0))
    assert guard.warnings([slow], [fast]) == []


def test_parts_are_chosen_by_name_and_long_ones_only_so() -> None:
    assert [part.name for part in chosen(("replay", "start"))] == ["start", "replay"]
    assert [part.name for part in chosen(())] == [part.name for part in PARTS.values() if not part.alone]
    assert [part.name for part in chosen(("deep",))] == ["deep"]
    with pytest.raises(ValueError, match="there is no part 'fast'; the parts are start, server"):
        chosen(("fast",))


def test_a_replay_is_put_beside_the_suite_turn_by_turn() -> None:
    turns = Turns("quick", 100, [Spent(6.0, 3.0, 2.0), Spent(8.0, 4.0, 2.0)], [Spent(4.0, 1.0, 2.0)] * 2, [1.0, 0.99])
    found = {value["name"]: value["median"] for value in measured([turns])["figures"]}
    assert found["replay/quick/wall"] == 1.75
    assert found["replay/quick/cpu"] == 3.5
    assert found["replay/quick/server"] == 1.0
    assert found["replay/quick/same"] == 0.995


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [("200", "200", True), ("200", "400", False), ("reset", "malformed", True), ("reset", "400", False)],
)
def test_answers_are_the_same_when_their_status_is_or_neither_has_one(one: str, other: str, *, are: bool) -> None:
    assert same(one, other) is are


def test_a_rate_is_work_for_a_second_of_its_clock() -> None:
    clock = iter((10.0, 12.0))
    assert rate(100, lambda: next(clock), lambda: None) == 50.0


def test_joins_are_put_beside_signatures_of_the_same_batch() -> None:
    rates = {"join": Rates([500.0, 900.0], [400.0, 400.0])}
    first = of_server(rates, [1000.0, 1000.0])[0]
    assert (first.samples, first.verdict()) == ((0.5, 0.9), "met")


def test_what_grows_is_counted_for_a_case() -> None:
    one = Grown(1, seconds=2.0, cpu=3.0, cases=100, requests=200, peak=100.0, stream=1)
    many = Grown(10, seconds=10.0, cpu=15.0, cases=1000, requests=2000, peak=130.0, stream=1)
    found = {figure.name: figure for figure in of_growth(one, many)}
    assert found["growth/10/memory"].median == 1.3
    assert found["growth/10/cpu"].median == 0.5
    assert found["growth/10/time"].median == 10.0
    assert found["growth/10/memory"].says == "peak memory with 10 times the cases over that with one"


def test_two_workers_are_put_beside_one() -> None:
    assert of_workers("quick", [Spent(10.0, 0.0)], [Spent(7.0, 0.0)])[0].samples == (0.7,)


def test_the_table_takes_its_place_on_the_page_and_leaves_the_rest() -> None:
    machine = {"cores": 2, "cpu": "A CPU", "python": "3.11.7", "openssl": "OpenSSL 3", "commit": "abc123+"}
    table = kept.table({"replay": {"machine": machine, "figures": [RATIO.to_json()]}})
    assert (
        "| wall over replay | 1.30 (1.20\N{EN DASH}1.40) | at most 1.20, never above 1.5: within the limit |" in table
    )
    assert "Measured on 2 cores (A CPU), Python 3.11.7, OpenSSL 3, at commit abc123." in table
    page = f"before\n{kept._BEGIN}\nan older one\n{kept._END}\nbehind\n"
    assert kept.with_table(page, table) == f"before\n{kept._BEGIN}\n{table}{kept._END}\nbehind\n"
    with pytest.raises(ValueError, match=re.escape("the page has no place for the table")):
        kept.with_table("no place", table)


@pytest.mark.parametrize(("page", "goals"), kept.PAGES.items(), ids=lambda it: getattr(it, "name", ""))
def test_the_pages_show_the_committed_figures(page: Path, *, goals: bool) -> None:
    assert kept.shown(page.read_text(encoding="utf-8")) == kept.table(kept.committed(), goals=goals)


def test_where_goals_are_shown_nothing_else_is() -> None:
    figures = [RATIO.to_json(), Figure("replay/quick/suite", "the suite", "s", (1.0,)).to_json()]
    parts = {
        "replay": {"machine": dict.fromkeys(("cores", "cpu", "python", "openssl", "commit"), ""), "figures": figures}
    }
    assert ("the suite" in kept.table(parts), "the suite" in kept.table(parts, goals=True)) == (True, False)
    assert RATIO.text() in kept.table(parts, goals=True)


def test_what_was_measured_in_whole_is_kept_and_what_was_tried_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = {"cores": 2, "cpu": "A CPU", "python": "3.11.7", "openssl": "OpenSSL 3", "commit": "abc123"}
    monkeypatch.setattr(kept, "COMMITTED", tmp_path / "figures.json")
    page = tmp_path / "cost.md"
    monkeypatch.setattr(kept, "PAGES", {page: False})
    page.write_text(f"{kept._BEGIN}\n{kept.table({})}{kept._END}\n", encoding="utf-8")
    for name, short in (("replay", False), ("server", True)):
        kept.write(tmp_path, name, {"short": short, "machine": machine, "figures": [RATIO.to_json()], "more": 1})
    assert kept.keep(tmp_path) == ["replay"]
    assert kept.committed() == {"replay": {"machine": machine, "figures": [RATIO.to_json()]}}
    assert kept.shown(page.read_text(encoding="utf-8")) == kept.table(kept.committed())
    assert RATIO.text() in page.read_text(encoding="utf-8")


def test_a_part_that_is_unknown_is_refused_in_a_sentence() -> None:
    done = CliRunner().invoke(main, ["fast"])
    assert done.exit_code == 2
    assert "there is no part 'fast'; the parts are start, server" in done.output


@pytest.mark.parametrize(("strict", "status"), [(False, 0), (True, 1)])
def test_a_worse_ratio_is_warned_of_and_is_the_status_only_when_strict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, strict: bool, status: int
) -> None:
    monkeypatch.setattr(kept, "COMMITTED", tmp_path / "figures.json")
    kept.COMMITTED.write_text(json.dumps({"start": {"machine": {}, "figures": [like(RATIO, 1.0).to_json()]}}))
    monkeypatch.setattr(start, "measure", lambda _: {"figures": [like(RATIO, 1.4).to_json()]})
    done = CliRunner().invoke(main, ["start", "--out", str(tmp_path), *(["--strict"] if strict else [])])
    assert done.exit_code == status, done.output
    assert "warning: replay/quick/wall is 1.40, 40% worse than the committed 1.00 (tolerated: 15%)" in done.output
    assert json.loads((tmp_path / "start.json").read_text(encoding="utf-8"))["machine"]["cores"] >= 1
