"""Every fault is about a requirement of the catalogue, keeps to its layer, and is made the same way each time."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from conformance.errors import CatalogueError
from conformance.generate.accepted import ACCEPTED
from conformance.generate.edits import CSR, TRANSPORT_KEY, Edit, Layer
from conformance.generate.faults import covered, faults
from conformance.generate.join import JoinDraft, Rendering, render
from conformance.generate.measure import measured
from conformance.generate.observed import OBSERVED
from conformance.generate.variants import Variant
from conformance.spec import catalogue
from conformance.spec.model import Level, Party, Source

CHALLENGE = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ0ZXN0In0.c2lnbmF0dXJl"
DRAFT = JoinDraft.baseline(7).with_nonce("ZXlKaGJHY2lPaUpT" * 20).with_challenge(CHALLENGE)
BASELINE = render(DRAFT)

# Requirements about a join request that no single request's body or header fields can violate or show, and why.
ELSEWHERE = {
    "join-request/csr-nonce-reused": "takes two requests",
    "join-request/csr-nonce-expired": "takes a nonce whose time is over",
    "join-request/csr-nonce-tenant": "takes a nonce of another tenant",
    "join-request/challenge-single-use": "takes two requests",
    "join-request/challenge-expired": "takes a challenge whose time is over",
    "join-request/challenge-tenant": "takes a challenge of another tenant",
    "join-request/attributes-reuse-device-same": "takes two requests",
    "join-request/aik-certificate-optional": "is shown by every baseline",
    "join-request/attestation-optional": "is shown by every baseline",
    "join-request/challenge-optional": "is shown by every baseline",
}

by_id = pytest.mark.parametrize("edit", faults(), ids=lambda edit: edit.id)


@by_id
def test_a_fault_breaks_a_requirement_that_binds_the_server(edit: Edit) -> None:
    requirement = catalogue().requirements[edit.requirement]
    assert requirement.party is Party.SERVER
    assert requirement.level is not Level.MAY
    assert requirement.source is not Source.FIELD
    assert not requirement.untestable


@by_id
def test_a_fault_says_what_it_does(edit: Edit) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", edit.name)
    assert re.fullmatch(r"\S.*\.", edit.title)
    found = measured(edit, DRAFT)
    assert found.before != found.after or found.offset is not None
    assert len(found.before) <= 60
    assert len(found.after) <= 60
    assert CHALLENGE[:20] not in found.before + found.after


@by_id
def test_a_fault_keeps_to_its_layer(edit: Edit) -> None:
    after = render(edit.apply(DRAFT))
    changed = {part for part in PARTS if PARTS[part](after) != PARTS[part](BASELINE)}
    assert changed <= REACH[edit.layer]
    if edit.layer not in (Layer.JSON_TEXT, Layer.HTTP) and edit.path:
        top = edit.path.split("/")[1]
        assert without(after.document, top) == without(BASELINE.document, top)


@by_id
def test_a_fault_is_made_the_same_way_each_time_and_on_any_baseline(edit: Edit) -> None:
    assert edit.apply(DRAFT).body() == edit.apply(DRAFT).body()
    another = JoinDraft.baseline(40).with_challenge(CHALLENGE)
    assert render(edit.apply(another)) != render(another)


def without(document: Any, member: str) -> Any:
    return {name: value for name, value in document.items() if name != member}


PARTS: dict[str, Any] = {
    "csr": lambda r: r.csr,
    "der": lambda r: r.csr_der,
    "blob": lambda r: r.blob,
    "csr text": lambda r: r.texts[CSR],
    "blob text": lambda r: r.texts[TRANSPORT_KEY],
    "document": lambda r: r.document,
    "text": lambda r: r.text,
    "headers": lambda r: r.headers,
}
OUTSIDE = {"document", "text"}
REACH: dict[Layer, set[str]] = {
    Layer.SPKI: {"csr", "der", "csr text", *OUTSIDE},
    Layer.CRI: {"csr", "der", "csr text", *OUTSIDE},
    Layer.DER: {"der", "csr text", *OUTSIDE},
    Layer.BLOB_HEADER: {"blob", "blob text", *OUTSIDE},
    Layer.BLOB_BODY: {"blob", "blob text", *OUTSIDE},
    Layer.ATTESTATION: OUTSIDE,
    Layer.BASE64: {"csr text", "blob text", *OUTSIDE},
    Layer.JSON_VALUE: OUTSIDE,
    Layer.JSON_TEXT: {"text"},
    Layer.HTTP: {"headers"},
}


def test_the_parts_are_all_of_a_rendering() -> None:
    assert {field for field in Rendering.__dataclass_fields__ if field != "texts"} == {
        "csr", "csr_der", "blob", "document", "text", "headers",
    }  # fmt: skip


def test_ids_are_unique_and_titles_within_a_requirement() -> None:
    assert max(Counter(edit.id for edit in faults()).values()) == 1
    assert max(Counter((edit.requirement, edit.title) for edit in faults()).values()) == 1


def test_faults_of_one_requirement_are_those() -> None:
    edits = faults("join-request/transport-key-magic")
    assert len(edits) >= 4
    assert {edit.requirement for edit in edits} == {"join-request/transport-key-magic"}
    assert faults("join-request/no-such") == ()


def test_every_requirement_about_the_request_has_a_fault_a_variant_or_a_reason() -> None:
    shown = {id_ for variant in (*ACCEPTED, *OBSERVED) for id_ in variant.requirements}
    about = {
        requirement.id
        for requirement in catalogue().requirements.values()
        if requirement.party is Party.SERVER
        and not requirement.untestable
        and requirement.id.startswith("join-request/")
    }
    assert about - covered() - shown == set(ELSEWHERE)
    assert not covered() & set(ELSEWHERE)


# What a requirement that a conforming request makes use of would be refused for, were it a little otherwise.
COUNTERPARTS = {
    "csr-cn-string-types": "csr-cn",
    "csr-nonce-accepted": "csr-nonce-foreign",
    "transport-key-accepted": "transport-key-header",
    "target-domain-accepted": "target-domain-type",
    "display-name-unicode": "display-name-type",
    "join-type-join": "join-type-defined",
    "join-type-register": "join-type-defined",
    "join-type-hybrid-join": "join-type-defined",
    "aik-certificate-optional": "aik-certificate-structure",
    "attestation-optional": "attestation-structure",
    "attributes-optional": "attributes-object",
    "attributes-reuse-device": "attributes-reuse-device-type",
    "attributes-shared-device": "attributes-shared-device-type",
    "attributes-return-client-sid": "attributes-object",
    "challenge-optional": "challenge-structure",
}


def test_every_binding_requirement_about_the_request_has_accepting_and_refusing_cases() -> None:
    """What must be refused has its twin for an accepting case; what must be accepted has a fault of the same member."""
    binding = {
        requirement.id
        for requirement in catalogue().requirements.values()
        if requirement.party is Party.SERVER
        and not requirement.untestable
        and requirement.level is not Level.MAY
        and requirement.id.startswith("join-request/")
    }
    takes_more = {id_ for id_, why in ELSEWHERE.items() if why.startswith("takes")}  # each sends an accepted one too
    accepts = {f"join-request/{id_}" for id_ in COUNTERPARTS}
    assert binding - covered() - takes_more == accepts
    assert {f"join-request/{id_}" for id_ in COUNTERPARTS.values()} <= covered()
    variants = {id_ for variant in ACCEPTED for id_ in variant.requirements}
    by_the_suite = {"join-request/csr-nonce-accepted", "join-request/target-domain-accepted"}  # need a target
    shown_by_baseline = {id_ for id_, why in ELSEWHERE.items() if why == "is shown by every baseline"}
    assert accepts - variants == by_the_suite | shown_by_baseline
    assert all(render(edit.apply(DRAFT)) != BASELINE for edit in faults())


@pytest.mark.parametrize("variant", ACCEPTED, ids=lambda variant: variant.id)
def test_an_accepted_variant_shows_requirements_that_bind(variant: Variant) -> None:
    for id_ in variant.requirements:
        assert catalogue().requirements[id_].level is not Level.MAY
    assert not variant.ambiguity


@pytest.mark.parametrize("variant", OBSERVED, ids=lambda variant: variant.id)
def test_an_observed_variant_is_free_by_an_ambiguity_or_by_its_requirement(variant: Variant) -> None:
    if variant.ambiguity:
        ambiguity = catalogue().ambiguities[variant.ambiguity]
        readings = {reading.id: reading for reading in ambiguity.readings}
        assert all(readings[id_].conforms for id_ in (variant.if_accepted, variant.if_refused) if id_)
        assert set(variant.requirements) <= set(ambiguity.requirements)
    else:
        assert {catalogue().requirements[id_].level for id_ in variant.requirements} == {Level.MAY}


@pytest.mark.parametrize("variant", [*ACCEPTED, *OBSERVED], ids=lambda variant: variant.id)
def test_a_variant_departs_from_the_baseline_unless_it_is_the_baseline(variant: Variant) -> None:
    same = {"join-request/join-type-register:register", "join-request/csr-cn-string-types:utf8-string"}
    assert (render(variant.apply(DRAFT)) == BASELINE) == (variant.id in same)


def test_a_variant_in_another_spelling_has_the_same_value() -> None:
    for variant in ACCEPTED:
        rendering = render(variant.apply(DRAFT))
        assert json.loads(rendering.text) == rendering.document


def test_variants_have_names_of_their_own() -> None:
    assert max(Counter(variant.id for variant in (*ACCEPTED, *OBSERVED)).values()) == 1


def test_two_faults_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from conformance.generate import faults as room  # noqa: PLC0415 - the package, whose name the function has

    monkeypatch.setattr(room, "FAMILIES", ((faults()[-1], faults()[-1]),))
    with pytest.raises(CatalogueError, match="two faults are called"):
        room._all.__wrapped__()
