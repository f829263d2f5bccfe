"""A run against a target that is out to harm its reader: every outcome, and hostile text wherever it has a say."""

from __future__ import annotations

import json
from collections.abc import Iterator

from conformance.exchange import REDACTED, Answer, Exchange, Failure, FailureKind, Request
from conformance.results import (
    Device,
    EditRecord,
    Evidence,
    Footer,
    Header,
    Observation,
    Outcome,
    RequirementOutcome,
    StreamRecord,
    TestRecord,
)
from conformance.spec import Party, Requirement, Source, catalogue

HOSTILE = "<script>alert(1)</script>\x00\x1b[31m\u202eevil\u2066\ud800]]>&amp;[bold]'\"\x9b2J\ufffe"
HEADERS = (
    ("Content-Type", "application/json"),
    ("Authorization", f"Bearer {REDACTED}"),
    ("Content-Length", "99"),
    ("X-Empty", ""),
)
BLOB = "UlNBMQAIAAADAAAAAAEAAIAAAAAAAAAA"  # the 24 octets of a header: 128 at offset 16


def held_to() -> Iterator[Requirement]:
    for entry in catalogue().requirements.values():
        if (
            entry.level == "MUST"
            and entry.party is Party.SERVER
            and entry.source is not Source.FIELD
            and not entry.untestable
        ):
            yield entry


def exchange(body: bytes, answer: bytes, status: int = 200) -> Exchange:
    request = Request("POST", "https://drs.example/x?a=[1]&b='", HEADERS, body, "join")
    return Exchange(request, answer=Answer(status, (("X", HOSTILE.replace("\ud800", "")),), answer))


def evidence() -> Iterator[Evidence]:
    """One failure of every kind: changed octets, a changed value, a missing member, broken text, no answer."""
    sent = json.dumps({"TransportKey": BLOB, "JoinType": 17, "PreAuthorizedJoinChallenge": REDACTED}).encode()
    twin = exchange(b'{"JoinType": 0}', b'{"Certificate": {"Thumbprint": "' + b"D0" * 20 + b'"}}')
    hostile = HOSTILE.encode("utf-8", "replace")
    blob = EditRecord("a/a", "n", f"Declares a prime {HOSTILE}", "blob-header", "/TransportKey", "00 00", "80 00", 16)
    yield Evidence(HOSTILE, HOSTILE, blob, exchange(sent, hostile), twin)
    value = EditRecord("a/a", "n", "Asks for type 17.", "json-value", "/JoinType", "4", "17")
    yield Evidence("broke", "", value, exchange(sent, b"\xff\xfe\x00", 500), twin)
    gone = EditRecord("a/a", "n", "Leaves it out.", "json-value", "/DeviceType", '"Linux"', "(nothing)")
    yield Evidence("wrong", "", gone, exchange(sent, b'{"a": 1e400, "a": 2}', 302), twin)
    text = EditRecord("a/a", "n", "Puts a NUL in.", "json-text", "", "7d", "00 7d", 7)
    yield Evidence("accepted", "", text, exchange(b'{"a": 1\x00}', hostile), twin)
    dead = Failure(FailureKind.RESET, HOSTILE)
    yield Evidence("no answer", "", None, Exchange(Request("GET", "https://drs.example/" + HOSTILE), failure=dead))


def hostile_run() -> tuple[StreamRecord, ...]:
    """Its records, in order."""
    skipping, failing, erring, proving, *passing = sorted(held_to(), key=lambda entry: "domain" not in entry.needs)
    every = tuple(evidence())
    outcomes = [
        RequirementOutcome(failing.id, Outcome.FAIL, HOSTILE, 5, 5, every),
        RequirementOutcome(passing[0].id, Outcome.FAIL, "no answer", 1, 1, every[-1:]),
        RequirementOutcome(passing[1].id, Outcome.FAIL, "broken text", 1, 1, every[3:4]),
        RequirementOutcome(erring.id, Outcome.ERROR, HOSTILE),
        RequirementOutcome(proving.id, Outcome.INCONCLUSIVE, HOSTILE),
        RequirementOutcome(skipping.id, Outcome.SKIP, "needs domain"),
        *(RequirementOutcome(entry.id, Outcome.PASS, "", 2, 3) for entry in passing[2:]),
    ]
    habit = next(entry for entry in catalogue().requirements.values() if entry.source is Source.FIELD)
    ambiguity = catalogue().ambiguities["A1"]
    seen = (
        Observation("A1", ambiguity.readings[0].id, HOSTILE),
        Observation("A2", HOSTILE, "seen"),
        Observation(habit.id, "does", HOSTILE),
    )
    tests = [
        TestRecord(
            f"s.py::t{n}",
            "Sends.",
            catalogue().requirements[outcome.id].section,
            0.25,
            3,
            outcome.outcome,
            requirements=(outcome,),
        )
        for n, outcome in enumerate(outcomes)
    ]
    observing = TestRecord("s.py::o", "Looks.", "3.1", 0.5, 1, Outcome.PASS, observations=seen, layers={"der": 3})
    target = {"url": "https://drs.example", "tenant": HOSTILE, "domain": "contoso.example"}
    header = Header("2026-11-22T16:00:00Z", target, "quick", "must", 7, {"python": "3"}, given=("token",))
    device = Device("d1", "2026-11-22T16:00:30Z", HOSTILE)
    return (header, *tests, observing, device, Footer("2026-11-22T16:01:00Z", 60.0, 99))
