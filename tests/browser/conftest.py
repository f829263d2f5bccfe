"""Debian's Chromium, and pages that say what went wrong in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Route, sync_playwright

from conformance.report import write_all, write_comparison
from conformance.results import Outcome, fold
from conformance.spec import catalogue
from report.hostile import hostile_run


@dataclass
class Watched:
    """A page, the errors of its console and scripts, its requests and its dialogs."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.route("**/*", self._route)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _route(self, route: Route, request: Request) -> None:
        """Documents on disk are let through, everything else is noted and stopped."""
        if request.url.startswith("file:") and request.resource_type == "document":
            route.continue_()
            return
        self.requests.append(request.url)
        route.abort()

    def quiet(self) -> bool:
        """Whether nothing went wrong, nothing was asked for and nothing popped up."""
        assert (self.errors, self.requests, self.dialogs) == ([], [], [])
        return True


@pytest.fixture(scope="session")
def browser(require_tool: Callable[[str], str]) -> Iterator[Browser]:
    """Chromium, without its sandbox, since CI runs as root."""
    program = require_tool("chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


Opener = Callable[..., Watched]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Opener]:
    """`visit(path, fragment, width=390, …)` opens a page of its own context and watches it."""
    contexts = []

    def visit_(path: Path, fragment: str = "", *, width: int = 1280, **options: object) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": 844}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.goto(path.as_uri() + fragment)
        return watched

    yield visit_
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run with every outcome, against a target that is out to harm its reader."""
    return write_all(tmp_path_factory.mktemp("report"), fold(hostile_run(), catalogue()))


@pytest.fixture(scope="session")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of that run beside itself, and beside a later one that tested less."""
    results = fold(hostile_run(), catalogue())
    less = replace(
        results,
        header=replace(results.header, started="2026-11-23T08:00:00Z"),
        requirements=tuple(item for item in results.requirements if item.verdict is not Outcome.PASS),
    )
    runs = {"one": results, "two": results, "a-run-with-a-long-name": less}
    return write_comparison(tmp_path_factory.mktemp("comparison"), runs)
