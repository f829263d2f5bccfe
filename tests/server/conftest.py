"""One strict and one field-like server for all tests of this room, in threads of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from conformance.server import Settings, running
from server.server_draft import Driver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from conformance.server import Ready


@pytest.fixture(scope="session")
def keys() -> tuple[RSAPrivateKey, ...]:
    return tuple(rsa.generate_private_key(65537, 2048) for _ in range(2))


@pytest.fixture(scope="session")
def strict_server() -> Iterator[Ready]:
    with running(Settings()) as ready:
        yield ready


@pytest.fixture(scope="session")
def field_server() -> Iterator[Ready]:
    with running(Settings(like="field")) as ready:
        yield ready


def _driver(ready: Ready, key: RSAPrivateKey) -> Iterator[Driver]:
    with httpx.Client(base_url=ready.url) as http:
        yield Driver(ready, http, key)


@pytest.fixture
def drs(strict_server: Ready, keys: tuple[RSAPrivateKey, ...]) -> Iterator[Driver]:
    """A client of the strict server."""
    yield from _driver(strict_server, keys[0])


@pytest.fixture
def field(field_server: Ready, keys: tuple[RSAPrivateKey, ...]) -> Iterator[Driver]:
    """A client of the field-like server."""
    yield from _driver(field_server, keys[0])
