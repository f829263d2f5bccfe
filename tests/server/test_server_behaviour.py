"""The seam: rules as values, defects as functions, and what the first defects change on the wire."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from conformance.codec import der
from conformance.errors import UsageError
from conformance.server import Settings, running
from conformance.server.behaviour import Behaviour, strict
from conformance.server.defects import defects, find
from conformance.server.field import like_field
from conformance.server.members import member_rules
from conformance.server.refusal import Refusal
from conformance.server.rules import Rules
from server.server_draft import Driver, b64, blob, certificate, csr, raw_csr

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


def positive(number: int) -> None:
    if number < 0:
        raise Refusal("negative")


def even(number: int) -> None:
    if number % 2:
        raise Refusal("odd")


RULES: Rules[int] = Rules.of(positive=positive, not_odd=even)


def holds(rules: Rules[int], number: int) -> bool:
    try:
        rules(number)
    except Refusal:
        return False
    return True


def test_a_table_runs_every_check_in_order() -> None:
    assert RULES.names == ("positive", "not-odd")
    assert [holds(RULES, number) for number in (2, 3, -2)] == [True, False, False]
    with pytest.raises(Refusal, match="negative"):
        RULES(-3)


def test_the_verbs_make_a_new_table() -> None:
    assert holds(RULES.without("not-odd"), 3)
    assert holds(RULES.changed("not-odd", positive), 3)
    assert holds(RULES.seeing(abs), -2)
    assert not holds(RULES.seeing(abs).seeing(lambda number: number + 1), -2)
    assert holds(RULES.seeing(lambda number: number - 1).seeing(abs), 1)
    assert not holds(RULES.plus("again", even).without("not-odd"), 3)
    guarded = RULES.only("not-odd", when=lambda number: number < 10)
    assert [holds(guarded, number) for number in (3, 11)] == [False, True]
    assert [holds(RULES, number) for number in (2, 3, -2)] == [True, False, False]


def test_a_name_that_is_not_there_is_an_error_of_ours() -> None:
    for verb in (RULES.without, lambda name: RULES.changed(name, even), lambda name: RULES.only(name, bool)):
        with pytest.raises(LookupError, match="not-odd"):
            verb("primes")


def test_the_member_table_names_its_rules_by_pointer() -> None:
    assert member_rules().names[:4] == (
        "/CertificateRequest required",
        "/CertificateRequest type",
        "/CertificateRequest/Type required",
        "/CertificateRequest/Type type",
    )


def test_habits_and_defects_leave_the_honest_behaviour_alone() -> None:
    honest = strict()
    before = [getattr(honest, field.name) for field in fields(Behaviour)]
    for change in (like_field, *(defect.change for defect in defects())):
        assert change(honest) != honest
    assert [getattr(honest, field.name) for field in fields(Behaviour)] == before


def test_every_defect_has_a_sentence_and_names_what_it_breaks() -> None:
    assert len(defects()) >= 4
    for defect in defects():
        assert defect.sentence.endswith(".")
        assert defect.breaks
        assert find(defect.name.replace("-", "_").upper()) is defect


def test_an_unknown_defect_is_told_its_neighbours() -> None:
    with pytest.raises(UsageError, match="allows-private-primes"):
        find("allow-private-prime")
    with pytest.raises(UsageError, match="not known"):
        find("")


def with_primes(drs: Driver) -> httpx.Response:
    return drs.join(TransportKey=b64(blob(drs.key, lengths=(3, 256, 128, 128), tail=bytes(256))))


def with_declared_primes(drs: Driver) -> httpx.Response:
    return drs.join(TransportKey=b64(blob(drs.key, lengths=(3, 256, 128, 0))))


def with_tail(drs: Driver) -> httpx.Response:
    return drs.join(TransportKey=b64(blob(drs.key, tail=bytes(256))))


def without_possession(drs: Driver) -> httpx.Response:
    return drs.join_csr(raw_csr(drs.key, signature=bytes(256)))


def with_a_used_nonce(drs: Driver) -> httpx.Response:
    request = csr(drs.key, nonce=der.utf8_string(drs.nonce()))
    certificate(drs.join_csr(request))
    return drs.join_csr(request)


def with_another_audience(drs: Driver) -> httpx.Response:
    return drs.join(token=drs.mint("token", audience="https://graph.example"))


FAULTS: list[tuple[str, Callable[[Driver], httpx.Response]]] = [
    ("allows-private-primes", with_primes),
    ("allows-private-primes", with_declared_primes),
    ("skips-proof-of-possession", without_possession),
    ("forgets-spent-nonces", with_a_used_nonce),
    ("takes-any-audience", with_another_audience),
    ("", with_tail),
]


@pytest.mark.parametrize("name", ["", *dict(FAULTS)][:-1])
def test_each_defect_accepts_its_own_fault_and_no_other(name: str, keys: tuple[RSAPrivateKey, ...]) -> None:
    defects_on = (name,) if name else ()
    with running(Settings(defects=defects_on)) as ready, httpx.Client(base_url=ready.url) as http:
        drs = Driver(ready, http, keys[0])
        certificate(drs.join())
        seen = {fault.__name__: fault(drs).status_code == 201 for _, fault in FAULTS}
    assert seen == {fault.__name__: owner == name != "" for owner, fault in FAULTS}


def test_defects_of_answers_show_in_answers(keys: tuple[RSAPrivateKey, ...]) -> None:
    settings = Settings(defects=("leaves_a_placeholder", "takes-thumbprint-of-text"))
    with running(settings) as ready, httpx.Client(base_url=ready.url) as http:
        services: Any = http.get(f"/{ready.tenant}/Discover?api-version=1.9").json()
        answer = Driver(ready, http, keys[0]).join().json()["Certificate"]
    assert "{tenantId}" in services["WebAuthNService"]["WebAuthNEndpoint"]
    import base64  # noqa: PLC0415
    import hashlib  # noqa: PLC0415

    assert answer["Thumbprint"] != hashlib.sha1(base64.b64decode(answer["RawBody"])).hexdigest().upper()
    assert len(answer["Thumbprint"]) == 40


def test_a_behaviour_is_a_value() -> None:
    honest = strict()
    assert replace(honest, join_status=200).join_status == 200
    assert honest.join_status == 201
