"""A target that is busy, or falls silent, in mid run: waited for as it asks, given up as the run says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

from cli.cli_front import Fronts
from cli.cli_runs import Answer, Ran
from conformance.server.settings import Ready

NONCE, JOIN = "/EnrollmentServer/nonce", "/EnrollmentServer/device"
Drs = Callable[..., Ran]


def options(server: Ready, url: str, *chosen: str) -> list[str]:
    words = ["--target", url, "--tenant", server.tenant, "--token", server.token, "--profile", "quick"]
    return [*words, *(word for id_ in chosen for word in ("--select", id_))]


def stop_of(ran: Ran) -> str:
    (said,) = [line["reason"] for line in ran.stream if line["record"] == "stop"]
    return str(said)


def test_who_says_nothing_any_more_is_given_up_after_a_request_that_is_named(
    drs: Drs, server: Ready, front: Fronts
) -> None:
    last = 4
    behind, url = front(lambda one: lambda _, number: one.silence() if number > last else None)
    ran = drs(*options(server, url, "join-request/csr-cn"), "--timeout", "0.5").check()
    assert (ran.status, ran.results["verdict"]) == (3, "incomplete"), ran.said
    assert stop_of(ran).startswith(f"the target at {url} gives no answer: no whole answer in time")
    assert f"; given up after request {last + 1} (a nonce for the request)" in stop_of(ran)
    assert len(behind.heard) == last + 2  # that one, and the probe


def test_a_service_that_answers_nothing_is_given_up_though_others_answer(
    drs: Drs, server: Ready, front: Fronts
) -> None:
    behind, url = front(lambda one: lambda path, _: one.silence() if path.startswith(JOIN) else None)
    ran = drs(*options(server, url, "join-request/csr"), "--timeout", "0.3").check()
    assert ran.results["verdict"] == "incomplete", ran.said
    joins = [number for number, (_, said) in enumerate(behind.heard, start=1) if said.startswith(f"POST {JOIN}")]
    assert "has not answered POST /EnrollmentServer/device/ 8 times in a row" in stop_of(ran)
    assert len(joins) == 8
    assert f"; given up after request {joins[-1]} (" in stop_of(ran)
    assert len(behind.heard) == joins[-1] + 1


def test_retry_after_is_obeyed_and_recorded(drs: Drs, server: Ready, front: Fronts) -> None:
    """A 429 to the first nonce, and a 503 to the first join: each is sent again after a second, and that is said."""
    seen: Counter[str] = Counter()

    def busy(path: str, _: int) -> Answer | None:
        service = next((name for name in (NONCE, JOIN) if path.startswith(name)), "")
        seen[service] += 1
        return (429 if service == NONCE else 503, {"Retry-After": "1"}, b"") if service and seen[service] == 1 else None

    behind, url = front(lambda _: busy)
    ran = drs(*options(server, url, "device/post", "processing/busy")).check()
    assert ran.status == 0, ran.said
    for service in (NONCE, JOIN):
        (first, asked), (later, repeated) = [item for item in behind.heard if f" {service}" in item[1]][:2]
        assert asked == repeated
        assert 0.95 < later - first < 4
        between = [said for at, said in behind.heard if first < at < later]
        assert between == []
    told = [item["evidence"] for item in ran.results["observations"] if item["ambiguity"] == "processing/busy"]
    again = [evidence for evidence in told if evidence.startswith("asked to wait")]
    assert again == ["asked to wait, and was sent 2 requests again after 2 s in all"]


def test_who_asks_to_be_left_alone_is(drs: Drs, server: Ready, front: Fronts) -> None:
    """A target that others use too asks for ten minutes: nothing more is sent, and the run says when to come again."""
    behind, url = front(lambda _: lambda path, _n: (429, {"Retry-After": "600"}, b"") if NONCE in path else None)
    port = url.rpartition(":")[2]
    name = f"http://drs.test.example:{port}"
    words = options(server, name, "nonce")
    ran = drs(*words, "--resolve", f"drs.test.example:{port}:127.0.0.1").check()
    assert (ran.status, ran.results["verdict"]) == (3, "incomplete")
    assert (
        stop_of(ran) == "the target asks to wait for 600 seconds (Retry-After), longer than a run waits; run it later"
    )
    asked = [said for _, said in behind.heard if NONCE in said]
    assert len(asked) <= 2, json.dumps(asked)
