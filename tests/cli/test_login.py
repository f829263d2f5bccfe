"""Signing in by device code at the reference server's own authority; a token is in memory, or in a safe keyring."""

from __future__ import annotations

import re
import ssl
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from requests import exceptions

from cli.cli_runs import COMMAND, Answer, Started, variables
from conformance.cli import signin
from conformance.cli.signin import Authority, authority_url, keep, kept, sign_in
from conformance.client.secrets import claims
from conformance.errors import TargetError, UsageError
from conformance.server import Settings, running
from conformance.server.settings import Ready


@pytest.fixture(scope="module")
def secure() -> Iterator[Ready]:
    with running(Settings(tls=True)) as ready:
        yield ready


@pytest.fixture
def authority(secure: Ready) -> Authority:
    return Authority(f"{secure.url}/{secure.tenant}", ca_file=Path(secure.ca))


def confirm(secure: Ready, message: str) -> None:
    """The user, on another device: opens the page and enters the code, the name and the password."""
    found = re.search(r"open (\S+) and enter the code (\w+)", message)
    assert found is not None
    account: Any = secure.more["token"]
    form = {"user_code": found[2], "username": account["username"], "password": account["password"]}
    trust = ssl.create_default_context(cafile=secure.ca)
    urllib.request.urlopen(found[1], urllib.parse.urlencode(form).encode(), context=trust).close()


def test_a_token_comes_of_signing_in(secure: Ready, authority: Authority) -> None:
    answer = sign_in(authority, lambda message: confirm(secure, message))
    said = claims(answer["access_token"])
    assert (said["aud"], said["upn"]) == (signin.RESOURCE, secure.upn)


def test_a_run_has_the_token_in_memory_alone(secure: Ready, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [
        *COMMAND, "login", "--tenant", secure.tenant, "--authority", secure.url, "--tls-ca-file", secure.ca, "--",
        "--target", secure.url, "--tenant", secure.tenant, "--tls-ca-file", secure.ca, "--profile", "quick",
        "--select", "device/post", "--out", str(out),
    ]  # fmt: skip
    run = Started(words, tmp_path, variables(), out)
    assert run.process.stderr is not None
    confirm(secure, run.process.stderr.readline())
    ran = run.end().check()
    assert ran.verdicts["device/post"] == "pass", ran.said
    assert b"eyJ" not in b"".join(data for _, data in ran.everything())


def test_an_authority_that_is_none_is_named() -> None:
    nobody = Authority("https://127.0.0.1:1/contoso.example")
    with pytest.raises(
        TargetError, match=r"the authority https://127.0.0.1:1/contoso.example cannot be asked: nothing "
    ):
        sign_in(nobody, print)
    with pytest.raises(TargetError, match=r"cannot be asked: the proxy does not lead to it; check --proxy$"):
        sign_in(replace(nobody, proxy="http://127.0.0.1:1"), print)


def test_an_authority_that_speaks_no_tls_is_told_of_in_our_words(
    answering: Callable[[Callable[..., Answer]], str], tmp_path: Path
) -> None:
    url = answering(lambda *_: (200, {}, b"")).replace("http:", "https:")
    words = [*COMMAND, "login", "--authority", url, "--tenant", "contoso.example"]
    done = Started([*words, "--", "--dry-run"], tmp_path, variables(), tmp_path).end()
    assert (done.status, done.said) == (3, "")
    assert done.warned == (
        f"drs-conformance: the authority {url}/contoso.example cannot be asked: "
        "TLS with it fails; where its CA is one of your own, pass it as --tls-ca-file\n"
    )
    done = Started([*words, "--tls-ca-file", "no.pem", "--", "--dry-run"], tmp_path, variables(), tmp_path).end()
    assert done.status == 2
    assert "--tls-ca-file 'no.pem' cannot be read (No such file or directory); pass a file of PEM" in done.warned


def test_a_token_is_renewed_at_an_authority_that_answers(
    ring: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Application:
        def acquire_token_by_refresh_token(self, refresh: str, scopes: list[str]) -> dict[str, Any]:
            raise exceptions.ReadTimeout(refresh, scopes)

    ring(Memory())
    monkeypatch.setattr(Authority, "application", lambda _: Application())
    keep(HERE, {"access_token": "a.b.c", "expires_in": 30, "refresh_token": "r1"})
    with pytest.raises(TargetError, match=r"cannot be asked: it does not answer in time$"):
        kept(HERE)


@pytest.mark.parametrize("text", ["http://login.example", "login.example", "https://", "https://u:p@login.example"])
def test_an_authority_without_tls_gets_no_password(text: str) -> None:
    with pytest.raises(UsageError, match="--authority is no https URL of a host; pass one such as https://login"):
        authority_url(text, "contoso.example", "--authority")


def test_a_refusal_is_told_as_it_was_given(authority: Authority) -> None:
    stranger = Authority(authority.url, client="00000000-0000-0000-0000-000000000000", ca_file=authority.ca_file)
    with pytest.raises(TargetError, match="begins no device code flow: client_id must be the authentication broker"):
        sign_in(stranger, print)


# --- the keyring


class Memory(KeyringBackend):
    """A safe keyring."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


@pytest.fixture
def ring() -> Iterator[Callable[[Any], None]]:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


HERE = Authority("https://login.example/contoso.example")


def test_the_keyring_gives_back_what_it_was_given(ring: Callable[[Any], None]) -> None:
    ring(Memory())
    keep(HERE, {"access_token": "a.b.c", "expires_in": 3600})
    assert kept(HERE) == "a.b.c"
    with pytest.raises(UsageError, match="no token that is still good; sign in with drs-conformance login --keyring"):
        kept(Authority("https://login.example/fabrikam.example"))


def test_a_token_that_expires_is_renewed(ring: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch) -> None:
    class Application:
        def acquire_token_by_refresh_token(self, refresh: str, scopes: list[str]) -> dict[str, Any]:
            assert (refresh, scopes) == ("r1", [f"{signin.RESOURCE}/.default"])
            return {"access_token": "d.e.f", "expires_in": 3600, "refresh_token": "r2"}

    ring(Memory())
    monkeypatch.setattr(Authority, "application", lambda _: Application())
    keep(HERE, {"access_token": "a.b.c", "expires_in": 30, "refresh_token": "r1"})
    assert kept(HERE) == "d.e.f"
    assert kept(HERE) == "d.e.f"


def test_the_authority_renews_it_and_gives_what_the_next_is_renewed_with(
    ring: Callable[[Any], None], secure: Ready, authority: Authority
) -> None:
    held = Memory()
    ring(held)
    answer = dict(sign_in(authority, lambda message: confirm(secure, message)))
    tokens = [answer["access_token"]]
    for _ in range(2):
        keep(authority, {**answer, "expires_in": 30})
        tokens.append(kept(authority))
        (renewing,) = (held.held[key] for key in held.held if key[1].endswith(" refresh"))
        answer = {"access_token": tokens[-1], "refresh_token": renewing}
    assert len(set(tokens)) == 3
    assert [claims(token)["upn"] for token in tokens] == [secure.upn] * 3


def test_a_keyring_that_is_none_is_refused(ring: Callable[[Any], None]) -> None:
    from keyring.backends import fail, null  # noqa: PLC0415

    for kind in (fail.Keyring, null.Keyring):
        ring(kind())
        with pytest.raises(UsageError, match="no keyring that keeps a token safe; leave out --keyring"):
            keep(HERE, {"access_token": "a.b.c", "expires_in": 3600})


def test_without_the_extra_one_sentence_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "msal.py").write_text("raise ImportError", encoding="ascii")
    words = [*COMMAND, "login", "--tenant", "contoso.example", "--", "--target", "https://drs.test.example"]
    done = Started(words, tmp_path, variables() | {"PYTHONPATH": str(tmp_path)}, tmp_path).end()
    assert done.status == 2
    assert done.warned == f"drs-conformance: {signin.EXTRA}\n"
    assert signin.EXTRA.endswith("which are not installed; install them as drs-conformance[entra]")


def test_a_login_for_nothing_is_one_sentence(tmp_path: Path) -> None:
    done = Started([*COMMAND, "login"], tmp_path, variables(), tmp_path).end()
    assert done.status == 2
    assert "login has nothing to do with the token; add --keyring, or -- and the options of a run" in done.warned


def test_a_keyring_that_is_none_is_told_before_anybody_signs_in(tmp_path: Path) -> None:
    words = [*COMMAND, "login", "--keyring", "--tenant", "contoso.example", "--authority", "https://127.0.0.1:1"]
    none = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    done = Started(words, tmp_path, variables() | none, tmp_path).end()
    assert done.status == 2
    assert "no keyring that keeps a token safe; leave out --keyring" in done.warned
