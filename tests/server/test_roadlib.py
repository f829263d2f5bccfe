"""Other people's client: ROADtools' roadlib registers devices here, its host redirected (issue 2, "Done when" 2)."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from conformance.server import Settings, running

with warnings.catch_warnings():  # roadlib and what it imports warn when they are imported, and change the filters
    warnings.simplefilter("ignore")
    from roadtools.roadlib.auth import Authentication
    from roadtools.roadlib.deviceauth import DeviceAuthentication

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.server import Ready

HOST = "https://enterpriseregistration.windows.net"


def redirect(monkeypatch: pytest.MonkeyPatch, ready: Ready) -> list[requests.Response]:
    """Sends what is meant for Microsoft's host to ours; the answers are kept."""
    real = requests.sessions.Session.request
    answers: list[requests.Response] = []

    def request(self: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        assert url.startswith(HOST), url
        options["verify"] = ready.ca if ready.url.startswith("https:") else True
        answers.append(real(self, method, ready.url + url.removeprefix(HOST), **options))
        return answers[-1]

    monkeypatch.setattr(requests.sessions.Session, "request", request)
    return answers


def register(ready: Ready, folder: Path, kind: str, join_type: int) -> bool:
    client = DeviceAuthentication(Authentication())
    files = {"certout": str(folder / "device.pem"), "privout": str(folder / "device.key")}
    return bool(client.register_device(ready.token, jointype=join_type, device_type=kind, device_name="ROAD", **files))


def is_whole(folder: Path) -> None:
    """The certificate that roadlib wrote is over the key that it wrote."""
    cert = x509.load_pem_x509_certificate((folder / "device.pem").read_bytes())
    key = load_pem_private_key((folder / "device.key").read_bytes(), None)
    assert cert.public_key() == key.public_key()


@pytest.mark.parametrize("join_type", [0, 4])
def test_windows_registers_with_the_strict_server(
    strict_server: Ready, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, join_type: int
) -> None:
    answers = redirect(monkeypatch, strict_server)
    assert register(strict_server, tmp_path, "Windows", join_type)
    assert [answer.status_code for answer in answers] == [201]
    is_whole(tmp_path)


@pytest.mark.filterwarnings("ignore:.*serial number.*:UserWarning")  # half of the field's serials are negative
@pytest.mark.filterwarnings("ignore:.*serial number.*:DeprecationWarning")
@pytest.mark.parametrize("join_type", [0, 4])
@pytest.mark.parametrize("kind", ["Windows", "Android", "MacOS", "MacOS14"])
def test_every_form_registers_with_the_field_like_server(
    field_server: Ready, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, join_type: int
) -> None:
    answers = redirect(monkeypatch, field_server)
    assert register(field_server, tmp_path, kind, join_type)
    is_whole(tmp_path)
    assert ("MembershipChanges" in answers[0].json()) == (kind == "Windows")


@pytest.mark.parametrize("kind", ["Android", "MacOS", "MacOS14"])
def test_the_strict_server_refuses_keys_that_are_no_blob(
    strict_server: Ready, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    answers = redirect(monkeypatch, strict_server)
    assert not register(strict_server, tmp_path, kind, 4)
    assert [answer.status_code for answer in answers] == [400]


@pytest.mark.filterwarnings("ignore:.*serial number.*:UserWarning")
@pytest.mark.filterwarnings("ignore:.*serial number.*:DeprecationWarning")
def test_a_registered_device_removes_itself_over_tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with running(Settings(tls=True, like="field")) as ready:
        answers = redirect(monkeypatch, ready)
        assert register(ready, tmp_path, "Windows", 0)
        certificate, key = str(tmp_path / "device.pem"), str(tmp_path / "device.key")
        client = DeviceAuthentication(Authentication())
        assert client.loadcert(certificate, key)
        assert client.delete_device(certificate, key)
        assert client.delete_device(certificate, key) is False
    assert [answer.status_code for answer in answers] == [201, 200, 401]


@pytest.mark.parametrize("which", ["strict_server", "field_server"])
def test_a_key_is_provisioned(which: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """roadlib has neither discovery nor the nonce service; keys it provisions as libhimmelblau does."""
    ready = request.getfixturevalue(which)
    answers = redirect(monkeypatch, ready)
    client = DeviceAuthentication(Authentication())
    blob = client.create_pubkey_blob_from_key(rsa.generate_private_key(65537, 2048))
    told = client.register_winhello_key(base64.b64encode(blob), ready.token)
    assert [answer.status_code for answer in answers] == [200]
    assert told["upn"] == ready.upn
    assert told["kid"] == base64.b64encode(hashlib.sha256(blob).digest()).decode()
    refused = client.register_winhello_key(base64.b64encode(blob + b"\0"), ready.token)
    assert "kngc" in refused["Message"]


@pytest.mark.filterwarnings("ignore:.*serial number.*:UserWarning")
@pytest.mark.filterwarnings("ignore:.*serial number.*:DeprecationWarning")
def test_its_default_audience_is_taken_like_the_field(
    field_server: Ready, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wanted = {"audience": "urn:ms-drs:enterpriseregistration.windows.net"}
    token = requests.post(f"{field_server.url}/management/token", json=wanted, timeout=10).json()["token"]
    redirect(monkeypatch, field_server)
    assert register(dataclasses.replace(field_server, token=token), tmp_path, "Windows", 0)
