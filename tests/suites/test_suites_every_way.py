"""Every requirement about answers has a way to fail: an alteration, a defect, or a test of its own that is named here.

That each has a check is held by `tests/run/test_run_coverage.py`; that an alteration fails what it breaks and nothing
else by the test beside its table.
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.server.defects import defects
from conformance.spec import Level, Party, catalogue
from suites import (
    test_suites_at_once,
    test_suites_discovery,
    test_suites_flow,
    test_suites_http,
    test_suites_join_answer,
    test_suites_nonce,
    test_suites_versions,
)

ALTERATIONS: dict[str, set[str]] = {
    **{f"discovery: {name}": ids for name, (_, ids) in test_suites_discovery.ALTERED.items()},
    **{f"nonce: {name}": ids for name, (_, ids) in test_suites_nonce.ALTERED.items()},
    **{
        f"join answer: {name}": test_suites_join_answer.ids(ids)
        for name, (_, ids) in test_suites_join_answer.WRONG.items()
    },
    **{f"flow: {name}": ids for name, (_, ids) in test_suites_flow.TROUBLES.items()},
    **{f"at once: {name}": ids for name, (_, ids) in test_suites_at_once.TROUBLES.items()},
    **{f"octets: {name}": ids for name, (_, ids) in test_suites_http.MISREAD.items()},
    **{f"headers: {name}": ids for name, (_, ids) in test_suites_http.TAKEN.items()},
}
OWN = {
    "processing/keep-alive": test_suites_versions.test_a_connection_that_ends_without_a_word_fails,
    "processing/http2": test_suites_versions.test_who_is_another_over_http2_fails,
    "discovery/head-no-content": test_suites_versions.test_an_answer_to_head_that_has_content_fails,
    "join-service/tls": test_suites_versions.test_a_join_endpoint_without_tls_fails,
    "join-service/tls-version": test_suites_versions.test_who_agrees_to_old_tls_fails,
}
"""What is under the reference server's behaviour, and so fails by a test of its own."""

ANSWERS = ("discovery/", "nonce/", "join-answer/", "join-service/", "device/", "processing/")


def binding() -> set[str]:
    """The requirements about answers that a target can break."""
    return {
        entry.id
        for entry in catalogue().requirements.values()
        if entry.id.startswith(ANSWERS)
        and entry.party is Party.SERVER
        and not entry.untestable
        and entry.level is not Level.MAY
    }


def broken(several: Iterable[Iterable[str]]) -> set[str]:
    return {id_ for ids in several for id_ in ids}


def test_every_requirement_about_answers_has_a_way_to_fail() -> None:
    ways = broken(ALTERATIONS.values()) | broken(one.breaks for one in defects()) | OWN.keys()
    assert binding() - ways == set()


def test_what_an_answer_says_of_itself_is_altered_on_its_way_too() -> None:
    said = {id_ for id_ in binding() if id_.startswith(("discovery/", "nonce/", "join-answer/"))}
    assert said - broken(ALTERATIONS.values()) <= OWN.keys() | {"discovery/endpoints-served"}  # a defect's


def test_there_are_alterations_enough_and_each_is_caught_but_what_is_left_open() -> None:
    assert sum(bool(ids) for ids in ALTERATIONS.values()) >= 200
    assert {name for name, ids in ALTERATIONS.items() if not ids} == {"nonce: status-respelled"}  # a reading of A6


def test_an_alteration_breaks_one_requirement_or_those_that_say_the_same() -> None:
    """Where several fail they say the same of two services or two sections, or one cannot be broken without another."""
    several = {name for name, ids in ALTERATIONS.items() if len(ids) > 1}
    assert several == {
        "nonce: id-refused",
        "join answer: status 202",
        "join answer: self-signed",
        "join answer: placeholder",
        "octets: lengths are ignored",
    }
