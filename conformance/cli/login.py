"""`drs-conformance login`: a token by signing in, for one run or for the system's keyring."""

from __future__ import annotations

import os
from typing import Any

import click

from conformance.cli.options import collected, options


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@options(
    *("config", "tenant", "tls-ca-file", "proxy"),
    tenant="Tenant to sign in at, by id or domain name; without it the user's own.",
    tls_ca_file="CA to trust for the authority's TLS, in place of the system's.",
    proxy="HTTP proxy to reach the authority by; those of the environment are not used.",
)
@click.option("--authority", metavar="URL", help="Where to sign in.  [default: https://login.microsoftonline.com]")
@click.option("--client-id", metavar="ID", help="The application to sign in for.  [default: the broker's]")
@click.option("--resource", metavar="ID", help="What the token is for.  [default: the registration service]")
@click.option("--keyring", is_flag=True, help="Keep the token in the system's keyring, and do not run.")
@click.option("--print", "shown", is_flag=True, help="Print the keyring's token, for --token-command.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- RUN-OPTIONS...]")
def login(command: tuple[str, ...], *, keyring: bool, shown: bool, **given: Any) -> None:
    """Sign in by device code, and run the suite with the token.

    The options behind -- are those of run; the token is kept in memory for it and nowhere else. With --keyring it goes
    into the keyring of the system instead, from where `--token-command "drs-conformance login --tenant T --print"`
    takes it, renewed as it expires.

    Needs the extra drs-conformance[entra].
    """
    from conformance.cli import signin  # noqa: PLC0415 - --help need not wait
    from conformance.errors import UsageError  # noqa: PLC0415
    from conformance.plugin.settings import pem_file  # noqa: PLC0415

    raw = collected({name: given[name] for name in ("config", "tenant", "tls_ca_file", "proxy")})
    tenant = raw.text("tenant") or "organizations"
    url = signin.authority_url(given["authority"], tenant, "--authority")
    authority = signin.Authority(
        url,
        given["client_id"] or signin.BROKER,
        given["resource"] or signin.RESOURCE,
        pem_file(raw, "tls-ca-file"),
        raw.text("proxy"),
    )
    if shown:
        click.echo(signin.kept(authority))
        return
    if not (keyring or command):
        raise UsageError("login has nothing to do with the token; add --keyring, or -- and the options of a run")
    if keyring:
        signin.check_keyring()
    answer = signin.sign_in(authority, lambda words: click.echo(words, err=True))
    if keyring:
        signin.keep(authority, answer)
        click.echo("the token is in the keyring of the system")
        return
    _run(command, str(answer["access_token"]))


def _run(command: tuple[str, ...], token: str) -> None:
    """The suite, with the token as its option; it is in no command line and in no child's environment."""
    from conformance.cli.run import run  # noqa: PLC0415

    for name in ("DRS_TOKEN", "DRS_TOKEN_COMMAND"):
        os.environ.pop(name, None)
    words = [*(command[1:] if command[0] == "run" else command), "--token", token]
    with run.make_context("run", words) as context:
        run.invoke(context)
