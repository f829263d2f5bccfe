"""`--example-database`: what one run finds, the next begins with, wherever it runs; what is stored tells no secret."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from cli.cli_runs import Ran
from conformance.errors import UsageError
from conformance.kit import Case, CheckFailed
from conformance.kit.ledger import Ledger
from conformance.plugin.corpus import KEPT, Corpus, check, current, key_of, place
from conformance.plugin.options import OPTIONS, Raw
from conformance.plugin.shrinking import bounded
from conformance.server import Settings, running
from conformance.server.settings import Ready

Drs = Callable[..., Ran]
PASSWORD = "canary-of-redis"
TEST = "suites/test_any.py::test_any"
UNKNOWN = "discovery/unknown-domain"


def raw(text: str) -> Raw:
    values = {option.name: None for option in OPTIONS} | {"example-database": text}
    return Raw(values)


def opened(text: str) -> Corpus:
    found = place(raw(text))
    assert found is not None
    return Corpus(found)


@pytest.fixture(scope="module")
def redis(require_tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Debian's Redis with a password, on a port of its own."""
    program, folder = require_tool("redis-server"), tmp_path_factory.mktemp("redis")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD]
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        client = Redis(port=port, password=PASSWORD)
        for _ in range(100):
            with contextlib.suppress(Exception):
                client.ping()
                break
            time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def ready() -> Iterator[Ready]:
    """A server that takes any domain for one of its own."""
    with running(Settings(defects=("takes-unknown-domains-for-its-own",))) as found:
        yield found


@pytest.fixture
def faulty(ready: Ready, answering: Callable[..., str]) -> Ready:
    """One that does so for long names alone, so that chance decides which one shows it."""

    def answer(_method: str, path: str, headers: dict[str, str], _body: bytes) -> tuple[int, dict[str, str], bytes]:
        name, dot, _ = path.strip("/").partition("/")[0].partition(".invalid")
        if dot and len(name) < 2:
            return 404, {"Content-Type": "application/json"}, b"{}"
        request = urllib.request.Request(ready.url + path, headers={"Accept": headers.get("Accept", "*/*")})
        try:
            with urllib.request.urlopen(request) as came:
                return came.status, {"Content-Type": "application/json"}, came.read()
        except urllib.error.HTTPError as refused:
            return refused.code, {"Content-Type": "application/json"}, refused.read()

    return replace(ready, url=answering(answer))


def given_to(ready: Ready, seed: int, database: str) -> list[str]:
    shared = ["--example-database", database]
    target = ["--target", ready.url, "--tenant", ready.tenant, "--token", ready.token, "--profile", "standard"]
    return [*target, "--select", UNKNOWN, "--seed", str(seed), *shared]


def asked(ran: Ran) -> str:
    """The URL that the failure was found by."""
    failed = [one for test in ran.stream if test["record"] == "test" for one in test["requirements"]]
    return str(failed[0]["failures"][0]["exchange"]["request"]["url"])


# --- between runs


def test_what_a_run_found_the_next_begins_with(drs: Drs, faulty: Ready, tmp_path: Path, redis: int) -> None:
    url = f"redis://user:{PASSWORD}@127.0.0.1:{redis}/3"
    Redis(port=redis, password=PASSWORD).acl_setuser("user", enabled=True, passwords=[f"+{PASSWORD}"],
                                                     keys=["*"], commands=["+@all"], channels=["*"])  # fmt: skip
    for database in (str(tmp_path / "examples"), url):
        first, second = (drs(*given_to(faulty, seed, database)).check() for seed in (1, 2))
        assert (first.status, second.status) == (1, 1)
        assert asked(first) == asked(second)
        tests = [line for line in second.stream if line["record"] == "test"]
        assert tests[0]["exchanges"][1]["request"]["url"] == asked(first)  # behind the baseline
        for ran in (first, second):
            assert not [name for name, content in ran.everything() if PASSWORD.encode() in content]
    stored = Redis(port=redis, password=PASSWORD, db=3)
    kept = [stored.dump(key) for key in cast("list[bytes]", stored.keys())]
    kept += [path.read_bytes() for path in (tmp_path / "examples").rglob("*") if path.is_file()]
    assert kept
    assert not [one for one in kept if faulty.token.encode()[:40] in cast("bytes", one)]


def test_redis_may_go_in_the_middle(drs: Drs, faulty: Ready, redis: int) -> None:
    """It answers as long as it is looked for, and no more when there is something to fetch."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_let_one_in, args=(door, redis), daemon=True).start()
        url = f"redis://:{PASSWORD}@127.0.0.1:{door.getsockname()[1]}/4"
        ran = drs(*given_to(faulty, 1, url)).check()
    assert ran.status == 1
    assert f"the examples of --example-database are no longer shared: Redis at 127.0.0.1:{url[-7:-2]} " in ran.said
    assert PASSWORD not in ran.said


def _let_one_in(door: socket.socket, redis: int) -> None:
    visitor, _ = door.accept()
    with visitor, socket.create_connection(("127.0.0.1", redis)) as inside:
        threading.Thread(target=_carry, args=(inside, visitor), daemon=True).start()
        _carry(visitor, inside)
    with contextlib.suppress(OSError):
        while True:
            door.accept()[0].close()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while octets := source.recv(65536):
            sink.sendall(octets)


# --- what goes in and out


class Asked:
    """A test of Hypothesis as the plugin runs it, with a database; `sent` are its examples."""

    def __init__(self, database: Corpus, judge: Callable[[Case, int], None], seed: int = 0) -> None:
        self.sent: list[int] = []
        self.database, self._judge, self._seed = database, judge, seed

    def run(self) -> None:
        before = settings.get_current_profile_name()
        settings.register_profile("corpus", max_examples=60, deadline=None, database=self.database)
        settings.load_profile("corpus")
        try:
            self._run()
        finally:
            settings.load_profile(before)

    def _run(self) -> None:
        assert current() is self.database

        @given(number=st.integers(0, 100_000))
        def asks(case: Case, number: int) -> None:
            self.sent.append(number)
            self._judge(case, number)

        profile = SimpleNamespace(profile=SimpleNamespace(examples=60))
        case = cast("Case", SimpleNamespace(session=profile, ledger=Ledger()))
        item = SimpleNamespace(obj=asks, nodeid=TEST)
        bounded(cast("pytest.Function", item), case)
        item.obj(case=case)


EXCHANGE: Any = None


def fails(case: Case, number: int) -> None:
    del case
    if number >= 700:
        raise CheckFailed("the target broke")


def holds(case: Case, number: int) -> None:
    del number
    case.ledger.passed("any/requirement", EXCHANGE)


def says_nothing(case: Case, number: int) -> None:
    del case, number


def cannot_be_judged(case: Case, number: int) -> None:
    del case
    if number >= 700:
        raise RuntimeError("our own fault")


def numbers(database: Corpus) -> list[bytes]:
    return list(database.fetch(key_of(TEST)))


def test_only_what_failed_goes_in_and_only_what_held_goes_out(tmp_path: Path) -> None:
    database = opened(str(tmp_path))
    with pytest.raises(RuntimeError, match="our own fault"):
        Asked(database, cannot_be_judged).run()
    assert numbers(database) == []
    for _ in range(2):
        found = Asked(opened(str(tmp_path)), fails)
        with pytest.raises(CheckFailed):
            found.run()
        assert len(numbers(database)) == 1
    assert found.sent == [700]  # begun with, and nothing else
    Asked(opened(str(tmp_path)), says_nothing).run()
    assert len(numbers(database)) == 1
    better = Asked(opened(str(tmp_path)), holds)
    better.run()
    assert better.sent[0] == 700
    assert len(better.sent) > 10
    assert numbers(database) == []


def test_the_key_of_a_test_is_the_same_everywhere() -> None:
    assert key_of("../site-packages/conformance/suites/test_any.py::test_a[/x]") == key_of(
        "suites/test_any.py::test_a[/x]"
    )


def test_the_smallest_are_kept(tmp_path: Path) -> None:
    database = opened(str(tmp_path))
    assert not database.holds(TEST)
    from conformance.plugin.corpus import Came  # noqa: PLC0415 - the one place that plays the plugin's part

    database.came = Came.FAILED
    for number in reversed(range(3 * KEPT)):
        database.save(key_of(TEST), bytes(number + 1))
    assert database.holds(TEST)
    assert [len(value) for value in numbers(database)] == list(range(1, KEPT + 1))
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == KEPT + 1  # and the list of keys


def test_a_folder_that_fails_in_the_middle_is_told(tmp_path: Path) -> None:
    database = opened(str(tmp_path / "gone"))
    (tmp_path / "gone").write_text("a file is in the way", encoding="ascii")
    with pytest.raises(CheckFailed):
        Asked(database, fails).run()
    assert database.lost is not None
    assert database.lost.endswith("cannot be written to")


# --- wrong values


WRONG = {
    "http://a": "--example-database is no URL of a Redis; pass a folder, or redis://host:port/number",
    "redis:/a": "--example-database is no URL of a Redis; pass a folder, or redis://host:port/number",
    f"redis://:{PASSWORD}@a:99999/0": "--example-database is no URL of a Redis: its port is none; pass a folder",
    f"redis://:{PASSWORD}@a/x": "--example-database is no URL of a Redis; pass a folder, or redis://host:port/number",
    "redis://127.0.0.1:9/0": "--example-database: Redis at 127.0.0.1:9 cannot be reached; start it, or pass a folder",
    "/proc/examples": "--example-database '/proc/examples' cannot be written to (",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_database_is_one_sentence(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(cast("Any", place(raw(text))))
    assert WRONG[text] in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_a_wrong_password_is_one_sentence(redis: int) -> None:
    found = place(raw(f"redis://:wrong@127.0.0.1:{redis}/0"))
    assert found is not None
    with pytest.raises(UsageError, match=r"refuses the user or password of the URL; start it, or pass a folder$"):
        check(found)


def test_nothing_is_sent_and_written_where_the_database_is_wrong(drs: Drs, tmp_path: Path) -> None:
    ran = drs("--target", "http://127.0.0.1:9", "--tenant", "a.example", "--example-database", "redis://127.0.0.1:9/0")
    assert ran.status == 2
    assert ran.warned.strip() == (
        "drs-conformance: --example-database: Redis at 127.0.0.1:9 cannot be reached; start it, or pass a folder"
    )
    assert not ran.out.exists()
    (tmp_path / "drs.toml").write_text('example-database = "redis://:secret@127.0.0.1/0"', encoding="ascii")
    ran = drs("--dry-run")
    assert ran.status == 2
    assert "example-database holds a credential, and secrets never belong in a file" in ran.warned
    assert "pass DRS_EXAMPLE_DATABASE" in ran.warned
