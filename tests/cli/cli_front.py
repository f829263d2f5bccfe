"""The reference server behind something that answers in its place now and then, or asks it for something else."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from cli.cli_runs import Answer
from conformance.server.settings import Ready

Rule = Callable[[str, int], Answer | str | None]


@dataclass
class Front:
    """The reference server behind something that answers in its place now and then; `heard` is what came when.

    A rule is asked with the path of a request and its number. It gives an answer, or the path to ask for instead.
    """

    server: Ready
    rule: Rule
    heard: list[tuple[float, str]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        with self._lock:
            self.heard.append((time.monotonic(), f"{method} {path}"))
            number = len(self.heard)
        said = self.rule(path, number)
        if isinstance(said, tuple):
            return said
        kept = {name: headers[name] for name in ("Authorization", "Content-Type") if name in headers}
        request = urllib.request.Request(self.server.url + (said or path), body or None, kept, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                status, told, content = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, told, content = error.code, error.headers, error.read()
        there = f"http://{headers['Host']}".encode()
        return status, {"Content-Type": told["Content-Type"] or ""}, content.replace(self.server.url.encode(), there)

    def silence(self) -> Answer:
        """Nothing, for as long as the test takes."""
        self.closed.wait(60)
        return 500, {}, b""


@pytest.fixture
def front(
    server: Ready, answering: Callable[[Callable[[str, str, dict[str, str], bytes], Answer]], str]
) -> Iterator[Fronts]:
    made: list[Front] = []

    def make(rule: Callable[[Front], Rule]) -> tuple[Front, str]:
        one = Front(server, lambda *_: None)
        one.rule = rule(one)
        made.append(one)
        return one, answering(one)

    yield make
    for one in made:
        one.closed.set()


Fronts = Callable[[Callable[[Front], Rule]], tuple[Front, str]]
