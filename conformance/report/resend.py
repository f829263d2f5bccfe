"""How to send a request again: a curl command, and the body in a file beside the report.

What curl would not write (framing that lies, a field twice, half a request) is kept octet by octet in the file, and
`send.py` beside it sends it so.

The one rule: the command carries no secret. Where one stood it reads `$DRS_TOKEN` or `$DRS_CHALLENGE` from the
environment, the variables the suite itself takes.
"""

from __future__ import annotations

import inspect
import re
import shlex
from typing import TYPE_CHECKING

from conformance.exchange import REDACTED, header
from conformance.report import send
from conformance.report.text import visible

if TYPE_CHECKING:
    from conformance.exchange import Request
    from conformance.results import Evidence, Header

FOLDER = "failures"
SENDER = f"{FOLDER}/send.py"
_CREDENTIALS = {"authorization", "proxy-authorization"}  # whose value is a token, or looks for one
_CURLS_OWN = {"host", "content-length", "connection", "accept-encoding", "accept", "user-agent"}


def content(request: Request) -> bytes:
    """What of a request lies beside the report: all of it where it was written octet by octet, else its body."""
    return request.octets or request.body


def file_name(requirement: str, number: int, request: Request) -> str:
    """Where the content of a requirement's failure lies, relative to the report; numbers start at 1. Empty for none."""
    if not content(request):
        return ""
    json = request.body.lstrip()[:1] in (b"{", b"[")
    suffix = "http" if request.octets else "json" if json else "bin"
    return f"{FOLDER}/{requirement.replace('/', '.')}-{number}.{suffix}"


def varied(failures: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """The failures of a requirement in the order of their numbers: different problems before the same again."""
    first = {evidence.problem: evidence for evidence in reversed(failures)}
    kept = {id(evidence) for evidence in first.values()}
    return tuple(sorted(failures, key=lambda evidence: id(evidence) not in kept))


def sender() -> bytes:
    """The program that sends a file of octets, which lies beside them."""
    return inspect.getsource(send).encode()


def command(request: Request, file: str) -> str:
    """The command for a POSIX shell; `file` is where the content lies."""
    return _octets(request, file) if request.octets else curl(request, file)


def _octets(request: Request, file: str) -> str:
    words = ["python3", SENDER, shlex.quote(visible(request.url)), shlex.quote(file)]
    return " ".join([*words, "--finish"] if request.finished else words)


def curl(request: Request, file: str) -> str:
    """The command, for a POSIX shell, over several lines; `file` is where the body lies."""
    words = ["curl --include --globoff --path-as-is", _method(request.method), *_headers(request)]
    feed = ""
    if request.body:
        hidden = REDACTED.encode() in request.body
        words.append("--data-binary " + ("@-" if hidden else shlex.quote(f"@{file}")))
        feed = f'sed "s|\\[redacted\\]|$DRS_CHALLENGE|" {shlex.quote(file)} |\n' if hidden else ""
    words.append(f"--url {_quoted(request.url)}" if request.url.startswith("-") else _quoted(request.url))
    return feed + " \\\n  ".join(words)


def rerun(header: Header, requirement: str) -> str:
    """The command that runs the cases of one requirement again, with a fresh nonce and the same choices.

    What a load showed, a load shows again.
    """
    target = header.target
    load = header.profile == "load"
    words = ["drs-conformance", *(["load"] if load else []), "--target", target.get("url", "")]
    if tenant := target.get("tenant"):
        words += ["--tenant", tenant]
    if not load:
        words += ["--select", requirement, "--profile", header.profile, "--seed", str(header.seed)]
    return " ".join(shlex.quote(visible(word)) for word in words)


def replay(header: Header, requirement: str, number: int, folder: str = "") -> str:
    """The command that sends one failure again and judges what comes; empty for a load, whose requests ran at once.

    `folder` is that of the run, where it is not `reports` of where the command is given. A target stands in a line of
    its own, and goes without saying where it was the reference server that comes along.
    """
    if header.profile == "load":
        return ""
    words = ["drs-conformance", "replay", f"{requirement}-{number}", *([folder] if folder else [])]
    named = "" if "embedded" in header.target else f" \\\n  --target {_quoted(header.target.get('url', ''))}"
    return " ".join(shlex.quote(visible(word)) for word in words) + named


def _method(method: str) -> str:
    return "--head" if method == "HEAD" else f"--request {_quoted(method)}"


def _headers(request: Request) -> list[str]:
    kept = [(name, value) for name, value in request.headers if name.lower() not in _CURLS_OWN]
    words = [f"--header {_header(name, value)}" for name, value in kept]
    if request.body and header(request.headers, "content-type") is None:
        words.append("--header 'Content-Type:'")  # or curl adds one
    return words


def _header(name: str, value: str) -> str:
    """A field as one word; the value of one that the user added (`--header`) comes from a variable of its name."""
    if value == REDACTED and name.lower() not in _CREDENTIALS:
        return shlex.quote(visible(f"{name}: ")) + f'"${re.sub(r"[^A-Z0-9]", "_", name.upper())}"'
    return _quoted(f"{name}: {value}" if value else f"{name};")


def _quoted(text: str) -> str:
    """One word of a shell, whatever is in it, with the environment's token where a secret was."""
    parts = [shlex.quote(visible(part)) if part else "" for part in text.split(REDACTED)]
    return '"$DRS_TOKEN"'.join(parts) or "''"
