"""Defects that show only beside other connections: when many ask at once, and when one is silent or slow (2.1.1)."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.server.refusal import Refusal

from .altering import asking, good, is_join, is_nonce, refusing
from .registry import defect

if TYPE_CHECKING:
    from conformance.server.asked import Asked, Reply
    from conformance.server.behaviour import Behaviour
    from conformance.server.case import JoinCase
    from conformance.server.certificate import Holder, Order
    from conformance.server.store import Store

CROWD = 6  # other connections
CONFLICT = 409
_SOME = 4  # of a crowd on a busy machine one may be silent for two


def _crowded(asked: Asked) -> bool:
    return len(asked.beside()) >= CROWD


@defect(breaks={"device/at-once-accepted"})
def joins_few_at_once(honest: Behaviour) -> Behaviour:
    """Refuses joins, as if they were in conflict, while many connections are open."""
    return refusing(honest, lambda asked: is_join(asked) and _crowded(asked), CONFLICT)


@defect(breaks={"nonce/at-once"})
def gives_few_nonces_at_once(honest: Behaviour) -> Behaviour:
    """Refuses nonces while many connections are open."""
    return refusing(honest, lambda asked: is_nonce(asked) and _crowded(asked), CONFLICT)


@defect(breaks={"nonce/unique"})
def gives_one_nonce_to_a_crowd(honest: Behaviour) -> Behaviour:
    """Gives all who ask at once the nonce of the first."""
    first: list[bytes] = []

    def shared(asked: Asked, reply: Reply) -> Reply:
        out = honest.reply(asked, reply)
        if not good(is_nonce)(asked, out):
            return out
        if not _crowded(asked):
            first.clear()
            return out
        first[1:] = []
        if not first:
            first.append(out.body)
        return replace(out, body=first[0])

    return replace(honest, reply=shared)


@defect(breaks={"device/at-once-own-answer"})
def mixes_up_keys_of_a_crowd(honest: Behaviour) -> Behaviour:
    """Keeps the key of a request where the next one under way at once finds it, and certifies that."""
    crowded: list[bool] = []
    earlier: list[bytes] = []

    def note(asked: Asked) -> Asked:
        crowded[:] = [_crowded(asked)]
        return asked

    def order(strict: Order, holder: Holder, case: JoinCase) -> Order:
        own = honest.order(strict, holder, case)
        mixed = replace(own, spki=earlier[0]) if crowded[0] and earlier else own
        earlier[:] = [own.spki] if crowded[0] else []
        return mixed

    return replace(asking(honest, note), order=order)


@defect(breaks={"device/at-once-undisturbed"})
def waits_for_who_says_nothing(honest: Behaviour) -> Behaviour:
    """Refuses joins while a connection is open over which nothing has come for some requests."""
    silent: Counter[int] = Counter()

    def disturbed(asked: Asked) -> bool:
        if not is_join(asked):
            return False
        now = {number for number, doing in asked.beside().items() if doing == "silent"}
        for number in silent.keys() - now:
            del silent[number]
        silent.update(now)
        return any(times >= _SOME for times in silent.values())

    return refusing(honest, disturbed)


@defect(breaks={"processing/slow-client"})
def waits_for_who_is_slow(honest: Behaviour) -> Behaviour:
    """Takes no device while one is under way that was under way already when the last nonce was given."""
    slow: set[int] = set()

    def disturbed(asked: Asked) -> bool:
        now = {number for number, doing in asked.beside().items() if doing == "within"}
        if not is_join(asked):
            slow.clear()
            slow.update(now)
        return is_join(asked) and bool(slow & now)

    return refusing(honest, disturbed)


@defect(breaks={"join-request/csr-nonce-reused"})
def spends_nonces_after_the_answer(honest: Behaviour) -> Behaviour:
    """Marks a nonce used a moment after the answer, in place of before."""

    def spend(store: Store, digest: bytes) -> bool:
        asyncio.get_running_loop().call_later(0.2, store.spend_nonce, digest)
        return True

    return replace(honest, spend_nonce=spend)


@defect(breaks={"device/in-any-order"})
def forgets_nonces_at_discovery(honest: Behaviour) -> Behaviour:
    """Keeps nonces with the connection they were given on, and forgets them when discovery is asked there."""
    given: dict[int, set[str]] = {}
    forgotten: set[str] = set()

    def note(asked: Asked, reply: Reply) -> Reply:
        out = honest.reply(asked, reply)
        connection = asked.connection[0]
        if good(is_nonce)(asked, out):
            given.setdefault(connection, set()).add(json.loads(out.body)["Value"])
        elif asked.path.endswith("/discover"):
            forgotten.update(given.pop(connection, ()))
        return out

    rules = honest.accept_nonce.plus("kept", lambda case: _known(case.text not in forgotten))
    return replace(honest, reply=note, accept_nonce=rules)


def _known(holds: bool) -> None:
    if not holds:
        raise Refusal("The nonce was forgotten.", subcode="error_invalid_nonce")
