"""A user signs in at the reference server with a real browser: what the page is like, and where its answer goes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect

from browser.test_browser_report import violations
from conformance.server import Ready, Settings, running
from server.signing_in import Client

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>' onfocus='alert(3)' autofocus x='"


class Application:
    """A client that waits on loopback for the browser to come back."""

    def __init__(self) -> None:
        self.came: queue.Queue[tuple[str, dict[str, str]]] = queue.Queue()
        came = self.came

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.told("GET", urlsplit(self.path).query)

            def do_POST(self) -> None:
                self.told("POST", self.rfile.read(int(self.headers["Content-Length"])).decode())

            def told(self, method: str, parameters: str) -> None:
                if "favicon" not in self.path:
                    came.put((method, dict(parse_qsl(parameters, keep_blank_values=True))))
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>Done</title><p>Signed in")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def ready() -> Iterator[Ready]:
    with running(Settings()) as served:
        yield served


@pytest.fixture
def application() -> Iterator[Application]:
    one = Application()
    yield one
    one.server.shutdown()
    one.server.server_close()


@dataclass
class Opened:
    """A page, and what went wrong in it."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", self._dialog)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrong.append(message.text)

    def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(dialog.message)
        dialog.dismiss()


@contextmanager
def opened(browser: Browser, url: str, *, width: int = 1280, **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """The page at an address, and what went wrong in it."""
    context = browser.new_context(viewport={"width": width, "height": 844}, **options)
    watched = Opened(context.new_page())
    watched.page.goto(url)
    yield watched.page, watched.wrong
    context.close()


@pytest.fixture
def client(ready: Ready) -> Iterator[Client]:
    with httpx.Client() as http:
        yield Client(http, f"{ready.url}/{ready.tenant}")


def address(client: Client, application: Application, **changed: str | None) -> str:
    asked = client.asked(redirect_uri=application.url, **changed)
    return f"{client.authority}/oauth2/authorize?{urlencode(asked)}"


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_who_signs_in_comes_back_with_a_code_that_brings_a_token(
    browser: Browser, client: Client, application: Application, mode: str
) -> None:
    with opened(browser, address(client, application, response_mode=mode)) as (page, wrong):
        page.get_by_label("User").fill("eva@contoso.example")
        page.keyboard.press("Enter")
        expect(page).to_have_title("Done")
        method, answer = application.came.get(timeout=10)
        assert (method, answer["state"]) == ("GET" if mode == "query" else "POST", client.state)
        assert wrong == []
    granted = client.redeem(answer["code"], redirect_uri=application.url)
    assert granted.status_code == 200, granted.text


def test_who_cancels_comes_back_too(browser: Browser, client: Client, application: Application) -> None:
    with opened(browser, address(client, application)) as (page, wrong):
        page.get_by_role("button", name="Cancel").click()
        expect(page).to_have_title("Done")
        assert application.came.get(timeout=10)[1]["error"] == "access_denied"
        assert wrong == []


def test_without_scripts_a_button_sends_the_answer(browser: Browser, client: Client, application: Application) -> None:
    url = address(client, application, response_mode="form_post")
    with opened(browser, url, java_script_enabled=False) as (page, _):
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Continue").click()
        expect(page).to_have_title("Done")
        assert application.came.get(timeout=10)[0] == "POST"


def test_nothing_that_was_asked_for_runs(browser: Browser, client: Client, application: Application) -> None:
    named = ("login_hint", "state", "nonce", "scope", "domain_hint")
    with opened(browser, address(client, application, **dict.fromkeys(named, HOSTILE))) as (page, wrong):
        expect(page.get_by_label("User")).to_have_value(HOSTILE)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("This is no user of contoso.example")
        expect(page.get_by_label("User")).to_be_focused()
        page.get_by_label("User").fill("user@contoso.example")
        page.get_by_role("button", name="Sign in").click()
        assert application.came.get(timeout=10)[1]["state"] == HOSTILE
        assert not [one for one in wrong if "400 (Bad Request)" not in one]  # the page that says no to the name


def test_every_page_is_within_reach_of_everyone(
    browser: Browser, ready: Ready, client: Client, application: Application
) -> None:
    for url in (
        address(client, application, login_hint="a-rather-long-name-of-a-user@contoso.example"),
        address(client, application, login_hint="nobody"),
        f"{client.authority}/oauth2/authorize",
        f"{ready.url}/devicelogin",
        f"{ready.url}/common/oauth2/nativeclient",
    ):
        with opened(browser, url, width=320, bypass_csp=True) as (page, _):  # axe is a script
            if "nobody" in url:
                page.get_by_role("button", name="Sign in").click()
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.inner_text("h1")


def test_a_device_s_code_is_entered(browser: Browser, ready: Ready) -> None:
    account: Any = ready.more["token"]
    form = {"client_id": account["client_id"], "resource": account["resource"]}
    told = httpx.post(f"{ready.url}/{ready.tenant}/oauth2/devicecode", data=form).json()
    with opened(browser, told["verification_uri"]) as (page, _):
        page.get_by_label("Code").fill(told["user_code"])
        page.get_by_label("User").fill(ready.upn)
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text("The user or the password is wrong.")
        page.get_by_label("Code").fill(told["user_code"])
        page.get_by_label("User").fill(ready.upn)
        page.get_by_label("Password").fill(account["password"])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You are signed in")
