"""No form of a secret that a target may echo is left, and what is no secret is."""

from __future__ import annotations

import base64
import html
import json
import random
import string
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.client import Secrets
from conformance.exchange import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable


def part(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def jwt(seed: int = 0) -> str:
    made = random.Random(seed)
    claims = {"iss": "https://sts.example", "upn": "user@contoso.example", "jti": made.randbytes(8).hex()}
    parts = ({"alg": "RS256", "kid": "one"}, claims)
    return ".".join([*(part(json.dumps(item).encode()) for item in parts), part(made.randbytes(256))])


JWT = jwt()
OPAQUE = "0.AVv/R+lZ~" + "".join(random.Random(1).choices(string.ascii_letters + string.digits + "/+", k=60)) + "=="
SHORT = "s3cr3t-t0ken"
HEADER, PAYLOAD, SIGNATURE = JWT.split(".")


def escaped(text: str) -> str:
    """Every character escaped, as JSON allows."""
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


FORMS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "upper": lambda text: text.upper().encode(),
    "quoted": lambda text: quote(text, safe="").encode(),
    "every-byte-percent": lambda text: "".join(f"%{ord(letter):02X}" for letter in text).encode(),
    "quoted-twice": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "json-slash": lambda text: text.replace("/", "\\/").encode(),
    "json-in-json": lambda text: json.dumps(json.dumps(text).replace("/", "\\/")).encode(),
    "json-unicode": lambda text: escaped(text).encode(),
    "json-unicode-upper": lambda text: escaped(text).upper().replace("\\U", "\\u").encode(),
    "html": lambda text: html.escape(text).replace("/", "&#x2F;").replace("+", "&#43;").encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64-1": lambda text: base64.b64encode(b"x" + text.encode() + b"yy"),
    "base64-2": lambda text: base64.b64encode(b"Bearer: " + text.encode() + b"y"),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()),
    "base64-lines": lambda text: base64.encodebytes(text.encode()),
    "hex": lambda text: text.encode().hex().encode(),
    "HEX": lambda text: text.encode().hex().upper().encode(),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
}
UNDONE: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data,
    lambda data: data.replace(b"\0", b""),
    lambda data: data.replace(b"\n", b""),
)


def holds(secret: str, data: bytes, length: int) -> bool:
    """Whether any run of so many characters of the secret is in the data, in any form."""
    pieces = [secret[place : place + length] for place in range(len(secret) - length + 1)]
    views = {undo(data).lower() for undo in UNDONE}
    return any(form(piece).lower() in view for piece in pieces for form in FORMS.values() for view in views)


@pytest.mark.parametrize("secret", [JWT, OPAQUE, SHORT], ids=["jwt", "opaque", "short"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("before", [0, 1, 7, 16])
def test_a_secret_is_found_in_every_form(secret: str, form: str, before: int) -> None:
    secrets = Secrets()
    secrets.add(secret)
    data = b'{"error":"' + b"e" * before + FORMS[form](secret) + b'","code":1}'
    redacted = secrets.redact(data)
    assert redacted.startswith(b'{"error":"')
    assert redacted.endswith(b'","code":1}')
    assert REDACTED.encode() in redacted
    assert not holds(secret if secret == SHORT else secret[len(HEADER) if secret == JWT else 0 :], redacted, 12)


@pytest.mark.parametrize(
    "piece", [PAYLOAD, SIGNATURE, f"{PAYLOAD}.{SIGNATURE}", JWT[:-3], PAYLOAD[-31:], SIGNATURE[40:][:31]]
)
@pytest.mark.parametrize("before", range(16))
def test_a_part_of_a_token_is_found(piece: str, before: int) -> None:
    secrets = Secrets()
    secrets.add(JWT)
    assert secrets.redact_text(" " * before + f"<{piece}>") == " " * before + f"<{REDACTED}>"


@pytest.mark.parametrize("before", range(16))
@pytest.mark.parametrize(
    ("form", "length"),
    [
        ("plain", 31),
        ("backwards", 31),
        ("base64", 96),
        ("base64-1", 96),
        ("base64-2", 96),
        ("hex", 96),
        ("utf-16-le", 96),
    ],
)
def test_every_run_of_so_many_characters_is_found_wherever_it_stands(form: str, length: int, before: int) -> None:
    secrets = Secrets()
    secrets.add(JWT)
    wrapped = SIGNATURE[::-1] if form == "backwards" else FORMS[form](SIGNATURE).decode()
    own = wrapped[16:-16]  # without what the form has from elsewhere
    for place in range(len(own) - length + 1):
        piece = own[place : place + length]
        assert secrets.redact_text(f"{' ' * before}<{piece}>") == f"{' ' * before}<{REDACTED}>"


def test_a_token_is_found_in_pieces() -> None:
    secrets = Secrets()
    secrets.add(JWT)
    said = secrets.redact_text(json.dumps({"header": HEADER, "payload": PAYLOAD, "signature": SIGNATURE}))
    assert json.loads(said) == {"header": HEADER, "payload": REDACTED, "signature": REDACTED}


OPEN = {
    "aud": "urn:ms-drs:drs.example",
    "iss": "https://sts.example",
    "tid": "5aa03fb1-4ed5-4d1c-b1e5-9d8a3c3d1c11",
    "iat": 1790000000,
    "upn": "user@contoso.example",
}


@pytest.mark.parametrize("wrap", [str.encode, FORMS["base64"], FORMS["base64-2"], FORMS["hex"], FORMS["utf-16-le"]])
def test_what_a_target_says_by_itself_of_tenant_and_user_is_left(wrap: Callable[[str], bytes]) -> None:
    """A nonce that is a JWT too, or a certificate, may hold the claims of the token, and is judged as it came."""
    secrets = Secrets()
    token = secrets.add(
        f"{HEADER}.{part(json.dumps({**OPEN, 'jti': 'b1946ac92492d2347c6235b4d2611184'}).encode())}.{SIGNATURE}"
    )
    nonce = f"{HEADER}.{part(json.dumps({**OPEN, 'n': 'ee26b0dd4af7e749aa1a8ee3c10ae992'}).encode())}.{jwt(5)[-80:]}"
    assert secrets.redact(wrap(nonce)) == wrap(nonce)
    assert REDACTED.encode() in secrets.redact(wrap(token))
    assert not holds("b1946ac92492d2347c6235b4d2611184", secrets.redact(wrap(token)), 12)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "a",
        "!!!!abcd!!!!!!!!!!!!",
        "abc=d=efghijklmnopqrstuvw",
        "\u00e9\u00e9abcd\udc80abefghijklmnop",
        "e30=",
        "eyJpc3MiOiAiaHR0cHM6Ly9zdHMuZXhhbXBsZSIsICJhIjogMX0=",
    ],
)
def test_a_payload_that_cannot_be_read_has_no_open_claims(payload: str) -> None:
    secrets = Secrets()
    token = secrets.add(f"{HEADER}.{payload}.{SIGNATURE}")
    assert secrets.redact_text(f"<{token}>") == f"<{REDACTED}>"


def test_a_claim_of_a_name_that_is_not_open_is_found_among_those_that_are() -> None:
    secrets = Secrets()
    claims = {"iss": OPEN["iss"], "sub": 'a "iss": "secret, of a user and long"', "upn": OPEN["upn"]}
    secrets.add(f"{HEADER}.{part(json.dumps(claims).encode())}.{SIGNATURE}")
    assert REDACTED in secrets.redact_text(part(json.dumps(claims).encode()))


def test_the_whole_token_goes_with_its_header() -> None:
    secrets = Secrets()
    assert secrets.add(JWT) == JWT
    assert secrets.redact_text(f"a {JWT} b {JWT}") == f"a {REDACTED} b {REDACTED}"


def test_every_secret_is_found_also_where_they_share_parts() -> None:
    secrets = Secrets()
    forged = f"{HEADER}.{PAYLOAD}.{jwt(2).split('.')[2]}"
    for token in (JWT, forged, jwt(3)):
        secrets.add(token)
    assert secrets.redact_text(f"{forged}|{jwt(3)}|{JWT}") == "|".join([REDACTED] * 3)


def test_what_a_forgery_alters_takes_the_rest_along() -> None:
    """A claim more under the same signature: its payload is the token's but for its end."""
    secrets = Secrets()
    secrets.add(JWT)
    claims = json.loads(base64.urlsafe_b64decode(PAYLOAD + "=="))
    forged = part(json.dumps({**claims, "drs": True}).encode())
    assert not holds(PAYLOAD, secrets.redact(forged.encode()), 16)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing of interest here, and enough of it to look at",
        HEADER,
        ".".join([HEADER, part(b'{"aud":"someone else"}'), jwt(9).split(".")[2]]),
        "A" * 5000,
        "%41%zz\\u00\\/&#65;&#x;" * 50,
        "\ud800 lone \udfff",
        "é" * 100,
    ],
)
def test_what_is_no_secret_is_left(text: str) -> None:
    secrets = Secrets()
    secrets.add(JWT)
    secrets.add("A" * 40 + JWT[-40:])
    secrets.add("short")
    assert secrets.redact_text(text) == text


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_arbitrary_bytes_around_a_secret_are_kept(before: bytes, after: bytes) -> None:
    secrets = Secrets()
    secrets.add(OPAQUE)
    redacted = secrets.redact(before + b" " + OPAQUE.encode() + b" " + after)
    assert redacted == before + b" " + REDACTED.encode() + b" " + after


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_left_alone(data: bytes) -> None:
    secrets = Secrets()
    secrets.add(JWT)
    assert secrets.redact(data) == data


@given(st.text(alphabet=string.ascii_letters + string.digits + "-._~+/", min_size=48, max_size=300), st.integers(0, 40))
def test_any_token_is_found_anywhere(secret: str, before: int) -> None:
    secrets = Secrets()
    secrets.add(secret)
    redacted = secrets.redact(b"{" * before + secret.encode() + b"}")
    if len(set(secret.lower())) > 12 and not secret.startswith("eyJ"):
        assert not any(secret[place : place + 31].encode() in redacted for place in range(len(secret) - 30))


def test_a_look_is_cheap_however_many_secrets_there_are() -> None:
    """Not a timing: a hundred secrets must not make a look a hundred times as long."""
    body = base64.b64encode(random.Random(5).randbytes(3_000_000))
    seconds = []
    for number in (1, 100):
        secrets = Secrets()
        for seed in range(number):
            secrets.add(jwt(seed))
        started = time.perf_counter()
        assert secrets.redact(body) == body
        seconds.append(time.perf_counter() - started)
    assert seconds[1] < 50 * seconds[0]


# --- in what the transport returns


def test_no_exchange_holds_a_secret(transport: object, secrets: Secrets, raw: Callable[..., str]) -> None:
    from conformance.client import Transport  # noqa: PLC0415 - the type of the fixture

    assert isinstance(transport, Transport)
    secrets.add(JWT)
    echo = f"HTTP/1.1 400 {JWT}\r\nX-{JWT}: {quote(JWT)}\r\nWWW-Authenticate: Bearer error={JWT}\r\n"
    body = json.dumps({"said": JWT, "wrapped": base64.b64encode(JWT.encode()).decode()}).encode()
    url = raw(echo.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    exchange = transport.send(
        "POST",
        f"{url}/?access_token={JWT}",
        headers=(("Authorization", f"Bearer {JWT}"), ("Proxy-Authorization", "Basic abc"), ("X-Token", JWT)),
        body=f'{{"PreAuthorizedJoinChallenge":"{escaped(JWT)}"}}'.encode(),
        label=f"with {JWT}",
    )
    assert exchange.answer is not None
    assert exchange.answer.status == 400
    shown = repr(exchange).encode() + exchange.answer.body + exchange.request.body
    assert not holds(JWT[len(HEADER) :], shown, 12)
    assert exchange.request.headers[:2] == (
        ("Authorization", f"Bearer {REDACTED}"),
        ("Proxy-Authorization", f"Basic {REDACTED}"),
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Bearer abc", f"Bearer {REDACTED}"),
        ("bearer a b c", f"bearer {REDACTED}"),
        ("Bearer", REDACTED),
        ("abc", REDACTED),
        ("t0ken abc", REDACTED),
        ("", ""),
    ],
)
def test_credentials_are_never_shown_known_or_not(
    transport: object, raw: Callable[..., str], value: str, shown: str
) -> None:
    from conformance.client import Transport  # noqa: PLC0415

    assert isinstance(transport, Transport)
    exchange = transport.send("GET", raw(b"HTTP/1.1 204 No\r\n\r\n"), headers=(("AUTHORIZATION", value),))
    assert exchange.request.headers == (("AUTHORIZATION", shown),)


def test_failures_quote_no_secret(transport: object, secrets: Secrets, raw: Callable[..., str]) -> None:
    from conformance.client import Transport  # noqa: PLC0415

    assert isinstance(transport, Transport)
    secrets.add(JWT)
    for url in (raw(f"{JWT}\r\n\r\n".encode()), f"http://\x01{JWT}/"):
        exchange = transport.send("GET", url)
        assert exchange.failure is not None
        assert not holds(JWT[len(HEADER) :], repr(exchange).encode(), 12)


def test_libraries_log_nothing(transport: object, raw: Callable[..., str], caplog: pytest.LogCaptureFixture) -> None:
    from conformance.client import Transport  # noqa: PLC0415

    assert isinstance(transport, Transport)
    with caplog.at_level(0):
        transport.send("GET", raw(b"HTTP/1.1 204 No\r\n\r\n") + f"/?access_token={JWT}")
    assert caplog.records == []


def test_what_is_replaced_is_called_by_its_name() -> None:
    secrets = Secrets()
    secrets.add(JWT, "token")
    secrets.add(OPAQUE, "challenge")
    secrets.add(SHORT)
    found = f"{OPAQUE} and {JWT}, {SIGNATURE[:100]} {SHORT} {PAYLOAD.swapcase()}".encode()
    start = len(JWT) - len(SIGNATURE)
    assert secrets.named(found) == ("challenge", "token", f"token {start}:{start + 100} of {len(JWT)}", "", "")
    assert secrets.redact(found).count(REDACTED.encode()) == 5
    assert secrets.add(JWT) == JWT  # sent, by who knows no name for it
    assert secrets.named(JWT.encode()) == ("token",)
    assert secrets.named(b"nothing") == ()


def test_a_text_that_was_looked_at_before_its_secret_was_known_holds_it_from_then_on() -> None:
    secrets = Secrets()
    secrets.add(OPAQUE)
    text = f"Bearer {JWT}"
    assert secrets.redact_text(text) == secrets.redact_text(text) == text
    secrets.add(JWT)
    for _ in range(2):
        assert SIGNATURE not in secrets.redact_text(text)
        assert REDACTED in secrets.redact_text(text)


def test_what_is_remembered_of_texts_stays_small() -> None:
    secrets = Secrets()
    for number in range(5000):
        secrets.redact_text(f"text {number}")
    secrets.redact_text("x" * 100_000)
    assert 0 < len(secrets._looked) <= 2048
    assert max(map(len, secrets._looked)) <= 2048
