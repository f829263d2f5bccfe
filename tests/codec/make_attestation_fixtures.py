"""Makes `fixtures/attestation.json`: one attestation of every type TPM 2.0 knows, by a software TPM.

Run by hand: `python tests/codec/make_attestation_fixtures.py`, with Debian's swtpm and tpm2-tools installed. The tests
read the fixture, and make one fresh quote by the same means where the tools are there.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "attestation.json"
TOOLS = ("swtpm", "tpm2")
NV_INDEX = "0x1500016"
NV_CONTENTS = b"0123456789abcdef"
_START_SECONDS = 10


class SoftwareTpm:
    """An swtpm of its own, with nothing in it, in a directory that goes with it."""

    def __enter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory(prefix="drs-tpm-")
        self.directory = Path(self._directory.name)
        socket = self.directory / "socket"
        server = ["--server", f"type=unixio,path={socket}", "--ctrl", f"type=unixio,path={socket}.ctrl"]
        flags = ["--flags", "not-need-init,startup-clear"]
        self._process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.directory}", *server, *flags],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._environment = {**os.environ, "TPM2TOOLS_TCTI": f"swtpm:path={socket}"}
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(_START_SECONDS)
        self._directory.cleanup()

    def _wait(self) -> None:
        """Until it answers; what keeps it from answering is raised when it has not started in time."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._tpm2("getcap", "properties-fixed")
            except RuntimeError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.__exit__(None, None, None)
                    raise
                time.sleep(0.05)
            else:
                return

    def run(self, *arguments: str) -> str:
        """Standard output of one tpm2 command, after which nothing transient is left loaded."""
        output = self._tpm2(*arguments)
        self._tpm2("flushcontext", "-t")
        return output

    def _tpm2(self, *arguments: str) -> str:
        command = ["tpm2", *arguments]
        done = subprocess.run(
            command, cwd=self.directory, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def read(self, name: str) -> bytes:
        """A file a command wrote."""
        return (self.directory / name).read_bytes()

    def make_keys(self) -> None:
        """`ak.ctx`, a restricted RSA signing key, with how it was created; `other.ctx`, a key to certify."""
        self.run("createprimary", "-Q", "-C", "e", "-c", "primary.ctx", "-G", "ecc")
        attributes = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign"
        creation = ["--creation-data", "creation.data", "-d", "creation.hash", "-t", "creation.ticket"]
        key = ["-u", "ak.pub", "-r", "ak.priv"]
        self.run(
            "create", "-Q", "-C", "primary.ctx", *key, "-G", "rsa2048:rsassa-sha256:null", "-a", attributes, *creation
        )
        self.run("load", "-Q", "-C", "primary.ctx", *key, "-c", "ak.ctx", "-n", "ak.name")
        self.run("readpublic", "-Q", "-c", "ak.ctx", "-f", "der", "-o", "ak.der")
        self.run("create", "-Q", "-C", "primary.ctx", "-c", "other.ctx", "-G", "ecc", "-u", "o.pub", "-r", "o.priv")
        self.run("readpublic", "-Q", "-c", "other.ctx", "-n", "other.name")

    def make_nv(self) -> None:
        """An NV index with known contents."""
        (self.directory / "nv.bin").write_bytes(NV_CONTENTS)
        size = ["-s", str(len(NV_CONTENTS))]
        self.run("nvdefine", "-Q", NV_INDEX, "-C", "o", *size, "-a", "ownerread|ownerwrite|authread|authwrite")
        self.run("nvwrite", "-Q", NV_INDEX, "-C", "o", "-i", "nv.bin")

    def nv_name(self) -> str:
        """The NV index's name, as tpm2_nvreadpublic prints it, in hexadecimal."""
        lines = (line.split(":") for line in self.run("nvreadpublic", NV_INDEX).splitlines())
        return next(line[1].strip().lower() for line in lines if line[0].strip() == "name")

    def printed(self, name: str) -> dict[str, str] | None:
        """What tpm2_print says of an attestation's head; None where it cannot read that type at all."""
        command = ["tpm2", "print", "-t", "TPMS_ATTEST", name]
        done = subprocess.run(command, cwd=self.directory, capture_output=True, text=True, check=False)
        pairs = (line.strip().split(": ") for line in done.stdout.split("attested:")[0].splitlines())
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2} or None


@dataclass(frozen=True)
class Recipe:
    """How one attestation is made: commands before it, the command itself, and what is known of it otherwise."""

    name: str
    command: str
    known: dict[str, str]
    before: tuple[str, ...] = ()


def recipes(tpm: SoftwareTpm) -> list[Recipe]:
    """One for every type; `{}` in a command stands for where signature and attestation go."""
    other, ak, nv = tpm.read("other.name").hex(), tpm.read("ak.name").hex(), tpm.nv_name()
    out = "-m message -s signature"
    away = "--attestation message -o signature"
    return [
        Recipe("quote", f"quote -c ak.ctx -l sha1:0,7,23+sha256:0,1,7 -q 00112233 {out}", {"extraData": "00112233"}),
        Recipe("certify", "certify -c other.ctx -C ak.ctx -g sha256 -o message -s signature", {"name": other}),
        Recipe(
            "creation",
            "certifycreation -C ak.ctx -c ak.ctx -d creation.hash -t creation.ticket -g sha256 -s rsassa"
            f" -q 44556677 {away}",
            {"objectName": ak, "creationHash": tpm.read("creation.hash")[2:].hex(), "extraData": "44556677"},
        ),
        Recipe("time", f"gettime -c ak.ctx -q 8899aabb {away}", {"extraData": "8899aabb"}),
        Recipe(
            "nv",
            f"nvcertify -C ak.ctx -c o -g sha256 -q ccdd {away} --size 8 --offset 4 {NV_INDEX}",
            {"indexName": nv, "nvContents": NV_CONTENTS[4:12].hex(), "offset": "4"},
        ),
        Recipe(
            "nv-digest",
            f"nvcertify -C ak.ctx -c o -g sha256 -q ccdd {away} --size 0 --offset 0 {NV_INDEX}",
            {"indexName": nv, "digestOf": NV_CONTENTS.hex()},
        ),
        Recipe(
            "command-audit",
            f"getcommandauditdigest -c ak.ctx -q ee -g sha256 {out}",
            {"extraData": "ee", "auditCounter": "1"},
            ("setcommandauditstatus -C o TPM2_CC_GetRandom", "getrandom 4 -o random"),
        ),
        Recipe(
            "session-audit",
            f"getsessionauditdigest -c ak.ctx -q ff -g sha256 -S session {out}",
            {"extraData": "ff", "exclusiveSession": "0"},
            ("startauthsession -S session --audit-session", "getrandom 4 -o random -S session"),
        ),
    ]


def attest(tpm: SoftwareTpm, recipe: Recipe) -> dict[str, Any]:
    """One item of the fixture."""
    for command in recipe.before:
        tpm.run(*command.split())
    name, *arguments = recipe.command.split()
    signature = ["-f", "plain"]
    tpm.run(name, "-Q", *signature, *arguments)
    return {
        "name": recipe.name,
        "command": f"tpm2 {recipe.command}",
        "attestation": _base64(tpm.read("message")),
        "signature": _base64(tpm.read("signature")),
        "key": _base64(tpm.read("ak.der")),
        "known": recipe.known,
        "tpm2_print": tpm.printed("message"),
    }


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _version(tool: str) -> str:
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"[0-9]+(?:\.[0-9]+)+", said)
    return found[0] if found else said


def main() -> None:
    """Write the fixture."""
    version, tools = _version("swtpm"), _version("tpm2")
    with SoftwareTpm() as tpm:
        tpm.make_keys()
        tpm.make_nv()
        items = [attest(tpm, recipe) for recipe in recipes(tpm)]
    fixture = {
        "fixture": "attestation",
        "what": "a TPMS_ATTEST of every type of TPM 2.0 Part 2, its signature and the key for that (all base64),"
        " what is known of it without reading it, and what tpm2_print reads of its head (null: it cannot)",
        "from": f"tests/codec/make_attestation_fixtures.py with Debian's swtpm {version} and tpm2-tools {tools}",
        "section": "2.1.1.1.1",
        "expected": "each is read to the last octet, encodes to the same octets, and says what is known of it",
        "items": items,
    }
    FIXTURE.write_text(json.dumps(fixture, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        sys.exit(f"not installed: {', '.join(missing)}")
    main()
