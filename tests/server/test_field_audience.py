"""Clients that know the field's host alone: the token they ask for, and the name they look for in its certificate."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx

from conformance.server import Settings, running
from server.server_draft import Driver

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

FIELD = "enterpriseregistration.windows.net"


def test_a_token_for_the_fields_own_host_is_taken_like_the_field_and_by_no_one_else(drs: Driver, field: Driver) -> None:
    assert field.join(token=field.mint("token", audience=f"urn:ms-drs:{FIELD}")).status_code == 201
    assert field.join(token=field.mint("token", audience="urn:ms-drs:elsewhere.example")).status_code == 401
    assert drs.join(token=drs.mint("token", audience=f"urn:ms-drs:{FIELD}")).status_code == 401


def test_who_is_led_here_by_a_hosts_file_finds_the_name_in_the_certificate(keys: tuple[RSAPrivateKey, ...]) -> None:
    with running(Settings(tls=True)) as ready:
        context = ssl.create_default_context(cafile=ready.ca)
        with httpx.Client(base_url=ready.url, verify=context) as http:
            sni = {"sni_hostname": FIELD}  # which is what the certificate is checked against
            assert http.get("/healthz", headers={"Host": FIELD}, extensions=sni).status_code == 200
            assert Driver(ready, http, keys[0]).join().status_code == 201
