"""The families are there, the same for a draft and a seed, and reach every octet and element they say they walk."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from conformance.codec import der
from conformance.errors import CatalogueError
from conformance.generate.bytes import (
    OPEN,
    Family,
    Mutation,
    blob_body,
    blob_header,
    csr_octets,
    json_text,
    judged,
    plan,
)
from conformance.generate.bytes.elements import rebuilt, walk
from conformance.generate.bytes.mutation import Build
from conformance.generate.edits import CSR, TRANSPORT_KEY, Layer
from conformance.generate.join import JoinDraft, render
from conformance.spec import catalogue

NONCE: Final = "ZXlKaGJHY2lPaUpT" * 20
DRAFT: Final = JoinDraft.baseline(9).with_nonce(NONCE)
MODEL: Final = render(DRAFT)
BUILDS: Final = (*plan.ALONE, plan.crossed, plan.beside)


def name(build: Build) -> str:
    return f"{build.__module__.rpartition('.')[2]}.{build.__name__}"


@pytest.fixture(autouse=True)
def _no_key_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any, **_named: Any) -> None:
        raise AssertionError("a key was generated")

    monkeypatch.setattr(rsa, "generate_private_key", refuse)


@pytest.mark.parametrize("build", BUILDS, ids=name)
def test_a_family_changes_what_it_says_and_is_judged(build: Build) -> None:
    family = build(MODEL)
    assert len(family) > 7
    for mutation in plan.spread(family, 60, 4):
        told = judged(mutation, DRAFT)
        requirement = catalogue().requirements[told.edit.requirement]
        assert not requirement.untestable
        assert (told.edit.requirement == OPEN) == told.reading.left_open
        shown = told.measure()
        assert (shown.requirement, shown.title, shown.layer) == (told.edit.requirement, mutation.title, told.edit.layer)
        assert shown.before != shown.after


@pytest.mark.parametrize("build", plan.ALONE, ids=name)
def test_names_tell_the_members_of_a_family_apart(build: Build) -> None:
    family = build(MODEL)
    assert len({mutation.name for mutation in family}) == len(family)


@pytest.mark.parametrize("build", BUILDS, ids=name)
def test_the_same_seed_gives_the_same_octets(build: Build) -> None:
    def texts(seed: int) -> list[bytes]:
        return [render(m.apply(DRAFT)).text for m in plan.spread(build(render(DRAFT)), 8, seed)]

    assert texts(5) == texts(5)
    if len(build(MODEL)) > 60:
        assert texts(5) != texts(6)


@pytest.mark.parametrize("build", BUILDS, ids=name)
def test_a_family_walked_on_one_request_fits_every_other(build: Build) -> None:
    other = replace(JoinDraft.baseline(20), join_type=0).with_nonce(
        NONCE[:-7]
    )  # a nonce need not be as long as another
    for mutation in plan.spread(build(MODEL), 40, 7):
        judged(mutation, other)


def test_every_octet_of_the_header_takes_every_other_value() -> None:
    family = blob_header.octets(MODEL)
    assert len(family) == 24 * 255
    changed = {mutation.edits[0].change(MODEL.blob) for mutation in family}
    assert len(changed) == 24 * 255
    assert MODEL.blob not in changed


def test_the_blob_is_cut_at_every_length() -> None:
    assert [len(m.edits[0].change(MODEL.blob)) for m in blob_body.cuts(MODEL)] == list(range(283))


def test_every_bit_of_the_signature_is_turned_once() -> None:
    family = csr_octets.signature_bits(MODEL)
    before = int.from_bytes(MODEL.csr_der[-256:], "big")
    after = [int.from_bytes(render(family[index].apply(DRAFT)).csr_der[-256:], "big") for index in (0, 7, 8, 2047)]
    assert len(family) == 2048
    assert [(before ^ one).bit_count() for one in after] == [1] * 4
    assert len(set(after)) == 4


def test_every_octet_that_was_signed_is_turned() -> None:
    info = der.exact(MODEL.csr_der).children()[0]
    changed = [m.edits[0].change(MODEL.csr_der) for m in csr_octets.info_octets(MODEL)]
    at = [next(i for i, (old, new) in enumerate(zip(MODEL.csr_der, one, strict=True)) if old != new) for one in changed]
    assert at == list(range(info.offset, info.end))


def test_the_walk_comes_by_the_key_and_the_nonce() -> None:
    places = {MODEL.csr_der[place.start : place.end]: place for place in walk(MODEL.csr_der)}
    assert der.utf8_string(NONCE) in places
    _, modulus = DRAFT.csr.key.rsa_numbers
    assert der.integer(modulus) in places


def test_lengths_around_a_changed_element_follow() -> None:
    place = next(one for one in walk(MODEL.csr_der) if MODEL.csr_der[one.start : one.end] == der.utf8_string(NONCE))
    shorter = rebuilt(MODEL.csr_der, place.path, lambda _: der.utf8_string("n"))
    assert der.utf8_string("n") in shorter
    assert [one.path for one in walk(shorter)] == [one.path for one in walk(MODEL.csr_der)]


def test_a_path_that_another_request_does_not_have_is_our_own_fault() -> None:
    with pytest.raises(CatalogueError, match="no element 9"):
        rebuilt(MODEL.csr_der, (0, 9), lambda octets: octets)


def test_a_text_is_cut_everywhere_but_at_its_end() -> None:
    texts = [m.edits[0].change(MODEL.text) for m in json_text.cuts(MODEL)]
    assert len(texts) == len(set(texts))
    assert b"" in texts
    assert MODEL.text[:-1] in texts
    for text in texts:
        with pytest.raises(json.JSONDecodeError):
            json.loads(text)


def test_two_members_are_changed_at_once_and_either_fault_is_enough() -> None:
    family = plan.crossed(MODEL)
    for mutation in plan.spread(family, 40, 8):
        assert [mutation.touches(path) for path in (TRANSPORT_KEY, CSR)] == [True, True]
        alone = [judged(Mutation((edit,)), DRAFT).reading.must_refuse for edit in mutation.edits]
        together = judged(mutation, DRAFT).reading.must_refuse
        assert together == next((one for one in alone if one), None)


def test_a_fault_beside_decides_where_the_octets_are_open() -> None:
    told = [judged(mutation, DRAFT) for mutation in plan.spread(plan.beside(MODEL), 60, 9)]
    assert not [one for one in told if not one.reading.must_refuse]
    decided = {one.edit.requirement.removeprefix("join-request/").split("-")[0] for one in told}
    assert decided > {"transport", "csr"}


def test_a_part_of_a_family_comes_from_every_stretch_of_it() -> None:
    family = blob_header.octets(MODEL)
    chosen = [int(m.name.split("-")[1]) for m in plan.spread(family, 24, 1)]
    assert chosen == list(range(24))
    assert list(plan.spread(family, None, 1)) == list(family)
    small = Family("small", 3, family.make)
    assert list(plan.spread(small, 24, 1)) == list(family[:3])


def test_random_octets_shrink_to_the_first_field() -> None:
    told = judged(plan.blob_octet(0, 0), DRAFT)
    assert (told.edit.requirement, told.edit.layer) == ("join-request/transport-key-magic", Layer.BLOB_HEADER)
    same = plan.blob_octet(0, MODEL.blob[0])
    assert render(same.apply(DRAFT)).blob != MODEL.blob
