"""A tenant that is full ends the run as incomplete, in whichever of the field's three shapes it says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.server import Settings, running
from kit.test_kit_quota import A, B, C
from run.hostile_target import Call, hostile_target
from run.test_run_hostile_targets import JOIN, run


@pytest.mark.parametrize("shape", [A, B, C], ids=["older", "cloud", "odata"])
def test_a_tenant_that_is_full_is_no_failure(shape: dict[str, Any], tmp_path: Path) -> None:
    def full(call: Call) -> None:
        call.answer(json.dumps(shape).encode(), status=b"403 Forbidden")

    with running(Settings()) as server:
        port = int(server.url.rpartition(":")[2])
        with hostile_target(port, JOIN, full, 1) as url:
            chosen = ("discovery/tenant-id", "join-request/csr-cn", "join-request/transport-key-magic")
            ended, results, text = run(url, server, tmp_path / "out", *chosen)
    assert (ended, results["verdict"]) == (3, "incomplete"), text
    assert "the tenant's device quota is reached: answered" in results["why"]
    assert "remove devices that are not needed, or have the quota raised, and run again" in " ".join(text.split())
    verdicts = {item["id"]: item["verdict"] for item in results["requirements"]}
    assert "fail" not in verdicts.values()
    assert "pass" not in {verdicts[id_] for id_ in chosen[1:]}
