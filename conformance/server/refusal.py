"""A refusal: the one way a rule says no, and the two shapes in which it reaches a client.

The one rule: a refusal is written by us. What the client sent comes back, if at all, through `quoted`: forty printable
ASCII characters at most, and never a token, a key or a whole body.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from conformance.errors import DecodeError

QUOTED = 40
BASE64 = "base64 text"  # the structure of what is not even base64


@dataclass(frozen=True, slots=True)
class Fault:
    """Where in a request something is wrong, for its author to find: a member, "" being the whole body.

    `offset` counts the octets that the member's base64 stands for, or its characters where `text` is true; `part` is
    the key of a row of its dissection where it is a whole part that is wrong.
    """

    member: str = ""
    offset: int | None = None
    part: str = ""
    text: bool = False


class Refusal(Exception):
    """The request is refused: a 4xx `status` and one sentence that names the member and, within bytes, the offset."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str = "invalid_request",
        subcode: str = "error_invalid_parameter",
        headers: Mapping[str, str] | None = None,
        fault: Fault | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.subcode = subcode
        self.headers = dict(headers or {})
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an error body is made from: the refusal, the operation refused, the trace id (a GUID) and the moment."""

    refusal: Refusal
    operation: str
    trace_id: uuid.UUID
    when: datetime
    version: str


def quoted(text: str) -> str:
    """A short and harmless form of something a client sent: printable ASCII, quoted, at most `QUOTED` characters."""
    kept = "".join(char if " " <= char <= "~" and char not in "\"'\\<>&" else "." for char in text[: QUOTED + 1])
    return f"'{kept[:QUOTED]}...'" if len(text) > QUOTED else f"'{kept}'"


def undecodable(member: str, error: DecodeError) -> Refusal:
    """The refusal for a member whose bytes do not have the shape of their structure."""
    fault = Fault(member, error.offset, text=error.structure == BASE64)
    return Refusal(f"{member} is not a {error.structure}: {error.problem} at offset {error.offset}.", fault=fault)


def unauthorized(problem: str, *, error: str = "invalid_token") -> Refusal:
    """The 401 of RFC 6750 section 3; `error` is empty when the request carried no token at all."""
    challenge = 'Bearer realm="MS-DRS"'
    if error:
        challenge += f', error="{error}", error_description="{problem}"'
    return Refusal(
        problem,
        status=401,
        code="authentication_error",
        subcode="error_missing_token" if not error else "error_invalid_token",
        headers={"WWW-Authenticate": challenge},
    )


def shape_a(trouble: Trouble) -> dict[str, object]:
    """The older shape (MS-DVRJ): ErrorType, Message, TraceId, Time."""
    words = {"invalid_request": "InvalidParameter", "authentication_error": "AuthenticationError"}
    return {
        "ErrorType": words.get(trouble.refusal.code, "DirectoryError"),
        "Message": trouble.refusal.message,
        "TraceId": str(trouble.trace_id),
        "Time": _stamp(trouble.when),
    }


def shape_b(trouble: Trouble) -> dict[str, object]:
    """The cloud's shape: code, subcode, message, operation, requestid, time."""
    return {
        "code": trouble.refusal.code,
        "subcode": trouble.refusal.subcode,
        "message": trouble.refusal.message,
        "operation": trouble.operation,
        "requestid": str(trouble.trace_id),
        "time": _stamp(trouble.when),
    }


def by_version(trouble: Trouble) -> dict[str, object]:
    """Shape A for the 1.x services (discovery, nonce, keys, removal), shape B for the joins and all else."""
    return (shape_a if trouble.version.startswith("1.") else shape_b)(trouble)


def _stamp(when: datetime) -> str:
    """`02-24-2016 17:37:01Z`: the field's own format, in UTC."""
    return when.astimezone(UTC).strftime("%m-%d-%Y %H:%M:%SZ")
