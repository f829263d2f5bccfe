"""A judgement put together of others, or narrowed to some requirements, keeps each part of them and no more."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from checks.checks_answer import written
from conformance.checks import distinct, habits
from conformance.checks.judgement import Applied, Finding, Judgement, Notes, Seen

A, B, C = "nonce/value", "nonce/unique", "nonce/status"


def of(*requirements: str, broken: str = "") -> Judgement:
    findings = (Finding(broken, "it is wrong"),) if broken else ()
    name = " ".join(requirements)
    return Judgement(
        frozenset(requirements), findings, (Seen("A6", name),), (Applied(name, {}, frozenset(requirements)),)
    )


def parts(judgement: Judgement) -> tuple[object, ...]:
    return judgement.checked, judgement.findings, judgement.seen, judgement.applied


def test_two_make_one_of_all_their_parts() -> None:
    one, other = of(A, broken=A), of(B, C, broken=C)
    assert parts(one + other) == (
        {A, B, C},
        (*one.findings, *other.findings),
        (*one.seen, *other.seen),
        (*one.applied, *other.applied),
    )


def test_of_some_requirements_is_left_what_is_theirs_and_all_that_was_seen() -> None:
    whole = of(A, B, broken=A) + of(B, C, broken=C)
    assert parts(whole.only([B, A])) == (
        {A, B},
        (Finding(A, "it is wrong"),),
        whole.seen,
        (Applied(f"{A} {B}", {}, frozenset({A, B})), Applied(f"{B} {C}", {}, frozenset({B}))),
    )


def test_what_was_not_looked_at_cannot_be_wrong() -> None:
    with pytest.raises(ValueError, match=re.escape(f"found but not checked: ['{A}']")):
        Judgement(frozenset({B}), (Finding(A, "it is wrong"),))


def test_notes_keep_what_they_had_when_they_take_more() -> None:
    notes = Notes()
    notes.hold(A, False, "it is wrong", "/Value")
    notes.see("A6", "both")
    notes.take(of(B, broken=B))
    assert parts(notes.judgement([C])) == (
        {A, B, C},
        (Finding(A, "it is wrong", "/Value"), Finding(B, "it is wrong")),
        (Seen("A6", "both", ""), Seen("A6", B)),
        (),
    )


def test_one_certificate_that_came_twice_has_its_own_serial_number() -> None:
    one = written()
    assert distinct.serials([one, replace(one)]).findings == ()
    (finding,) = distinct.serials([one, replace(one, der=one.der + b"\0")]).findings
    assert re.fullmatch(r"is [0-9a-f]+ in the certificates [0-9A-F]{40} and [0-9A-F]{40}", finding.problem)
    assert finding.where == "/Certificate/RawBody, serialNumber"


def test_what_join_types_show_is_told_under_its_id() -> None:
    (seen,) = habits.join_types({0: written()}).seen
    assert seen.subject == "field-services/certificate-join-type"
