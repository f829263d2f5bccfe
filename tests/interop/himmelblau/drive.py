"""libhimmelblau registers a device with the reference server: `tox -e himmelblau`, where cargo and its registry are.

The driver beside this file (Rust) is built once; each test starts a server and gives the driver its address.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cryptography import x509

from conformance.server import Settings, running
from server.signing_in import Client

if TYPE_CHECKING:
    from conformance.server import Ready

HERE = Path(__file__).resolve().parent
pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.filterwarnings("ignore:.*serial number"),
]  # the field's are negative


@pytest.fixture(scope="session")
def driver() -> Path:
    """The driver's program."""
    build = ["cargo", "build", "--message-format", "json", "--manifest-path", str(HERE / "Cargo.toml")]
    built = subprocess.run(build, stdout=subprocess.PIPE, text=True, check=True)
    programs = [said.get("executable") for said in map(json.loads, built.stdout.splitlines())]
    return Path(next(program for program in programs if program))


def there(ready: Ready, **more: str) -> dict[str, str]:
    """The driver's environment."""
    named = {"HIMMELBLAU_DISCOVERY_URL": ready.url, "DRS_TENANT": ready.tenant, "DRS_DOMAIN": ready.domain}
    return {**os.environ, **named, **more}


def drive(driver: Path, ready: Ready, token: str = "") -> subprocess.CompletedProcess[str]:
    environment = there(ready, DRS_TOKEN=token or ready.token)
    return subprocess.run([driver], env=environment, capture_output=True, text=True, check=False, timeout=120)


def registered(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_it_discovers_gets_a_nonce_enrols_and_provisions_a_key(driver: Path) -> None:
    with running(Settings(like="field")) as ready:
        told = registered(drive(driver, ready))
        assert told["tenant"] == ready.tenant
        assert told["join_endpoint"] == f"{ready.url}/EnrollmentServer/device/"
        assert told["nonce"] > 100
        assert told["key_resource"] == "urn:ms-drs:127.0.0.1"
        certificate = x509.load_pem_x509_certificate(told["certificate"].encode())
        assert certificate.subject.rfc4514_string() == f"CN={told['device']}"
        device = httpx.get(f"{ready.url}/management/device/{told['device']}").json()
        assert (device["display_name"], device["device_type"], device["join_type"]) == ("himmelblau", "Linux", 0)


def test_it_signs_in_with_a_browser_renews_its_token_and_enrols(driver: Path) -> None:
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with (
        running(Settings(like="field")) as ready,
        httpx.Client() as http,
        subprocess.Popen([driver], env=there(ready), text=True, **pipes) as process,
    ):
        assert process.stdout is not None
        browser = Client(http, f"{ready.url}/{ready.tenant}", version="/v2.0")
        answer = browser.fill_in(http.get(process.stdout.readline().strip()), "eva@contoso.example")
        out, err = process.communicate(answer.headers["location"] + "\n", timeout=120)
        assert process.returncode == 0, err
        device = httpx.get(f"{ready.url}/management/device/{json.loads(out)['device']}").json()
    assert device["upn"] == "eva@contoso.example"


def test_the_strict_server_refuses_its_attributes_and_says_which(driver: Path) -> None:
    with running(Settings()) as ready:
        done = drive(driver, ready)
    assert done.returncode == 1
    assert "Attributes.ReuseDevice is a string, it must be true or false" in done.stderr


def test_a_token_that_has_expired_is_refused_at_the_join_and_not_before(driver: Path) -> None:
    with running(Settings(like="field")) as ready:
        minted = httpx.post(f"{ready.url}/management/token", json={"lifetime": -60}).json()["token"]
        done = drive(driver, ready, minted)
    assert done.returncode == 1
    assert "join" in done.stderr
    assert "expir" in done.stderr
