"""Every request goes through the session: what it sends where, when it gives up, and what it keeps to itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.client import Command, Credentials, Fixed, Identity, Target
from conformance.client import protocol as steps
from conformance.errors import TargetError, UsageError
from conformance.exchange import Answer, Exchange, Failure, FailureKind, Request
from conformance.generate.faults import faults
from conformance.kit import CheckFailed, Made, NotOffered, Twin, Unproven
from conformance.kit import session as kit_session
from conformance.results import Outcome
from kit.kit_target import SERVICES, TENANT, TOKEN, URL, Desk, json_answer

JOIN = "DeviceJoinService.JoinEndpoint"
ID = "join-service/uri"


def naming(endpoint: object) -> Desk:
    """A target whose discovery names this as its JoinEndpoint."""
    desk = Desk.of()
    desk.wires.services = {**SERVICES, "DeviceJoinService": {"JoinEndpoint": endpoint, "ServiceVersion": "2.0"}}
    return desk


# --- where requests go

ELSEWHERE = [
    "http://evil.example/EnrollmentServer/device/",
    "http://drs.test.example.evil.example/",
    "http://drs.test.example@evil.example/",
    "http://evil.example#@drs.test.example/",
    "http://drs.test.example:8080/device/",
    "http://drs.test.example:80@evil.example/",
    "https://drs.test.example/device/",  # another port
    "//evil.example/device/",
    "/EnrollmentServer/device/",
    "ftp://drs.test.example/device/",
    "javascript:alert(1)",
    "http://[::1/",
    "http://drs.test.example:port/",
    "",
    "\ud800",
    " ",
]


@pytest.mark.parametrize("endpoint", ELSEWHERE)
def test_what_discovery_names_elsewhere_gets_no_request_and_no_token(endpoint: str) -> None:
    desk = naming(endpoint)
    with pytest.raises(Unproven):
        desk.session.join(desk.session.draft(), "a join")
    assert all(asked.url.startswith(URL) for asked in desk.wires.asked)
    assert not any(TOKEN in str(asked) for asked in desk.wires.asked)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://drs.test.example/EnrollmentServer/device/",
        "http://DRS.test.example:80/device/",
        "http://drs.test.example/device/?tenant=a",
    ],
)
def test_what_discovery_names_on_the_same_host_is_asked(endpoint: str) -> None:
    desk = naming(endpoint)
    desk.session.join(desk.session.draft(), "a join")
    assert "api-version=2.0" in desk.wires.joins()[0].url
    assert desk.wires.joins()[0].header("Authorization") == f"Bearer {TOKEN}"


@pytest.mark.parametrize("port", ["", ":443", ":8443"])
def test_no_token_leaves_tls(port: str) -> None:
    """The same host and port, without TLS: whoever listens on the way would have the token."""
    url = f"https://drs.test.example{port}"
    desk = Desk.of(url=url)
    joins = {"JoinEndpoint": f"http://drs.test.example{port or ':443'}/device/", "ServiceVersion": "2.0"}
    desk.wires.services = {**SERVICES, "DeviceJoinService": joins}
    with pytest.raises(Unproven, match="without TLS"):
        desk.session.join_step()
    desk.wires.services["DeviceJoinService"] = {**joins, "JoinEndpoint": f"{url}/device/"}
    desk.session._services = None
    desk.session._discovery = None
    assert desk.session.endpoint(JOIN) == f"{url}/device/"


@pytest.mark.parametrize(
    "services", [{"DeviceJoinService": None}, {"DeviceJoinService": {"JoinEndpoint": 7}}, {"a": 1}]
)
def test_what_discovery_does_not_name_is_not_offered(services: dict[str, object]) -> None:
    desk = Desk.of()
    desk.wires.services = services
    with pytest.raises(NotOffered, match=f"discovery names no {JOIN}"):
        desk.session.endpoint(JOIN)


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"{}", b"\xff", b"[" * 9999])
def test_a_discovery_that_is_none_proves_nothing(body: bytes) -> None:
    desk = Desk.of(lambda asked: Answer(200, (), body) if "/Discover" in asked.url else None)
    for _ in range(2):
        with pytest.raises(Unproven, match="was not accepted"):
            desk.session.endpoint(JOIN)
    assert len(desk.wires.asked) == 1


# --- when it gives up


@pytest.mark.parametrize("kind", [FailureKind.UNREACHABLE, FailureKind.TIMEOUT, FailureKind.TLS, FailureKind.RESET])
def test_a_dead_target_is_given_up_after_one_probe(kind: FailureKind) -> None:
    desk = Desk.of(lambda _: Failure(kind, "dead"))
    assert desk.session.discovery().failure is not None
    assert desk.session.stopped is not None
    assert desk.session.stopped.startswith(f"the target at {URL} gives no answer: dead; ")
    assert desk.session.stopped.endswith("; given up after request 1 (discovery of the tenant under test)")
    assert [asked.label for asked in desk.wires.asked][1:] == ["is the target alive"]
    with pytest.raises(TargetError, match="gives no answer"):
        desk.session.send(steps.discover(URL, TENANT), "again")


@pytest.mark.parametrize("kind", list(FailureKind))
def test_a_target_that_fails_one_request_and_lives_is_kept(kind: FailureKind) -> None:
    desk = Desk.of(lambda asked: Failure(kind, "once") if asked.label == "this" else None)
    assert desk.session.send(steps.discover(URL, TENANT), "this").failure is not None
    assert desk.session.stopped is None


def test_a_token_command_that_fails_in_mid_run_ends_it() -> None:
    desk = Desk.of(credentials=Credentials(Command("false", "--token-command")))
    with pytest.raises(TargetError, match="--token-command ended with status 1"):
        desk.session.join(desk.session.draft(), "a join")
    assert desk.session.stopped is not None
    assert desk.session.stopped.startswith("--token-command ended with status 1")
    assert desk.wires.joins() == []


def test_a_device_that_cannot_be_written_down_is_the_last() -> None:
    desk = Desk.of()

    def full(_: Made) -> None:
        raise UsageError("'devices.jsonl' cannot be written to (No space left on device)")

    desk.session.on_device = full
    for _ in range(2):
        with pytest.raises(TargetError, match="No space left"):
            desk.session.join(desk.session.draft(), "a join")
    assert len(desk.wires.joins()) == 1


# --- secrets


def test_a_token_is_known_before_it_is_sent() -> None:
    desk = Desk.of(
        lambda asked: Answer(400, (), f"no: {asked.header('Authorization')}".encode()) if asked.join else None
    )
    forged = TOKEN[:-8] + "AAAAAAAA"
    desk.session.send(desk.session.join_step(), "forged", token=forged)
    assert desk.wires.joins()[0].header("Authorization") == f"Bearer {forged}"
    assert desk.session.secrets.redact_text(f"x {forged} y") == "x [redacted] y"


def test_no_repr_shows_a_secret() -> None:
    command = Command(f"curl -d password={TOKEN}", "--token-command")
    desk = Desk.of(credentials=Credentials(Fixed(TOKEN), command))
    step = desk.session.join_step().having(("Authorization", f"Bearer {TOKEN}"))
    step = replace(step, url=f"{step.url}&access_token={TOKEN}")
    things = [desk.session, desk.case(ID), desk.session.credentials, Fixed(TOKEN), command, step, desk.session.secrets]
    assert not any(TOKEN[-20:] in repr(thing) for thing in things)
    assert "Bearer" not in repr(step)


# --- drafts


def test_drafts_differ_and_are_the_same_for_a_seed() -> None:
    first, second = Desk.of().session, Desk.of().session
    drafts = [first.draft() for _ in range(3)]
    assert drafts == [second.draft() for _ in range(3)]
    assert len({repr(draft) for draft in drafts}) == 3
    second.seed = 1
    assert second.draft() not in drafts


def test_each_join_has_a_nonce_of_its_own() -> None:
    desk = Desk.of()
    for _ in range(2):
        desk.session.join(desk.session.draft(), "a join")
    bodies = [json.loads(asked.body) for asked in desk.wires.joins()]
    assert bodies[0]["CertificateRequest"]["Data"] != bodies[1]["CertificateRequest"]["Data"]
    assert sum("/nonce/" in asked.url for asked in desk.wires.asked) == 2


def test_a_target_without_nonces_is_sent_none() -> None:
    desk = Desk.of()
    desk.wires.services = {name: value for name, value in SERVICES.items() if name != "NonceService"}
    assert desk.session.nonce() is None
    assert desk.session.join(desk.session.draft(), "a join").answer is not None


@pytest.mark.parametrize("value", [None, 7, "\ud800"])
def test_a_nonce_that_is_none_proves_nothing(value: object) -> None:
    desk = Desk.of(lambda asked: json_answer(200, {"Value": value}) if "/nonce/" in asked.url else None)
    with pytest.raises(Unproven, match="no nonce for the request"):
        desk.session.nonce()


def test_without_a_token_nothing_that_needs_one_is_sent() -> None:
    desk = Desk.of(credentials=Credentials())
    with pytest.raises(Unproven, match="no token was given"):
        desk.session.join(desk.session.draft(), "a join")
    assert desk.wires.joins() == []


# --- under Hypothesis


@pytest.fixture
def few() -> Iterator[None]:
    before = settings.get_current_profile_name()
    settings.register_profile("kit", max_examples=60, deadline=None, database=None, derandomize=True)
    settings.load_profile("kit")
    yield
    settings.load_profile(before)


@pytest.mark.usefixtures("few")
def test_a_property_that_fails_keeps_its_smallest_example() -> None:
    desk = Desk.of(lambda asked: 500 if len(asked.body) > 10 and asked.label == "octets" else None)
    case = desk.case(ID)

    @given(octets=st.binary(max_size=300))
    def send(octets: bytes) -> None:
        step = steps.Step("POST", f"{URL}/x", (), octets)
        exchange = desk.session.send(step, "octets")
        case.hold(ID, exchange.answer is not None and exchange.answer.status != 500, f"{len(octets)} octets", exchange)

    with pytest.raises(CheckFailed):
        send()
    (found,) = case.ledger.outcomes()
    assert found.outcome is Outcome.FAIL
    assert found.reason == "11 octets"
    assert [evidence.exchange is not None and len(evidence.exchange.request.body) for evidence in found.failures] == [
        11
    ]


@pytest.mark.usefixtures("few")
def test_a_target_that_answers_now_so_now_so_has_failed() -> None:
    """It breaks at one request only, whatever that holds: Hypothesis calls that flaky, the requirement is broken."""
    broken = iter([False] * 7 + [True])
    desk = Desk.of(lambda asked: 500 if asked.label == "octets" and next(broken, False) else None)
    case = desk.case(ID)

    @given(octets=st.binary(max_size=20))
    def send(octets: bytes) -> None:
        exchange = desk.session.send(steps.Step("POST", f"{URL}/x", (), octets), "octets")
        answer = exchange.answer
        case.hold(ID, answer is not None and answer.status != 500, "answered 500", exchange)

    with pytest.raises(Exception, match=r"(?i)flaky|inconsistent|CheckFailed|answered 500"):
        send()
    (found,) = case.ledger.outcomes()
    assert found.outcome is Outcome.FAIL
    assert len(found.failures) == 1
    evidence = found.failures[0].exchange
    assert evidence is not None
    assert evidence.answer is not None
    assert evidence.answer.status == 500


@pytest.mark.usefixtures("few")
def test_what_is_not_offered_is_let_through_at_once() -> None:
    desk = Desk.of()
    calls = []

    @given(st.integers())
    def send(number: int) -> None:
        calls.append(number)
        desk.session.endpoint("PrecreateService.PrecreateEndpoint")

    with pytest.raises(NotOffered):
        send()
    assert len(calls) == 1


@pytest.mark.usefixtures("few")
def test_a_negative_property_shares_its_twin() -> None:
    """However many examples there are, the untouched request is sent once before and once after."""
    desk = Desk.of(lambda asked: 400 if asked.join and not asked.baseline else None)
    case = desk.case(ID)

    @given(st.sampled_from(faults("join-request/transport-key-magic")))
    def send(edit: object) -> None:
        assert edit is not None
        case.refused_step(ID, "an edit", desk.session.join_step(), Twin.JOIN, token=TOKEN)

    send()
    case.close()
    assert [asked.baseline for asked in desk.wires.joins()].count(True) == 2
    assert case.ledger.outcomes()[0].outcome is Outcome.PASS


def test_outside_a_property_a_case_goes_on_after_a_failure() -> None:
    desk = Desk.of()
    case = desk.case(ID)
    for word in ("one", "two"):
        case.hold(ID, False, word, desk.session.discovery())
    assert [evidence.problem for evidence in case.ledger.outcomes()[0].failures] == ["one", "two"]


def test_the_target_of_a_session_knows_loopback() -> None:
    for url in ("http://127.0.0.1:1", "http://localhost", "http://[::1]:8080", "https://127.9.9.9"):
        assert Target(url, "t").loopback
    for url in ("http://drs.example.com", "http://128.0.0.1", "http://localhost.example.com", "http://0.0.0.0"):
        assert not Target(url, "t").loopback


def test_who_is_busy_is_asked_again_as_a_device_too(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk.of()
    answers = [Answer(429, (("Retry-After", "0"),)), Answer(200)]
    shown = SimpleNamespace(requests=0)

    def sent(_transport: object, step: steps.Step, _headers: object, label: str) -> Exchange:
        shown.requests += 1
        return Exchange(Request(step.method, step.url, label=label), answers.pop(0))

    monkeypatch.setattr(kit_session, "_over", sent)
    monkeypatch.setattr(kit_session.Session, "_shown", lambda _self, _identity: nullcontext(shown))
    removal = steps.Step("DELETE", f"{URL}/d", ())
    exchange = desk.session.send(removal, "a removal", identity=Identity(b"", b""))
    assert exchange.answer == Answer(200)
    assert desk.session.requests == 2
