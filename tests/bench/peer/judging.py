"""What a run of either tool came to: its alarms; and which of them count.

The one rule: an alarm that a tool raises on the clean server too says nothing: for the same document, operation and
check it gets no point. What a run of Schemathesis could not do (a hook that raised) is trouble and never an alarm.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Alarm = tuple[str, str, str]
"""The document (a copy, or `suite`), the operation (`POST /EnrollmentServer/device/`), the check or the requirement."""

NETWORK: Final = frozenset(
    {"ChunkedEncodingError", "ConnectionError", "ConnectTimeout", "ContentDecodingError", "ReadTimeout", "Timeout"}
)
GONE: Final = "ServerUnavailable"
"""The errors that speak of the server: no answer, or none that is HTTP."""
SUITE: Final = "suite"
_NAMED: Final = re.compile(r"requirement ([a-z0-9-]+/[a-z0-9-]+):")


@dataclass(frozen=True, slots=True)
class Seen:
    """Alarms, troubles (sentences), and how many requests or cases it took."""

    alarms: frozenset[Alarm] = frozenset()
    troubles: tuple[str, ...] = ()
    requests: int = 0

    def __add__(self, other: Seen) -> Seen:
        return Seen(self.alarms | other.alarms, self.troubles + other.troubles, self.requests + other.requests)


def of_schemathesis(lines: Iterable[str], document: str) -> Seen:
    """From the lines of its NDJSON report; a report without its last event is trouble."""
    alarms: set[Alarm] = set()
    troubles: dict[str, None] = {}
    requests, ended = 0, False
    for name, event in _events(lines):
        ended = ended or name == "EngineFinished"
        if name in {"NonFatalError", "FatalError"}:
            alarm, trouble = _error(event, document)
            alarms |= {alarm} if alarm else set()
            troubles |= {trouble: None} if trouble else {}
        elif name == "ScenarioFinished":
            recorder = event["recorder"]
            requests += len(recorder.get("interactions") or recorder.get("cases") or ())
            alarms |= set(_failures(recorder, document))
    if not ended:
        troubles["the report ends before the run did"] = None
    return Seen(frozenset(alarms), tuple(troubles), requests)


def _events(lines: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for line in lines:
        if line.strip():
            yield from json.loads(line).items()


def _failures(recorder: Mapping[str, Any], document: str) -> Iterator[Alarm]:
    for case, checks in (recorder.get("checks") or {}).items():
        for check in checks:
            if check["status"] != "failure":
                continue
            failure = (check.get("failure_info") or {}).get("failure") or {}
            named = _NAMED.search(str(failure.get("message", "")))
            yield document, str(failure.get("operation") or _operation(recorder, case)), _check(check["name"], named)


def _check(name: str, named: re.Match[str] | None) -> str:
    return named[1] if named else name


def _operation(recorder: Mapping[str, Any], case: str) -> str:
    value = (recorder.get("cases") or {}).get(case, {}).get("value", {})
    return f"{value.get('method', '')} {value.get('path', '')}".strip() or str(recorder.get("label"))


def _error(event: Mapping[str, Any], document: str) -> tuple[Alarm | None, str | None]:
    value = event.get("value") or event.get("exception") or {}
    kind, said = str(value.get("type")), str(value.get("message")).partition("\n")[0][:200]
    label = str(event.get("label") or "")
    if kind in NETWORK or kind == GONE:
        return (document, label, "network"), None
    return None, f"{document}: {kind} at {label}: {said}"


def of_suite(results: Mapping[str, Any]) -> Seen:
    """From `results.json` of the suite: each failed requirement is an alarm; what came to `error` is trouble."""
    requirements = results["requirements"]
    return Seen(
        frozenset((SUITE, "", item["id"]) for item in requirements if item["verdict"] == "fail"),
        tuple(f"{item['id']}: {item['reason']}" for item in requirements if item["verdict"] == "error"),
        int(results.get("requests") or 0),
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One run: the tool (`rung-1`, `rung-2`, `rung-3`, `suite`), the defect (None: the clean server), budget, seed.

    `budget` and `seconds` are seconds, the latter of wall time with starting the tool; `share` is the part of a core
    that a process got meanwhile.
    """

    tool: str
    defect: str | None
    budget: int
    seed: int
    seen: Seen = field(default_factory=Seen)
    seconds: float = 0.0
    share: float = 1.0

    @property
    def key(self) -> tuple[str, str | None, int, int]:
        """What it is, whatever came of it."""
        return self.tool, self.defect, self.budget, self.seed

    def to_json(self) -> dict[str, Any]:
        """Its fields, alarms in order."""
        return {
            "tool": self.tool,
            "defect": self.defect,
            "budget": self.budget,
            "seed": self.seed,
            "alarms": sorted(self.seen.alarms),
            "troubles": list(self.seen.troubles),
            "requests": self.seen.requests,
            "seconds": self.seconds,
            "share": self.share,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Cell:
        """The cell again."""
        alarms = frozenset((str(one), str(two), str(three)) for one, two, three in value["alarms"])
        seen = Seen(alarms, tuple(value["troubles"]), value["requests"])
        key = (value["tool"], value["defect"], value["budget"], value["seed"])
        return cls(*key, seen, value["seconds"], value["share"])


def false_alarms(cells: Iterable[Cell]) -> dict[str, frozenset[Alarm]]:
    """Tool -> what it raises on the clean server, whatever the budget and the seed."""
    found: dict[str, frozenset[Alarm]] = {}
    for cell in cells:
        if cell.defect is None:
            found[cell.tool] = found.get(cell.tool, frozenset()) | cell.seen.alarms
    return found


def points(cell: Cell, controls: Mapping[str, frozenset[Alarm]]) -> frozenset[Alarm]:
    """The alarms of a cell that count: none of them is raised on the clean server. KeyError without any control."""
    return cell.seen.alarms - controls[cell.tool]
