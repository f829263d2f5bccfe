"""Every defect in what a join request may say, against every edit there is: it lets pass what it breaks, no more.

This is the matrix of `prove` for these sections without a network: all edits in place of a profile's sample, and each
accepted or refused by the handler itself.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from functools import cache

import pytest

from conformance.generate.accepted import ACCEPTED
from conformance.generate.faults import covered, faults
from conformance.generate.join import JoinDraft
from conformance.server import authority
from conformance.server.asked import Asked
from conformance.server.behaviour import strict
from conformance.server.defects import Defect, defects
from conformance.server.handlers import join
from conformance.server.handlers.service import Service
from conformance.server.hosting import TENANTS
from conformance.server.keyring import keyring
from conformance.server.refusal import Refusal
from conformance.server.site import Site
from conformance.server.store import Store

MODULES = (
    "join_attested",
    "join_conforming",
    "join_csr",
    "join_keys",
    "join_members",
    "join_partly",
    "join_recalled",
    "processing",
)
OUTSIDE = {  # around the handler, or about what no single edit of a plain request shows
    "breaks-over-deep-json",
    "compares-nonces-as-far-as-they-go",
    "compares-the-middle-of-nonces",
    "does-not-know-its-own-name",
    "drops-what-follows-a-nonce",
    "joins-with-a-good-challenge",
    "knows-nonces-without-case",
    "leaves-bodies-unread",
    "looks-for-nonces-in-the-first-attribute",
    "looks-for-nonces-in-the-first-extension",
    "moves-the-device-resource",
    "overlooks-critical-nonces",
    "precreates-by-any-subject",
    "reads-bodies-of-any-size",
    "reads-no-chunks",
    "refuses-with-200",
    "repeats-tokens",
    "sends-a-device-with-refusals",
    "shows-its-insides",
    "spends-nonces-of-registered-devices-only",
    "takes-any-subject-of-hybrid-devices",
    "trusts-attestations-with-certificates",
    "trusts-attested-keys",
    "trusts-devices-of-other-types",
    "trusts-devices-to-be-used-again",
    "trusts-shared-devices",
    "trusts-transport-keys-beside-attributes",
}
JUDGED = [
    defect
    for defect in defects()
    if defect.change.__module__.rpartition(".")[2] in MODULES and not defect.blinds and defect.name not in OUTSIDE
]
ELSEWHERE = ("challenge-", "csr-nonce-")  # another endpoint, and what a store knows


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    store = Store(tmp_path_factory.mktemp("store") / "state.sqlite", lasting=False)
    yield Site("http://127.0.0.1", TENANTS, keyring(store), store, secrets.token_urlsafe(12), time.time)
    store.close()


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    return authority.access_token(site, TENANTS[0], f"user@{TENANTS[0].domain}")


@cache
def requests() -> tuple[tuple[frozenset[str], bool, bytes, tuple[tuple[str, str], ...]], ...]:
    """Each a request: what it is about, whether it must be accepted, its body, its headers."""
    base = JoinDraft.baseline(0)
    ids = [id_ for id_ in sorted(covered()) if not id_.partition("/")[2].startswith(ELSEWHERE)]
    edits = [(frozenset({id_}), False, edit.apply(base)) for id_ in ids for edit in faults(id_) if "device/" not in id_]
    variants = [(frozenset(variant.requirements), True, variant.apply(base)) for variant in ACCEPTED]
    plain = (frozenset({"device/join-endpoint"}), True, base)
    every = (plain, *variants, *edits)
    return tuple((ids, good, draft.body(), tuple(draft.sent_headers())) for ids, good, draft in every)


def accepted(service: Service, asked: Asked) -> bool:
    try:
        return join.join(service, service.behaviour.request(asked)).status < 300
    except Refusal:
        return False


def wrong(service: Service, token: str) -> set[frozenset[str]]:
    """What the requests are about that were not answered as they must be."""
    found = set()
    for ids, good, body, headers in requests():
        lower = tuple((name.lower(), value) for name, value in headers)
        sent = Asked(
            "POST",
            "/enrollmentserver/device",
            query=(("api-version", "2.0"),),
            headers=(*lower, ("authorization", f"Bearer {token}"), ("content-length", str(len(body)))),
            body=body,
        )
        if accepted(service, sent) != good:
            found.add(ids)
    return found


def test_the_honest_server_answers_every_request_as_it_must(site: Site, token: str) -> None:
    assert wrong(Service(site, strict()), token) == set()


@pytest.mark.parametrize("defect", JUDGED, ids=lambda defect: defect.name)
def test_a_defect_lets_pass_what_it_breaks_and_no_more(defect: Defect, site: Site, token: str) -> None:
    found = wrong(Service(site, defect.change(strict())), token)
    assert {id_ for ids in found for id_ in ids if len(ids) == 1} == set(defect.breaks)
    assert all(ids & defect.breaks for ids in found)
