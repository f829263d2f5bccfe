"""How the comparison with Schemathesis judges what either tool says; neither is run here."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from bench.peer import documents, tally
from bench.peer.cells import HERE, RUNGS
from bench.peer.classes import CLASSES, PER_CLASS, ROWS, by_rule, chosen, class_of
from bench.peer.judging import Alarm, Cell, Seen, false_alarms, of_schemathesis, of_suite, points
from bench.peer.share import Share
from conformance.server.defects import Defect, defects, find

JOIN = "POST /EnrollmentServer/device/"
END: dict[str, Any] = {"EngineFinished": {}}


def report(*events: dict[str, Any]) -> list[str]:
    return [json.dumps(event) for event in events]


def scenario(name: str, status: str = "failure", **failure: Any) -> dict[str, Any]:
    case = {"value": {"method": "GET", "path": "/{tenant}/Discover"}}
    check = {"name": name, "status": status, "failure_info": {"failure": failure}}
    recorder = {"label": "Stateful tests", "cases": {"a": case}, "interactions": {"a": {}}, "checks": {"a": [check]}}
    return {"ScenarioFinished": {"recorder": recorder}}


def error(kind: str, message: str = "no") -> dict[str, Any]:
    return {"NonFatalError": {"value": {"type": kind, "message": message}, "label": JOIN}}


def cell(
    tool: str, defect: str | None, *checks: str, seed: int = 1, document: str = "formats", budget: int = 20
) -> Cell:
    alarms = frozenset((document, JOIN, check) for check in checks)
    return Cell(tool, defect, budget, seed, Seen(alarms, (), 10))


def test_a_failed_check_is_an_alarm_of_its_operation() -> None:
    seen = of_schemathesis(report(scenario("not_a_server_error", operation=JOIN), END), "formats")
    assert seen == Seen(frozenset({("formats", JOIN, "not_a_server_error")}), (), 1)


def test_a_failure_in_a_stateful_run_is_one_of_the_operation_it_was_seen_at() -> None:
    seen = of_schemathesis(report(scenario("status_code_conformance"), END), "formats")
    assert seen.alarms == {("formats", "GET /{tenant}/Discover", "status_code_conformance")}


def test_a_check_that_names_a_requirement_is_told_by_that() -> None:
    said = "requirement join-request/csr-cn: no CN is the constant"
    seen = of_schemathesis(report(scenario("suite_bytes", operation=JOIN, message=said), END), "wrong")
    assert seen.alarms == {("wrong", JOIN, "join-request/csr-cn")}


def test_what_passed_is_no_alarm() -> None:
    assert not of_schemathesis(report(scenario("ignored_auth", "success"), END), "formats").alarms


@pytest.mark.parametrize("kind", ["ConnectionError", "ReadTimeout", "ServerUnavailable"])
def test_a_server_that_does_not_answer_is_an_alarm(kind: str) -> None:
    seen = of_schemathesis(report(error(kind), END), "formats")
    assert seen == Seen(frozenset({("formats", JOIN, "network")}))


def test_a_hook_that_raises_is_trouble_and_no_alarm() -> None:
    seen = of_schemathesis(report(error("HookExecutionError", "KeyError: 'x'\nmore"), END), "formats")
    assert not seen.alarms
    assert seen.troubles == (f"formats: HookExecutionError at {JOIN}: KeyError: 'x'",)


def test_a_report_that_breaks_off_is_trouble() -> None:
    assert of_schemathesis([], "formats").troubles == ("the report ends before the run did",)


def test_a_failed_requirement_is_an_alarm_of_the_suite_and_its_own_fault_is_trouble() -> None:
    requirements = [
        {"id": "nonce/status", "verdict": "fail", "reason": ""},
        {"id": "nonce/json", "verdict": "error", "reason": "our own"},
        {"id": "nonce/value", "verdict": "pass", "reason": ""},
    ]
    seen = of_suite({"requirements": requirements, "requests": 7})
    assert seen == Seen(frozenset({("suite", "", "nonce/status")}), ("nonce/json: our own",), 7)


def test_an_alarm_of_the_clean_server_brings_no_point_at_any_seed_or_budget() -> None:
    controls = false_alarms([cell("rung-2", None, "ignored_auth", seed=2, budget=60), cell("rung-2", None)])
    assert not points(cell("rung-2", "takes-any-magic", "ignored_auth"), controls)


@pytest.mark.parametrize("other", [{"document": "patterns"}, {"tool": "rung-3"}])
def test_an_alarm_of_another_document_or_rung_takes_no_point(other: dict[str, str]) -> None:
    clean = cell(other.get("tool", "rung-2"), None, "ignored_auth", document=other.get("document", "formats"))
    controls = false_alarms([clean, cell("rung-2", None)])
    alarm: Alarm = ("formats", JOIN, "ignored_auth")
    assert points(cell("rung-2", "takes-any-magic", "ignored_auth"), controls) == {alarm}


def test_without_a_control_nothing_counts() -> None:
    with pytest.raises(KeyError):
        points(cell("rung-2", "takes-any-magic", "ignored_auth"), {})


def test_a_cell_is_the_same_after_it_was_kept() -> None:
    kept = cell("suite", "takes-any-magic", "x", seed=3)
    assert Cell.from_json(json.loads(json.dumps(kept.to_json()))) == kept


CHOSEN = {"blob": ["one", "two"], "CSR": ["three"]}


def comparison() -> list[Cell]:
    clean = [cell("rung-2", None, "noise"), cell("suite", None)]
    found = [cell("rung-2", "one", "noise", "real"), cell("rung-2", "two", "noise"), cell("suite", "one", "a")]
    again = [cell("rung-2", "one", seed=2), cell("rung-2", "two", seed=2)]
    return [*clean, *found, *again, cell("rung-2", "three", "real"), cell("suite", "three"), cell("suite", "two", "b")]


def test_the_table_counts_defects_of_a_class_seed_by_seed() -> None:
    made = {(one.kind, one.tool): (one.found, one.text()) for one in tally.entries(comparison(), CHOSEN)}
    assert made == {
        ("blob", "rung-2"): ((1, 0), "0\N{EN DASH}1/2"),
        ("blob", "suite"): ((2,), "2/2"),
        ("CSR", "rung-2"): ((1,), "1/1"),
        ("CSR", "suite"): ((0,), "0/1"),
    }


def test_a_seed_that_did_not_meet_every_defect_is_not_counted() -> None:
    cells = [cell("suite", None), cell("suite", "one", "a"), cell("suite", "two", "a"), cell("suite", "one", seed=2)]
    assert [one.found for one in tally.entries(cells, CHOSEN)] == [(2,)]


def test_what_one_side_alone_finds_is_told_of_both() -> None:
    assert tally.only(comparison(), suite=False) == {"three": [f"20 s: rung-2 formats {JOIN} real"]}
    assert list(tally.only(comparison(), suite=True)) == ["two"]


def test_a_defect_that_the_other_side_never_met_is_nobodys_alone() -> None:
    cells = [cell("rung-2", None), cell("rung-2", "one", "real"), cell("suite", None), cell("suite", "one", budget=60)]
    assert tally.only(cells, suite=False) == {}


def test_a_subset_is_called_one() -> None:
    said = "3 of 48 defects; budgets of 20 s; seeds 1, 2; rung-2, suite. The rest was not run."
    assert tally.not_run(comparison()) == f"A subset, 8 of 2880 runs: {said}"
    assert tally.not_run([]).endswith("budgets of no s; seeds none; no tool. The rest was not run.")


def test_the_table_for_people_leaves_out_what_was_not_run() -> None:
    assert tally.markdown(comparison(), CHOSEN).splitlines() == [
        "| 20 s, 2 seeds | rung-1 | rung-2 | rung-3 | suite |",
        "| --- | --- | --- | --- | --- |",
        "| blob |  | 0\N{EN DASH}1/2 |  | 2/2 |",
        "| CSR |  | 1/1 |  | 0/1 |",
    ]


def test_every_class_has_six_defects_that_the_server_has_and_that_are_of_it() -> None:
    assert list(chosen()) == list(CLASSES)
    for name, names in chosen().items():
        assert len(set(names)) == PER_CLASS, name
        assert {class_of(find(one).breaks) for one in names} == {name}


def test_the_choice_looks_at_names_alone() -> None:
    known = list(defects())
    assert by_rule(known) == by_rule(reversed(known))


def test_defects_that_show_over_tls_alone_are_not_compared() -> None:
    tls = Defect("over-tls", "A sentence.", frozenset({"join-request/csr-cn"}), lambda honest: honest, tls=True)
    assert not any(by_rule([tls]).values())


def test_every_pattern_of_a_class_fits_a_defect() -> None:
    ids = {id_ for defect in defects() for id_ in defect.breaks}
    idle = [one for _, patterns in ROWS for one in patterns if not any(fnmatchcase(id_, one) for id_ in ids)]
    assert idle == []


def document(kind: str) -> Any:
    return documents.copied(json.loads((HERE / "openapi.json").read_text(encoding="utf-8")), kind)


def test_the_copy_with_patterns_takes_the_example_and_no_format_that_a_hook_would_give() -> None:
    made = document("patterns")
    assert not set(documents.PATTERNS) & set(re.findall(r'"format": "([^"]+)"', json.dumps(made)))
    join = made["components"]["schemas"]["Join"]["properties"]
    example = made["components"]["examples"]["register"]["value"]
    assert re.search(join["TransportKey"]["pattern"], example["TransportKey"])
    assert re.search(join["CertificateRequest"]["properties"]["Data"]["pattern"], example["CertificateRequest"]["Data"])


def test_the_copies_differ_in_the_binary_members_only() -> None:
    text = json.dumps(document("wrong"))
    for name, wrong in documents.WRONG.items():
        text = text.replace(wrong, name)
    assert json.loads(text) == document("formats")


def test_the_lines_each_tool_needs_are_counted_and_the_suite_needs_none() -> None:
    needs = tally.lines()
    assert needs["suite"] == {"document": 0, "configuration": 0, "hooks": 0}
    assert needs["rung-1"]["hooks"] == 0 < needs["rung-2"]["hooks"] < needs["rung-3"]["hooks"]
    assert set(needs) == {*RUNGS, "suite"}


def test_the_share_of_a_core_is_a_part_of_one() -> None:
    share = Share()
    assert share.value == 1
    share.sample()
    assert 0 < share.value <= 1
