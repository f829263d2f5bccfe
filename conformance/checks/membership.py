"""MembershipChanges of a join answer (2.1.1.1.2): there when it was asked for, and of SIDs.

The one rule: the schema holds its form wherever it is there; here stands what depends on the request, and what is only
observed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from conformance.checks.judgement import Judgement, Notes
from conformance.codec.sid import Sid, guid_of_sid
from conformance.errors import DecodeError

MEMBER: Final = "MembershipChanges"
ADMINISTRATORS: Final = "S-1-5-32-544"
OBJECT_IDS: Final = "S-1-12-1-"
JOIN, REGISTER = 0, 4  # of the JoinType table
_WIDEST: Final = 200
_READINGS: Final[Mapping[tuple[bool, bool], str]] = {
    (False, False): "when-asked",
    (True, False): "unless-declined",
    (True, True): "always",
}


def told(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The members of an answer without one that is null: so some libraries write what is not there."""
    return {name: one for name, one in value.items() if name != MEMBER or one is not None}


def judge(value: Mapping[str, Any], *, asked: bool) -> Judgement:
    """With `Attributes.ReturnClientSid` true the member is there; without it nothing is owed (A3).

    Wherever a SID of an object id comes, it is one: S-1-12-1 and a GUID in four numbers.
    """
    notes = Notes()
    if asked:
        problem = "is not there, though the request has ReturnClientSid true"
        notes.hold("join-answer/membership-changes", MEMBER in value, problem, f"/{MEMBER}")
    for text in (*local_sids(value), *added_sids(value)):
        if text.startswith(OBJECT_IDS) and _is(Sid.decode, text):
            problem = f"is {ascii(text)[:_WIDEST]}, and no GUID is written with so many numbers"
            notes.hold("join-answer/object-id-sids", _is(guid_of_sid, text), problem, f"/{MEMBER}")
    return notes.judgement()


def _is(decode: Callable[[str], object], text: str) -> bool:
    try:
        decode(text)
    except DecodeError:
        return False
    return True


def reading(*, when_true: bool, when_absent: bool, when_false: bool) -> str | None:
    """The reading of A3 that three answers show; None for a mixture that none of them has."""
    if not when_true:
        return "never"
    return _READINGS.get((when_absent, when_false))


def changes(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items of MembershipChanges that are objects."""
    found = value.get(MEMBER)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def local_sids(value: Mapping[str, Any]) -> list[str]:
    """Every LocalSID that is a text."""
    return [sid for item in changes(value) if isinstance(sid := item.get("LocalSID"), str)]


def added_sids(value: Mapping[str, Any]) -> list[str]:
    """Every text in AddSIDs, over all items."""
    return [sid for item in changes(value) for sid in _texts(item.get("AddSIDs"))]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))


def habits(found: Mapping[int, Mapping[str, Any]]) -> Judgement:
    """What the SIDs of the field are, by JoinType; nothing is said of answers without MembershipChanges."""
    notes = Notes()
    there = {join_type: value for join_type, value in found.items() if changes(value)}
    if not there:
        return notes.judgement()
    local = sorted({sid for value in there.values() for sid in local_sids(value)})
    _see(notes, "local-sid-administrators", local == [ADMINISTRATORS], ", ".join(map(ascii, local))[:_WIDEST])
    added = [sid for value in there.values() for sid in added_sids(value)]
    others = [sid for sid in added if not sid.startswith(OBJECT_IDS)]
    evidence = f"{len(added) - len(others)} of {len(added)} begin with {OBJECT_IDS}"
    _see(notes, "add-sids-object-ids", added and not others, evidence)
    counts = {join_type: len(added_sids(value)) for join_type, value in there.items()}
    one_more = {JOIN, REGISTER} <= counts.keys() and counts[JOIN] == counts[REGISTER] + 1
    evidence = "; ".join(f"JoinType {join_type}: {count} AddSIDs" for join_type, count in counts.items())
    _see(notes, "add-sids-count", one_more, evidence)
    return notes.judgement()


def _see(notes: Notes, name: str, does: object, evidence: str) -> None:
    notes.see(f"field-services/{name}", "does" if does else "does not", evidence)
