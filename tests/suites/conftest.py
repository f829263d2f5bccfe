"""The suites' mark, which the plugin brings where the project is installed."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requirement(*ids): the requirements of the catalogue that a test bears on")
