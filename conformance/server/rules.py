"""Rules: an ordered table of named checks over one kind of subject.

The one rule: a table is a value. Taking a check out, putting another in its place or showing all of them something else
makes a new table, so that a defect or a habit is one expression and never touches the table it started from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

T = TypeVar("T")
Check = Callable[[T], None]


@dataclass(frozen=True, slots=True)
class Rules(Generic[T]):
    """Checks in the order they run; each raises `Refusal` or returns. `view` alters the subject before they see it."""

    table: tuple[tuple[str, Check[T]], ...]
    view: Callable[[T], T] | None = None

    @classmethod
    def of(cls, **checks: Check[T]) -> Rules[T]:
        """A table from keyword arguments; underscores in a name become hyphens."""
        return cls(tuple((name.replace("_", "-"), check) for name, check in checks.items()))

    def __call__(self, subject: T) -> None:
        """Runs every check on the subject, in order; the first refusal ends it."""
        seen = subject if self.view is None else self.view(subject)
        for _, check in self.table:
            check(seen)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the checks, in order."""
        return tuple(name for name, _ in self.table)

    def without(self, *names: str) -> Rules[T]:
        """The same table with these checks taken out; LookupError for a name it does not have."""
        for name in names:
            self._position(name)
        return replace(self, table=tuple(row for row in self.table if row[0] not in names))

    def changed(self, name: str, check: Check[T]) -> Rules[T]:
        """The same table with another check under this name; LookupError for a name it does not have."""
        position = self._position(name)
        return replace(self, table=(*self.table[:position], (name, check), *self.table[position + 1 :]))

    def plus(self, name: str, check: Check[T]) -> Rules[T]:
        """The same table with one more check at its end."""
        return replace(self, table=(*self.table, (name, check)))

    def only(self, name: str, when: Callable[[T], bool]) -> Rules[T]:
        """The same table, in which this check runs only on subjects for which `when` holds."""
        check = self.table[self._position(name)][1]

        def guarded(subject: T) -> None:
            if when(subject):
                check(subject)

        return self.changed(name, guarded)

    def seeing(self, view: Callable[[T], T]) -> Rules[T]:
        """The same table, shown `view(subject)` in the subject's place; views nest, the last one outermost."""
        inner = self.view
        return replace(self, view=view if inner is None else lambda subject: inner(view(subject)))

    def _position(self, name: str) -> int:
        if name not in self.names:
            raise LookupError(f"no check {name!r} among {', '.join(self.names)}")
        return self.names.index(name)
