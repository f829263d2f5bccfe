"""Mutations and families of them, and the oracle's word on a mutation of a draft.

The one rule: until the oracle has read the octets, a mutation bears on no requirement but that a server does not break
over it; a family is a sequence that makes its members one by one, so that taking three of six thousand costs three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, overload

from conformance.errors import CatalogueError
from conformance.generate import oracle
from conformance.generate.csr import CsrDraft
from conformance.generate.edits import CSR, DOCUMENT, TRANSPORT_KEY, Edit, Layer
from conformance.generate.join import JoinDraft, Rendering
from conformance.generate.measure import measured
from conformance.generate.oracle import Reading

OPEN: Final = "processing/no-server-error"
"""What every request is owed, whatever it says: an answer, and no server error."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """Edits of different members (mostly one), to be made together.

    Each bears on `OPEN` until it is judged; what bears on another requirement (`generate.faults`) is a fault as it is.
    """

    edits: tuple[Edit, ...]

    @classmethod
    def of(cls, layer: Layer, path: str, name: str, title: str, change: Callable[[bytes], bytes]) -> Mutation:
        """One edit of the octets at a path."""
        return cls((Edit(OPEN, name, title, layer, path, change),))

    @classmethod
    def of_csr(cls, layer: Layer, name: str, title: str, change: Callable[[CsrDraft], CsrDraft]) -> Mutation:
        """One edit of the certificate request before it is signed."""
        return cls((Edit(OPEN, name, title, layer, CSR, change),))

    def and_also(self, other: Mutation) -> Mutation:
        """Both."""
        return Mutation(self.edits + other.edits)

    @property
    def name(self) -> str:
        """Words with hyphens, unique within a family."""
        return "-and-".join(edit.name for edit in self.edits)

    @property
    def title(self) -> str:
        """What is changed, in a sentence for each edit."""
        return " And: ".join(edit.title for edit in self.edits)

    def touches(self, path: str) -> bool:
        """Whether the member at this path changes."""
        return any(edit.path == path for edit in self.edits)

    def apply(self, draft: JoinDraft) -> JoinDraft:
        """The draft with all of it made when it is rendered."""
        for edit in self.edits:
            draft = edit.apply(draft)
        return draft


@dataclass(frozen=True, slots=True)
class Family(Sequence[Mutation]):
    """So many mutations of one kind, each made when it is asked for by its index."""

    name: str
    size: int
    make: Callable[[int], Mutation] = field(repr=False, compare=False)

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, index: int) -> Mutation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Mutation, ...]: ...
    def __getitem__(self, index: int | slice) -> Mutation | tuple[Mutation, ...]:
        if isinstance(index, slice):
            return tuple(self.make(one) for one in range(*index.indices(self.size)))
        if not -self.size <= index < self.size:
            raise IndexError(f"{self.name} has {self.size} members, none of index {index}")
        return self.make(index % self.size)

    @classmethod
    def over(cls, name: str, mutations: Sequence[Mutation]) -> Family:
        """A family that is short enough to be there as a whole."""
        return cls(name, len(mutations), mutations.__getitem__)


Build = Callable[[Rendering], Family]
"""A family over the octets of a conforming request; the walk needs to know how long they are and what is in them."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutation of one draft with what the oracle says of it, of the member that must be refused if any must be.

    `edit` bears on the requirement the oracle names, its layer and offset where the first wrong thing sits.
    """

    draft: JoinDraft
    edit: Edit
    reading: Reading
    measure: Callable[[], Edit] = field(repr=False, compare=False)


def judged(mutation: Mutation, draft: JoinDraft) -> Judged:
    """What a target owes the draft with this mutation. CatalogueError when the mutation changes nothing in it."""
    changed = mutation.apply(draft)
    readings = [(edit, _read(edit, changed, draft)) for edit in mutation.edits]
    first, reading = min(readings, key=_urgency)
    others = Mutation(tuple(edit for edit in mutation.edits if edit is not first))
    named = replace(first, requirement=reading.must_refuse or reading.accepted_by or OPEN, title=mutation.title)
    told = partial(replace, layer=reading.layer or first.layer)
    edit = told(replace(named, name=mutation.name, offset=reading.offset))
    return Judged(changed, edit, reading, lambda: told(measured(named, others.apply(draft))))


def _urgency(judgement: tuple[Edit, Reading]) -> int:
    """What must be refused decides over what is open, and that over what must be accepted."""
    _, reading = judgement
    return 0 if reading.must_refuse else 1 if reading.left_open else 2


def _read(edit: Edit, changed: JoinDraft, plain: JoinDraft) -> Reading:
    if edit.requirement != OPEN:
        return Reading("a fault by whatever reading", edit.requirement)
    if edit.path == TRANSPORT_KEY:
        return oracle.blob(changed.blob())
    if edit.path == CSR:
        return oracle.csr(changed.csr_der(), plain.csr_der)
    if edit.path == DOCUMENT:
        return oracle.document(changed.body())
    raise CatalogueError(f"no oracle reads {edit.path!r}")
