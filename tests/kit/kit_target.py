"""A target made of functions, for a session without a network: it notes what it is asked, and answers as it is told."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from conformance.client import Credentials, Fixed, Secrets, Target, Transport
from conformance.exchange import Answer, Exchange, Failure, FailureKind, Headers, Request, header
from conformance.kit import Case, Session, Twins, profile

URL = "http://drs.test.example"
TENANT = "11111111-2222-4333-8444-555555555555"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJhLXRva2VuLW9mLXRoZS1ydW4ifQ.c2lnbmF0dXJlLW9mLXRoZS1ydW4tdGhhdC1pcy1sb25n"
SERVICES: dict[str, Any] = {
    "DiscoveryService": {"DiscoveryEndpoint": f"{URL}/{TENANT}/Discover", "ServiceVersion": "1.9"},
    "DeviceJoinService": {"JoinEndpoint": f"{URL}/EnrollmentServer/device/", "ServiceVersion": "2.0"},
    "NonceService": {"Endpoint": f"{URL}/EnrollmentServer/nonce/{TENANT}/", "ServiceVersion": "1.0"},
}
DOWN = Failure(FailureKind.UNREACHABLE, "no connection")


@dataclass(frozen=True)
class Asked:
    """One request as the target sees it, token and all."""

    method: str
    url: str
    headers: Headers
    body: bytes
    label: str

    @property
    def join(self) -> bool:
        """Whether it is a join request."""
        return "/device/" in self.url

    @property
    def baseline(self) -> bool:
        """Whether it is the untouched twin of a case."""
        return self.label.startswith("the baseline")

    def header(self, name: str) -> str | None:
        """A header's value."""
        return header(self.headers, name)


Reply = Answer | Failure | int | None
Rule = Callable[[Asked], Reply]


@dataclass
class Wires:
    """In place of a transport: asks each rule in turn, then answers as a conforming target."""

    secrets: Secrets
    services: dict[str, Any] = field(default_factory=lambda: dict(SERVICES))
    rules: list[Rule] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    requests: int = 0

    def send(
        self, method: str, url: str, *, headers: Headers = (), body: bytes = b"", label: str = "", **_: Any
    ) -> Exchange:
        """One request and what came of it."""
        self.requests += 1
        asked = Asked(method, url, headers, body, label)
        self.asked.append(asked)
        reply = next((said for rule in self.rules if (said := rule(asked)) is not None), None)
        reply = self._conforming(asked) if reply is None else reply
        reply = Answer(reply) if isinstance(reply, int) else reply
        answer, failure = (reply, None) if isinstance(reply, Answer) else (None, reply)
        return Exchange(Request(method, url, (), self.secrets.redact(body), label), answer, failure)

    def _conforming(self, asked: Asked) -> Answer:
        if "/Discover" in asked.url:
            return json_answer(200, self.services)
        if "/nonce/" in asked.url:
            return json_answer(200, {"Value": f"bm9uY2U{self.requests}"})
        if header(asked.headers, "Authorization") != f"Bearer {TOKEN}":
            return Answer(401)
        return joined(self.requests)

    def joins(self) -> list[Asked]:
        """The join requests, in order."""
        return [asked for asked in self.asked if asked.join]


def json_answer(status: int, value: object) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(value).encode())


def joined(number: int) -> Answer:
    """What is accepted; each its own device."""
    thumbprint = f"{number:040X}"
    return json_answer(201, {"Certificate": {"Thumbprint": thumbprint, "RawBody": "AA=="}, "User": {"Upn": "u"}})


@dataclass
class Desk:
    """A session over such a target, and the cases made on it."""

    wires: Wires
    session: Session
    twins: Twins

    @classmethod
    def of(cls, *rules: Rule, url: str = URL, credentials: Credentials | None = None) -> Desk:
        """A session whose target answers by these rules where they say something."""
        secrets = Secrets()
        wires = Wires(secrets, rules=list(rules))
        credentials = credentials or Credentials(Fixed(TOKEN))
        target = Target(url, TENANT, timeout=1)
        session = Session(target, credentials, secrets, cast("Transport", wires), profile("quick"))
        return cls(wires, session, Twins(session))

    def case(self, *requirements: str) -> Case:
        """A case that declares these requirements."""
        return Case(self.session, self.twins, requirements)


def after(number: int, rule: Rule) -> Rule:
    """The rule for every join request past the first so many."""
    seen = itertools.count(1)
    return lambda asked: rule(asked) if asked.join and next(seen) > number else None
