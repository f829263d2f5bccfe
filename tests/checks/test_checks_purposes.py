"""What a certificate lets its key do: each extension read, missing, there twice; what is said of it word for word."""

from __future__ import annotations

import pytest

from checks.checks_answer import order, written
from conformance.checks import purposes
from conformance.codec import der
from conformance.server import certificate as writing

PREFIX, WHERE = "join-answer/certificate-", "/Certificate/RawBody, "
KEY_USAGE, CONSTRAINTS, PURPOSES = "2.5.29.15", "2.5.29.19", "2.5.29.37"
CA, SIGNS, PROVES, CLIENT = "not-a-ca", "no-key-cert-sign", "digital-signature", "client-auth"
SERVER_AUTH, CLIENT_AUTH, ANY = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"


def usage(*bits: int) -> bytes:
    """KeyUsage with these bits, as DER writes it."""
    number = sum(0x8000 >> bit for bit in bits)
    octets = number.to_bytes(2, "big").rstrip(b"\0")
    return der.bit_string(octets, (octets[-1] & -octets[-1]).bit_length() - 1 if octets else 0)


def of(*oids: str) -> bytes:
    return der.sequence(*map(der.oid, oids))


def judged(oid: str, *values: bytes) -> tuple[set[str], list[tuple[str, str, str]]]:
    """What was looked at, and what was found: requirement, problem, place; with these extensions of one type."""
    kept = [one for one in order().extensions if one.oid not in (KEY_USAGE, CONSTRAINTS, PURPOSES)]
    judgement = purposes.judge(written(extensions=(*kept, *(writing.Extension(oid, value) for value in values))))
    names = {one.removeprefix(PREFIX) for one in judgement.checked}
    return names, [(one.requirement.removeprefix(PREFIX), one.problem, one.where) for one in judgement.findings]


@pytest.mark.parametrize(
    ("oid", "values"),
    [
        (KEY_USAGE, ()),
        (KEY_USAGE, (usage(0),)),
        (KEY_USAGE, (usage(0, 2), usage(0, 7))),
        (CONSTRAINTS, (der.sequence(),)),
        (CONSTRAINTS, (der.sequence(der.boolean(False)),)),
        (PURPOSES, (of(CLIENT_AUTH),)),
        (PURPOSES, (of(SERVER_AUTH, CLIENT_AUTH), of(ANY))),
        (KEY_USAGE, (b"\x03\x81\x02\x07\x80",)),  # lengths that are not DER's are another requirement's
        (PURPOSES, (b"\x30\x81\x0a" + der.oid(CLIENT_AUTH),)),
    ],
)
def test_what_a_device_may_have(oid: str, values: tuple[bytes, ...]) -> None:
    assert judged(oid, *values) == ({CA, SIGNS, PROVES, CLIENT}, [])


@pytest.mark.parametrize(
    ("oid", "values", "name", "problem", "where"),
    [
        (CONSTRAINTS, [der.sequence(der.boolean(True))], CA, "says that the device is a CA", "BasicConstraints"),
        (CONSTRAINTS, [der.sequence(der.boolean(True)), b""], CA, "says that the device is a CA", "BasicConstraints"),
        (KEY_USAGE, [usage(0, 5)], SIGNS, "allows keyCertSign", "KeyUsage"),
        (KEY_USAGE, [usage(0, 6)], SIGNS, "allows cRLSign", "KeyUsage"),
        (KEY_USAGE, [usage(0), usage(0, 5, 6)], SIGNS, "allows cRLSign and keyCertSign", "KeyUsage"),
        (
            KEY_USAGE,
            [usage(1, 3)],
            PROVES,
            "allows dataEncipherment, nonRepudiation and no digitalSignature",
            "KeyUsage",
        ),
        (KEY_USAGE, [usage()], PROVES, "allows nothing and no digitalSignature", "KeyUsage"),
        (PURPOSES, [of(SERVER_AUTH)], CLIENT, f"has the purposes {SERVER_AUTH}, and no clientAuth", "ExtendedKeyUsage"),
        (PURPOSES, [of()], CLIENT, "has the purposes (none), and no clientAuth", "ExtendedKeyUsage"),
    ],
)
def test_what_it_may_not(oid: str, values: list[bytes], name: str, problem: str, where: str) -> None:
    assert judged(oid, *values) == ({CA, SIGNS, PROVES, CLIENT}, [(name, problem, WHERE + where)])


@pytest.mark.parametrize(
    ("oid", "good", "name", "where"),
    [
        (CONSTRAINTS, der.sequence(), CA, "BasicConstraints"),
        (KEY_USAGE, usage(0), SIGNS, "KeyUsage"),
        (PURPOSES, of(CLIENT_AUTH), CLIENT, "ExtendedKeyUsage"),
    ],
)
def test_one_that_cannot_be_read_is_told_once(oid: str, good: bytes, name: str, where: str) -> None:
    """Whether it stands before or behind one that can; nothing is said of a signature where usages are unread."""
    for values in ([b"\x01"], [b"\x01", good], [good, b"\x01"]):
        checked, [(found, problem, place)] = judged(oid, *values)
        assert (found, place) == (name, WHERE + where)
        assert problem.startswith("cannot be read: ")
        assert checked == {CA, SIGNS, PROVES, CLIENT} - ({PROVES} if oid == KEY_USAGE else set())


def test_purposes_are_told_up_to_the_fifth() -> None:
    _, [(_, problem, _)] = judged(PURPOSES, of(*(f"1.2.{number}" for number in range(7))))
    assert problem == "has the purposes 1.2.0, 1.2.1, 1.2.2, 1.2.3, 1.2.4, and no clientAuth"
