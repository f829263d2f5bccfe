"""Habits of certificates: which it shows and by what, and that a certificate that contradicts itself is told of."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checks.checks_answer import CA_KEY, DEVICE_ID, HOLDER, NOW, TENANT_ID, honest, order, rsa_key, written
from conformance.checks import habits, names
from conformance.checks.judgement import Judgement
from conformance.codec import CSR_CN, der
from conformance.codec.x509 import Certificate
from conformance.server import certificate as writing

OTHER = uuid.UUID("11111111-2222-3333-4444-555555555555")
NAME = writing.CN, der.utf8_string(str(DEVICE_ID))


def seen(found: Certificate, tenant_id: str | None = str(TENANT_ID)) -> dict[str, tuple[str, str]]:
    return {
        one.subject.removeprefix("field-services/certificate-"): (one.reading, one.evidence)
        for one in habits.certificate(found, NOW, tenant_id).seen
    }


def shows(found: Certificate, tenant_id: str | None = str(TENANT_ID)) -> set[str]:
    return {name for name, (reading, _) in seen(found, tenant_id).items() if reading == "does"}


def having(number: int, value: bytes | None) -> Certificate:
    """The certificate with other octets in one private extension, or without it."""
    oid = f"{writing.PRIVATE}.{number}"
    kept = [one for one in order().extensions if one.oid != oid]
    return written(extensions=(*kept, *([] if value is None else [writing.Extension(oid, value)])))


def in_octets(value: bytes) -> bytes:
    return der.octet_string(value)


def issued_by(*rdns: tuple[str, str]) -> bytes:
    """A name of one RDN after the other, the first of them with the CA's organizational unit besides."""
    first, *more = ((oid, der.utf8_string(text)) for oid, text in rdns)
    names = writing.name(first, (writing.OU, der.utf8_string("a"))), *map(writing.name, more)
    return der.sequence(*(der.read(name, "name").content for name in names))


STRICT = shows(written())


def test_habits_of_the_reference_server() -> None:
    field = Certificate.decode(writing.sign(writing.field_order(order(), HOLDER), rsa_key(CA_KEY)))
    assert {reading for reading, _ in seen(field).values()} == {"does"}
    assert set(seen(field)) - STRICT == {"long-form"}
    assert seen(field)["long-form"][1] == "in the long form: .2, .3, .5, .7, .8, of 5"
    assert habits.device_id(field) == DEVICE_ID
    assert habits.tenant_id(field) == TENANT_ID
    (types,) = habits.join_types({0: field, 4: having(7, in_octets(b"0"))}).seen
    assert (types.reading, types.evidence) == ("does", "JoinType 0: '1'; JoinType 4: '0'")


def test_what_a_certificate_shows_is_told_with_what_it_says() -> None:
    assert {name: evidence for name, (_, evidence) in seen(written()).items()} == {
        "subject-guid": f"CN={DEVICE_ID}",
        "issuer": f"{names.shown(written().issuer)} in 1 RDN",
        "lifetime": "from 30 minutes before its issue until 3652 days after it",
        "critical": "critical: BasicConstraints, EKU, KeyUsage",
        "device-id": str(DEVICE_ID),
        "user-id": str(HOLDER.user),
        "tenant-id": str(TENANT_ID),
        "region": "'NA'",
        "long-form": "in the long form: none, of 5",
    }


def test_habits_that_a_plain_certificate_does_not_have() -> None:
    found = Certificate.decode(honest())
    assert shows(found, None) == {"subject-guid", "lifetime", "critical"}
    assert seen(found)["long-form"][1] == "in the long form: none, of 0"
    assert habits.device_id(found) == DEVICE_ID
    assert habits.tenant_id(found) is None
    (types,) = habits.join_types({0: found}).seen
    assert (types.reading, types.evidence) == ("does not", "JoinType 0: none")
    assert habits.join_types({}).seen[0].reading == "does not"
    assert names.shown(found.subject) == f"CN={DEVICE_ID}"
    assert names.shown(()) == "(empty)"


@pytest.mark.parametrize(
    ("lacks", "lies"),
    [
        ({"subject-guid"}, {"subject": writing.name((writing.CN, der.utf8_string(str(DEVICE_ID).upper())))}),
        ({"subject-guid"}, {"subject": writing.name(NAME, (writing.OU, der.utf8_string("a")))}),
        ({"subject-guid", "device-id"}, {"subject": writing.name((writing.CN, der.utf8_string("a")))}),
        ({"subject-guid", "device-id"}, {"subject": writing.name((writing.OU, der.utf8_string(str(DEVICE_ID))))}),
        ({"issuer"}, {"issuer": writing.name((writing.CN, der.utf8_string("MS-Organization-Access")))}),
        ({"issuer"}, {"issuer": writing.name((writing.CN, der.utf8_string("a")), (writing.DC, der.utf8_string("b")))}),
        (set(), {"issuer": issued_by((writing.CN, "MS-Organization-Access"))}),
        ({"issuer"}, {"issuer": issued_by((writing.CN, "MS-Organization-Access"), (writing.DC, "b"))}),
        ({"lifetime"}, {"not_after": NOW + timedelta(days=3648)}),
        ({"lifetime"}, {"not_after": NOW + timedelta(days=3656)}),
        (set(), {"not_after": NOW + timedelta(days=3649)}),
        (set(), {"not_after": NOW + timedelta(days=3655)}),
    ],
)
def test_what_lacks_a_habit_shows_all_the_others(lacks: set[str], lies: dict[str, Any]) -> None:
    assert STRICT - shows(written(**lies)) == lacks


@pytest.mark.parametrize("number", [2, 3, 5, 8])
@pytest.mark.parametrize("value", [None, b"", b"\x04\x02A", der.utf8_string("A")])
def test_a_private_extension_that_says_nothing_is_no_habit(number: int, value: bytes | None) -> None:
    name = {2: "device-id", 3: "user-id", 5: "tenant-id", 8: "region"}[number]
    found = having(number, value)
    assert STRICT - shows(found) == {name}
    assert seen(found)[name] == ("does not", "none" if number == 8 else "None")


def test_of_octets_as_many_are_shown_as_fit_a_line() -> None:
    assert seen(having(8, in_octets(b"A" * 41)))["region"] == ("does", ascii("A" * 40))


@pytest.mark.parametrize("name", ["KeyUsage", "EKU", "BasicConstraints"])
def test_the_three_are_critical_together(name: str) -> None:
    oid = {"KeyUsage": "2.5.29.15", "EKU": "2.5.29.37", "BasicConstraints": "2.5.29.19"}[name]
    extensions = tuple(replace(one, critical=one.critical and one.oid != oid) for one in order().extensions)
    found = written(extensions=extensions)
    assert STRICT - shows(found) == {"critical"}
    assert name not in seen(found)["critical"][1]


@pytest.mark.parametrize(
    ("tenant_id", "does"),
    [(None, True), (str(TENANT_ID).upper(), True), (str(OTHER), False)],
)
def test_a_tenant_is_known_by_its_guid_in_either_case(tenant_id: str | None, does: bool) -> None:
    assert ("tenant-id" in shows(written(), tenant_id)) is does


@pytest.mark.parametrize(
    ("value", "subject", "device"),
    [
        (in_octets(OTHER.bytes_le), str(DEVICE_ID), OTHER),
        (in_octets(OTHER.bytes_le[1:]), str(DEVICE_ID), DEVICE_ID),
        (None, str(DEVICE_ID).upper(), DEVICE_ID),
        (None, f"{{{DEVICE_ID}}}", None),
        (None, "a", None),
    ],
)
def test_a_device_is_who_the_extension_says_and_else_who_the_name_says(
    value: bytes | None, subject: str, device: uuid.UUID | None
) -> None:
    oid = f"{writing.PRIVATE}.2"
    kept = tuple(one for one in order().extensions if one.oid != oid)
    more = () if value is None else (writing.Extension(oid, value),)
    name = writing.name((writing.CN, der.utf8_string(subject)))
    assert habits.device_id(written(extensions=(*kept, *more), subject=name)) == device


# --- who says something twice


def told(judgement: Judgement) -> list[tuple[str, str]]:
    assert {one.requirement for one in judgement.findings} <= {habits.AGREES}
    return [(one.problem, one.where) for one in judgement.findings]


def place(number: int) -> str:
    return f"/Certificate/RawBody, {writing.PRIVATE}.{number}"


def test_an_honest_certificate_agrees_with_itself_and_with_what_was_asked() -> None:
    for tenant_id in (None, str(TENANT_ID), str(TENANT_ID).upper()):
        judgement = habits.agree(written(), 0, tenant_id)
        assert judgement.checked == {habits.AGREES}
        assert told(judgement) == []


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_another_device_than_that_of_the_subject_is_told(case: Any) -> None:
    name = writing.name((writing.CN, der.utf8_string(case(str(OTHER)))))
    problem = f"says in .2 that the device is {DEVICE_ID}, and its subject is CN={case(str(OTHER))}"
    assert told(habits.agree(written(subject=name), 0, None)) == [(problem, place(2))]
    same = writing.name((writing.CN, der.utf8_string(case(str(DEVICE_ID)))))
    assert told(habits.agree(written(subject=same), 0, None)) == []
    both = writing.name((writing.CN, der.utf8_string(str(OTHER))), NAME)
    assert told(habits.agree(written(subject=both), 0, None)) == []


@pytest.mark.parametrize("subject", [CSR_CN, CSR_CN.lower(), "a", ""])
def test_a_subject_that_names_no_device_contradicts_none(subject: str) -> None:
    name = writing.name((writing.CN, der.utf8_string(subject)))
    assert told(habits.agree(written(subject=name), 0, None)) == []


def test_another_tenant_than_was_asked_for_is_told() -> None:
    problem = f"says in .5 that the tenant is {TENANT_ID}, and {OTHER} was asked for"
    assert told(habits.agree(written(), 0, str(OTHER))) == [(problem, place(5))]


@pytest.mark.parametrize(
    ("join_type", "says", "problem"),
    [
        (0, b"1", None),
        (4, b"0", None),
        (0, b"0", "says '0' in .7 to JoinType 0, which is '1'"),
        (4, b"1", "says '1' in .7 to JoinType 4, which is '0'"),
        (6, b"1", None),
        (0, b"2", None),
        (0, b"", None),
        ("0", b"0", None),
    ],
)
def test_another_join_type_than_was_asked_for_is_told(join_type: object, says: bytes, problem: str | None) -> None:
    found = habits.agree(having(7, in_octets(says)), join_type, None)
    assert told(found) == ([] if problem is None else [(problem, place(7))])


def test_of_what_is_not_there_nothing_is_said() -> None:
    judgement = habits.agree(Certificate.decode(honest()), 0, str(TENANT_ID))
    assert (judgement.checked, judgement.findings) == (frozenset(), ())
