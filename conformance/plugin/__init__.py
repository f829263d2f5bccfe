"""The pytest plugin: `--drs-…` options, the `case` fixture, and the record of what came of it.

The one rule: it is inert in every pytest session that does not run the conformance suites.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.errors import ConformanceError
from conformance.paths import SUITES
from conformance.plugin.options import OPTIONS, Option, Raw, spelled

if TYPE_CHECKING:
    from conformance.kit import Case

RUN = "drs-run"
PREFIX = "--drs-"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the `--drs-…` twins of the command's options."""
    group = parser.getgroup("drs", "conformance of a Device Registration Service (MS-DRS)")
    for option in OPTIONS:
        action = "store_true" if option.metavar is None else "append" if option.many else "store"
        extra: dict[str, Any] = {} if option.metavar is None else {"metavar": option.metavar}
        group.addoption(f"{PREFIX}{option.name}", dest=option.dest, action=action, help=_help(option), **extra)


def _help(option: Option) -> str:
    default = f" (default: {option.default})" if option.default else ""
    return f"{option.help}{default} [{option.env}]".replace("%", "%%")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Where the suites are to run: begins the run, or joins the one whose worker this process is."""
    config.addinivalue_line("markers", "requirement(*ids): the requirements of the catalogue that a test bears on")
    if not _wanted(config):
        return
    from conformance.plugin import activation  # noqa: PLC0415 - everything heavy waits until it is wanted

    try:
        activation.configure(config)
    except ConformanceError as error:
        pytest.exit(spelled(str(error), PREFIX), returncode=error.exit_status)


def _wanted(config: pytest.Config) -> bool:
    """Whether this session runs the suites: asked to by the command, by a worker's controller, or by its arguments."""
    if config.pluginmanager.has_plugin(RUN) or "drs" in getattr(config, "workerinput", {}):
        return True
    if hasattr(config, "workerinput") or config.option.collectonly:
        return False
    names = [str(argument).split("::")[0] for argument in config.args]
    packaged = config.option.pyargs and any(name.split(".")[0] == "conformance" for name in names)
    return bool(packaged or any(_in_suites(name) for name in names))


def _in_suites(name: str) -> bool:
    from pathlib import Path  # noqa: PLC0415 - with the rest of what only a run needs

    path = Path(name).absolute()
    return path == SUITES or SUITES in path.parents


def pytest_ignore_collect(collection_path: Any, config: pytest.Config) -> bool | None:
    """`--pyargs conformance` names the package; the suites are its only tests, and nothing else of it is imported."""
    package = SUITES.parent
    if package in collection_path.parents and SUITES not in (collection_path, *collection_path.parents):
        return True if config.option.pyargs else None
    return None


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    """What a conformance test works with: the target, and the record of how its requirements came out."""
    from conformance.plugin.recording import open_case  # noqa: PLC0415 - as above
    from conformance.plugin.shrinking import bounded  # noqa: PLC0415 - as above

    opened = open_case(request)
    bounded(request.node, opened)
    return opened


def read_options(config: pytest.Config) -> Raw:
    """The options of plain pytest, environment and defaults."""
    return Raw.collect(lambda option: getattr(config.option, option.dest))
