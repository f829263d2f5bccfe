"""The third rung: the suite's own oracles and checks as checks of Schemathesis, its wrong encodings as formats.

The one rule: what is left to Schemathesis is what it is compared in, planning and state; every judgement here is the
suite's. A check here raises nothing but a failure, since what else it raised would be no failure in the report.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import schemathesis
from hypothesis import strategies as st

from bench.peer import formats
from conformance.checks import Judgement, certificate, discovery, join_answer, nonce, refusal
from conformance.codec import base64
from conformance.codec.pkcs10 import CertificationRequest
from conformance.errors import CatalogueError, DecodeError
from conformance.exchange import Answer, Exchange, Request
from conformance.generate import oracle
from conformance.generate.bytes import Family, Mutation
from conformance.generate.bytes.plan import BLOB, REQUEST
from conformance.generate.edits import CSR, TRANSPORT_KEY, Layer
from conformance.generate.faults import faults
from conformance.generate.join import JoinDraft, render

DRAFT: Final = JoinDraft.baseline()
MODEL: Final = render(DRAFT)
AUTHORITIES: Final = certificate.authorities(Path(os.environ["PEER_CA"]).read_bytes())
UPN: Final = os.environ["PEER_UPN"]
_SEEN: Final[dict[str, str]] = {}
_LARGE: Final = 1_000_000


def _wrong(path: str) -> st.SearchStrategy[str]:
    """Texts of the member at a path with one fault or one changed octet; each family is as likely as any other."""
    mutations = [Mutation((edit,)) for edit in faults() if edit.path == path and edit.layer is not Layer.JSON_VALUE]
    families = [Family.over("faults", mutations), *(build(MODEL) for build in (REQUEST if path == CSR else BLOB))]

    def text(which: int, index: int) -> str:
        family = families[which]
        try:
            return render(family[index % len(family)].apply(DRAFT)).texts[path]
        except CatalogueError:  # it changes nothing here
            return MODEL.texts[path]

    return st.builds(text, st.integers(0, len(families) - 1), st.integers(0, _LARGE))


def suite_answers(_context: Any, response: Any, case: Any) -> None:
    """Answers, held to what the suite holds them to."""
    _fail([finding for judged in _answers(_exchange(response), case) for finding in judged.findings])


def suite_bytes(_context: Any, response: Any, case: Any) -> None:
    """No device for a certificate request or a transport key that must be refused."""
    if response.status_code // 100 != 2 or not isinstance(case.body, dict):
        return
    body = case.body
    held = body.get("CertificateRequest")
    data, key = held.get("Data") if isinstance(held, dict) else None, body.get("TransportKey")
    if isinstance(data, str) and data not in formats.REQUESTS:
        _must_refuse(data, "csr", lambda octets: oracle.csr(octets, lambda: MODEL.csr_der))
    if isinstance(key, str):
        _must_refuse(key, "transport-key", oracle.blob)


def _must_refuse(text: str, member: str, reads: Any) -> None:
    try:
        reading = reads(base64.decode(text))
    except DecodeError as error:
        raise AssertionError(f"requirement join-request/{member}-base64: {error}") from None
    if reading.must_refuse:
        raise AssertionError(f"requirement {reading.must_refuse}: {reading.why}")


def _answers(exchange: Exchange, case: Any) -> Iterator[Judgement]:
    path = case.operation.path
    yield refusal.leaks(exchange)
    if path.endswith("/Discover"):
        yield discovery.answer(exchange)
        for name in discovery.members():
            yield discovery.service(exchange, name)
        yield discovery.forms(exchange)
        yield discovery.resources(exchange)
    elif "/nonce/" in path:
        yield nonce.answer(exchange)
        yield nonce.members(exchange)
        yield nonce.not_stored(exchange)
        value = nonce.value_of(exchange)
        if value is not None:
            _SEEN[case.id] = value  # by the case, since an answer is judged again as a failure is told
            recent = tuple(_SEEN.values())[-3:]
            yield nonce.unique(recent)
            yield nonce.unpredictable(recent)
    elif (asked := _asked(case)) is not None:
        yield join_answer.judge(exchange, asked)


def _asked(case: Any) -> join_answer.Asked | None:
    """What a join asked for; None where its certificate request cannot be read."""
    try:
        key = CertificationRequest.decode(base64.decode(case.body["CertificateRequest"]["Data"])).info.public_key
    except (DecodeError, TypeError, KeyError, AttributeError):
        return None
    attributes = case.body.get("Attributes")
    wants = isinstance(attributes, dict) and attributes.get("ReturnClientSid") is True
    return join_answer.Asked(key, datetime.now(UTC), wants, UPN, AUTHORITIES)


def _exchange(response: Any) -> Exchange:
    headers = tuple((name, value) for name, values in response.headers.items() for value in values)
    sent = response.request
    return Exchange(
        Request(str(sent.method), str(sent.url)),
        Answer(response.status_code, headers, response.content or b""),
        seconds=response.elapsed,
    )


def _fail(findings: list[Any]) -> None:
    if findings:
        first = findings[0]
        raise AssertionError(f"requirement {first.requirement}: {json.dumps(first.problem)[:200]}")


schemathesis.openapi.format("wrong-pkcs10", st.one_of(st.sampled_from(sorted(formats.REQUESTS)), _wrong(CSR)))
schemathesis.openapi.format(
    "wrong-rsa-key-blob", st.one_of(st.sampled_from(formats.KEYS).map(formats.blob), _wrong(TRANSPORT_KEY))
)
schemathesis.check(suite_answers)
schemathesis.check(suite_bytes)
