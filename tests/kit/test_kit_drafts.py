"""What a session puts into a request of its own: a host name that is one, and two keys; and which hosts are one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.codec.rsakey import RsaKeyBlob
from conformance.generate import keys
from conformance.generate.accepted import ACCEPTED
from conformance.generate.join import JoinDraft
from conformance.suites import wire
from kit.kit_target import Desk

ADDRESSES = ("http://127.0.0.1:8080", "http://[::1]:8080", "https://10.1.2.3", "https://localhost:8443", "https://drs")


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_is_no_host_name(url: str) -> None:
    session = Desk.of(url=url).session
    assert session.own_name() is None
    assert session.target_domain() == JoinDraft.baseline().target_domain


def test_a_target_has_the_name_of_its_url() -> None:
    session = Desk.of(url="https://drs.contoso.example:8443/base").session
    assert session.own_name() == session.target_domain() == "drs.contoso.example"
    assert session.domain() is None
    session.target = replace(session.target, domain="fabrikam.example")
    assert session.target_domain() == "sts.fabrikam.example"


@pytest.mark.parametrize("number", range(3))
def test_no_request_has_one_key_for_both(number: int) -> None:
    session = Desk.of().session
    for key in keys.pool():
        blob = RsaKeyBlob.public(*key.rsa_numbers)
        own = session.own(replace(JoinDraft.baseline(), transport_key=blob), number)
        assert own.transport_key == blob
        assert own.csr.key != key


def test_no_variant_has_one_key_for_both() -> None:
    for index in range(len(keys.pool())):
        for variant in ACCEPTED:
            draft = variant.apply(JoinDraft.baseline(index))
            assert not draft.has_one_key, variant.name


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://drs.example/a", "https://DRS.example:443/b", True),
        ("http://drs.example", "http://drs.example:80/", True),
        ("https://drs.example", "https://join.example", False),
        ("https://drs.example", "https://drs.example:8443", False),
        ("http://drs.example", "https://drs.example", False),
    ],
)
def test_one_place_is_one_origin(one: str, other: str, same: bool) -> None:
    assert wire.one_place(one, other) is same
