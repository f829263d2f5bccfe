"""The options of the way to the target: a wrong one is one sentence without a secret, a right one holds in a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from cli.cli_runs import PYTEST, Ran
from client.client_proxy import tunnelling
from conformance.client import Proxy
from conformance.errors import UsageError
from conformance.plugin.network import read_network
from conformance.plugin.options import Raw
from conformance.server.settings import Ready

SECRET = "s3cr3t-of-the-gateway-7c1f"
PLACE = ("drs.test.example", 443)


def read(folder: Path, environ: dict[str, str] | None = None, **given: Any) -> Any:
    raw = Raw.collect(lambda option: given.get(option.name.replace("-", "_")), environ or {}, folder)
    return read_network(raw, PLACE)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "proxy-scheme": ({"proxy": "https://p:1"}, "--proxy is no http: URL, and proxies are spoken to by HTTP alone"),
    "proxy-socks": ({"proxy": "socks5://p:1"}, "pass a URL such as http://proxy.example.com:3128"),
    "proxy-bare": ({"proxy": "p:3128"}, "--proxy is no http: URL"),
    "proxy-no-host": ({"proxy": "http://:1"}, "--proxy is more or less than a host and a port"),
    "proxy-path": ({"proxy": f"http://p/{SECRET}"}, "--proxy is more or less than a host and a port"),
    "proxy-port": ({"proxy": f"http://u:{SECRET}@p:x"}, "--proxy is not a URL"),
    "resolve-form": ({"resolve": ["drs.test.example"]}, "'drs.test.example' is not HOST:PORT:ADDRESS; pass HOST"),
    "resolve-name": ({"resolve": ["drs.test.example:443:other"]}, "has an address that is no IP address"),
    "resolve-port": ({"resolve": ["drs.test.example:https:192.0.2.1"]}, "is not HOST:PORT:ADDRESS"),
    "resolve-other": (
        {"resolve": ["drs.test.example:80:192.0.2.1"]},
        "is about a place that gets no request; what does is at drs.test.example:443",
    ),
    "allow-host-url": ({"allow_host": ["https://join.test.example"]}, "is not HOST or HOST:PORT; pass one such as"),
    "allow-host-port": ({"allow_host": ["join.test.example:70000"]}, "is not HOST or HOST:PORT"),
    "header-form": ({"header": [SECRET]}, "--header has no field name before a colon; pass 'Name: value'"),
    "header-name": ({"header": [f"a b: {SECRET}"]}, "--header has no field name before a colon"),
    "header-ours": ({"header": [f"Authorization: {SECRET}"]}, "'Authorization' is a field that the suite sets itself"),
    "header-host": ({"header": ["host: a"]}, "--header 'host' is a field that the suite sets itself"),
    "header-lines": ({"header": [f"X: {SECRET}\r\nY: 1"]}, "--header 'X' has no value that HTTP can carry"),
    "header-empty": ({"header": ["X:"]}, "--header 'X' has no value"),
    "header-wide": ({"header": ["X: \u0142"]}, "in Latin-1"),
    "rate": ({"rate": "fast"}, "--rate 'fast' is no number of requests a second above 0 and up to 10000"),
    "rate-zero": ({"rate": "0"}, "--rate '0' is no number"),
    "rate-nan": ({"rate": "nan"}, "--rate 'nan' is no number"),
    "key-alone": ({"client_key": "own.key"}, "--client-key is given without --client-cert"),
    "cert-missing": ({"client_cert": "no.pem"}, "'no.pem' cannot be used: No such file or directory; pass PEM files"),
    "cert-none": ({"client_cert": __file__}, "cannot be used: it is no PEM certificate with its private key"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_option_is_one_sentence(tmp_path: Path, case: str) -> None:
    given, expected = WRONG[case]
    with pytest.raises(UsageError) as refused:
        read(tmp_path, **given)
    assert expected in str(refused.value)
    assert SECRET not in str(refused.value)


def test_the_certificate_and_the_key_are_one_pair_and_the_key_is_open(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - for this test alone

    ca = trustme.CA()
    own, other = ca.issue_cert("a@test.example"), ca.issue_cert("b@test.example")
    own.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    other.private_key_pem.write_to_path(str(tmp_path / "other.key"))
    key = serialization.load_pem_private_key(own.private_key_pem.bytes(), None)
    form = serialization.PrivateFormat.TraditionalOpenSSL, serialization.BestAvailableEncryption(b"word")
    (tmp_path / "locked.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    both = str(tmp_path / "both.pem")
    assert read(tmp_path, client_cert=both).certificate == tmp_path / "both.pem"
    with pytest.raises(UsageError, match="the key is not that of the certificate; pass both of one pair"):
        read(tmp_path, client_cert=both, client_key=str(tmp_path / "other.key"))
    with pytest.raises(UsageError, match="its key is encrypted; pass one that is not"):
        read(tmp_path, client_cert=both, client_key=str(tmp_path / "locked.key"))


def test_right_options_are_read(tmp_path: Path) -> None:
    (tmp_path / "drs.toml").write_text("rate = 2.5\nresolve = 'DRS.test.example:443:[2001:db8::7]'\n", encoding="ascii")
    environ = {"DRS_HEADER": f"X-Key: {SECRET}\n  Cookie: a=b c\n"}
    found = read(tmp_path, environ, proxy="http://us%40er:p%3Aw@proxy.example:3128")
    assert found.headers == (("X-Key", SECRET), ("Cookie", "a=b c"))
    assert found.rate == 2.5
    assert found.address(*PLACE) == "2001:db8::7"
    assert found.proxy == Proxy("proxy.example", 3128, "Basic dXNAZXI6cDp3")
    assert SECRET not in repr(found)


def test_hosts_are_allowed_and_may_be_elsewhere(tmp_path: Path) -> None:
    found = read(tmp_path, allow_host=["Join.test.example", "[::1]:8443"], resolve=["join.test.example:443:192.0.2.7"])
    assert found.hosts == (("join.test.example", 443), ("::1", 8443))
    assert found.address("join.test.example", 443) == "192.0.2.7"


@pytest.mark.parametrize("text", [f'header = "authorization: {SECRET}"', f'proxy = "http://u:{SECRET}@p:1"'])
def test_credentials_are_refused_in_a_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "drs.toml").write_text(text, encoding="ascii")
    with pytest.raises(UsageError, match="secrets never belong in a file") as refused:
        read(tmp_path)
    assert SECRET not in str(refused.value)


# --- in whole runs: tests of every kind, by both clients

CHOSEN = ("device/post", "device/unknown-method", "join-request/csr-signature", "discovery/tenant-id")


@pytest.mark.parametrize(("prefix", "words"), [("--", None), ("--drs-", [*PYTEST, "-n2"])])
def test_a_run_goes_the_way_it_was_told(
    drs: Callable[..., Ran], server: Ready, prefix: str, words: list[str] | None
) -> None:
    port = server.url.rpartition(":")[2]
    given = {
        "target": server.url, "tenant": server.tenant, "token": server.token, "profile": "quick",
        "allow-device-creation": None, "rate": "40",
        "header": f"X-Gateway-Key: {SECRET}", "resolve": f"127.0.0.1:{port}:127.0.0.1",
    }  # fmt: skip
    with tunnelling() as proxy:
        given["proxy"] = f"http://user:{SECRET}@127.0.0.1:{proxy.port}"
        options = [word for name, value in given.items() for word in (f"{prefix}{name}", value) if word is not None]
        options += [word for id_ in CHOSEN for word in (f"{prefix}select", id_)]
        ran = drs(*options, words=words).check()
    assert {ran.verdicts[id_] for id_ in CHOSEN} == {"pass"}, ran.said
    assert ran.results["verdict"] == "conformant"
    assert len(proxy.heads) >= 3
    assert all(head.startswith(b"CONNECT 127.0.0.1:") for head in proxy.heads)
    assert ran.results["requests"] / ran.results["seconds"] <= 45
    assert not [name for name, data in ran.everything() if SECRET.encode() in data]
