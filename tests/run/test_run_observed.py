"""Every ambiguity of the document, and every habit of the field, is observed of a target that shows it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.server.foreground import running
from conformance.server.settings import Ready, Settings
from conformance.spec import Level, Party, catalogue

ONE_CHALLENGE = {"device/precreate-authorization"}  # it works once, and the baseline takes it
NOT_HERE = {
    False: {"processing/http2-offered", "field-services/removal-status", "field-services/removal-certificate-required"},
    True: {"processing/half-closed"},  # TLS closes both sides at once
}
"""What cannot be seen of a target without TLS, and of one with it."""


def observations(ready: Ready, out: Path) -> dict[str, dict[str, str]]:
    """Subject -> readings with their evidence, of a quick run of all that is only observed."""
    known = catalogue()
    may = {entry.id for entry in known.requirements.values() if entry.level is Level.MAY}
    ids = sorted(may | {id_ for one in known.ambiguities.values() for id_ in one.requirements})
    options = ["--profile", "quick", "--out", str(out), *(word for id_ in ids for word in ("--select", id_))]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DRS_", "PYTEST_"))}
    environment |= {
        "DRS_TARGET": ready.url,
        "DRS_TENANT": ready.tenant,
        "DRS_DOMAIN": ready.domain,
        "DRS_TOKEN": ready.token,
        "DRS_UPN": ready.upn,
        "DRS_CHALLENGE": ready.challenge,
        "DRS_CA_FILE": ready.ca,
        "DRS_TLS_CA_FILE": ready.ca,
    }
    command = [sys.executable, "-m", "conformance", "run", *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 3}, done.stderr
    found: dict[str, dict[str, str]] = {}
    written: dict[str, Any] = json.loads((out / "results.json").read_text(encoding="utf-8"))
    for one in written["observations"]:
        found.setdefault(one["ambiguity"], {})[one["reading"]] = one["evidence"]
    return found


@pytest.mark.timeout(480)
@pytest.mark.parametrize(("like", "tls"), [(None, False), ("field", True)], ids=["strict", "field"])
def test_every_ambiguity_and_habit_is_observed(like: str | None, tls: bool, tmp_path: Path) -> None:
    with running(Settings(like=like, tls=tls)) as ready:
        found = observations(ready, tmp_path)
    for id_, ambiguity in catalogue().ambiguities.items():
        readings = {reading.id: reading.conforms for reading in ambiguity.readings}
        assert found.get(id_), f"{id_} is not observed"
        assert all(readings.get(reading) for reading in found[id_]), f"{id_}: {found[id_]}"
        assert all(found[id_].values()), f"{id_} has no evidence"
    habits = {
        entry.id
        for entry in catalogue().requirements.values()
        if entry.level is Level.MAY and entry.party is Party.SERVER and not entry.untestable
    }
    assert habits - found.keys() <= NOT_HERE[tls] | ONE_CHALLENGE
