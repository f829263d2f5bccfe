"""Defects in HTTP/1.1 itself (2.1.1.1.3, RFC 9112): what a reader of octets accepts, refuses, and takes for the end.

Each reads the octets of a connection before HTTP does, and leaves to an honest reader what it makes of them.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from .altering import heard, heard_head, is_discovery, is_join, refusing, replied, with_header
from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.server.asked import Asked, Reply
    from conformance.server.behaviour import Behaviour

_LENGTH = re.compile(rb"(?i)(\r\ncontent-length: )(\d+)(?=\r\n|$)")
_CHUNKED = re.compile(rb"(?i)\r\ntransfer-encoding:")
_JOINS = re.compile(rb"(?i)POST /enrollmentserver/device/?\?")


@defect(breaks={"processing/absolute-form"})
def knows_its_paths_only(honest: Behaviour) -> Behaviour:
    """Finds nothing for a request line that has the whole URL."""
    return refusing(honest, lambda asked: asked.target.startswith("http"), 404)


@defect(breaks={"processing/expect-continue"})
def does_not_say_go_on(honest: Behaviour) -> Behaviour:
    """Waits in silence for the body of who waits for 100 Continue."""
    return heard_head(honest, lambda head: head.replace(b"\r\nExpect:", b"\r\nX-Expect:"))


def _second(honest: Behaviour, first: Callable[[Asked], bool]) -> Behaviour:
    """The behaviour that refuses a join which is the second request of its connection, after such a first one."""
    began: dict[int, bool] = {}

    def second(asked: Asked) -> bool:
        connection, place = asked.connection
        if place == 1:
            began[connection] = first(asked)
        return place == 2 and is_join(asked) and began.get(connection, False)  # noqa: PLR2004 - the second

    return refusing(honest, second)


@defect(breaks={"processing/pipelining"})
def fails_the_second_request_of_a_connection(honest: Behaviour) -> Behaviour:
    """Refuses a join that is the second request of its connection, when discovery was the first."""
    return _second(honest, is_discovery)


@defect(breaks={"processing/keep-alive"})
def fails_the_second_join_of_a_connection(honest: Behaviour) -> Behaviour:
    """Refuses a join that is the second request of its connection, when a join was the first."""
    return _second(honest, is_join)


@defect(breaks={"processing/keep-alive"})
def answers_the_second_join_of_a_connection_as_the_first(honest: Behaviour) -> Behaviour:
    """Answers a join that is the second request of its connection with the answer to a join that was the first."""
    first: dict[int, Reply] = {}

    def reply(asked: Asked, given: Reply) -> Reply:
        connection, place = asked.connection
        out = honest.reply(asked, given)
        if not is_join(asked) or place > 2:  # noqa: PLR2004 - the second
            return out
        return first.setdefault(connection, out) if place == 1 else first.get(connection, out)

    return replace(honest, reply=reply)


@defect(breaks={"processing/chunk-extensions"})
def knows_no_chunk_extensions(honest: Behaviour) -> Behaviour:
    """Reads a chunk's size to the end of its line, and so none that has an extension."""

    def change(head: bytes, rest: bytes) -> bytes:
        size, end, chunk = rest.partition(b"\r\n")
        return head + b"\r\n\r\n" + (size.replace(b";", b"z", 1) + end + chunk if _CHUNKED.search(head) else rest)

    return heard(honest, change)


@defect(breaks={"processing/chunk-trailers"})
def knows_no_trailers(honest: Behaviour) -> Behaviour:
    """Refuses what stands between the last chunk and the end of a request."""

    def change(head: bytes, rest: bytes) -> bytes:
        trailed = _CHUNKED.search(head) and re.search(rb"\r\n0\r\n[A-Za-z-]+:", rest)
        return head + b"\r\n\r\n" + (rest.replace(b"\r\n0\r\n", b"\r\nz\r\n") if trailed else rest)

    return heard(honest, change)


@defect(breaks={"processing/connection-close"})
def keeps_connections_open(honest: Behaviour) -> Behaviour:
    """Keeps a connection open though it was asked to close it."""
    return heard_head(honest, lambda head: head.replace(b"\r\nConnection: close", b"\r\nX-Connection: close"))


@defect(breaks={"device/head-no-content"})
def answers_head_like_get(honest: Behaviour) -> Behaviour:
    """Sends the content of an answer to HEAD too."""
    return heard_head(honest, lambda head: re.sub(rb"(?i)^HEAD (?=/enrollmentserver/device)", b"GET ", head))


@defect(breaks={"discovery/head-no-content"})
def discovers_for_head_like_get(honest: Behaviour) -> Behaviour:
    """Sends the services to HEAD too."""
    return heard_head(honest, lambda head: re.sub(rb"(?i)^HEAD (?=/[^/ ]+/discover)", b"GET ", head))


@defect(breaks={"processing/host"})
def needs_no_host(honest: Behaviour) -> Behaviour:
    """Takes a request of HTTP/1.1 without Host for one to itself."""

    def hosted(head: bytes) -> bytes:
        plain = head.endswith(b"HTTP/1.1") or b" HTTP/1.1\r\n" in head
        return head if not plain or b"\r\nhost:" in head.lower() else head + b"\r\nHost: localhost"

    return heard_head(honest, hosted)


@defect(breaks={"processing/content-length"})
def reads_what_came_for_the_body(honest: Behaviour) -> Behaviour:
    """Reads as much as came with a request, though Content-Length says less."""

    def change(head: bytes, rest: bytes) -> bytes:
        if _JOINS.match(head) and not _CHUNKED.search(head):
            head = _LENGTH.sub(lambda found: found[1] + b"%d" % max(len(rest), int(found[2])), head, count=1)
        return head + b"\r\n\r\n" + rest

    return heard(honest, change)


@defect(breaks={"processing/content-length-invalid"})
def reads_lengths_with_a_sign(honest: Behaviour) -> Behaviour:
    """Reads Content-Length as any number, with a sign too."""
    return heard_head(honest, lambda head: re.sub(rb"(?i)(\r\ncontent-length: )\+", rb"\1", head))


@defect(breaks={"processing/content-length-invalid"})
def takes_the_first_of_two_lengths(honest: Behaviour) -> Behaviour:
    """Looks at the first of two Content-Lengths and never at the second."""

    def first(head: bytes) -> bytes:
        lengths = list(_LENGTH.finditer(head))
        return head[: lengths[1].start()] + head[lengths[1].end() :] if len(lengths) > 1 else head

    return heard_head(honest, first)


@defect(breaks={"processing/incomplete-body"})
def does_not_wait_for_the_rest(honest: Behaviour) -> Behaviour:
    """Carries out a request as soon as its JSON is whole, though Content-Length says that more is to come."""

    def change(head: bytes, rest: bytes) -> bytes:
        if _whole(rest):
            head = _LENGTH.sub(lambda found: found[1] + b"%d" % min(len(rest), int(found[2])), head, count=1)
        return head + b"\r\n\r\n" + rest

    return heard(honest, change)


def _whole(octets: bytes) -> bool:
    try:
        return isinstance(json.loads(octets), dict)
    except (ValueError, RecursionError):
        return False


@defect(breaks={"processing/both-lengths"})
def goes_on_after_two_lengths(honest: Behaviour) -> Behaviour:
    """Keeps a connection open on which a request had two lengths, and answers what stands behind."""
    return replied(
        honest,
        lambda asked, _: asked.header("transfer-encoding") is not None and asked.header("content-length") is not None,
        with_header("Connection", None),
    )


@defect(breaks={"processing/transfer-coding-final"})
def knows_chunked_anywhere(honest: Behaviour) -> Behaviour:
    """Takes every Transfer-Encoding that begins with chunked for that."""
    return heard_head(honest, lambda head: re.sub(rb"(?i)(\r\ntransfer-encoding: chunked)[^\r]+", rb"\1", head))


@defect(breaks={"processing/field-name-space"})
def trims_field_names(honest: Behaviour) -> Behaviour:
    """Drops the space between the name of a header and its colon."""
    return heard_head(honest, lambda head: re.sub(rb"(\r\n[!-9;-~]+)[ \t]+:", rb"\1:", head))


@defect(breaks={"processing/malformed-chunks"})
def reads_chunk_sizes_as_c_does(honest: Behaviour) -> Behaviour:
    """Reads a chunk's size with 0x in front of it."""
    return heard(
        honest,
        lambda head, rest: head + b"\r\n\r\n" + (rest[2:] if _CHUNKED.search(head) and rest[:2] == b"0x" else rest),
    )


@defect(breaks={"processing/malformed-http"})
def fails_on_octets_beyond_ascii(honest: Behaviour) -> Behaviour:
    """Answers 500 to a header with octets that are no ASCII."""
    return refusing(honest, lambda asked: any(not value.isascii() for _, value in asked.headers), 500)


@defect(breaks={"join-service/header-long"})
def fails_on_long_headers(honest: Behaviour) -> Behaviour:
    """Answers 500 to a header of more than 32 KiB."""
    return refusing(honest, lambda asked: any(len(value) > 32 * 1024 for _, value in asked.headers), 500)


@defect(breaks={"join-service/header-values"})
def fails_on_empty_headers(honest: Behaviour) -> Behaviour:
    """Answers 500 to a client that names itself by nothing."""
    return refusing(honest, lambda asked: "" in asked.all("ocp-adrs-client-name"), 500)


@defect(breaks={"join-service/url-answered"})
def fails_on_two_versions(honest: Behaviour) -> Behaviour:
    """Answers 500 to a join that has its api-version twice."""
    return refusing(honest, lambda asked: is_join(asked) and len(asked.argument("api-version")) > 1, 500)


@defect(breaks={"device/unknown-method"})
def joins_by_unknown_methods(honest: Behaviour) -> Behaviour:
    """Takes a method that it does not know for POST."""
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
    return replace(
        honest,
        request=lambda asked: replace(honest.request(asked), method=asked.method if asked.method in known else "POST"),
    )
