"""`--max-devices`: what is run within a number of devices, what is left out, and the end when it is reached."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.cli_front import Fronts
from cli.cli_runs import PYTEST, Ran
from conformance.errors import TargetError
from conformance.kit import Made
from conformance.plugin import rehearsal
from conformance.plugin.journal import Journal
from conformance.plugin.thrift import Allowance, Cost, plan
from conformance.server.settings import Ready


def cost(devices: int, *requirements: str, twins: tuple[str, ...] = (), leans: tuple[str, ...] = ()) -> Cost:
    return Cost("2.1.1", devices, devices, 1, 1, frozenset(twins), frozenset(leans), frozenset(requirements))


COSTS = {
    "discovers": cost(0, "d"),
    "refuses": cost(0, "r", twins=("join",)),
    "refuses too": cost(0, "r2", twins=("join",)),
    "precreates": cost(0, "p", twins=("precreate",)),
    "accepts": cost(1, "a", twins=("join",)),
    "accepts much": cost(3, *"efghijk"),
    "judges that": cost(0, "l", leans=("accepts much",)),
    "accepts the same": cost(2, "a"),
}


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (0, {"discovers"}),
        (1, {"discovers"}),
        (2, {"discovers", "refuses", "refuses too"}),
        (3, {"discovers", "refuses", "refuses too", "accepts"}),
        (4, {"discovers", "refuses", "refuses too", "precreates"}),
        (7, {"discovers", "refuses", "refuses too", "precreates", "accepts much", "judges that"}),
        (8, set(COSTS) - {"accepts the same"}),
        (10, set(COSTS)),
    ],
)
def test_refusals_come_first_then_what_tells_most_for_a_device(most: int, expected: set[str]) -> None:
    planned = plan(COSTS, most, lambda _: True)
    assert planned.chosen == expected
    assert set(planned.left_out) == set(COSTS) - expected


def test_what_is_left_out_says_what_it_would_have_taken() -> None:
    planned = plan(COSTS, 2, lambda _: True)
    assert planned.refuses("suites/accepts much") == "not within --max-devices 2: it takes 3 devices more"
    assert planned.refuses("accepts") == "not within --max-devices 2: it takes a device more"
    assert planned.refuses("refuses") is None
    assert planned.refuses("newer than the plan") is None


def test_what_cannot_be_tested_takes_no_room() -> None:
    planned = plan(COSTS, 3, lambda test: test != "accepts")
    assert "accepts" not in planned.chosen
    assert planned.refuses("accepts") is None


def test_who_made_what_others_judge_is_found_by_name() -> None:
    line: dict[str, Any] = {"section": "s", "devices": 1, "every": 1, "requests": 1, "cases": 1, "twins": [],
                            "kept": ["x"], "used": ["x"], "requirements": []}  # fmt: skip
    costs = rehearsal.read([line | {"test": "first"}, line | {"test": "then", "kept": [], "used": ["x", "unknown"]}])
    assert costs["first"].leans == frozenset()
    assert costs["then"].leans == {"first"}


def test_no_request_is_sent_that_could_make_one_too_many(tmp_path: Path) -> None:
    allowance = Allowance(Journal(tmp_path / "devices.jsonl", synced=False), 3)
    for number in range(2):
        allowance.asked(1)
        allowance.made(Made(f"id-{number}", ""))
    allowance.made(Made("id-1", ""))  # used again
    with pytest.raises(TargetError, match=r"--max-devices 3 is reached: 2 devices were made, .* could make 2 more;"):
        allowance.asked(2)
    allowance.asked(1)
    allowance.made(Made("id-2", ""))
    with pytest.raises(TargetError, match="could make another; allow more, or select less"):
        allowance.asked(1)


# --- in whole runs, of a few requirements

CHOSEN = ("device/post", "device/creates", "join-request/csr-signature", "join-request/transport-key-magic")


def options(server: Ready, prefix: str = "--", **more: str) -> list[str]:
    given = {"target": server.url, "tenant": server.tenant, "token": server.token, "profile": "quick", **more}
    words = [word for name, value in given.items() for word in (f"{prefix}{name}", value)]
    return [*words, *(word for id_ in CHOSEN for word in (f"{prefix}select", id_))]


def reasons(ran: Ran) -> dict[str, str]:
    return {item["id"]: item["reason"] for item in ran.results["requirements"]}


def test_a_run_keeps_within_its_devices_and_says_what_it_left_out(drs: Callable[..., Ran], server: Ready) -> None:
    ran = drs(*options(server, **{"max-devices": "2"})).check()
    assert ran.results["devices"]["created"] == 2
    assert ran.verdicts["join-request/csr-signature"] == ran.verdicts["join-request/transport-key-magic"] == "pass"
    assert ran.verdicts["device/creates"] == ran.verdicts["device/post"] == "skip"
    assert reasons(ran)["device/creates"] == "not within --max-devices 2: it takes 2 devices more"
    assert "left out, to make no more devices:\n  device/" in ran.said
    assert "planning within --max-devices 2, by a rehearsal on the reference server" in ran.warned
    last = [line for line in ran.stream if line["record"] == "test"][-1]
    assert (last["test"], last["outcome"]) == ("the baselines, once more for all that was refused", "pass")


def test_a_target_that_makes_devices_it_should_not_ends_the_run(
    drs: Callable[..., Ran], answering: Callable[..., str]
) -> None:
    """It accepts everything: each refusing case makes a device, until none may be made any more."""
    where: list[str] = []

    def answer(_method: str, path: str, _headers: dict[str, str], _body: bytes) -> tuple[int, dict[str, str], bytes]:
        told = {"Content-Type": "application/json"}
        if "discover" in path.lower():
            joins = {"JoinEndpoint": f"{where[0]}/EnrollmentServer/device/", "ServiceVersion": "2.0"}
            return 200, told, json.dumps({"DeviceJoinService": joins}).encode()
        made.append(path)
        return 201, told, json.dumps({"Certificate": {"Thumbprint": str(len(made)), "RawBody": "AA=="}}).encode()

    made: list[str] = []
    where.append(answering(answer))
    given = {"target": where[0], "tenant": "contoso.example", "token": "a.b.c", "profile": "quick", "max-devices": "4"}
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    ran = drs(*words, "--select", "join-request/csr-signature", "--select", "join-request/csr-cn").check()
    assert ran.status == 1  # what it accepted before is a failure all the same
    ledger = (ran.out / "devices.jsonl").read_text(encoding="ascii")
    assert len(made) == ledger.count("thumbprint") == 4
    stops = [line["reason"] for line in ran.stream if line["record"] == "stop"]
    assert [reason.partition(",")[0] for reason in stops] == ["--max-devices 4 is reached: 4 devices were made"]


def devices_at(server: Ready) -> int:
    with urllib.request.urlopen(str(server.more["state"])) as answer:
        return int(json.load(answer)["devices"])


def deep(server: Ready, url: str, most: int, *chosen: str) -> list[str]:
    given = {"target": url, "tenant": server.tenant, "token": server.token, "profile": "deep", "max-devices": str(most)}
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    return [*words, *(word for id_ in chosen for word in ("--select", id_))]


def test_a_deep_run_keeps_within_its_devices_too(drs: Callable[..., Ran], server: Ready) -> None:
    before = devices_at(server)
    ran = drs(*deep(server, server.url, 3, "device/creates", "device/post", "device/post-only")).check()
    made = devices_at(server) - before
    assert 0 < made == ran.results["devices"]["created"] <= 3
    assert (ran.status, ran.results["verdict"], ran.results["profile"]) == (3, "incomplete", "deep")
    assert ran.verdicts["device/post-only"] == "pass"
    assert reasons(ran)["device/creates"] == "not within --max-devices 3: it takes 2 devices more"
    assert "left out, to make no more devices:\n  device/creates: not within" in ran.said


def test_a_target_that_takes_more_than_was_planned_for_ends_the_run(
    drs: Callable[..., Ran], server: Ready, front: Fronts
) -> None:
    """It takes two slashes at the path's end and other versions, as it may: devices that no rehearsal made."""
    proper = "/EnrollmentServer/device/?api-version=2.0"
    _, url = front(lambda _: lambda path, _n: proper if "/device/" in path else None)
    before = devices_at(server)
    ran = drs(*deep(server, url, 2, "join-service/path-double-slash", "join-service/version-other-service")).check()
    assert devices_at(server) - before == ran.results["devices"]["created"] == 2, ran.said
    assert (ran.status, ran.results["verdict"]) == (3, "incomplete")
    stops = [line["reason"] for line in ran.stream if line["record"] == "stop"]
    assert [reason.partition(",")[0] for reason in stops] == ["--max-devices 2 is reached: 2 devices were made"]
    assert stops[0] in " ".join(ran.said.split())


@pytest.mark.parametrize("value", ["-1", "ten", "1.5", "1000001"])
def test_a_wrong_number_is_one_sentence(drs: Callable[..., Ran], value: str) -> None:
    ran = drs("--max-devices", value)
    assert ran.status == 2
    assert f"--max-devices '{value}' is not a number of devices from 0 to 1000000" in ran.warned


def test_workers_cannot_count_together(drs: Callable[..., Ran], server: Ready) -> None:
    ran = drs(*options(server, "--drs-", **{"max-devices": "2"}), "-n2", words=PYTEST)
    assert ran.status == 2
    assert "--drs-max-devices counts the devices of one process; leave out -n" in ran.said + ran.warned


@pytest.mark.parametrize(("prefix", "words"), [("--", None), ("--drs-", PYTEST)])
def test_a_dry_run_sends_nothing(
    drs: Callable[..., Ran], answering: Callable[..., str], prefix: str, words: list[str] | None
) -> None:
    asked: list[str] = []

    def answer(method: str, path: str, _headers: dict[str, str], _body: bytes) -> tuple[int, dict[str, str], bytes]:
        asked.append(f"{method} {path}")
        return 500, {}, b""

    url = answering(answer)
    given = {"target": url, "tenant": "contoso.example", "token": "a.b.c", "profile": "quick", "select": "device"}
    ran = drs(*(word for name, value in given.items() for word in (f"{prefix}{name}", value)), f"{prefix}dry-run",
              words=words)  # fmt: skip
    assert ran.status == 0, ran.warned
    assert asked == []
    lines = [line.removeprefix("!").strip() for line in (ran.said + ran.warned).replace("Exit: ", "\n").splitlines()]
    assert ["section", "tests", "cases", "requests", "devices"] in [line.split() for line in lines]
    counts = [int(word) for word in next(line for line in lines if line.startswith("all ")).split()[1:]]
    assert len(counts) == 4
    assert all(counts)
    assert "not tested:" in lines
    assert any("--challenge-command" in line for line in lines)
    assert f"nothing was sent to {url}; so much the reference server was sent" in lines
    assert not (ran.out / "results.jsonl").exists()
