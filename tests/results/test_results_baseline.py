"""The baseline: read strictly, weighed against a run, and never a way to make a verdict sound better than it is."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.results import (
    Accepted,
    Evidence,
    Footer,
    Header,
    Outcome,
    RequirementOutcome,
    Results,
    Stop,
    TestRecord,
    Verdict,
    Writer,
    baseline,
    fold,
    load,
)
from conformance.results.baseline import read, render
from conformance.results.records import NOT_WITHIN, left_out
from conformance.spec import Catalogue, Level, Party, Requirement, Section, Source, catalogue

if TYPE_CHECKING:
    from pathlib import Path

PASS, FAIL, SKIP, INCONCLUSIVE, ERROR = Outcome
OLD, DAY, LATER = "2026-11-21", "2026-11-22", "2026-11-23"
TARGET = {"url": "https://drs.example"}


def entry(id_: str, level: str = "MUST") -> Requirement:
    return Requirement(
        id_, id_, "2.1.1", Level(level), expects="Something.", source=Source.DOCUMENT, party=Party.SERVER
    )


def run(
    outcomes: dict[str, Outcome],
    *entries: Accepted,
    gate: str = "must",
    strict: bool = False,
    stopped: str | None = None,
    levels: dict[str, str] | None = None,
    profile: str = "standard",
) -> Results:
    """A run of a hundred MUSTs: those named came out so, the others passed."""
    ids = [*outcomes, *(f"b/b{n}" for n in range(100 - len(outcomes)))]
    items = {id_: entry(id_, (levels or {}).get(id_, "MUST")) for id_ in ids}
    header = Header(f"{DAY}T16:00:00Z", TARGET, profile, gate, 7, {}, accepted=entries, strict=strict)
    came = [_came(id_, outcomes.get(id_, PASS)) for id_ in ids]
    test = TestRecord("t", "Sends.", "2.1.1", 0.5, 1, PASS, requirements=tuple(came))
    stops = [Stop(stopped)] if stopped else []
    footer = Footer(f"{DAY}T16:01:00Z", 60.0, 9, stopped)
    return fold([header, test, *stops, footer], Catalogue((Section("2.1.1", "D", "d"),), items, {}))


def _came(id_: str, outcome: Outcome) -> RequirementOutcome:
    return RequirementOutcome(id_, outcome, "why", 1, 1, (Evidence("why"),) if outcome is FAIL else ())


def accepts(*ids: str, expires: str = "") -> tuple[Accepted, ...]:
    return tuple(Accepted(id_, "Known.", expires) for id_ in ids)


def ended(results: Results) -> tuple[str, int]:
    return results.verdict.value, results.exit_status


def test_accepted_failures_pass_the_gate_and_leave_the_verdict_what_it_is() -> None:
    results = run({"a/a": FAIL}, *accepts("a/a"))
    assert ended(results) == ("nonconformant", 0)
    assert results.why == "1 MUST requirement failed: a/a; the baseline accepts it."
    (failed,) = results.failed
    assert (failed.verdict, failed.accepted) == (FAIL, Accepted("a/a", "Known."))
    document = results.to_json()
    assert document["counts"]["fail"] == 1
    assert document["baseline"]["holding"] == [
        {"requirement": "a/a", "reason": "Known.", "expires": "", "profile": "standard"}
    ]
    (told,) = [item for item in document["requirements"] if item["verdict"] == "fail"]
    assert told["accepted"] == {"reason": "Known.", "expires": ""}


def test_a_new_failure_gates_and_the_accepted_are_counted_beside_it() -> None:
    results = run({"a/a": FAIL, "a/new": FAIL}, *accepts("a/a"))
    assert ended(results) == ("nonconformant", 1)
    assert results.why == "1 MUST requirement failed: a/new; the baseline accepts 1 more."


@pytest.mark.parametrize(("expires", "status"), [(OLD, 1), (DAY, 0), (LATER, 0)])
def test_an_entry_holds_through_its_last_day(expires: str, status: int) -> None:
    results = run({"a/a": FAIL}, *accepts("a/a", expires=expires))
    assert ended(results) == ("nonconformant", status)
    assert results.baseline is not None
    assert bool(results.baseline.expired) is bool(status)


def test_an_expired_entry_gates_though_nothing_was_tested_of_it() -> None:
    results = run({"a/a": SKIP}, *accepts("a/a", expires=OLD))
    assert ended(results) == ("conformant", 1)
    assert results.why.endswith("The gate stays shut: 1 entry of the baseline (a/a) expired.")


@pytest.mark.parametrize("expires", ["", OLD])
@pytest.mark.parametrize(("strict", "status"), [(False, 0), (True, 1)])
def test_an_entry_that_fails_no_more_gates_when_strict(expires: str, *, strict: bool, status: int) -> None:
    results = run({"a/a": PASS}, *accepts("a/a", expires=expires), strict=strict)
    assert ended(results) == ("conformant", status)
    assert results.baseline is not None
    assert [item.requirement for item in results.baseline.fixed] == ["a/a"]
    assert ("(a/a) fails no more." in results.why) is strict


def test_several_of_each_are_told_in_one_sentence() -> None:
    outcomes = {"a/a": PASS, "a/b": PASS, "a/c": SKIP}
    results = run(outcomes, *accepts("a/a", "a/b"), *accepts("a/c", expires=OLD), strict=True)
    assert results.why.endswith(
        "The gate stays shut: 1 entry of the baseline (a/c) expired"
        " and 2 entries of the baseline (a/a, a/b) fail no more."
    )


@pytest.mark.parametrize("outcome", [SKIP, INCONCLUSIVE])
def test_what_was_not_tested_is_neither_fixed_nor_a_failure(outcome: Outcome) -> None:
    results = run({"a/a": outcome}, *accepts("a/a"), strict=True)
    assert ended(results) == ("conformant", 0)
    assert results.baseline is not None
    assert [item.requirement for item in results.baseline.untested] == ["a/a"]


@pytest.mark.parametrize(
    ("profile", "written", "fixed"),
    [
        ("quick", "standard", False), ("standard", "standard", True), ("deep", "standard", True),
        ("quick", "quick", True), ("standard", "deep", False), ("load", "standard", False),
        ("load", "load", True), ("deep", "load", False),
    ],
)  # fmt: skip
def test_a_pass_of_a_profile_that_tries_less_mends_nothing(profile: str, written: str, *, fixed: bool) -> None:
    results = run({"a/a": PASS}, Accepted("a/a", "Known.", profile=written), strict=True, profile=profile)
    assert ended(results) == ("conformant", 1 if fixed else 0)
    assert results.baseline is not None
    assert [item.requirement for item in results.baseline.fixed if fixed] == ["a/a"] * fixed
    assert [item.requirement for item in results.baseline.untested] == ["a/a"] * (not fixed)
    past = run({"a/a": PASS}, Accepted("a/a", "Known.", OLD, written), profile=profile)
    assert ended(past) == ("conformant", 0 if fixed else 1)


@pytest.mark.parametrize("why", [left_out(3), f"{NOT_WITHIN} 4"])
def test_a_pass_with_a_test_left_out_mends_nothing(why: str) -> None:
    items = {id_: entry(id_) for id_ in ("a/a", "a/b")}
    header = Header(f"{DAY}T16:00:00Z", TARGET, "standard", "must", 7, {}, accepted=accepts("a/a", "a/b"), budget=3)
    left = RequirementOutcome("a/a", SKIP, why, 0, 0)
    tests = [
        TestRecord("t", "Sends.", "2.1.1", 0.5, 1, PASS, requirements=(_came("a/a", PASS), _came("a/b", PASS))),
        TestRecord("u", "Sends.", "2.1.1", 0.0, 0, SKIP, requirements=(left,)),
    ]
    standing = fold(
        [header, *tests, Footer(f"{DAY}T16:01:00Z", 3.0, 9)], Catalogue((Section("2.1.1", "D", "d"),), items, {})
    ).baseline
    assert standing is not None
    assert [item.requirement for item in standing.fixed] == ["a/b"]
    assert [item.requirement for item in standing.untested] == ["a/a"]


def test_what_was_not_selected_is_left_alone() -> None:
    results = run({}, *accepts("a/other", expires=OLD), strict=True)
    assert ended(results) == ("conformant", 0)
    assert results.baseline is not None
    assert [item.requirement for item in results.baseline.absent] == ["a/other"]


def test_our_own_fault_cannot_be_accepted() -> None:
    assert ended(run({"a/a": ERROR}, *accepts("a/a"))) == ("incomplete", 3)


def test_accepted_failures_do_not_hide_that_the_run_was_cut_short() -> None:
    results = run({"a/a": FAIL}, *accepts("a/a"), stopped="the target is gone")
    assert ended(results) == ("incomplete", 3)
    assert results.why == "The run stopped before its end: the target is gone."


def test_a_failure_below_the_gate_may_be_accepted_too() -> None:
    should = {"a/a": "SHOULD"}
    assert ended(run({"a/a": FAIL}, *accepts("a/a"), levels=should)) == ("conformant", 0)
    assert ended(run({"a/a": FAIL}, *accepts("a/a"), levels=should, gate="should")) == ("nonconformant", 0)
    assert ended(run({"a/a": FAIL}, levels=should, gate="should")) == ("nonconformant", 1)


def test_without_a_baseline_nothing_is_said_of_one() -> None:
    assert run({}).to_json()["baseline"] == {
        "strict": False, "holding": [], "fixed": [], "expired": [], "untested": [], "absent": [],
    }  # fmt: skip
    header = Header(f"{DAY}T16:00:00Z", TARGET, "quick", "must", 7, {})
    results = fold([header], Catalogue((), {}, {}))
    assert results.baseline is None
    assert "baseline" not in results.to_json()


def test_the_stream_carries_the_baseline(tmp_path: Path) -> None:
    header = Header(f"{DAY}T16:00:00Z", TARGET, "quick", "must", 7, {}, accepted=accepts("a/a"), strict=True)
    with Writer(tmp_path / "r.jsonl") as writer:
        writer.write(header)
    assert load(tmp_path / "r.jsonl") == (header,)


def test_a_stream_of_before_there_were_baselines_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    header = Header(f"{DAY}T16:00:00Z", TARGET, "quick", "must", 7, {})
    with Writer(path) as writer:
        writer.write(header)
    path.write_text(path.read_text().replace(',"accepted":null,"strict":false', ""), encoding="ascii")
    assert load(path) == (header,)


# --- the file


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "baseline.toml"
    file.write_text(
        '# why\n[[accepted]]\nrequirement = "nonce/not-stored"\nreason = "The cache (#123)."\nexpires = 2027-03-31\n'
        '[[accepted]]\nrequirement = "device/post"\nreason = " Later. "\n',
        encoding="utf-8",
    )
    assert read(file, catalogue()) == (
        Accepted("nonce/not-stored", "The cache (#123).", "2027-03-31"),
        Accepted("device/post", "Later."),
    )


def test_an_empty_file_accepts_nothing(tmp_path: Path) -> None:
    (tmp_path / "b.toml").touch()
    assert read(tmp_path / "b.toml", catalogue()) == ()


GOOD = 'requirement = "nonce/not-stored"\n'
ENTRY = f'[[accepted]]\n{GOOD}reason = "r"\n'
CLIENT = next(item.id for item in catalogue().requirements.values() if item.party is Party.CLIENT)
HABIT = next(item.id for item in catalogue().requirements.values() if item.level is Level.MAY)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("accepted =", "is not TOML (Invalid value"),
        ("\ufeff\x00", "is not TOML"),
        ("a = " + "[" * 100_000, "nests too deep to be one; each entry is [[accepted]]"),
        ("accepted = 1", "has 'accepted', which nothing reads; each entry is [[accepted]]"),
        ("[ignored]\na = 1", "has 'ignored', which nothing reads"),
        ("accepted = [1]", "entry 1, has 1; each entry"),
        (f'[[accepted]]\n{GOOD}reason = "r"\nwhy = "x"', "entry 1, has 'why'; each entry"),
        ('[[accepted]]\nreason = "r"', "entry 1, names no requirement"),
        (f"{ENTRY}[[accepted]]\nrequirement = 3\n", "entry 2, names no requirement"),
        (f"[[accepted]]\n{GOOD}", "nonce/not-stored: gives no reason; say why"),
        (f'[[accepted]]\n{GOOD}reason = "  "', "gives no reason"),
        (f'{ENTRY}expires = "2027-03-31"', "expires is '2027-03-31', which is no day; write it as 2027-03-31, unquo"),
        (f"{ENTRY}expires = 2027-03-31T00:00:00Z", "which is no day"),
        (f'{ENTRY}profile = "full"', "profile 'full' is none of quick, standard, deep, load"),
        (f"{ENTRY}profile = [1]", "profile [1] is none of quick"),
        (ENTRY + ENTRY, "has nonce/not-stored twice; keep one"),
        (
            '[[accepted]]\nrequirement = "nonce/not-store"\nreason = "r"',
            "there is no requirement 'nonce/not-store'; the nearest id is nonce/not-stored",
        ),
        ('[[accepted]]\nrequirement = "?"\nreason = "r"', "drs-conformance catalogue lists the ids there are"),
        (f'[[accepted]]\nrequirement = "{CLIENT}"\nreason = "r"', "is a duty of the client, so it cannot fail"),
        (f'[[accepted]]\nrequirement = "{HABIT}"\nreason = "r"', "is what a target may do or leave, so it cannot fail"),
    ],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    file = tmp_path / "baseline.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as refusal:
        read(file, catalogue())
    said = str(refusal.value)
    assert said.startswith(f"the baseline {file}")
    assert sentence in said
    assert "\n" not in said


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read \(No such file or directory\); baseline write makes one"):
        read(tmp_path / "none.toml", catalogue())
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"b.toml is not UTF-8, as TOML is; each entry is \[\[accepted\]\]"):
        read(tmp_path / "b.toml", catalogue())


@given(st.text(min_size=1).filter(str.strip), st.dates())
def test_what_is_written_is_read_again(reason: str, expires: Any) -> None:
    written = render(
        [Accepted("nonce/not-stored", reason.encode("utf-8", "replace").decode(), expires.isoformat(), "quick")]
    )
    (read_,) = tomllib.loads(written)["accepted"]
    assert read_["profile"] == "quick"
    assert read_["reason"] == reason.encode("utf-8", "replace").decode()
    assert read_["expires"] == expires


def test_the_day_alone_decides_what_is_past() -> None:
    held = Accepted("a/a", "r", DAY)
    assert [baseline.is_past(held, day) for day in (OLD, DAY, LATER)] == [False, False, True]
    assert not baseline.is_past(replace(held, expires=""), "9999-12-31")


def test_verdicts_have_their_own_statuses() -> None:
    assert [verdict.exit_status for verdict in Verdict] == [0, 1, 3]
