"""Defects in how requests are read and refused (2.1.1.1.3)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.server.refusal import Refusal, Trouble

from .altering import is_join, refusing, succeeded
from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.server.asked import Asked, Reply
    from conformance.server.behaviour import Behaviour
    from conformance.server.case import Joined


@defect(breaks={"processing/json-tail"})
def reads_the_first_value_only(honest: Behaviour) -> Behaviour:
    """Does not look at what follows the JSON value."""

    def read(body: bytes) -> Any:
        try:
            text = body.decode("utf-8")
            end = json.JSONDecoder().raw_decode(text.lstrip())[1] + len(text) - len(text.lstrip())
        except (ValueError, RecursionError):
            return honest.read_json(body)
        return honest.read_json(text[:end].encode())

    return replace(honest, read_json=read)


@defect(breaks={"processing/json-utf8"})
def reads_latin_1(honest: Behaviour) -> Behaviour:
    """Reads a body that is not UTF-8 as Latin-1."""

    def read(body: bytes) -> Any:
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            return honest.read_json(body.decode("latin-1").encode("utf-8"))
        return honest.read_json(body)

    return replace(honest, read_json=read)


@defect(breaks={"processing/media-type"})
def takes_any_media_type(honest: Behaviour) -> Behaviour:
    """Reads every body as JSON, whatever it says that it is."""
    return replace(honest, accept_media_type=lambda _asked: None)


@defect(breaks={"processing/media-type-parameters"})
def compares_media_types_as_text(honest: Behaviour) -> Behaviour:
    """Knows the media type only as `application/json`, without parameters."""

    def accept(asked: Asked) -> None:
        if asked.header("content-type") not in {None, "application/json"}:
            raise Refusal("The media type is another.", status=415)

    return replace(honest, accept_media_type=accept)


@defect(breaks={"processing/body-size"})
def reads_bodies_of_any_size(honest: Behaviour) -> Behaviour:
    """Reads a body of any size into memory."""
    return replace(honest, body_limit=1 << 30)


def _refusing(honest: Behaviour, when: Callable[[Asked], bool]) -> Behaviour:
    return refusing(honest, lambda asked: is_join(asked) and when(asked))


@defect(breaks={"processing/chunked", "processing/chunk-extensions", "processing/chunk-trailers"})
def reads_no_chunks(honest: Behaviour) -> Behaviour:
    """Refuses a body that comes in chunks."""
    return _refusing(honest, lambda asked: asked.header("transfer-encoding") is not None)


@defect(breaks={"processing/json-white-space"})
def reads_json_on_one_line(honest: Behaviour) -> Behaviour:
    """Refuses a body that has a tab between its tokens."""
    return _refusing(honest, lambda asked: b"\t" in asked.body)


@defect(breaks={"processing/json-escapes"})
def reads_no_escaped_letters(honest: Behaviour) -> Behaviour:
    """Refuses a body whose letters are written as escapes."""
    return _refusing(honest, lambda asked: b"\\u006" in asked.body.lower())


@defect(breaks={"processing/json-escapes"})
def reads_escapes_in_small_letters(honest: Behaviour) -> Behaviour:
    """Refuses a body with an escape whose digits are capital letters."""
    return _refusing(honest, lambda asked: re.search(rb"\\u[0-9a-f]{0,3}[A-F]", asked.body) is not None)


@defect(breaks={"processing/json-member-order"})
def reads_members_in_one_order(honest: Behaviour) -> Behaviour:
    """Refuses a body whose first member is not the document's first."""

    def read(body: bytes) -> Any:
        value = honest.read_json(body)
        if isinstance(value, dict) and "CertificateRequest" in value and next(iter(value)) != "CertificateRequest":
            raise Refusal("The members are not in order.")
        return value

    return replace(honest, read_json=read)


@defect(breaks={"processing/no-internals"})
def shows_its_insides(honest: Behaviour) -> Behaviour:
    """Sends a stack trace along with every refusal."""

    def document(trouble: Trouble) -> dict[str, Any]:
        trace = 'Traceback (most recent call last):\n  File "/srv/drs/join.py", line 40, in accept'
        return {**honest.error_document(trouble), "detail": f"{trace}\nValueError: no"}

    return replace(honest, error_document=document)


@defect(breaks={"processing/refusal-status", "join-request/transport-key-magic"})
def refuses_with_200(honest: Behaviour) -> Behaviour:
    """Answers the refusal of a transport key of another magic with 200 and an error body."""

    def status(refused: Refusal) -> int:
        return 200 if "Magic is" in refused.message else honest.error_status(refused)

    return replace(honest, error_status=status)


@defect(breaks={"processing/no-server-error"})
def breaks_over_deep_json(honest: Behaviour) -> Behaviour:
    """Answers 500 to a body that opens more brackets than its reader has levels."""
    return refusing(honest, lambda asked: asked.body.count(b"[") > 1000, 500)  # noqa: PLR2004 - levels


@defect(breaks={"processing/refusal-without-device"})
def sends_a_device_with_refusals(honest: Behaviour) -> Behaviour:
    """Sends the certificate of the last device along with a refusal."""
    last: list[dict[str, Any]] = [{"Thumbprint": "", "RawBody": ""}]

    def document(made: Joined) -> dict[str, Any]:
        answer = honest.join_document(made)
        last[0] = answer["Certificate"]
        return answer

    return replace(
        honest,
        join_document=document,
        error_document=lambda trouble: {**honest.error_document(trouble), "Certificate": last[0]},
    )


@defect(breaks={"processing/no-secrets"})
def repeats_tokens(honest: Behaviour) -> Behaviour:
    """Repeats in a refusal the token that came with the request."""

    def reply(asked: Asked, given: Reply) -> Reply:
        out = honest.reply(asked, given)
        if not is_join(asked) or succeeded(out) or asked.header("authorization") is None:
            return out
        return replace(
            out, body=out.body[:-1] + b", " + json.dumps({"sent": asked.header("authorization")}).encode()[1:]
        )

    return replace(honest, reply=reply)


@defect(breaks={"processing/goes-on", "processing/refusal-leaves-nothing"}, blinds=True)
def sulks_after_a_refusal(honest: Behaviour) -> Behaviour:
    """Refuses the next join on a connection on which it refused a body that was no JSON."""
    sulking: set[int] = set()

    def sulk(asked: Asked, given: Reply) -> Reply:
        out = honest.reply(asked, given)
        if is_join(asked) and out.status == 400 and b"not JSON" in out.body:  # noqa: PLR2004
            sulking.add(asked.connection[0])
        return out

    def again(asked: Asked) -> bool:
        if not is_join(asked) or asked.connection[0] not in sulking:
            return False
        sulking.discard(asked.connection[0])
        return True

    return refusing(replace(honest, reply=sulk), again)


@defect(breaks={"processing/goes-on"})
def leaves_bodies_unread(honest: Behaviour) -> Behaviour:
    """Takes the body of who sent no token for the beginning of a join that is next on the connection."""
    unread: set[int] = set()

    def leave(asked: Asked, given: Reply) -> Reply:
        out = honest.reply(asked, given)
        if is_join(asked) and asked.body and asked.header("authorization") is None:
            unread.add(asked.connection[0])
        return out

    def read(asked: Asked) -> bool:
        spoilt = is_join(asked) and asked.connection[0] in unread
        unread.discard(asked.connection[0])
        return spoilt

    return refusing(replace(honest, reply=leave), read)
