"""`drs-conformance catalogue`: what it prints, for whom, and what it says when there is nothing to print."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from conformance.cli import drs_conformance
from conformance.cli.listing import Filters, Listing
from conformance.cli.listing_table import show
from conformance.server.defects import defects
from conformance.spec import catalogue


def run(*arguments: str) -> Result:
    return CliRunner(env={"FORCE_COLOR": "1"}).invoke(drs_conformance, ["catalogue", *arguments])


def document(*arguments: str) -> dict[str, Any]:
    result = run("--format", "json", *arguments)
    assert result.exit_code == 0, result.stderr
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


def ids(*arguments: str) -> list[str]:
    return [entry["id"] for entry in document(*arguments)["requirements"]]


def drawn(width: int, filters: Filters) -> list[str]:
    """The lines of the table on a screen of this width, without colour."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with console.capture() as captured:
        show(Listing.of(filters), console)
    return captured.get().splitlines()


def test_json_holds_the_whole_catalogue() -> None:
    whole = document()
    assert [entry["id"] for entry in whole["requirements"]] == list(catalogue().requirements)
    assert [entry["id"] for entry in whole["ambiguities"]] == list(catalogue().ambiguities)
    assert [entry["name"] for entry in whole["defects"]] == [defect.name for defect in defects()]
    assert [entry["number"] for entry in whole["sections"]] == [section.number for section in catalogue().sections]


def test_json_says_all_there_is_of_a_requirement() -> None:
    (entry,) = document("--section", "join-request/transport-key-no-tail")["requirements"]
    assert entry["quote"] == "cbPrime1 and cbPrime2 MUST be empty."
    assert entry["section"] == "2.1.1.1.1"
    assert (entry["level"], entry["source"], entry["party"]) == ("MUST", "document", "server")
    assert entry["needs"] == ["device-creation", "token"]


def test_each_filter_leaves_what_has_its_value() -> None:
    whole = document()["requirements"]
    for name, value in (("level", "SHOULD"), ("source", "security"), ("party", "client")):
        assert ids(f"--{name}", value) == [entry["id"] for entry in whole if entry[name] == value]
    assert ids("--section", "3.2") == [entry["id"] for entry in whole if entry["section"] == "3.2"]


def test_filters_must_all_hold_and_their_values_any() -> None:
    both = ids("--level", "must", "--level", "may", "--section", "device", "--section", "processing")
    assert both == [
        id_
        for id_, entry in catalogue().requirements.items()
        if entry.section in {"2.1.1", "2.1.1.1.3"} and entry.level in {"MUST", "MAY"}
    ]


def test_ambiguities_and_defects_come_with_what_they_bear_on() -> None:
    shown = document("--section", "join-request/csr-nonce-reused")
    assert shown["ambiguities"] == []
    assert "forgets-spent-nonces" in [defect["name"] for defect in shown["defects"]]
    assert [entry["id"] for entry in document("--section", "join-request/csr-cn")["ambiguities"]] == ["A11"]


def test_markdown_has_a_row_for_each_requirement_and_no_cell_breaks_its_row() -> None:
    page = run("--format", "markdown").stdout
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    first = [row.split("`")[1] for row in rows]
    readings = [reading.id for ambiguity in catalogue().ambiguities.values() for reading in ambiguity.readings]
    assert first == [*catalogue().requirements, *readings, *(defect.name for defect in defects())]
    cells = {len(re.split(r"(?<!\\)\|", row)) for row in rows[: len(catalogue().requirements)]}
    assert cells == {8}


def test_markdown_shows_a_quote_as_it_is_written() -> None:
    page = run("--format", "markdown", "--section", "join-request/attributes-shared-device-type").stdout
    assert r"“\"SharedDevice\"" not in page
    assert r'“"SharedDevice": true\|false”' in page


@pytest.mark.parametrize("form", ["table", "json", "markdown"])
def test_what_is_piped_has_no_colour(form: str) -> None:
    result = run("--format", form)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert not [line for line in result.stdout.splitlines() if line != line.rstrip()]


def test_what_is_piped_has_a_line_for_each_requirement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)  # whoever sets it has said how wide a line may be
    lines = run("--level", "MUST").stdout.splitlines()
    for id_ in ids("--level", "MUST"):
        assert [line for line in lines if line.startswith(f"{id_} ") and catalogue().requirements[id_].title in line]


@pytest.mark.parametrize("width", [80, 119, 120, 160])
def test_the_table_fits_the_screen_and_shows_every_id_whole(width: int) -> None:
    lines = drawn(width, Filters())
    assert max(map(len, lines)) <= width
    shown = {line.split()[0] for line in lines if line.strip()}
    assert shown >= catalogue().requirements.keys()


def test_a_wide_screen_takes_about_half_the_lines() -> None:
    few = Filters(sections=["join-request"], parties=["server"])
    assert len(drawn(160, few)) < len(drawn(80, few)) * 0.75


def test_a_few_requirements_are_shown_with_all_there_is_to_say() -> None:
    text = " ".join(" ".join(drawn(100, Filters(sections=["join-request/challenge-unsigned"]))).split())
    entry = catalogue().requirements["join-request/challenge-unsigned"]
    for words in (
        entry.title,
        entry.reference,
        entry.expects,
        "--challenge-command",
        "PrecreateService.PrecreateEndpoint",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--section", "join-request/csr-sihnature"], ["'join-request/csr-sihnature'", "join-request/csr-signature"]),
        (["--section", "7"], ["'7'", "2.1.1.1.1"]),
        (
            ["--section", "join-answer", "--source", "field"],
            ["--section join-answer", "--source field", "leave one of them out"],
        ),
        (["--level", "ought"], ["'ought'", "'must'"]),
        (["--format", "yaml"], ["'yaml'", "'markdown'"]),
    ],
)
def test_what_matches_nothing_is_a_wrong_command(arguments: list[str], words: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert all(word in result.stderr for word in words), result.stderr
