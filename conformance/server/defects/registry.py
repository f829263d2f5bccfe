"""The registry of defects: each a function from `Behaviour` to `Behaviour`, with the requirements it breaks.

The one rule: a defect's name is its function's, its sentence its docstring; it names every requirement it breaks and no
other, and the proof holds it to that.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

from conformance.errors import UsageError
from conformance.server.behaviour import Behaviour

Change = Callable[[Behaviour], Behaviour]


@dataclass(frozen=True, slots=True)
class Defect:
    """One way to be wrong: its name (`allows-private-primes`), one sentence, the ids of what it breaks, the change.

    What it keeps and yet cannot be judged with it on is no failure: `hides` are the ids of that (the form of a member
    that is not there), and `blinds` says that it is too many to name, since nothing conforming is accepted any more.
    `tls` says that it shows only where TLS is spoken.
    """

    name: str
    sentence: str
    breaks: frozenset[str]
    change: Change
    blinds: bool = False
    hides: frozenset[str] = frozenset()
    tls: bool = False


_known: dict[str, Defect] = {}


def defect(
    *, breaks: Iterable[str], blinds: bool = False, hides: Iterable[str] = (), tls: bool = False
) -> Callable[[Change], Change]:
    """Registers the decorated function; `breaks` and `hides` are requirement ids of the catalogue."""

    def register(change: Change) -> Change:
        name = change.__name__.replace("_", "-")
        sentence = " ".join((change.__doc__ or "").split())
        if not sentence or name in _known:
            raise ValueError(f"the defect {name} needs a sentence and a name of its own")
        _known[name] = Defect(name, sentence, frozenset(breaks), change, blinds, frozenset(hides), tls)
        return change

    return register


def defects() -> tuple[Defect, ...]:
    """All defects, in the order they are declared."""
    return tuple(_known.values())


def find(name: str) -> Defect:
    """A defect by its name, in either spelling (`-`, `_`); UsageError with the nearest names when there is none."""
    wanted = name.strip().lower().replace("_", "-")
    if wanted in _known:
        return _known[wanted]
    near = difflib.get_close_matches(wanted, _known, n=3, cutoff=0.4) or list(_known)[:3]
    raise UsageError(f"--defect {name!r} is not known; near it: {', '.join(near)}")


def apply(behaviour: Behaviour, names: Iterable[str]) -> Behaviour:
    """The behaviour with these defects, applied in order."""
    return reduce(lambda honest, name: find(name).change(honest), names, behaviour)
