"""A target that throws every secret back, in every form it can think of: none reaches a screen or a file."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from cli.cli_runs import PYTEST
from conformance.plugin import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.cli_runs import Answer, Ran

    Drs = Callable[..., Ran]


def segment(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def jwt(mark: str, **claims: object) -> str:
    """A JWT whose payload and signature have a mark of their own."""
    header = {"alg": "RS256", "kid": "any"}
    return ".".join(map(segment, (header, {"jti": mark * 8, **claims}, (mark * 40).encode()[:256])))


TOKEN = jwt("token-e7b1", tid="11111111-2222-4333-8444-555555555555", upn="u@contoso.example", exp=4102444800)
CHALLENGE = jwt("challenge-93f0", aud="drs")
FOREIGN = jwt("foreign-5d2c", tid="99999999-2222-4333-8444-555555555555")
EXPIRED = jwt("expired-c41a", tid="11111111-2222-4333-8444-555555555555", exp=1000000000)
AUDIENCE = jwt("audience-08be", aud="https://other.example", exp=4102444800)
FUTURE = jwt("future-4d0b", tid="11111111-2222-4333-8444-555555555555", nbf=4102444800, exp=4102448400)
TOKENS = (TOKEN, CHALLENGE, FOREIGN, EXPIRED, FUTURE, AUDIENCE)
SURROUNDINGS = "surroundings-7f3e1d9ab2c64058"  # a secret in the environment, of which the run has no need


def payload(token: str) -> str:
    return token.split(".")[1]


def traces(token: str) -> set[bytes]:
    """What a look through a file would find of a token: 32 characters of it, plain or wrapped, anywhere.

    Not sought is what says tenant, user and times alone: a target knows them by itself, and its answers may hold them.
    """
    return {piece.encode() for secret in own(token) for piece in forms_of_pieces(secret)}


def own(token: str) -> tuple[str, str]:
    """The payload as far as its first claim, which is the token's own, goes; the signature, with the dot before it."""
    _, claims, signature = token.split(".")
    first = len(segment(json.dumps({"jti": json.loads(base64.urlsafe_b64decode(claims + "=="))["jti"]}).encode()[:-1]))
    return claims[:first], f".{signature}"


def forms_of_pieces(secret: str) -> set[str]:
    plain = {secret[place : place + 32] for place in range(0, len(secret) - 32, 8)}
    plain |= {piece[::-1] for piece in plain}
    wrapped = [base64.b64encode(bytes(shift) + secret.encode()).decode()[4:-4] for shift in range(3)]
    wrapped += [text.replace("+", "-").replace("/", "_") for text in wrapped]
    wrapped += [secret.encode().hex(), secret.encode().hex().upper()]
    escaped = {quote(piece, safe="").replace(".", "%2E") for piece in plain}
    escaped |= {"".join(f"\\u{ord(letter):04x}" for letter in piece[:8]) for piece in plain}
    inside = {text[place : place + 48] for text in wrapped for place in range(0, len(text) - 48, 16)}
    return plain | escaped | inside


def echo(url: Callable[[], str]) -> Callable[[str, str, dict[str, str], bytes], Answer]:
    """Discovery is honest; every other answer holds all that came, in every form."""

    def answer(_method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if "discover" in path.lower():
            services = {
                "DiscoveryService": {"ServiceVersion": "1.9"},
                "DeviceJoinService": {"JoinEndpoint": f"{url()}/join", "ServiceVersion": "2.0"},
                "PrecreateService": {"PrecreateEndpoint": f"{url()}/precreate", "ServiceVersion": "2.0"},
            }
            return 200, {"Content-Type": "application/json"}, json.dumps(services).encode()
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            challenge = str(json.loads(body).get("PreAuthorizedJoinChallenge"))
        except (ValueError, AttributeError):
            challenge = ""
        shown = [form for secret in (token, challenge, path) for form in forms(secret)]
        members = {"Certificate": {"RawBody": token, "Thumbprint": token}, "User": {"Upn": token}, "Said": shown}
        content = json.dumps(members)
        told = {"Content-Type": "application/json", "X-Token": token, "WWW-Authenticate": f'Bearer error="{token}"'}
        told |= {
            "Location": f"https://elsewhere.example/?t={quote(token)}#{token[::-1]}",
            "X-Hex": token.encode().hex(),
        }
        return 201, told, content.replace("\\\\", "\\").encode()

    return answer


def forms(secret: str) -> list[object]:
    raw = secret.encode()
    return [
        secret,
        secret.split("."),
        quote(secret, safe="").replace(".", "%2E"),
        base64.b64encode(raw).decode(),
        base64.b64encode(b"x" + raw).decode(),
        raw.hex(),
        raw.hex().upper(),
        secret[::-1],
        base64.urlsafe_b64encode(b"xy" + raw).decode(),
        secret[60:140],
        "".join(f"\\u{ord(letter):04x}" for letter in secret),
        secret.replace("/", "\\/"),
    ]


def check_nothing_is_left(ran: Ran, below: Path) -> None:
    found = dict(ran.everything()) | {str(path): path.read_bytes() for path in below.rglob("*") if path.is_file()}
    assert any("allure-results" in name for name in found)
    assert any("/failures/" in name for name in found)
    assert {"join-service/token-in-query", "join-service/token-claims"} <= failed(ran)
    assert b"[redacted]" in (ran.out / "results.jsonl").read_bytes()
    assert {"results.sarif", "summary.md", "badge.svg"} <= {Path(name).name for name in found}
    assert not [name for name, data in found.items() if SURROUNDINGS.encode() in data]
    for token in TOKENS:
        sought = traces(token)
        left = {(name, trace) for name, data in found.items() for trace in sought if trace in data}
        assert left == set()


CHOSEN = (
    "device/post",
    "device/precreate-endpoint",
    "device/precreate-same-body",
    "join-answer/upn-value",
    "join-service/garbage-token",
    "join-service/scheme-case",
    "join-service/token-claims",
    "join-service/token-in-query",
    "join-service/token-tenant",
    "join-service/token-expired",
    "join-service/token-not-before",
    "join-service/token-audience",
    "processing/no-secrets",
)


def failed(ran: Ran) -> set[str]:
    return {id_ for id_, verdict in ran.verdicts.items() if verdict == "fail"}


OPTIONS = {
    "token": TOKEN,
    "challenge-command": f"echo {CHALLENGE}",
    "foreign-token": FOREIGN,
    "expired-token": EXPIRED,
    "future-token": FUTURE,
    "audience-token": AUDIENCE,
    "profile": "quick",
    "tenant": "11111111-2222-4333-8444-555555555555",
}


def options(url: str, prefix: str) -> list[str]:
    given = [f"{prefix}target", url, *(word for id_ in CHOSEN for word in (f"{prefix}select", id_))]
    return [*given, *(word for name, value in OPTIONS.items() for word in (f"{prefix}{name}", value))]


def test_the_traces_are_found_where_nothing_is_redacted() -> None:
    """The test can fail."""
    for form in forms(TOKEN):
        data = json.dumps(form).replace("\\\\", "\\").encode()
        assert any(trace in data for trace in traces(TOKEN)), form


def test_the_command_lets_no_secret_out(drs: Drs, answering: Callable[..., str], tmp_path: Path) -> None:
    where: list[str] = []
    where.append(answering(echo(lambda: where[0])))
    ran = drs(*options(where[0], "--"), CLOUD_PASSWORD=SURROUNDINGS).check()
    assert ran.status == 1
    assert "fail" in ran.verdicts.values()
    check_nothing_is_left(ran, tmp_path)


@pytest.mark.parametrize("loud", [["-vv", "--tb=long", "--showlocals", "-rA", "--log-level=DEBUG"]])
def test_plain_pytest_lets_no_secret_out(
    drs: Drs, answering: Callable[..., str], tmp_path: Path, loud: list[str]
) -> None:
    """As loud as pytest can be, with its own JUnit file and log, and each traceback with its local variables."""
    where: list[str] = []
    where.append(answering(echo(lambda: where[0])))
    own = [f"--junitxml={tmp_path / 'own.xml'}", f"--log-file={tmp_path / 'own.log'}", "--log-file-level=DEBUG"]
    ran = drs(*options(where[0], PREFIX), *loud, *own, words=PYTEST).check()
    assert ran.status == 1
    check_nothing_is_left(ran, tmp_path)


def test_what_github_is_shown_has_no_secret(drs: Drs, answering: Callable[..., str], tmp_path: Path) -> None:
    where: list[str] = []
    where.append(answering(echo(lambda: where[0])))
    summary = tmp_path / "github.md"
    ran = drs(*options(where[0], "--"), GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary)).check()
    assert "\n::error title=" in ran.said
    assert summary.stat().st_size > 500
    check_nothing_is_left(ran, tmp_path)


@pytest.mark.parametrize("option", ["--target", "--proxy"])
def test_a_password_in_an_address_is_not_repeated(drs: Drs, tmp_path: Path, option: str) -> None:
    """It may be refused or used, and is told nowhere."""
    address = "http://user:Pa55-canary-91cc@127.0.0.1:1"
    target = [] if option == "--target" else ["--target", "http://127.0.0.1:1"]
    ran = drs(*target, option, address, "--tenant", "contoso.example")
    assert ran.status in {2, 3}
    told = dict(ran.everything()) | {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert not [name for name, data in told.items() if b"Pa55-canary" in data]
