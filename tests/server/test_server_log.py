"""What `serve` tells of each request: why it was refused, nothing secret, nothing that steers a terminal."""

from __future__ import annotations

import json
import re
import socket
import time
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import urlsplit

import httpx
import pytest

from conformance.codec import der
from conformance.server import Settings, running
from server.server_draft import CN, Driver, b64, blob, body, csr, raw_csr, subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d ")
JOIN = "/EnrollmentServer/device/?api-version=2.0"


@pytest.fixture(scope="module")
def entries() -> Iterator[list[str]]:
    """What was logged, entry by entry."""
    written: list[str] = []
    with mock.patch("conformance.server.log.to_stderr", written.append):
        yield written


@pytest.fixture(scope="module")
def drs(entries: list[str], keys: tuple[RSAPrivateKey, ...]) -> Iterator[Driver]:
    entries.clear()
    with running(Settings(log=True)) as ready, httpx.Client(base_url=ready.url) as http:
        yield Driver(ready, http, keys[0])


@pytest.fixture
def entry(entries: list[str], drs: Driver) -> Callable[[], str]:
    """`entry()` is the one entry since the test began, without its time."""
    entries.clear()

    def one() -> str:
        deadline = time.monotonic() + 10
        while not entries and time.monotonic() < deadline:
            time.sleep(0.01)  # it is written after the answer has left
        (text,) = entries
        assert STAMP.match(text)
        assert text.endswith("\n")
        assert all(char.isprintable() for char in text.replace("\n", ""))
        for secret in (drs.ready.token, drs.ready.challenge):
            assert secret not in text
            assert secret[-40:] not in text
        return re.sub(r" in \d+\.\d ms", "", STAMP.sub("", text, count=1))

    return one


def test_a_request_is_a_line(drs: Driver, entry: Any) -> None:
    assert drs.join().status_code == 201
    assert entry() == "POST /EnrollmentServer/device/?api-version=2.0 201\n"


def test_a_refusal_says_why(drs: Driver, entry: Any) -> None:
    drs.join(JoinType=5)
    assert entry() == f"POST {JOIN} 400: JoinType is '5', it must be one of 0, 3, 4, 6, 8.\n"


def test_the_wrong_octets_of_a_request_are_shown_where_they_stand(drs: Driver, entry: Any) -> None:
    drs.join_csr(csr(drs.key, cn="x"))
    first, *rows = entry().splitlines()
    assert first == f"POST {JOIN} 400: CertificateRequest.Data: the CN is 'x', it must be '{CN}' at offset 24."
    sent = csr(drs.key, cn="x")
    assert rows[0].strip() == f"CertificateRequest.Data, {len(sent)} octets:"
    assert [row.split()[0] for row in rows[1:]] == ["0", "4", "11", "13", "15", "22"]
    assert re.fullmatch(r' +22  0c 01 78 +commonName: "x" UTF8String  <-- here', rows[-1])
    assert sent[:4].hex(" ") in rows[1]


WRONG: dict[str, tuple[Callable[[RSAPrivateKey], bytes], str]] = {
    "version": (lambda key: raw_csr(key, version=der.integer(1)), r"8  02 01 01 +version: 1  <-- here"),
    "two names": (
        lambda key: raw_csr(key, name=subject(*[der.utf8_string(CN)] * 2)),
        r"11  30 \w\w +subject: .*<-- here",
    ),
    "signature": (lambda key: raw_csr(key, signature=bytes(256)), r"signature: BIT STRING.*<-- here"),
    "tail": (lambda key: csr(key) + b"\xfe\xed", r"fe ed +\(not shown\): 2 octets  <-- here"),
    "cut": (lambda key: csr(key)[:300], r"<-- here"),
    "not DER": (lambda _: b"no", r"6e 6f .*<-- here"),
    "escape": (lambda key: csr(key, cn="\x1b[31m\u202e"), r"commonName: .*x1b\[31m.*<-- here"),
}


@pytest.mark.parametrize("case", WRONG)
def test_whatever_part_is_at_fault_it_is_pointed_at(drs: Driver, entry: Any, case: str) -> None:
    make, shown = WRONG[case]
    drs.join_csr(make(drs.key))
    text = entry()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert re.search(shown, text), text


def test_the_header_of_a_transport_key_is_shown(drs: Driver, entry: Any) -> None:
    drs.join(TransportKey=b64(blob(drs.key, bits=1024)))
    assert re.search(r"TransportKey, 283 octets:\n +4  00 04 00 00 +BitLength: 1024  <-- here\n", entry())


def test_what_follows_the_modulus_may_be_private_and_is_not_shown(drs: Driver, entry: Any) -> None:
    drs.join(TransportKey=b64(blob(drs.key, tail=b"\xaa\xbb\xcc" * 50)))
    text = entry()
    assert "(150 octets)" in text
    assert "aa bb" not in text


def test_base64_that_is_none_is_shown_with_a_mark_below(drs: Driver, entry: Any) -> None:
    text = b64(blob(drs.key))
    drs.join(TransportKey=text[:50] + "*" + text[50:])
    line, mark = entry().splitlines()[1:]
    assert line[mark.index("^")] == "*"
    assert text[30:50] not in line  # a run that could be a secret


def test_json_that_is_none_is_shown_with_a_mark_below(drs: Driver, entry: Any) -> None:
    content = json.dumps({"PreAuthorizedJoinChallenge": drs.ready.challenge, "JoinType": 4}).replace("4}", "four}")
    drs.http.post(JOIN, content=content, headers=drs.headers())
    line, mark = entry().splitlines()[1:]
    assert line[mark.index("^") :] == "four}"


def test_a_body_that_is_not_utf_8_is_shown_octet_for_octet(drs: Driver, entry: Any) -> None:
    drs.http.post(JOIN, content='{"DeviceType": "\u00e4'.encode() + b'\xff"}', headers=drs.headers())
    line, mark = entry().splitlines()[1:]
    assert line[mark.index("^") - 3 :] == '"..."}'


def test_json_cut_off_within_a_challenge_shows_nothing_of_it(drs: Driver, entry: Any) -> None:
    content = json.dumps({"PreAuthorizedJoinChallenge": drs.ready.challenge})[:-20]
    drs.http.post(JOIN, content=content, headers=drs.headers())
    text = entry()
    assert "not JSON" in text
    assert drs.ready.challenge[:30] not in text


def test_tokens_in_a_query_or_a_path_are_left_out(drs: Driver, entry: Any) -> None:
    drs.http.get(f"/{drs.ready.token}?access_token={drs.ready.token}&code=abc&x={drs.ready.challenge}")
    assert entry() == "GET /...?access_token=...&code=...&x=... 404: There is nothing at this path.\n"


def test_a_short_secret_under_an_innocent_name_is_left_out(drs: Driver, entry: Any) -> None:
    drs.http.get("/?api-version=9.0&managed=True&jwt=hunter2&P=hunter3&username=hunter4")
    assert (
        entry() == "GET /?api-version=9.0&managed=True&jwt=...&P=...&username=... 404: There is nothing at this path.\n"
    )


def test_control_characters_of_a_target_are_spelled_out(drs: Driver, entry: Any) -> None:
    drs.http.get("/%1b%5b2J?prompt=%1b%5b31m%0aPOST%20/")
    assert entry() == "GET /%1b%5b2J?prompt=\\x1b[31m\\nPOST / 404: There is nothing at this path.\n"


def test_a_long_target_is_cut(drs: Driver, entry: Any) -> None:
    drs.http.get("/" + "a/" * 2000)
    assert len(entry()) < 400


def test_errors_of_the_authority_say_why(drs: Driver, entry: Any) -> None:
    form = {"grant_type": "password", "username": drs.ready.upn, "password": "hunter2", "client_id": "x"}
    drs.http.post(f"/{drs.ready.tenant}/oauth2/token", data=form)
    text = entry()
    assert re.search(r"/oauth2/token 400: client_id must be", text)
    assert "hunter2" not in text


def test_what_is_not_http_is_told_of(drs: Driver, entry: Any) -> None:
    where = urlsplit(drs.ready.url)
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=10) as raw:
        raw.sendall(b"\x16\x03\x01\x00\xa5\x01\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert re.fullmatch(r"\(not HTTP\) 400: .*\n", entry())


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Authorization : Bearer {}", "illegal header line (Authorization)"),
        ("Authorization: Basic dXNlcjpodW50ZXIy\x00{}", "illegal header line (Authorization)"),
        ("Bearer {}", "illegal header line"),
    ],
)
def test_what_is_not_http_is_not_quoted(drs: Driver, entry: Any, line: str, told: str) -> None:
    where = urlsplit(drs.ready.url)
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=10) as raw:
        raw.sendall(f"POST /x HTTP/1.1\r\nHost: x\r\n{line.format(drs.ready.token)}\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert entry() == f"(not HTTP) 400: {told}\n"


def test_chunks_that_are_none_are_not_quoted(drs: Driver, entries: list[str]) -> None:
    entries.clear()
    where = urlsplit(drs.ready.url)
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=10) as raw:
        raw.sendall(f"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{drs.ready.token}\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    deadline = time.monotonic() + 10
    while len(entries) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)  # the request, whose head was read, has an entry of its own
    assert len(entries) == 2
    assert any("(not HTTP) 400: illegal chunk header\n" in text for text in entries)
    assert drs.ready.token[-40:] not in "".join(entries)


def test_a_token_in_place_of_a_method_or_spelled_in_percents_is_left_out(drs: Driver, entry: Any) -> None:
    spelled = "".join(f"%{octet:02x}" for octet in drs.ready.challenge[-60:].encode())
    drs.http.request(drs.ready.token, f"/x/{spelled}")
    assert entry().startswith("... /x/... 404: ")


def test_a_client_that_leaves_is_told_of(drs: Driver, entry: Any) -> None:
    where = urlsplit(drs.ready.url)
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=10) as raw:
        raw.sendall(f"POST {JOIN} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc".encode())
        time.sleep(0.2)
    assert entry() == f"POST {JOIN}: the client left before its request was whole\n"


def test_without_being_asked_nothing_is_logged(
    keys: tuple[RSAPrivateKey, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    with running(Settings()) as ready, httpx.Client(base_url=ready.url) as http:
        http.post(JOIN, content=json.dumps(body(keys[0])))
    assert capfd.readouterr() == ("", "")
