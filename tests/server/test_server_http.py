"""HTTP and JSON around the handlers: methods, media types, sizes, encodings, and JSON that is none."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from server.server_draft import body, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from server.server_draft import Driver

JOIN = "/EnrollmentServer/device/?api-version=2.0"


def post(drs: Driver, content: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return drs.http.post(JOIN, content=content, headers={**drs.headers(), **named})


def whole(drs: Driver, **members: Any) -> bytes:
    return json.dumps(body(drs.key, **members)).encode()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_only_post_joins(drs: Driver, method: str) -> None:
    answer = drs.http.request(method, JOIN, headers=drs.headers())
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path", ["/", "/x", "/EnrollmentServer", "/EnrollmentServer/device/a/b/c", "/%2e%2e/etc", "//", "/\u00e4"]
)
def test_nowhere_is_404(drs: Driver, path: str) -> None:
    assert drs.http.get(path).status_code == 404


def test_the_path_has_no_case_and_no_need_of_its_slash(drs: Driver) -> None:
    for path in ("/enrollmentserver/DEVICE/", "/EnrollmentServer/device"):
        assert drs.join(path=path).status_code == 201


@pytest.mark.parametrize("version", ["", "1.0", "3.0", "2", "2.00", "999.9", "latest"])
def test_the_join_has_one_version(drs: Driver, version: str) -> None:
    answer = drs.join(version=version)
    assert answer.status_code == 400
    assert "api-version" in answer.text


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "x"],
)
def test_other_media_types_are_415(drs: Driver, kind: str) -> None:
    refused(post(drs, whole(drs), Content_Type=kind), "media type", status=415)


@pytest.mark.parametrize(
    "kind", ["APPLICATION/JSON", "application/json;charset=UTF-8", 'application/json; charset="utf-8"']
)
def test_the_media_type_has_no_case(drs: Driver, kind: str) -> None:
    assert post(drs, whole(drs), Content_Type=kind).status_code == 201


def test_no_media_type_is_read_as_json(drs: Driver) -> None:
    request = drs.http.build_request(
        "POST", JOIN, content=whole(drs), headers={"Authorization": f"Bearer {drs.ready.token}"}
    )
    assert "content-type" not in request.headers
    assert drs.http.send(request).status_code == 201


def test_white_space_escapes_order_and_chunks_change_nothing(drs: Driver) -> None:
    plain = body(drs.key)
    turned = dict(reversed(plain.items()))
    escaped = whole(drs).replace(b"DeviceType", b"D\\u0065viceType").replace(b"/", b"\\/")
    for content in (json.dumps(plain, indent=9).encode() + b"\r\n\t ", json.dumps(turned).encode(), escaped):
        assert post(drs, content).status_code == 201

    def chunks() -> Iterator[bytes]:
        text = whole(drs)
        yield from (text[index : index + 100] for index in range(0, len(text), 100))

    assert drs.http.post(JOIN, content=chunks(), headers=drs.headers()).status_code == 201


def test_one_mebibyte_is_read_and_more_is_413(drs: Driver) -> None:
    text = whole(drs)
    assert post(drs, text + b" " * (2**20 - len(text))).status_code == 201
    refused(post(drs, text + b" " * (2**20 - len(text) + 1)), "larger than", status=413)
    refused(post(drs, b"[" * 5_000_000), "larger than", status=413)

    def chunks() -> Iterator[bytes]:
        yield from (b" " * 65536 for _ in range(40))

    refused(drs.http.post(JOIN, content=chunks(), headers=drs.headers()), "larger than", status=413)


def test_a_body_announced_as_enormous_is_refused_before_it_comes(drs: Driver) -> None:
    host, port = drs.ready.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        head = f"POST {JOIN} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
        sock.sendall(head.encode() + b"{")
        assert sock.recv(4096).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "no body"),
        (b" \n", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"{} {}", "at offset 3"),
        (b"{}x", "at offset 2"),
        (b"// x\n{}", "not JSON"),
        (b"a=b", "not JSON"),
        (b"<a/>", "not JSON"),
        (b"[]", "not an object"),
        (b'"x"', "not an object"),
        (b"1", "not an object"),
        (b"null", "not an object"),
        (b"true", "not an object"),
        (b'{"JoinType": NaN}', "NaN"),
        (b'{"JoinType": -Infinity}', "-Infinity"),
        (b'{"JoinType": 1e999}', "range"),
        (b'{"JoinType": 01}', "not JSON"),
        (b'{"JoinType": ' + b"9" * 5000 + b"}", "too long"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' is there twice"),
        (b'{"a": {"\\u0062": 1, "b": 2}}', "'b' is there twice"),
        (b'{"a": "\xff"}', "not UTF-8: invalid byte at offset 7"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b'{"a": "\\ud800"}', "lone surrogate"),
        (b'{"\\udfff": 1}', "lone surrogate"),
        (b'{"a": "\n"}', "not JSON"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b"[" * 10_000 + b"]" * 10_000, "deeper"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "deeper"),
        (b"[" * 100 + b"]" * 100, "deeper"),
        (b"[" * 900_000, "deeper"),
        (b"\0" * 1000, "not JSON"),
    ],
)
def test_json_is_read_to_the_letter(drs: Driver, text: bytes, words: str) -> None:
    refused(post(drs, text), words)


def test_text_is_truncated_at_every_point(drs: Driver) -> None:
    text = whole(drs)
    for length in range(1, len(text), 61):
        refused(post(drs, text[:length]), "not JSON")


def test_answers_leak_nothing_and_quote_little(drs: Driver) -> None:
    answer = post(drs, whole(drs, TargetDomain="<script>'\"\x07" + "x" * 5000))
    assert "<" not in answer.text
    assert len(answer.json()["message"]) < 150
    assert "server" not in answer.headers
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "raw",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
        b"POST /EnrollmentServer/device/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /EnrollmentServer/device/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /EnrollmentServer/device/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /?" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_and_the_server_goes_on(drs: Driver, raw: bytes) -> None:
    host, port = drs.ready.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        sock.sendall(raw)
        sock.shutdown(socket.SHUT_WR)
        answer = sock.recv(65536)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:80]
    assert drs.join().status_code == 201


def test_a_client_that_leaves_half_way_disturbs_nobody(drs: Driver) -> None:
    host, port = drs.ready.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        sock.sendall(f"POST {JOIN} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode())
    assert drs.join().status_code == 201


def test_the_correlation_id_comes_back(drs: Driver) -> None:
    correlation = "5f2a4f0e-1111-4222-8333-444455556666"
    for answer in (
        post(drs, whole(drs), client_request_id=correlation),
        post(drs, b"{}", client_request_id=correlation),
    ):
        assert answer.headers["client-request-id"] == correlation
    assert "client-request-id" not in post(drs, b"{}", client_request_id="x\tnot a guid").headers


def test_an_answer_leaves_in_one_piece(drs: Driver) -> None:
    host, port = drs.ready.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        for _ in range(20):
            sock.sendall(f"GET /{drs.ready.tenant}/Discover?api-version=1.9 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            head, _, rest = sock.recv(65536).partition(b"\r\n\r\n")
            assert b"content-length: %d" % len(rest) in head
            assert rest.endswith(b"}")


def test_a_target_in_absolute_form_is_its_path(drs: Driver) -> None:
    host, port = drs.ready.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        target = f"{drs.ready.url.upper()}/{drs.ready.tenant}/Discover?api-version=1.9"
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert drs.http.get(f"/x/http://{host}/{drs.ready.tenant}/Discover?api-version=1.9").status_code == 404


def test_nothing_is_read_behind_a_request_with_two_lengths(drs: Driver) -> None:
    host, port = drs.ready.url.removeprefix("http://").split(":")
    again = f"GET /{drs.ready.tenant}/Discover?api-version=1.9 HTTP/1.1\r\nHost: x\r\n\r\n"
    head = f"POST {JOIN} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    said = b""
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        sock.sendall(f"{head}2\r\n{{}}\r\n0\r\n\r\n{again}".encode())
        while more := sock.recv(65536):
            said += more
    assert said.count(b"HTTP/1.1 ") == 1
    assert b"\r\nconnection: close\r\n" in said.lower()
