"""The terminal: what one reads at the end of a run, and no control character of the target's."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from conformance.report import terminal
from conformance.report.text import as_text, clip, duration, line, moment, pieces, plural, pointed, visible
from conformance.results import Outcome, Results, Verdict
from conformance.spec import catalogue

SGR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture(scope="module")
def plain(results: Results) -> str:
    return terminal.plain(terminal.summary(results, catalogue(), Path("reports/index.html")))


def test_no_control_character_reaches_the_terminal(results: Results) -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system="truecolor", width=100, legacy_windows=False)
    console.print(terminal.summary(results, catalogue(), Path("reports/\x1b[2Jindex.html")))
    printed = file.getvalue()
    assert SGR.search(printed)
    assert CONTROL.search(SGR.sub("", printed)) is None


def test_plain_text_has_no_colour_and_all_the_words(plain: str, results: Results) -> None:
    assert CONTROL.search(plain) is None
    assert re.search(
        r"^section +passed +failed +skipped +inconclusive +errors +requests +per second$", plain, re.MULTILINE
    )
    assert re.search(r"^all +\d+ +3 +\d+ +1 +1 +99 +2$", plain, re.MULTILINE)
    for item in results.failed:
        assert f"FAILED {item.id}  MUST, section {item.section}" in plain
    assert "report: reports/index.html" in plain
    assert "pass --domain, a domain name of the tenant (1 requirement)" in plain
    assert "nonconformant  3 MUST requirements failed: " in plain


def test_a_failure_says_what_was_sent_and_what_came(plain: str) -> None:
    flat = " ".join(plain.split())
    assert r"problem <script>alert(1)</script>\x00\x1b[31m\u202eevil\u2066\ud800]]>&amp;[bold]" in flat
    assert "changed blob-header, /TransportKey, offset 16: 00 00 became 80 00" in flat
    assert "sent POST https://drs.example/x?a=[1]&b='" in flat
    assert "and 4 more failures of it" in flat
    assert r"came no answer: <script>" in flat


def test_a_failure_says_how_it_is_sent_again(plain: str, results: Results) -> None:
    first = results.failed[0]
    named = re.escape(" \\\n") + " +--target https://drs.example\n"
    assert re.search(f"again    drs-conformance replay {first.id}-1{named}", plain)
    elsewhere = terminal.summary(results, catalogue(), Path("page/index.html"), run=Path("a run"))
    assert re.search(f"drs-conformance replay {first.id}-1 'a run'{named}", terminal.plain(elsewhere))
    target = {"url": "http://127.0.0.1:49152", "embedded": "yes"}
    own = replace(results, header=replace(results.header, target=target))
    said = terminal.plain(terminal.summary(own, catalogue(), Path("reports/index.html")))
    assert f"again    drs-conformance replay {first.id}-1\n" in said
    load = replace(results, header=replace(results.header, profile="load"))
    assert "replay" not in terminal.plain(terminal.summary(load, catalogue(), Path("reports/index.html")))


def test_it_says_how_deep_the_negative_cases_reached(results: Results) -> None:
    first, second, *others = results.sections
    layers = {"http": 3, "json-value": 3, "der": 1, "spki": 1}
    counted = (replace(first, layers={"http": 3}), replace(second, layers={"json-value": 3, "der": 1, "spki": 1}))
    deep = replace(results, layers=layers, sections=(*counted, *(replace(other, layers={}) for other in others)))
    assert terminal.plain(terminal.depth(deep)) == (
        "8 negative cases, first wrong at: http 3, json-value 3, der 1, spki 1\n"
        f"at DER or deeper: 25% (40% in section {second.section})\n"
    )
    assert "negative" not in terminal.plain(terminal.summary(replace(results, layers={}), catalogue()))


def test_a_section_of_no_time_has_no_rate(results: Results) -> None:
    timeless = replace(results, seconds=0.0, sections=tuple(replace(item, seconds=0.0) for item in results.sections))
    printed = terminal.plain(terminal.sections(timeless))
    assert all(row.endswith(" -") for row in printed.splitlines()[1:])


def test_a_clean_run_is_short(results: Results) -> None:
    passed = tuple(item for item in results.requirements if item.verdict is Outcome.PASS)
    clean = replace(results, requirements=passed, verdict=Verdict.CONFORMANT, why="All is well.")
    printed = terminal.plain(terminal.summary(clean, catalogue()))
    assert "FAILED" not in printed
    assert "to test more" not in printed
    assert "report:" not in printed
    assert "conformant  All is well." in printed


def test_hundreds_of_failures_do_not_scroll_the_verdict_away(results: Results) -> None:
    many = tuple(replace(item, verdict=Outcome.FAIL) for item in results.requirements)
    printed = terminal.plain(terminal.summary(replace(results, requirements=many), catalogue()))
    assert printed.count("FAILED ") == 20
    assert f"and {len(many) - 20} more failed requirements, which the report has" in printed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünïcode 漢字\n\ttab", "plain ünïcode 漢字\n\ttab"),
        ("\x00\x1b\x7f\x9b", r"\x00\x1b\x7f\x9b"),
        ("\r\n", "\\x0d\n"),
        ("\u202e\u2066\u200b\ufeff\u2028", r"\u202e\u2066\u200b\ufeff\u2028"),
        ("\ud800\ufffe", r"\ud800\ufffe"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_unseen_characters_are_shown_as_escapes(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert "".join(piece for piece, _ in pieces(text)) == shown


def test_small_words() -> None:
    assert line("a\nb\tc", 4) == "a b…"
    assert clip("abcd", 4) == "abcd"
    assert (plural(1, "case"), plural(2000, "case")) == ("1 case", "2,000 cases")
    assert (duration(0.44), duration(59.6), duration(200)) == ("0.4 s", "1 min 0 s", "3 min 20 s")
    assert moment("2026-11-22T16:00:00.25+00:00") == "2026-11-22 16:00:00 UTC"
    assert moment("yesterday") == "yesterday"


def test_what_is_text() -> None:
    assert as_text(b"a long line with one NUL\x00") == "a long line with one NUL\x00"
    assert as_text(b"\x00\x01\x02a") is None
    assert as_text(b"\xff") is None


def test_a_pointer_leads_somewhere_or_nowhere() -> None:
    assert pointed({"a/b": [{"~": 1}]}, "/a~1b/0/~0") == 1
    for path in ("/b", "/a~1b/7", "/a~1b/x", "/a~1b/0/~0/deeper"):
        with pytest.raises(KeyError):
            pointed({"a/b": [{"~": 1}]}, path)
