"""The options of a run, once: `--name` of the command, `--drs-name` of plain pytest, `DRS_NAME` of the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.errors import UsageError


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `metavar` None is a flag; `many` may be given repeatedly; `choices` are the only values there are."""

    name: str
    help: str
    metavar: str | None = None
    default: str | None = None
    many: bool = False
    choices: tuple[str, ...] = ()
    secret: bool = False

    @property
    def env(self) -> str:
        """The environment variable that stands for the option."""
        return "DRS_" + self.name.upper().replace("-", "_")

    @property
    def dest(self) -> str:
        """The key of its value in pytest's namespace."""
        return "drs_" + self.name.replace("-", "_")


OPTIONS = (
    Option("target", "origin of the service to test; without it the reference server starts and is tested", "URL"),
    Option("tenant", "tenant to test, by id or domain name; without it the token's", "ID-OR-DOMAIN"),
    Option("domain", "domain name of the tenant, when --tenant is its id", "NAME"),
    Option("token", "bearer token that may register devices", "JWT", secret=True),
    Option("token-command", "command that prints such a token; run again as tokens expire", "CMD"),
    Option("upn", "user principal name the answer must name; without it the token's", "UPN"),
    Option("challenge", "pre-authorized join challenge", "JWT", secret=True),
    Option("challenge-command", "command that prints a new challenge each time", "CMD"),
    Option(
        "foreign-token", "token of the same authority for another tenant, which must be refused", "JWT", secret=True
    ),
    Option("expired-token", "token for this tenant that has expired, which must be refused", "JWT", secret=True),
    Option("audience-token", "token for another resource, which must be refused", "JWT", secret=True),
    Option("ca-file", "certificate of the CA that issues device certificates", "PEM"),
    Option("tls-ca-file", "CA to trust for the target's TLS, in place of the system's", "PEM"),
    Option("insecure", "do not verify the target's TLS certificate"),
    Option("allow-device-creation", "let a target that is not loopback create devices"),
    Option(
        "profile", "how much to do: quick, standard or deep", "NAME", "standard", choices=("quick", "standard", "deep")
    ),
    Option("gate", "fail on must, or on should too", "LEVEL", "must", choices=("must", "should")),
    Option("out", "directory for results and report", "DIR", "reports"),
    Option("seed", "seed of everything random; the same seed sends the same requests", "N", "0"),
    Option("select", "run only this requirement, id prefix or section; repeatable", "ID-OR-SECTION", many=True),
    Option("timeout", "seconds to wait for an answer", "SECONDS", "10"),
)
BY_NAME = {option.name: option for option in OPTIONS}
_OPTION = re.compile(rf"(?<![\w-])--(?=(?:{'|'.join(option.name for option in OPTIONS)})(?![\w-]))")


def spelled(sentence: str, prefix: str) -> str:
    """A sentence with the options it names spelled as the user has them: `--drs-target` in plain pytest."""
    return _OPTION.sub(prefix, sentence)


@dataclass(frozen=True, slots=True)
class Raw:
    """The options as given: command line first, then environment, then defaults. Values are text, lists or flags."""

    values: Mapping[str, Any]
    variables: frozenset[str] = field(default=frozenset())  # the options that the environment gave

    @classmethod
    def collect(cls, given: Callable[[Option], Any], environ: Mapping[str, str] = os.environ) -> Raw:
        """Reads each option. Raises `UsageError` for a value that is not one of its choices, or is empty."""
        values: dict[str, Any] = {}
        variables = set()
        for option in OPTIONS:
            value = given(option)
            if value == "" or (option.many and "" in (value or ())):
                raise UsageError(f"--{option.name} is empty; give it a value or leave it out")
            if not value and environ.get(option.env):
                value = _from_variable(option, environ[option.env])
                variables.add(option.name)
            values[option.name] = value or option.default
        raw = cls(values, frozenset(variables))
        for option in OPTIONS:
            if option.choices and values[option.name] not in option.choices:
                raise UsageError(
                    f"{raw.said(option.name)} {values[option.name]!r} is none of {', '.join(option.choices)}"
                )
        return raw

    def said(self, name: str) -> str:
        """How an option was given: by its name or by its environment variable."""
        return BY_NAME[name].env if name in self.variables else f"--{name}"

    def text(self, name: str) -> str | None:
        """The value of an option, None when not given."""
        return self.values[name] or None

    def flag(self, name: str) -> bool:
        """Whether a flag was given."""
        return bool(self.values[name])

    def many(self, name: str) -> tuple[str, ...]:
        """The values of a repeatable option."""
        return tuple(self.values[name] or ())


def _from_variable(option: Option, text: str) -> Any:
    """The value of an environment variable; an empty one counts as not set."""
    if option.many:
        return text.split()
    if option.metavar is not None:
        return text
    if text.lower() in {"1", "true", "yes"}:
        return True
    if text.lower() in {"0", "false", "no"}:
        return False
    raise UsageError(f"{option.env}={text!r} is neither true nor false; set it to 1 or 0")
