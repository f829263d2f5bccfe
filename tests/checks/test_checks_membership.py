"""MembershipChanges: what is owed to whoever asks for it, SIDs of object ids, and what is said word for word."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.checks import membership
from conformance.checks.judgement import Finding, Seen

PREFIX = "join-answer/"
OBJECT = "S-1-12-1-3765319062-1328644800-2588105388-3258814000"
SHORT = "S-1-12-1-1-2-3"
IDS = PREFIX + "object-id-sids"


def change(local: object = membership.ADMINISTRATORS, *added: object) -> dict[str, Any]:
    return {"LocalSID": local, "AddSIDs": list(added)}


def answer(*changes: object) -> dict[str, Any]:
    return {membership.MEMBER: list(changes)}


def test_who_asks_is_owed_the_member_and_hears_of_its_absence() -> None:
    missing = "is not there, though the request has ReturnClientSid true"
    judged = membership.judge({}, asked=True)
    assert judged.findings == (Finding(PREFIX + "membership-changes", missing, "/MembershipChanges"),)
    assert judged.checked == {PREFIX + "membership-changes"}
    assert membership.judge({}, asked=False).checked == frozenset()
    there = membership.judge(answer(), asked=True)
    assert there.checked == {PREFIX + "membership-changes"}
    assert there.findings == ()


@pytest.mark.parametrize("changes", [change(SHORT), change("S-1-5-32-544", SHORT), change(OBJECT, OBJECT, SHORT)])
def test_a_sid_of_an_object_id_stands_for_a_guid(changes: dict[str, Any]) -> None:
    problem = "is 'S-1-12-1-1-2-3', and no GUID is written with so many numbers"
    judged = membership.judge(answer(changes), asked=False)
    assert judged.findings == (Finding(IDS, problem, "/MembershipChanges"),)
    assert judged.checked == {IDS}


def test_one_that_does_is_held_and_found_good() -> None:
    judged = membership.judge(answer(change("S-1-5-32-544", OBJECT)), asked=False)
    assert judged.checked == {IDS}
    assert judged.findings == ()


@pytest.mark.parametrize("text", ["S-1-12-1-", "S-1-12-1-x", "S-1-12-10-1-2-3", "S-1-5-32-544", "S-1-12-1"])
def test_what_is_no_sid_of_an_object_id_is_not_held_to_be_one(text: str) -> None:
    assert membership.judge(answer(change(text, text)), asked=False).checked == frozenset()


def test_a_long_sid_is_cut_where_it_is_told_of() -> None:
    (found,) = membership.judge(answer(change("S-1-12-1-" + "-".join(["4294967295"] * 14))), asked=False).findings
    assert len(found.problem) <= 200 + len("is , and no GUID is written with so many numbers")


def test_null_is_as_good_as_nothing() -> None:
    assert membership.told({"User": None, membership.MEMBER: None}) == {"User": None}
    assert membership.told(answer()) == answer()


@pytest.mark.parametrize(
    ("there", "reading"),
    [
        ((True, False, False), "when-asked"),
        ((True, True, False), "unless-declined"),
        ((True, True, True), "always"),
        ((True, False, True), None),
        ((False, False, False), "never"),
        ((False, True, True), "never"),
    ],
)
def test_readings_of_a3(there: tuple[bool, bool, bool], reading: str | None) -> None:
    when_true, when_absent, when_false = there
    assert membership.reading(when_true=when_true, when_absent=when_absent, when_false=when_false) == reading


def test_what_has_another_form_is_passed_over() -> None:
    value = answer("S-1-5-32-544", change(5, 6, OBJECT), {"LocalSID": OBJECT, "AddSIDs": SHORT})
    assert membership.local_sids(value) == [OBJECT]
    assert membership.added_sids(value) == [OBJECT]
    assert membership.changes({membership.MEMBER: {"LocalSID": OBJECT}}) == []


HABITS = "field-services/"


def test_habits_of_the_field() -> None:
    joined, registered = (
        answer(change(membership.ADMINISTRATORS, OBJECT, OBJECT)),
        answer(change("S-1-5-32-544", OBJECT)),
    )
    assert membership.habits({0: joined, 4: registered, 6: {}}).seen == (
        Seen(HABITS + "local-sid-administrators", "does", "'S-1-5-32-544'"),
        Seen(HABITS + "add-sids-object-ids", "does", "3 of 3 begin with S-1-12-1-"),
        Seen(HABITS + "add-sids-count", "does", "JoinType 0: 2 AddSIDs; JoinType 4: 1 AddSIDs"),
    )


def test_other_habits() -> None:
    assert membership.habits({0: answer(change("S-1-5-18", "S-1-5-18", OBJECT), change("S-1-5-19"))}).seen == (
        Seen(HABITS + "local-sid-administrators", "does not", "'S-1-5-18', 'S-1-5-19'"),
        Seen(HABITS + "add-sids-object-ids", "does not", "1 of 2 begin with S-1-12-1-"),
        Seen(HABITS + "add-sids-count", "does not", "JoinType 0: 2 AddSIDs"),
    )
    assert membership.habits({0: answer({})}).seen[1].reading == "does not"  # no SID is none of an object id
    assert membership.habits({0: {}, 4: answer()}).seen == ()
