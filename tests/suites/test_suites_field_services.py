"""What only the field does is seen of a target that does it, not of one that does not, and never fails anyone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance.codec import base64
from conformance.generate import keys
from conformance.results import Outcome
from conformance.server.behaviour import Behaviour
from conformance.server.field import like_field
from suites.altered_behaviour import Alter, Server, orders, put, replies, says, served
from suites.suite_runner import Came, suites

MODULES = suites("test_field_services")
ANSWERS = suites("test_join_answer")
F = "field-services/"
STRICT_DOES = {
    "add-sids-count",
    "add-sids-object-ids",
    "certificate-critical",
    "certificate-device-id",
    "certificate-issuer",
    "certificate-join-type",
    "certificate-lifetime",
    "certificate-region",
    "certificate-subject-guid",
    "certificate-tenant-id",
    "certificate-user-id",
    "key-answer",
    "key-blob-checked",
    "key-status",
    "key-token-required",
    "local-sid-administrators",
    "removal-certificate-required",
    "removal-status",
}
FIELD_DOES = STRICT_DOES | {"certificate-long-form", "join-empty-optional", "join-jwk-transport-key"}
ALL = FIELD_DOES | {"hybrid-put"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served(tls=True) as running_one:
        yield running_one


def honest(behaviour: Behaviour) -> Behaviour:
    return behaviour


def does(came: Came) -> set[str]:
    """What is seen to be done; everything else is seen not to be."""
    seen = {one.ambiguity.removeprefix(F): one.reading for one in came.observations if one.ambiguity.startswith(F)}
    assert seen.keys() == ALL
    assert set(seen.values()) <= {"does", "does not"}
    return {name for name, reading in seen.items() if reading == "does"}


def test_strict_server(server: Server) -> None:
    came = server.answers(honest, MODULES)
    assert does(came) == STRICT_DOES
    assert came.outcomes == {}


def test_server_like_the_field(server: Server) -> None:
    came = server.answers(like_field, MODULES)
    assert does(came) == FIELD_DOES
    assert came.outcomes == {}


@pytest.mark.parametrize(
    ("alter", "missing"),
    [
        (orders(extensions=()), {"critical", "device-id", "join-type", "region", "tenant-id", "user-id"}),
        (orders(not_after=lambda moment: moment.replace(year=moment.year - 1)), {"lifetime"}),
        (orders(subject=lambda name: name + b""), set()),
    ],
    ids=["no extensions", "nine years", "the same"],
)
def test_certificates_of_another_habit(server: Server, alter: Alter, missing: set[str]) -> None:
    came = server.answers(alter, MODULES)
    assert STRICT_DOES - does(came) == {f"certificate-{name}" for name in missing}


def test_removal_proves_nothing_with_a_certificate_for_another_key(server: Server) -> None:
    came = server.answers(orders(spki=keys.named("rsa-3072").spki_der), MODULES)
    assert came.of(Outcome.INCONCLUSIVE) == {f"{F}removal-status", f"{F}removal-certificate-required"}
    assert came.of(Outcome.FAIL) == set()


def test_server_that_refuses_every_join(server: Server) -> None:
    came = server.answers(replies(lambda made: replace(made, status=400, body=b"{}")), MODULES)
    joined = ("certificate", "removal", "local-sid", "add-sids", "join")
    assert came.of(Outcome.INCONCLUSIVE) == {f"{F}{name}" for name in ALL if name.startswith(joined)}
    assert came.of(Outcome.PASS) | came.of(Outcome.FAIL) == set()


# --- whatever an answer holds, a run comes to an end of its own


def cut(text: str) -> str:
    return base64.encode(base64.decode(text)[:-40])


def flipped(place: int) -> Any:
    def flip(text: str) -> str:
        octets = bytearray(base64.decode(text))
        octets[place % len(octets)] ^= 0xFF
        return base64.encode(bytes(octets))

    return flip


MANY = [{"LocalSID": "\ud800", "AddSIDs": [1, None]}] * 500
DEEP = b'{"MembershipChanges": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"
MISTYPED = {"Certificate": [], "User": float("inf"), "MembershipChanges": ""}
HOSTILE: dict[str, Alter] = {
    "half a character": put("User", "Upn", "\ud800"),
    "half a thumbprint": put("Certificate", "Thumbprint", "\udfff" * 40),
    "thumbprint of zeros": put("Certificate", "Thumbprint", "\uff10" * 40),
    "a certificate cut off": put("Certificate", "RawBody", cut),
    **{f"octet {place} flipped": put("Certificate", "RawBody", flipped(place)) for place in range(0, 900, 75)},
    "many changes": says(lambda body: body.update(MembershipChanges=MANY)),
    "deep changes": replies(lambda made: replace(made, body=DEEP)),
    "no JSON": replies(lambda made: replace(made, body=b"\x00\xff")),
    "members of every type": says(lambda body: body.update(MISTYPED)),
    "large": put("Certificate", "RawBody", "A" * 1_000_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers(server: Server, name: str) -> None:
    came = server.answers(HOSTILE[name], (*ANSWERS, *MODULES))
    assert not came.of(Outcome.ERROR)
    for text in (*came.reasons.values(), *(seen.evidence for seen in came.observations)):
        text.encode()  # no surrogate gets through
