"""The page: whole, readable without script, and deaf to whatever the target had to say."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markupsafe import escape

from conformance.exchange import Answer, Exchange, Request
from conformance.paths import TEMPLATES
from conformance.report.html import page
from conformance.report.html.body import show
from conformance.report.html.evidence import WHOLE, chosen
from conformance.report.html.markup import el
from conformance.results import Accepted, EditRecord, Evidence, Outcome, Results, Standing
from conformance.spec import catalogue
from report.hostile import BLOB, exchange

FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe]")


class Outline(HTMLParser):
    """Every element with its attributes, and what was left open."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.elements if attribute in attributes]


def plain(markup: str) -> str:
    return html.unescape(re.sub("<[^>]+>", "", markup))


@pytest.fixture(scope="module")
def markup(report: Path) -> str:
    return (report / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outline(markup: str) -> Outline:
    return Outline(markup)


def test_every_element_is_closed(outline: Outline) -> None:
    assert outline.open == []


def test_nothing_the_target_sent_is_an_element(outline: Outline, markup: str) -> None:
    assert [tag for tag, _ in outline.elements].count("script") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in markup
    assert markup.count("<script>alert") == 0
    assert not [name for _, attributes in outline.elements for name in attributes if name.startswith("on")]


def test_no_unseen_character_of_the_target_is_passed_on(markup: str) -> None:
    assert FORBIDDEN.search(markup) is None
    for escapes in (r"\x00\x1b", r"\u202e", r"\u2066\ud800", r"\x9b", r"\ufffe"):
        assert f'<span class="unseen">{escapes}</span>' in markup


def test_no_template_passes_anything_on_as_it_is() -> None:
    templates = [path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.html")]
    assert templates
    said = re.compile(r"\|\s*(safe|e|escape|forceescape|xmlattr|tojson)\b|Markup|autoescape|\s(on[a-z]+|style)=")
    assert [found.group() for text in templates for found in said.finditer(text)] == []


def test_the_page_loads_nothing_and_leads_nowhere_else(outline: Outline, report: Path) -> None:
    assert {tag for tag, _ in outline.elements} & {"link", "img", "iframe", "object", "base", "form"} == set()
    assert outline.all("src") == []
    anchors = set(outline.all("id"))
    for target in outline.all("href"):
        assert target.removeprefix("#") in anchors if target.startswith("#") else (report / target).is_file(), target


def test_the_policy_allows_the_sheet_and_the_script_and_nothing_else(outline: Outline, markup: str) -> None:
    (policy,) = (a["content"] or "" for _, a in outline.elements if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", markup, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    assert outline.all("style") == []  # the policy would drop them


def test_every_requirement_has_its_anchor_once_and_its_words(outline: Outline, markup: str, results: Results) -> None:
    anchors = outline.all("id")
    assert len(anchors) == len(set(anchors))
    for item in results.requirements:
        entry = catalogue().requirements[item.id]
        assert item.id in anchors
        assert escape(entry.expects) in markup
        assert escape(entry.quote) in markup


def test_each_failure_is_told_once_and_first_and_its_row_leads_there(outline: Outline, results: Results) -> None:
    classes = [(attributes.get("class") or "", attributes) for _, attributes in outline.elements]
    first_row = next(at for at, (name, _) in enumerate(classes) if name.startswith("req "))
    told = [at for at, (name, _) in enumerate(classes) if name == "failed"]
    assert len(told) == len(results.failed)
    assert max(told) < first_row
    rows = {attributes["href"] for name, attributes in classes if name == "req fail"}
    assert rows == {f"#{item.id}" for item in results.failed}
    verdicts = {a["data-verdict"] for tag, a in outline.elements if tag == "details" and "data-verdict" in a}
    assert verdicts == {"error", "pass", "skip", "inconclusive"}


def test_the_page_tells_the_run(markup: str, results: Results) -> None:
    told = ["Nonconformant", results.why, "https://drs.example", "contoso.example", "quick", "2026-11-22 16:00:00 UTC"]
    told += ["1 min 0 s", "1 device created, 0 removed", "pass --domain, a domain name of the tenant (1 requirement)"]
    for words in told:
        assert words in plain(markup)


def test_the_changed_octet_is_marked_in_the_field_it_lies_in(markup: str) -> None:
    (row,) = (row for row in markup.split("<tr") if row.startswith(' class="changed"'))
    assert "cbPrime1Length" in row
    assert "<mark>80</mark>00 00 00" in row.replace("</mark> ", "</mark>")
    assert "The transport key as it was sent, 24 octets" in markup


def test_a_changed_value_and_a_missing_one_are_marked(markup: str) -> None:
    assert '<mark><span class="number">17</span></mark>' in markup
    assert '<mark class="left-out">/DeviceType is left out</mark>' in markup


def test_readings_seen_are_told_apart(markup: str) -> None:
    rows = {id_: markup.partition(f'id="{id_}"')[2].partition("</tr>")[0] for id_ in ("A1", "A2", "A3")}
    first, *others = (reading.title for reading in catalogue().ambiguities["A1"].readings)
    question, _, answer = rows["A1"].partition("<td>")
    assert first in answer
    assert all(other in question and other not in answer for other in others)
    assert "evil" in rows["A2"].partition("<td>")[2]  # a reading that the catalogue does not know
    assert "Not seen in this run." in rows["A3"]


def test_text_is_text_and_markup_is_markup() -> None:
    assert el("p", "<b>&\x07", el("b", "x"), None, ["y", 1000], title='"\x00', hidden=True, open=False) == (
        '<p title="&#34;\\x00" hidden>&lt;b&gt;&amp;<span class="unseen">\\x07</span><b>x</b>y1,000</p>'
    )


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"a": 1.0e400}', "1.0e400"),  # a number is shown as it was spelled
        (b'{"a": 1, "a": 2}', '{"a": 1, "a": 2}'),  # laid out it would lose a member
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", "[[[["),
        (b"not json", "not json"),
        (b"\xff\xfe", "000000  ff fe"),
        (b"", "no body"),
    ],
)
def test_a_body_is_shown_as_it_came(body: bytes, shown: str) -> None:
    assert shown in plain(show(body))


def test_a_long_body_is_cut_and_says_so() -> None:
    for body in (b"x" * 10_000, b"[" + b"1," * 9_999 + b"1]", b'"' + b"x" * 10_000 + b'"', b"\xff" * 10_000):
        markup = show(body)
        assert len(markup) < 20_000
        assert re.search(r"[0-9,]+ (more|octets? not shown|lines? more|octets? more)", markup)


def test_a_mark_in_text_is_cut_out_of_what_surrounds_it() -> None:
    body = b'{"a": "' + b"x" * 9_000 + b'",,}' + b" " * 9_000
    edit = EditRecord("a/a", "n", "t", "json-text", "", "7d 20", "2c 7d", body.index(b",,") + 1)
    markup = show(body, edit)
    assert "<mark>,}</mark>" in markup
    assert len(markup) < 6_000


def test_a_run_of_passes_has_no_failures_to_show(results: Results) -> None:
    clean = replace(results, requirements=tuple(item for item in results.requirements if item.verdict.value == "pass"))
    markup = page.render(clean, catalogue())
    assert 'id="failures"' not in markup
    assert 'id="untested"' not in markup
    assert Outline(markup).open == []


def test_a_run_that_was_cut_off_says_so_at_the_top(results: Results) -> None:
    told = "The run was cut off before its footer; what it did not come to counts as not tested."
    assert told in plain(page.render(replace(results, ended=None), catalogue())).partition("What failed")[0]
    assert told not in plain(page.render(results, catalogue()))


def test_the_baseline_and_the_budget_are_told(results: Results) -> None:
    known = Accepted(results.failed[0].id, "known")
    header = replace(results.header, budget=30.0)
    markup = page.render(
        replace(results, header=header, baseline=Standing(fixed=(known,)), left_out=("s.py::t",)), catalogue()
    )
    assert f"1 no longer failing ({known.requirement})" in plain(markup)
    assert "The run had 30 s, and no time for 1 test." in plain(markup)


def test_what_the_baseline_accepts_says_so_and_why(results: Results) -> None:
    items = [replace(item, accepted=Accepted(item.id, "until March <b>", "2027-03-31")) for item in results.failed[:1]]
    markup = page.render(replace(results, requirements=tuple(items)), catalogue())
    assert "The baseline accepts this failure until 2027-03-31: until March &lt;b&gt;" in markup


def megabytes(number: int) -> tuple[Evidence, ...]:
    """A failure in which everything a target has a say in is megabytes of what is longest when escaped."""
    much = "\u202e&" * 500_000
    exchanged = Exchange(
        Request("POST", f"https://drs.example/{much}", (("X", much),) * 100, much.encode()),
        Answer(200, ((much, much),) * 100, json.dumps({much: [much] * 9}).encode()),
    )
    return (Evidence(much, much, None, exchanged, exchanged),) * number


def test_a_page_of_hundreds_of_failures_is_bounded_and_says_what_was_cut(results: Results) -> None:
    evidence = megabytes(40)
    items = tuple(
        replace(item, verdict=Outcome.FAIL, reason=evidence[0].problem, failures=evidence)
        for item in results.requirements
    )
    much = evidence[0].problem
    devices = tuple(replace(results.devices[0], id=f"{number}{much}") for number in range(300))
    observed = tuple(replace(one, reading=much, evidence=much) for one in results.observations)
    worst = replace(results, requirements=items, why=much, devices=devices, observations=observed)
    assert len(results.requirements) > 200
    markup = page.render(worst, catalogue())
    assert len(markup.encode()) < 4_000_000
    assert 0 < markup.count('<article class="failure">') < WHOLE
    assert "40 failures, not shown whole, as too many requirements failed" in plain(markup)
    assert "The first 200" in markup


def test_a_page_of_hundreds_of_ordinary_failures_is_under_two_megabytes(results: Results) -> None:
    body = json.dumps({"CertificateRequest": {"Data": "x" * 1_200}, "TransportKey": BLOB, "more": list(range(30))})
    exchanged = exchange(body.encode(), body.encode())
    edit = EditRecord("a/a", "n", "Declares a prime.", "blob-header", "/TransportKey", "00 00", "80 00", 16)
    failures = tuple(Evidence(f"problem {n}", "", edit, exchanged, exchanged) for n in range(20))
    items = tuple(replace(item, verdict=Outcome.FAIL, failures=failures) for item in results.requirements)
    markup = page.render(replace(results, requirements=items), catalogue())
    assert markup.count('<article class="failure">') == WHOLE
    assert "<li>problem 0</li>" in markup
    assert "and 19 other problems; results.jsonl has every one, byte for byte" in markup
    assert len(markup.encode()) < 2_000_000


def test_different_problems_are_shown_whole_before_the_same_again(results: Results) -> None:
    same, other = Evidence("the same"), Evidence("another")
    item = replace(results.failed[0], failures=(same, replace(same, where="b"), replace(same, where="c"), other))
    assert chosen(replace(results, requirements=(item,))) == {item.id: (same, other, replace(same, where="b"))}
