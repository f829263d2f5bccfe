"""Defects that fill in what a request lacks from an earlier one (2.1.1.1.1): nothing of it is refused.

The nonce of a certificate request that was filled in counts no more, or it would be refused as used.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.server.members import MISSING, Body, at

from .altering import asking, is_join
from .registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.codec.pkcs10 import CertificationRequest
    from conformance.server.asked import Asked
    from conformance.server.behaviour import Behaviour

_CSR = "CertificateRequest"
_DATA = "/CertificateRequest/Data"


def _recalling(honest: Behaviour, fill: Callable[[Asked, Body], Body | None]) -> Behaviour:
    """The behaviour that reads `fill(asked, earlier)` in place of a join's body, where that is one."""
    earlier: list[Body] = []
    filled = [False]

    def recall(asked: Asked) -> Asked:
        filled[0] = False
        if not is_join(asked):
            return asked
        if not earlier:
            earlier.extend(body for body in (read(asked.body),) if isinstance(at(body, _DATA), str))
            return asked
        body = fill(asked, earlier[0])
        filled[0] = body is not None
        return asked if body is None else replace(asked, body=json.dumps(body).encode())

    def nonce(request: CertificationRequest) -> str | None:
        return None if filled[0] else honest.find_nonce(request)

    return replace(asking(honest, recall), find_nonce=nonce)


def read(octets: bytes) -> Body:
    """The object of a body; empty where it holds none."""
    try:
        value = json.loads(octets)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _filling_csr(honest: Behaviour, lacks: Callable[[Any], bool]) -> Behaviour:
    def fill(asked: Asked, earlier: Body) -> Body | None:
        body = read(asked.body)
        return {**body, _CSR: earlier[_CSR]} if body and lacks(body.get(_CSR, MISSING)) else None

    return _recalling(honest, fill)


def _filling_data(honest: Behaviour, lacks: Callable[[Any], bool]) -> Behaviour:
    def fill(asked: Asked, earlier: Body) -> Body | None:
        body = read(asked.body)
        csr = body.get(_CSR)
        if not isinstance(csr, dict) or not lacks(csr.get("Data", MISSING)):
            return None
        return {**body, _CSR: {**csr, "Data": at(earlier, _DATA)}}

    return _recalling(honest, fill)


@defect(breaks={"join-request/csr-required"})
def recalls_a_csr(honest: Behaviour) -> Behaviour:
    """Certifies the key of an earlier request where one has no CertificateRequest."""
    return _filling_csr(honest, lambda value: value is MISSING)


@defect(breaks={"join-request/csr-object"})
def recalls_a_csr_for_no_object(honest: Behaviour) -> Behaviour:
    """Takes a CertificateRequest that is no object for that of an earlier request."""
    return _filling_csr(honest, lambda value: value is not MISSING and not isinstance(value, dict))


@defect(breaks={"join-request/csr-data-required"})
def recalls_the_data_of_a_csr(honest: Behaviour) -> Behaviour:
    """Certifies the key of an earlier request where CertificateRequest has no Data."""
    return _filling_data(honest, lambda value: value is MISSING)


@defect(breaks={"join-request/csr-data-type"})
def recalls_the_data_of_a_csr_for_no_text(honest: Behaviour) -> Behaviour:
    """Takes a Data that is no text for that of an earlier request."""
    return _filling_data(honest, lambda value: value is not MISSING and not isinstance(value, str))


@defect(breaks={"join-request/body-required"})
def recalls_a_body(honest: Behaviour) -> Behaviour:
    """Takes an empty body for a wish to register as an earlier request did."""

    def fill(asked: Asked, earlier: Body) -> Body | None:
        empty = not asked.body.strip() and asked.header("content-length") is not None
        return earlier if empty else None

    return _recalling(honest, fill)


@defect(breaks={"processing/malformed-json"})
def recalls_a_body_for_no_json(honest: Behaviour) -> Behaviour:
    """Takes a body that is no JSON, but for one that was cut off, for that of an earlier request."""

    def fill(asked: Asked, earlier: Body) -> Body | None:
        try:
            text = asked.body.decode("utf-8")
            json.loads(text)
        except json.JSONDecodeError as error:
            cut = error.pos >= len(text.rstrip()) or error.msg.startswith(("Unterminated", "Extra"))
            return None if cut or "\0" in text or not text.strip() else earlier
        except (ValueError, RecursionError):
            pass
        return None

    return _recalling(honest, fill)


@defect(breaks={"join-request/transport-key-header"})
def recalls_the_rest_of_a_transport_key(honest: Behaviour) -> Behaviour:
    """Takes a transport key that is cut off within its header for an earlier one that begins like it."""
    known: list[bytes] = []

    def blob(data: bytes) -> Any:
        if 0 < len(data) < 24 and known:  # noqa: PLR2004 - octets of the header
            return honest.read_blob(known[0])
        found = honest.read_blob(data)
        known[:] = known or [data]
        return found

    return replace(honest, read_blob=blob)
