"""Sends the octets of a file as they are, and prints what comes back: `python3 send.py URL FILE [--finish]`.

`[redacted]` in the file stands for a secret: before the first empty line for the token in DRS_TOKEN, behind it for the
challenge in DRS_CHALLENGE. `--finish` closes our side of the connection behind the octets, as the suite did. TLS is
verified by the system's authorities, or those of the file in DRS_TLS_CA_FILE; not at all where DRS_INSECURE is set.

The one rule: Python's own library is all it needs, since it lies beside every report that needs it.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

HIDDEN = b"[redacted]"
SECONDS = 10


def main(arguments: list[str]) -> str | None:
    """Sends and prints; a sentence when that could not be done."""
    options, words = [word for word in arguments if word.startswith("--")], [w for w in arguments if w[:2] != "--"]
    if len(words) != 2 or options not in ([], ["--finish"]):  # noqa: PLR2004 - URL and FILE
        return "usage: python3 send.py URL FILE [--finish]"
    try:
        octets = whole(Path(words[1]).read_bytes())
        with connected(words[0]) as connection:
            connection.sendall(octets)
            if options and not isinstance(connection, ssl.SSLSocket):
                connection.shutdown(socket.SHUT_WR)
            answered(connection, octets.split(b" ", 1)[0].decode("latin-1"))
    except KeyError as missing:
        return f"{missing.args[0]} is not set; the request needs what it stands for"
    except (OSError, http.client.HTTPException) as problem:
        return f"no answer: {type(problem).__name__} {problem}"
    return None


def whole(octets: bytes) -> bytes:
    """The octets with every secret in its place. Raises `KeyError` with the variable that lacks."""
    found = re.search(rb"\r?\n\r?\n", octets)
    end = found.end() if found else len(octets)
    return told(octets[:end], "DRS_TOKEN") + told(octets[end:], "DRS_CHALLENGE")


def told(octets: bytes, variable: str) -> bytes:
    """The octets with the secret of this variable."""
    return octets.replace(HIDDEN, os.environ[variable].encode()) if HIDDEN in octets else octets


def connected(url: str) -> socket.socket:
    """A connection to the service of this URL."""
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    connection = socket.create_connection((host, parts.port or (443 if secure else 80)), SECONDS)
    if not secure:
        return connection
    context = ssl.create_default_context(cafile=os.environ.get("DRS_TLS_CA_FILE") or None)
    if os.environ.get("DRS_INSECURE"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=host)


def answered(connection: socket.socket, method: str) -> None:
    """Prints the first answer: status, header fields, body."""
    response = http.client.HTTPResponse(connection, method=method.strip())
    response.begin()
    lines = [f"HTTP/1.{response.version % 10} {response.status} {response.reason}"]
    lines += [f"{name}: {value}" for name, value in response.getheaders()]
    sys.stdout.buffer.write("\r\n".join((*lines, "", "")).encode("latin-1", "replace") + response.read())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
