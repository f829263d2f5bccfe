"""Variants: join requests that differ from the baseline in something that is no fault.

The one rule: a variant changes one thing, and says which requirements its acceptance shows; one that is only observed
says what its acceptance and its refusal mean instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.codec.pkcs10 import Attribute, Extension
    from conformance.generate.edits import Edit
    from conformance.generate.join import JoinDraft

Change = Callable[["JoinDraft"], "JoinDraft"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One conforming, or merely tolerated, departure from the baseline.

    `requirements` are shown by its acceptance (or observed, where it is observed only); `ambiguity` is the one it bears
    on, `if_accepted` and `if_refused` the readings its answer shows by itself; empty where it takes several answers.
    """

    name: str
    title: str
    requirements: tuple[str, ...]
    change: Change = field(repr=False, compare=False)
    ambiguity: str = ""
    if_accepted: str = ""
    if_refused: str = ""

    @property
    def id(self) -> str:
        """The first requirement and the name: what a test case is called."""
        return f"{self.requirements[0]}:{self.name}"

    def apply(self, draft: JoinDraft) -> JoinDraft:
        """The draft so changed."""
        return self.change(draft)


def with_fields(**fields: Any) -> Change:
    """The draft with these fields."""
    return lambda draft: replace(draft, **fields)


def with_csr(**fields: Any) -> Change:
    """The draft with these fields of its certificate request."""
    return lambda draft: replace(draft, csr=replace(draft.csr, **fields))


def with_extensions(*extensions: Extension) -> Change:
    """The draft with these extensions in its certificate request, beside those it has."""
    return lambda draft: replace(draft, csr=replace(draft.csr, extensions=(*draft.csr.extensions, *extensions)))


def with_attributes(*attributes: Attribute) -> Change:
    """The draft with these attributes in its certificate request, beside those it has."""
    return lambda draft: replace(draft, csr=replace(draft.csr, attributes=(*draft.csr.attributes, *attributes)))


def with_edit(edit: Edit) -> Change:
    """The draft with an edit that is no fault."""
    return edit.apply
