"""What defects of HTTP hear in place of the octets that came; and that they leave a conforming request as it is."""

from __future__ import annotations

import pytest

from conformance.server.behaviour import strict
from conformance.server.defects import defects, find

POST = b"POST /enrollmentserver/device/?api-version=2.0 HTTP/1.1\r\nHost: drs.example\r\n"
BODY = b'{"JoinType":4}'
WHOLE = POST + b"Content-Length: 14\r\n\r\n" + BODY
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
CASES = (
    ("does-not-say-go-on", POST + b"Expect: 100-continue\r\n\r\n", POST + b"X-Expect: 100-continue\r\n\r\n"),
    ("keeps-connections-open", POST + b"Connection: close\r\n\r\n", POST + b"X-Connection: close\r\n\r\n"),
    ("needs-no-host", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ("needs-no-host", b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"),
    ("reads-what-came-for-the-body", WHOLE.replace(b": 14", b": 4"), WHOLE),
    ("reads-lengths-with-a-sign", WHOLE.replace(b": 14", b": +14"), WHOLE),
    ("takes-the-first-of-two-lengths", WHOLE.replace(b"\r\n\r\n", b"\r\nContent-Length: 13\r\n\r\n"), WHOLE),
    ("does-not-wait-for-the-rest", WHOLE.replace(b": 14", b": 24"), WHOLE),
    ("does-not-wait-for-the-rest", WHOLE[:-1], WHOLE[:-1]),
    ("knows-chunked-anywhere", CHUNKED.replace(b"chunked", b"chunked, identity"), CHUNKED),
    ("trims-field-names", POST + b"X-Name : 1\r\n\r\n", POST + b"X-Name: 1\r\n\r\n"),
    ("reads-chunk-sizes-as-c-does", CHUNKED + b"0x1\r\na\r\n0\r\n\r\n", CHUNKED + b"1\r\na\r\n0\r\n\r\n"),
    ("knows-no-chunk-extensions", CHUNKED + b"1;a=b\r\na\r\n0\r\n\r\n", CHUNKED + b"1za=b\r\na\r\n0\r\n\r\n"),
    ("knows-no-trailers", CHUNKED + b"1\r\na\r\n0\r\nX: 1\r\n\r\n", CHUNKED + b"1\r\na\r\nz\r\nX: 1\r\n\r\n"),
    ("answers-head-like-get", POST.replace(b"POST", b"HEAD") + b"\r\n", POST.replace(b"POST", b"GET") + b"\r\n"),
)
UNCHANGED = (WHOLE, CHUNKED + b"1\r\na\r\n0\r\n\r\n", CHUNKED, WHOLE[:40], BODY)


@pytest.mark.parametrize(("name", "came", "heard"), CASES)
def test_a_defect_hears_something_else(name: str, came: bytes, heard: bytes) -> None:
    assert find(name).change(strict()).hear(came) == heard


@pytest.mark.parametrize("name", sorted({name for name, _, _ in CASES}))
@pytest.mark.parametrize("octets", UNCHANGED, ids=["whole", "chunked", "chunks-to-come", "half-a-head", "body-alone"])
def test_a_defect_leaves_what_conforms(name: str, octets: bytes) -> None:
    assert find(name).change(strict()).hear(octets) == octets


def test_only_defects_of_http_hear_anything_else() -> None:
    odd = {
        one.change.__module__.rpartition(".")[2]
        for one in defects()
        if any(one.change(strict()).hear(came) != came for _, came, _ in CASES)
    }
    assert odd == {"framing"}
