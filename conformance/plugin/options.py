"""The options of a run, once: `--name` of the command, `--drs-name` of plain pytest, `DRS_NAME`, `name` in a file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.plugin import config


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `metavar` None is a flag; `many` may be given repeatedly; `choices` are the only values there are.

    A `secret` is refused in a file, where a `path` is seen from the file's folder. `lines`: a variable holds one value
    in a line, for those that have spaces in them.
    """

    name: str
    help: str
    metavar: str | None = None
    default: str | None = None
    many: bool = False
    choices: tuple[str, ...] = ()
    secret: bool = False
    path: bool = False
    lines: bool = False

    @property
    def env(self) -> str:
        """The environment variable that stands for the option."""
        return "DRS_" + self.name.upper().replace("-", "_")

    @property
    def dest(self) -> str:
        """The key of its value in pytest's namespace."""
        return "drs_" + self.name.replace("-", "_")


OPTIONS = (
    Option("config", "file of options; without it drs.toml, or pyproject.toml with [tool.drs-conformance]", "FILE"),
    Option("target", "origin of the service to test; without it the reference server starts and is tested", "URL"),
    Option("tenant", "tenant to test, by id or domain name; without it the token's", "ID-OR-DOMAIN"),
    Option("domain", "domain name of the tenant, when --tenant is its id", "NAME"),
    Option("token", "bearer token that may register devices", "JWT", secret=True),
    Option("token-command", "command that prints such a token, run without a shell, again as tokens expire", "CMD"),
    Option("upn", "user principal name the answer must name; without it the token's", "UPN"),
    Option("challenge", "pre-authorized join challenge", "JWT", secret=True),
    Option("challenge-command", "command that prints a new challenge each time, run without a shell", "CMD"),
    Option(
        "foreign-token",
        "token of the same authority for another tenant; what it joins must be refused, or be of that",
        "JWT",
        secret=True,
    ),
    Option("expired-token", "token for this tenant that has expired, which must be refused", "JWT", secret=True),
    Option("future-token", "token for this tenant whose time (nbf) has not begun, to be refused", "JWT", secret=True),
    Option("audience-token", "token for another resource, which must be refused", "JWT", secret=True),
    Option(
        "client-token", "token of a client application that may not register devices, to be refused", "JWT", secret=True
    ),
    Option("expired-challenge", "challenge of this tenant that has expired, which must be refused", "JWT", secret=True),
    Option("foreign-challenge", "challenge of another tenant, which must be refused", "JWT", secret=True),
    Option("expired-nonce", "nonce of this target whose time is over, which must be refused", "TEXT"),
    Option(
        "ca-file",
        "certificate of the CA that issues device certificates itself, not of a root above it",
        "PEM",
        path=True,
    ),
    Option("tls-ca-file", "CA to trust for the target's TLS, in place of the system's", "PEM", path=True),
    Option("insecure", "do not verify the target's TLS certificate"),
    Option("proxy", "HTTP proxy to reach the target by; those of the environment are not used", "URL"),
    Option("resolve", "connect to this address for a host and port; repeatable", "HOST:PORT:ADDR", many=True),
    Option("allow-host", "other host that discovery may lead to, token and all; repeatable", "HOST[:PORT]", many=True),
    Option("client-cert", "client certificate to show to the target, with its key or --client-key", "PEM", path=True),
    Option("client-key", "private key of --client-cert", "PEM", path=True),
    Option("header", "header field for every request; repeatable", "'Name: value'", many=True, lines=True),
    Option("rate", "no more than so many requests a second", "N"),
    Option("max-devices", "plan the run within so many devices, and end it when they are made", "N"),
    Option("allow-device-creation", "let a target that is not loopback create devices"),
    Option(
        "profile", "how much to do: quick, standard or deep", "NAME", "standard", choices=("quick", "standard", "deep")
    ),
    Option("gate", "fail on must, or on should too", "LEVEL", "must", choices=("must", "should")),
    Option("baseline", "TOML file of accepted failures, each with its reason; new ones gate", "FILE", path=True),
    Option("strict-baseline", "let an entry of the baseline that fails no more shut the gate too"),
    Option("out", "directory for results and report", "DIR", "reports", path=True),
    Option("allure", "make Allure's page too, with Allure 3 on PATH or through npx"),
    Option("seed", "seed of everything random; the same seed sends the same requests", "N", "0"),
    Option(
        "example-database",
        "where runs share examples that failed, to try them first: a folder, or redis://host:port/number",
        "DIR-OR-URL",
        path=True,
    ),
    Option("select", "run only this requirement, id prefix or section; repeatable", "ID-OR-SECTION", many=True),
    Option("budget", "time to take, such as 20s: the tests that show most come first, the rest is left out", "TIME"),
    Option("timeout", "seconds to wait for an answer", "SECONDS", "10"),
    Option("dry-run", "say what would be sent, by a rehearsal on the reference server, and send nothing"),
    Option("resume", "go on with this run, which was cut off; what it tested is kept", "RUN", path=True),
    Option("failed-from", "repeat what failed in this run, as it was sent", "RUN", path=True),
)
ABOUT_TARGET = (
    *("tenant", "domain", "token", "token-command", "upn", "challenge", "challenge-command", "foreign-token"),
    *("expired-token", "future-token", "audience-token", "client-token"),
    *("expired-nonce", "expired-challenge", "foreign-challenge"),
    *("ca-file", "tls-ca-file", "insecure", "proxy", "resolve", "allow-host", "client-cert", "client-key", "header"),
)  # what says nothing where no target is named
BY_NAME = {option.name: option for option in OPTIONS}
_OPTION = re.compile(rf"(?<![\w-])--(?=(?:{'|'.join(option.name for option in OPTIONS)})(?![\w-]))")


def spelled(sentence: str, prefix: str) -> str:
    """A sentence with the options it names spelled as the user has them: `--drs-target` in plain pytest."""
    return _OPTION.sub(prefix, sentence)


@dataclass(frozen=True, slots=True)
class Raw:
    """The options as given: command line first, then environment, file and defaults. Values are text, lists or flags.

    `origins` says of those that were not given by name how they were; `file` is the configuration file, if any;
    `defaulted` are those that nothing gave.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str] = field(default_factory=dict)
    file: config.File | None = None
    defaulted: frozenset[str] = frozenset()

    @classmethod
    def collect(
        cls,
        given: Callable[[Option], Any],
        environ: Mapping[str, str] = os.environ,
        folder: Path | None = None,
    ) -> Raw:
        """Reads each option; the file is looked for in this folder, if not the working directory.

        Raises `UsageError` for a value that is empty or none of its choices, and for a file that is wrong.
        """
        named = BY_NAME["config"]
        path, said = given(named), "--config"
        _refuse_empty(named, path)
        if not path and environ.get(named.env):
            path, said = environ[named.env], named.env
        file = config.find(path, said, folder or Path.cwd(), BY_NAME)
        values: dict[str, Any] = {"config": path}
        origins: dict[str, str] = {"config": said}
        defaulted = set()
        for option in OPTIONS:
            if option.name != "config":
                values[option.name], origin = _value(option, given(option), environ, file)
                if origin is None:
                    defaulted.add(option.name)
                elif origin:
                    origins[option.name] = origin
        raw = cls(values, origins, file, frozenset(defaulted))
        for option in OPTIONS:
            if option.choices and values[option.name] not in option.choices:
                raise UsageError(
                    f"{raw.said(option.name)} {values[option.name]!r} is none of {', '.join(option.choices)}"
                )
        return raw

    def said(self, name: str) -> str:
        """How an option was given: by its name, by its environment variable, or in a file."""
        return self.origins.get(name, f"--{name}")

    def text(self, name: str) -> str | None:
        """The value of an option, None when not given."""
        return self.values[name] or None

    def flag(self, name: str) -> bool:
        """Whether a flag was given."""
        return bool(self.values[name])

    def many(self, name: str) -> tuple[str, ...]:
        """The values of a repeatable option."""
        return tuple(self.values[name] or ())


def _value(option: Option, given: Any, environ: Mapping[str, str], file: config.File | None) -> tuple[Any, str | None]:
    """The value of an option, and how it was given where not by name; None where it was not."""
    _refuse_empty(option, given)
    if given:
        return given, ""
    if environ.get(option.env):
        return _from_variable(option, environ[option.env]), option.env
    if file is not None and option.name in file.values:
        return file.values[option.name], file.said(option.name)
    return option.default, None


def _refuse_empty(option: Option, given: Any) -> None:
    if given == "" or (option.many and "" in (given or ())):
        raise UsageError(f"--{option.name} is empty; give it a value or leave it out")


def _from_variable(option: Option, text: str) -> Any:
    """The value of an environment variable; an empty one counts as not set."""
    if option.many:
        return [line.strip() for line in text.splitlines() if line.strip()] if option.lines else text.split()
    if option.metavar is not None:
        return text
    if text.lower() in {"1", "true", "yes"}:
        return True
    if text.lower() in {"0", "false", "no"}:
        return False
    raise UsageError(f"{option.env}={text!r} is neither true nor false; set it to 1 or 0")
