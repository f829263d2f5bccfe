"""No device is made on what is not this machine's, unless that was said; at the real service it is said twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.cli_runs import Ran
from conformance.errors import UsageError
from conformance.plugin.care import devices_allowed, microsofts
from conformance.plugin.options import Raw
from conformance.server.settings import Ready

REAL = "https://enterpriseregistration.windows.net"
OTHER = "https://drs.test.example"


def allowed(
    folder: Path, url: str, *, option: bool = False, file: dict[str, Any] | None = None, **environ: str
) -> bool:
    if file is not None:
        lines = (f"{name} = {json.dumps(value)}" for name, value in file.items())
        (folder / "drs.toml").write_text("\n".join(lines), encoding="ascii")
    raw = Raw.collect(lambda one: option if one.name == "allow-device-creation" else None, environ, folder)
    return devices_allowed(raw, url)


@pytest.mark.parametrize(
    "host",
    [
        "enterpriseregistration.windows.net",
        "EnterpriseRegistration.Windows.NET",
        "enterpriseregistration.windows.net.",
        "device.login.microsoftonline.com",
        "login.microsoftonline.com",
        "enterpriseregistration.microsoftonline.us",
        "enterpriseregistration.contoso.com",
    ],
)
def test_the_real_service_is_known_by_its_names(host: str) -> None:
    assert microsofts(host)


@pytest.mark.parametrize("host", ["drs.test.example", "notwindows.net", "windows.net.evil.example", "127.0.0.1"])
def test_others_are_not_taken_for_it(host: str) -> None:
    assert not microsofts(host)


def test_elsewhere_the_option_is_enough_in_whatever_way_it_is_given(tmp_path: Path) -> None:
    assert not allowed(tmp_path, OTHER)
    assert allowed(tmp_path, OTHER, option=True)
    assert allowed(tmp_path, OTHER, DRS_ALLOW_DEVICE_CREATION="1")
    assert allowed(tmp_path, OTHER, file={"allow-device-creation": True})
    assert not allowed(tmp_path, OTHER, file={"allow-device-creation": True}, DRS_ALLOW_DEVICE_CREATION="0")


FILES: list[dict[str, Any] | None] = [
    None,
    {"target": REAL},
    {"allow-device-creation": True},
    {"target": OTHER, "allow-device-creation": True},
    {"target": f"{REAL}:8443", "allow-device-creation": True},
    {"target": "nonsense", "allow-device-creation": True},
    {"target": REAL, "allow-device-creation": False},
]


@pytest.mark.parametrize("file", FILES)
def test_at_the_real_service_the_option_alone_is_refused(tmp_path: Path, file: dict[str, Any] | None) -> None:
    expected = r"--allow-device-creation for enterpriseregistration.windows.net, where real tenants are, has to stand"
    with pytest.raises(UsageError, match=expected):
        allowed(tmp_path, REAL, option=True, file=file)


def test_at_the_real_service_it_takes_both(tmp_path: Path) -> None:
    file = {"target": f"{REAL}:443/", "allow-device-creation": True}
    assert not allowed(tmp_path, REAL, file=file)
    assert allowed(tmp_path, REAL, option=True, file=file)
    assert allowed(tmp_path, REAL, file=file, DRS_ALLOW_DEVICE_CREATION="true")


@pytest.mark.parametrize("name", ["drs.test.example", "localhost.test.example"])
def test_a_name_that_leads_to_this_machine_gets_no_device(drs: Callable[..., Ran], server: Ready, name: str) -> None:
    """Behind it may be a tunnel to somebody's service. What needs no device is tested all the same."""
    port = server.url.rpartition(":")[2]
    given = {"target": f"http://{name}:{port}", "tenant": server.tenant, "token": server.token, "profile": "quick",
             "resolve": f"{name}:{port}:127.0.0.1", "select": "discovery"}  # fmt: skip
    words = [word for option, value in given.items() for word in (f"--{option}", value)]
    ran = drs(*words, "--select", "device", "--select", "join-service").check()
    assert ran.results["devices"] == {"created": 0, "removed": 0}
    assert not (ran.out / "devices.jsonl").exists()
    assert ran.verdicts["discovery/tenant-id"] == "pass"
    assert ran.verdicts["device/post"] == "skip"
    assert "device-creation" in next(i for i in ran.results["requirements"] if i["id"] == "device/post")["missing"]


def test_who_leads_to_the_real_service_is_no_way_around_it(tmp_path: Path) -> None:
    """Another target whose discovery is allowed to lead there: what `--allow-host` names counts as the target does."""
    led = "enterpriseregistration.windows.net:443"
    assert not allowed(tmp_path, OTHER, DRS_ALLOW_HOST=led)
    with pytest.raises(UsageError, match=r"for enterpriseregistration.windows.net, .* write target, allow-host, and"):
        allowed(tmp_path, OTHER, option=True, DRS_ALLOW_HOST=led)
    filed: dict[str, Any] = {"target": OTHER, "allow-device-creation": True}
    with pytest.raises(UsageError, match="has to stand in a file too"):
        allowed(tmp_path, OTHER, option=True, file=filed, DRS_ALLOW_HOST=led)
    filed["allow-host"] = [led]
    assert allowed(tmp_path, OTHER, option=True, file=filed, DRS_ALLOW_HOST=led)
    assert allowed(tmp_path, OTHER, option=True, DRS_ALLOW_HOST="join.test.example")
