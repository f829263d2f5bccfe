"""How to send a request again: a curl command, and the body in a file beside the report.

The one rule: the command carries no secret. Where one stood it reads `$DRS_TOKEN` or `$DRS_CHALLENGE` from the
environment, the variables the suite itself takes.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from conformance.exchange import REDACTED, header
from conformance.report.text import visible

if TYPE_CHECKING:
    from conformance.exchange import Request
    from conformance.results import Header

FOLDER = "failures"
_CURLS_OWN = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "accept", "user-agent"}


def body_name(requirement: str, number: int, body: bytes) -> str:
    """Where the body of a requirement's failure lies, relative to the report; numbers start at 1."""
    suffix = "json" if body.lstrip()[:1] in (b"{", b"[") else "bin"
    return f"{FOLDER}/{requirement.replace('/', '.')}-{number}.{suffix}"


def curl(request: Request, file: str) -> str:
    """The command, for a POSIX shell, over several lines; `file` is where the body lies."""
    words = ["curl --include --globoff --path-as-is", _method(request.method), *_headers(request)]
    feed = ""
    if request.body:
        hidden = REDACTED.encode() in request.body
        words.append("--data-binary " + ("@-" if hidden else shlex.quote(f"@{file}")))
        feed = f'sed "s|\\[redacted\\]|$DRS_CHALLENGE|" {shlex.quote(file)} |\n' if hidden else ""
    words.append(_quoted(request.url))
    return feed + " \\\n  ".join(words)


def rerun(header: Header, requirement: str) -> str:
    """The command that runs the cases of one requirement again, with a fresh nonce and the same choices."""
    target = header.target
    words = ["drs-conformance", "--target", target.get("url", "")]
    if tenant := target.get("tenant"):
        words += ["--tenant", tenant]
    words += ["--select", requirement, "--profile", header.profile, "--seed", str(header.seed)]
    return " ".join(shlex.quote(visible(word)) for word in words)


def _method(method: str) -> str:
    return "--head" if method == "HEAD" else f"--request {_quoted(method)}"


def _headers(request: Request) -> list[str]:
    kept = [(name, value) for name, value in request.headers if name.lower() not in _CURLS_OWN]
    words = [f"--header {_quoted(f'{name}: {value}' if value else f'{name};')}" for name, value in kept]
    if request.body and header(request.headers, "content-type") is None:
        words.append("--header 'Content-Type:'")  # or curl adds one
    return words


def _quoted(text: str) -> str:
    """One word of a shell, whatever is in it, with the environment's token where a secret was."""
    parts = [shlex.quote(visible(part)) if part else "" for part in text.split(REDACTED)]
    return '"$DRS_TOKEN"'.join(parts) or "''"
