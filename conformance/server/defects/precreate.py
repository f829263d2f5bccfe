"""Defects of who asks less at the PrecreateEndpoint (2.1.1, 3.3), where a challenge came along."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.server.nonces import NonceCase, digest
from conformance.server.refusal import Refusal

from .altering import asking, is_precreate
from .registry import defect
from .tokens import unverified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.server.asked import Asked
    from conformance.server.behaviour import Behaviour
    from conformance.server.case import JoinCase
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


SAME = "device/precreate-same-body"


@defect(breaks={SAME})
def precreates_any_join_type(honest: Behaviour) -> Behaviour:
    """Takes every number for a JoinType at the PrecreateEndpoint."""
    fewer = honest.accept_members.without("/JoinType value")

    def stage(join: JoinCase) -> None:
        (fewer if join.precreate else honest.accept_members)(join.body)

    return replace(honest, accept_join=honest.accept_join.changed("members", stage))


@defect(breaks={SAME})
def precreates_keys_that_are_not_whole(honest: Behaviour) -> Behaviour:
    """Reads magic and primes of a transport key at the PrecreateEndpoint, and nothing behind them."""
    fewer = honest.accept_transport_key.without("lengths", "tail", "bit-length", "modulus", "exponent", "size")

    def key(join: JoinCase) -> bytes:
        if not join.precreate:
            return honest.transport_key(join)
        fewer(join.blob)
        return join.key_octets

    return replace(honest, transport_key=key)


def _nonces(honest: Behaviour, rule: str) -> Behaviour:
    fewer = honest.accept_nonce.without(rule)

    def stage(join: JoinCase) -> None:
        if join.nonce is not None:
            row = join.site.store.nonce(digest(join.nonce))
            (fewer if join.precreate else honest.accept_nonce)(NonceCase(join.nonce, row, join.tenant, join.now))

    return replace(honest, accept_join=honest.accept_join.changed("nonce", stage))


@defect(breaks={SAME})
def precreates_by_old_nonces(honest: Behaviour) -> Behaviour:
    """Takes a nonce whose time is over at the PrecreateEndpoint."""
    return _nonces(honest, "fresh")


@defect(breaks={SAME})
def precreates_by_nonces_of_other_tenants(honest: Behaviour) -> Behaviour:
    """Takes a nonce of another tenant at the PrecreateEndpoint."""
    return _nonces(honest, "tenant")
