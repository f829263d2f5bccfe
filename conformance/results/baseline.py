"""The baseline: failures a team knows of and accepts for now, in a file that people edit and review.

The one rule: an entry takes a failure off the gate and nothing else. The requirement stays failed and the verdict stays
what it is, so that whoever reads a report sees the truth beside the reason for living with it.

    [[accepted]]
    requirement = "nonce/not-stored"
    reason = "The cache in front of us is replaced in March (#123)."
    expires = 2027-03-31

A fourth member, `profile`, is the one that an entry was written with where that is not standard.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from conformance.errors import UsageError
from conformance.results.records import USUAL, Accepted, Header, Outcome
from conformance.spec import Level, Party

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from conformance.results.outcome import RequirementResult
    from conformance.spec import Catalogue, Requirement

_MEMBERS = {"requirement", "reason", "expires", "profile"}
_FORM = "each entry is [[accepted]] with requirement, reason and, if wanted, expires = YYYY-MM-DD"
_PROFILES = ("quick", "standard", "deep")  # each does what the one before does, and more
_OTHER = "load"  # which does something else
_HEAD = """\
# Failures that are known and accepted for now: each with its reason, and with a day until which it holds if wanted.
# drs-conformance --baseline FILE takes them off the gate; drs-conformance baseline write brings them up to date.
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of the entries in a run: each is in exactly one of these, in the order of the file.

    `holding`: fails, and is accepted. `fixed`: fails no more. `expired`: past its day and not fixed. `untested`: came
    to no verdict in this run, or passed where less was tried than what it failed in. `absent`: was not selected.
    """

    holding: tuple[Accepted, ...] = ()
    fixed: tuple[Accepted, ...] = ()
    expired: tuple[Accepted, ...] = ()
    untested: tuple[Accepted, ...] = ()
    absent: tuple[Accepted, ...] = ()


def read(path: Path, catalogue: Catalogue) -> tuple[Accepted, ...]:
    """The entries of a file, in its order. Raises UsageError, one sentence that names the file and what is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        why = problem.strerror or problem
        raise UsageError(f"the baseline {path} cannot be read ({why}); baseline write makes one") from None
    except UnicodeDecodeError:
        raise UsageError(f"the baseline {path} is not UTF-8, as TOML is; {_FORM}") from None
    except RecursionError:
        raise UsageError(f"the baseline {path} nests too deep to be one; {_FORM}") from None
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"the baseline {path} is not TOML ({str(problem).rstrip('.')}); {_FORM}") from None
    entries = document.pop("accepted", [])
    if document or not isinstance(entries, list):
        stray = ", ".join(map(repr, document)) or "'accepted'"
        raise UsageError(f"the baseline {path} has {stray}, which nothing reads; {_FORM}")
    read_ = [_entry(entry, f"the baseline {path}, entry {n}", catalogue) for n, entry in enumerate(entries, start=1)]
    seen: set[str] = set()
    for entry in read_:
        if entry.requirement in seen:
            raise UsageError(f"the baseline {path} has {entry.requirement} twice; keep one of the entries")
        seen.add(entry.requirement)
    return tuple(read_)


def _entry(value: Any, where: str, catalogue: Catalogue) -> Accepted:
    if not isinstance(value, dict) or not value.keys() <= _MEMBERS:
        stray = ", ".join(map(repr, sorted(value.keys() - _MEMBERS))) if isinstance(value, dict) else repr(value)
        raise UsageError(f"{where}, has {stray}; {_FORM}")
    id_, reason, expires = value.get("requirement"), value.get("reason"), value.get("expires")
    if not isinstance(id_, str) or not id_:
        raise UsageError(f"{where}, names no requirement; {_FORM}")
    if not isinstance(reason, str) or not reason.strip():
        raise UsageError(f"{where}, {id_}: gives no reason; say why the failure is accepted")
    if isinstance(expires, datetime) or not isinstance(expires, date | None):
        raise UsageError(f"{where}, {id_}: expires is {expires!r}, which is no day; write it as 2027-03-31, unquoted")
    profile = value.get("profile", USUAL)
    if profile not in (*_PROFILES, _OTHER):
        raise UsageError(f"{where}, {id_}: profile {profile!r} is none of {', '.join((*_PROFILES, _OTHER))}")
    _check(id_, where, catalogue)
    return Accepted(id_, reason.strip(), expires.isoformat() if expires else "", profile)


def _check(id_: str, where: str, catalogue: Catalogue) -> None:
    """Raises UsageError for what is no requirement, and for what can never fail."""
    entry = catalogue.requirements.get(id_)
    if entry is None:
        near = difflib.get_close_matches(id_, catalogue.requirements, n=1, cutoff=0.5)
        hint = f"the nearest id is {near[0]}" if near else "drs-conformance catalogue lists the ids there are"
        raise UsageError(f"{where}: there is no requirement {id_!r}; {hint}")
    if why := _never_fails(entry):
        raise UsageError(f"{where}: {id_} {why}, so it cannot fail; remove the entry")


def _never_fails(entry: Requirement) -> str:
    if entry.level is Level.MAY:
        return "is what a target may do or leave"
    if entry.party is Party.CLIENT:
        return "is a duty of the client"
    return "is not tested" if entry.untestable else ""


def weigh(
    entries: Iterable[Accepted], requirements: Iterable[RequirementResult], header: Header, partly: Collection[str]
) -> Standing:
    """What becomes of the entries in a run that began so: its day decides what has expired.

    A pass says that an entry is fixed only where as much was tried as what it failed in: `partly` are the requirements
    of which tests were left out.
    """
    found = {item.id: item.verdict for item in requirements}
    kinds: dict[str, list[Accepted]] = {"holding": [], "fixed": [], "expired": [], "untested": [], "absent": []}
    for entry in entries:
        whole = entry.requirement not in partly and _as_much(header.profile, entry.profile)
        kinds[_kind(entry, found.get(entry.requirement), header.started[:10], whole=whole)].append(entry)
    return Standing(**{kind: tuple(found) for kind, found in kinds.items()})


def _as_much(profile: str, then: str) -> bool:
    """Whether one profile does all that another does."""
    if {profile, then} <= set(_PROFILES):
        return _PROFILES.index(profile) >= _PROFILES.index(then)
    return profile == then


def _kind(entry: Accepted, verdict: Outcome | None, day: str, *, whole: bool) -> str:
    if verdict is None:
        return "absent"
    if verdict is Outcome.PASS and whole:
        return "fixed"
    if is_past(entry, day):
        return "expired"
    return "holding" if verdict is Outcome.FAIL else "untested"


def is_past(entry: Accepted, day: str) -> bool:
    """Whether an entry holds no more on a day (`2027-04-01`); it holds on the day it names."""
    return bool(entry.expires) and entry.expires < day


def render(entries: Iterable[Accepted]) -> str:
    """The file of these entries, in the order given."""
    return _HEAD + "".join(_rendered(entry) for entry in entries)


def _rendered(entry: Accepted) -> str:
    lines = ["", "[[accepted]]", f"requirement = {_text(entry.requirement)}", f"reason = {_text(entry.reason)}"]
    if entry.expires:
        lines.append(f"expires = {entry.expires}")
    if entry.profile != USUAL:
        lines.append(f"profile = {_text(entry.profile)}")
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's too, but for the letter DEL, which TOML wants escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
