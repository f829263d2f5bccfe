"""2.1.1: the protocol as it goes: discovery, nonces, joins of every kind and refused ones, in any order."""

from __future__ import annotations

from typing import Any, Final, cast

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import get_state_machine_test

from conformance.kit import Case, may_bear_on, requirement
from conformance.suites.story import GOES_ON, KEPT, NO_DEVICE, ORDER, REUSED, Story
from conformance.suites.test_join_answer import CHANGES, WHOLE

SECTION = "2.1.1"
DISTINCT = ("join-answer/certificate-serial-unique", "join-answer/certificate-subject-unique")
ANY = (ORDER, GOES_ON, NO_DEVICE, REUSED, KEPT, "nonce/unique", *DISTINCT, *WHOLE, *CHANGES)
STORIES = settings(
    max_examples=max(2, settings.default.max_examples // 4) if settings.default else 2,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a shorter story would be other devices, and another past
    stateful_step_count=6,
    suppress_health_check=list(HealthCheck),  # nested_given too: of the test it makes of a story only the body is run
)
ALL: Final = (
    *(("ask",), ("ask",), ("join", 0), ("discover",), ("join", 1), ("join", 2)),
    *(("replay", 0), ("join", 0), ("join_again", 0), ("be_refused", 0), ("ask",)),
    *(("be_refused", 1), ("join", 1), ("try_kept",), ("precreate",), ("replay", 1)),
    *(("remove", 0), ("join", 0), ("remove", 1), ("discover",), ("join", 2)),
)


@requirement(ORDER, GOES_ON, NO_DEVICE, REUSED, KEPT)
@may_bear_on("nonce/unique", *DISTINCT, *WHOLE, *CHANGES)
def test_a_story_of_everything(case: Case) -> None:
    """Every step at least once: nonces kept for later, devices of each type and once more, refusals in between."""
    story = Story(case)
    for step, *pick in ALL:
        if story.possible(step):
            getattr(story, step)(*pick)
    for id_ in (GOES_ON, NO_DEVICE):
        case.not_applicable(id_, "nothing was refused, which other cases tell of")
    if not case.has_observed(KEPT):
        case.not_applicable(KEPT, "nothing that carries a nonce was refused for another fault")
    if not story.known.nonces:
        case.not_applicable(REUSED, "the target offers no nonce")


@STORIES
@given(data=st.data())
@may_bear_on(*ANY)
def test_any_story(case: Case, data: st.DataObject) -> None:
    """The same steps in any order, each where it has what it takes, and a join at the end."""
    story = Story(case)
    told: Any = get_state_machine_test(cast("type[Story]", lambda: story), settings=STORIES)
    told.hypothesis.inner_test(data)
    story.join()
