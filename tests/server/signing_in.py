"""A client that signs in at the reference server's authority, and its user."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from conformance.server.site import BROKER, RESOURCE

if TYPE_CHECKING:
    import httpx

HERE = "http://127.0.0.1:49999/"


@dataclass(frozen=True)
class Client:
    """One authorization request of a native application, and what it remembers of it."""

    http: httpx.Client
    authority: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(8))
    version: str = ""

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def asked(self, **changed: str | None) -> dict[str, str]:
        """The parameters of a right request; `changed` replaces them, None takes one out."""
        right = {
            "client_id": BROKER,
            "response_type": "code",
            "redirect_uri": HERE,
            "resource": RESOURCE,
            "state": self.state,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (right | changed).items() if value is not None}

    def page(self, **changed: str | None) -> httpx.Response:
        """What the browser gets for the request."""
        return self.ask(list(self.asked(**changed).items()))

    def ask(self, pairs: list[tuple[str, str]]) -> httpx.Response:
        """The same for these parameters."""
        return self.http.get(f"{self.authority}/oauth2{self.version}/authorize?{urlencode(pairs)}")

    def fill_in(self, page: httpx.Response, username: str = "", answer: str = "sign-in") -> httpx.Response:
        """What it gets for the page, filled in and sent."""
        fields = {name: html.unescape(value) for name, value in INPUT.findall(page.text)}
        assert set(fields) == {"asked", "username"}
        form = {**fields, "username": username or fields["username"], "answer": answer}
        return self.http.post(f"{self.authority}/oauth2{self.version}/authorize", data=form)

    def sign_in(self, username: str = "", **changed: str | None) -> dict[str, str]:
        """The parameters of the answer at the redirect URI."""
        return back(self.fill_in(self.page(**changed), username))

    def redeem(self, code: str, /, **changed: str | None) -> httpx.Response:
        right = {
            "grant_type": "authorization_code",
            "client_id": BROKER,
            "code": code,
            "redirect_uri": HERE,
            "code_verifier": self.verifier,
        }
        form = {name: value for name, value in (right | changed).items() if value is not None}
        return self.http.post(f"{self.authority}/oauth2{self.version}/token", data=form)


INPUT = re.compile(r'<input [^>]*name="(\w+)" value="([^"]*)"')


def back(answer: httpx.Response, mark: str = "?") -> dict[str, str]:
    """The parameters of a redirect to where one was asked for."""
    assert answer.status_code == 303, answer.text
    where, _, parameters = answer.headers["location"].partition(mark)
    assert urlsplit(where).scheme, where
    pairs = parse_qsl(parameters, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def posted(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where a page that sends itself leads, and the parameters it brings there."""
    assert page.status_code == 200, page.text
    (where,) = re.findall(r'<form method="post" action="([^"]*)">', page.text)
    return html.unescape(where), {name: html.unescape(value) for name, value in INPUT.findall(page.text)}
