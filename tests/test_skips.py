"""The rule of conftest.py, tried on made-up tests: a skip is a skip on a desk and a failure in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).with_name("conftest.py")
WAYS_TO_SKIP = {
    "tool": "def test_it(require_tool): require_tool('no-such-program')",
    "mark": "import pytest\n@pytest.mark.skipif(True, reason='no such program')\ndef test_it(): pass",
    "call": "import pytest\ndef test_it(): pytest.skip('no such program')",
    "module": "import pytest\npytest.skip('no such program', allow_module_level=True)",
    "import": "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass",
}
OTHERS = {
    "passes": "from pathlib import Path\ndef test_it(require_tool): assert Path(require_tool('sh')).is_file()",
    "known": "import pytest\n@pytest.mark.xfail\ndef test_it(): raise ValueError",
    "golden": "def test_it(vectors): pass",
}


def pytest_on(folder: Path, sources: dict[str, str], *, ci: str) -> str:
    """What pytest prints of made-up test files beside our conftest.py."""
    (folder / "tests").mkdir(parents=True)
    (folder / "tests" / "conftest.py").write_text(CONFTEST.read_text(encoding="utf-8"), encoding="utf-8")
    for name, source in sources.items():
        (folder / "tests" / f"test_{name}.py").write_text(source, encoding="utf-8")
    options = ["-p", "no:cacheprovider", "--continue-on-collection-errors", "--rootdir", str(folder)]
    command = [sys.executable, "-m", "pytest", *options, "tests"]
    environment = os.environ | {"CI": ci, "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_a_skip_on_a_desk_is_a_skip(tmp_path: Path) -> None:
    assert "= 5 skipped in" in pytest_on(tmp_path / "desk", WAYS_TO_SKIP, ci="")


def test_a_skip_in_ci_is_not_passed(tmp_path: Path) -> None:
    said = pytest_on(tmp_path / "ci", WAYS_TO_SKIP, ci="true")
    assert "= 2 failed, 3 errors in" in said
    assert "skipped in CI, where everything is at hand: " in said


def test_ci_leaves_alone_what_passes_what_is_known_to_fail_and_the_golden_bytes_of_others(tmp_path: Path) -> None:
    assert "= 1 passed, 1 skipped, 1 xfailed in" in pytest_on(tmp_path / "ci", OTHERS, ci="true")
