"""Defects of who asks less of a token at the PrecreateEndpoint (2.1.1, 3.3), where a challenge came along."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.server.refusal import Refusal

from .altering import asking, is_precreate
from .registry import defect
from .tokens import unverified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.server.asked import Asked
    from conformance.server.behaviour import Behaviour
    from conformance.server.site import Site


def _there(change: Callable[[Callable[[], bool]], Behaviour]) -> Behaviour:
    """The behaviour as `change(precreating)` has it, which asks whether the request at hand is for that endpoint."""
    here = [False]

    def note(asked: Asked) -> Asked:
        here[:] = [is_precreate(asked)]
        return asked

    return asking(change(lambda: here[0]), note)


def _without(honest: Behaviour, rule: str) -> Behaviour:
    def change(precreating: Callable[[], bool]) -> Behaviour:
        return replace(honest, accept_token=honest.accept_token.only(rule, lambda _case: not precreating()))

    return _there(change)


@defect(breaks={"device/precreate-token"})
def precreates_by_expired_tokens(honest: Behaviour) -> Behaviour:
    """Does not look at the expiry of a token at the PrecreateEndpoint."""
    return _without(honest, "expiry")


@defect(breaks={"device/precreate-token"})
def precreates_by_tokens_for_anyone(honest: Behaviour) -> Behaviour:
    """Does not look at the audience of a token at the PrecreateEndpoint."""
    return _without(honest, "audience")


@defect(breaks={"device/precreate-token"})
def precreates_by_unverified_tokens(honest: Behaviour) -> Behaviour:
    """Reads the claims of a token at the PrecreateEndpoint, and never its signature."""

    def change(precreating: Callable[[], bool]) -> Behaviour:
        def read(token: str, site: Site) -> Mapping[str, Any]:
            try:
                return unverified(token)[1] if precreating() else honest.read_token(token, site)
            except Refusal:
                return honest.read_token(token, site)

        return replace(honest, read_token=read)

    return _there(change)
