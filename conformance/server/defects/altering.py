"""What many defects share: an altered document or reply, a request altered or refused before it is read.

The one rule: a defect works on copies; what the honest behaviour gave stays as it was.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.server.refusal import Refusal

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from conformance.server.asked import Asked, Reply
    from conformance.server.behaviour import Behaviour
    from conformance.server.case import Joined
    from conformance.server.site import Site, Tenant

JOIN = "/enrollmentserver/device"


def discovered(honest: Behaviour, change: Callable[[dict[str, Any]], object]) -> Behaviour:
    """The behaviour whose discovery answer was changed in place."""

    def document(site: Site, tenant: Tenant, version: str) -> dict[str, Any]:
        services = deepcopy(honest.discovery_document(site, tenant, version))
        change(services)
        return services

    return replace(honest, discovery_document=document)


def nonced(honest: Behaviour, change: Callable[[dict[str, Any]], object]) -> Behaviour:
    """The behaviour whose nonce answer was changed in place."""

    def document(value: str, trace_id: uuid.UUID, now: float) -> dict[str, Any]:
        answer = deepcopy(honest.nonce_document(value, trace_id, now))
        change(answer)
        return answer

    return replace(honest, nonce_document=document)


def joined(honest: Behaviour, change: Callable[[dict[str, Any]], object]) -> Behaviour:
    """The behaviour whose join answer was changed in place."""

    def document(made: Joined) -> dict[str, Any]:
        answer = deepcopy(honest.join_document(made))
        change(answer)
        return answer

    return replace(honest, join_document=document)


def replied(honest: Behaviour, when: Callable[[Asked, Reply], bool], change: Callable[[Reply], Reply]) -> Behaviour:
    """The behaviour that changes the replies for which `when` holds."""

    def reply(asked: Asked, given: Reply) -> Reply:
        out = honest.reply(asked, given)
        return change(out) if when(asked, out) else out

    return replace(honest, reply=reply)


def asking(honest: Behaviour, change: Callable[[Asked], Asked]) -> Behaviour:
    """The behaviour that reads every request as `change` gives it."""
    return replace(honest, request=lambda asked: change(honest.request(asked)))


def is_discovery(asked: Asked) -> bool:
    """Whether a request is for discovery."""
    return asked.path.lower().rstrip("/").endswith("/discover")


def is_nonce(asked: Asked) -> bool:
    """Whether a request is for a nonce."""
    return asked.path.lower().startswith("/enrollmentserver/nonce/")


def is_join(asked: Asked) -> bool:
    """Whether a request is for the JoinEndpoint."""
    return asked.path.lower().rstrip("/") == JOIN


def is_precreate(asked: Asked) -> bool:
    """Whether a request is for the PrecreateEndpoint."""
    return asked.path.lower().startswith(f"{JOIN}/precreate/")


def succeeded(reply: Reply) -> bool:
    """Whether a reply is a success."""
    return reply.status < 300  # noqa: PLR2004 - RFC 9110 15.3


def good(part: Callable[[Asked], bool]) -> Callable[[Asked, Reply], bool]:
    """Whether a reply is a success in this part."""
    return lambda asked, reply: part(asked) and succeeded(reply)


def with_header(name: str, value: str | None) -> Callable[[Reply], Reply]:
    """A reply with this header in place of its own, or without it."""

    def change(reply: Reply) -> Reply:
        kept = tuple(pair for pair in reply.headers if pair[0].lower() != name.lower())
        return replace(reply, headers=kept if value is None else (*kept, (name, value)))

    return change


def name_twice(reply: Reply) -> Reply:
    """A reply whose object has its first name a second time."""
    first = next(iter(json.loads(reply.body)))
    return replace(reply, body=b"{" + json.dumps(first).encode() + b": null, " + reply.body[1:])


def in_array(reply: Reply) -> Reply:
    """A reply whose object stands in an array."""
    return replace(reply, body=b"[" + reply.body + b"]")


def refusing(honest: Behaviour, when: Callable[[Asked], bool], status: int = 400) -> Behaviour:
    """The behaviour that refuses the requests for which `when` holds, with this status."""

    def refuse(asked: Asked) -> Asked:
        if when(asked):
            raise Refusal("The request is not supported here.", status=status)
        return asked

    return asking(honest, refuse)


def heard(honest: Behaviour, change: Callable[[bytes, bytes], bytes]) -> Behaviour:
    """The behaviour that reads `change(head, rest)` of the octets that begin with a whole head; lines end in CR LF."""

    def hear(octets: bytes) -> bytes:
        came = honest.hear(octets)
        head, end, rest = came.partition(b"\r\n\r\n")
        return change(head, rest) if end else came

    return replace(honest, hear=hear)


def heard_head(honest: Behaviour, change: Callable[[bytes], bytes]) -> Behaviour:
    """The behaviour that reads every head of a request as `change` gives it."""
    return heard(honest, lambda head, rest: change(head) + b"\r\n\r\n" + rest)
