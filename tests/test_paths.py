"""How a process of ours is begun: with no code from the folder that somebody stands in."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from conformance.paths import PACKAGE, python
from conformance.plugin.embedded import ReferenceServer

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_reference_server_takes_no_module_from_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "conformance", "cryptography"):
        (tmp_path / f"{name}.py").write_text(f"open('pwned-{name}', 'w')\nraise SystemExit(9)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))
    ReferenceServer().stop()
    assert not list(tmp_path.glob("pwned-*"))


def test_in_a_checkout_the_package_is_that_of_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PACKAGE.parent)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert python() == [sys.executable]
    words = [*python(), "-c", "import conformance; print(conformance.__path__[0])"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(PACKAGE)
