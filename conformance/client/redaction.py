"""Finding secrets in what is about to be written down: whole or in part, as they are or wrapped.

The one rule: what is looked for is a run of a secret's own characters, not the secret as it was given. Found are a
whole token, its payload or signature alone, and any 31 characters on end of either; written plainly or backwards, in
any case, as UTF-16, percent-encoded, escaped for JSON or HTML, broken into lines; and the whole of it, or 96
characters, in base64 at any alignment or in hexadecimal. The header of a JWT says nothing that is secret, nor do those
of its claims that a target knows by itself (who issued it, for which tenant and user, when): they are left where they
stand alone, for a nonce or a certificate of the target may say the same, and what is judged has to be what came.

A secret is cut into windows of 16 characters, every fourth of all it has; a text is looked up at four places of every
sixteen, no two of them a multiple of four apart. So a window stands at one of the places looked at in whatever has 31
of the secret's characters on end, a look costs a fourth of the text's length, however many secrets there are, and a
run may have thousands of them, such as challenges that work once.
"""

from __future__ import annotations

import base64
import re
import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from operator import itemgetter

from conformance.client.claims import in_base64, open_claims
from conformance.exchange import REDACTED

_WINDOW = 16
_PIECES = struct.Struct(f"{_WINDOW}s")
_PLACES = (0, 5, 10, 15)  # of each 16 characters of a text: one for every remainder of the stride
_STRIDE = len(_PLACES)
_SHORTEST = 8  # below this a "secret" would blank ordinary words
_LOOKED = 2048  # so many texts, and no longer ones, are remembered with what they hold: header fields, names, titles
_VARIED = 6  # a window of fewer different characters (zeros, AAAA…) is of no one in particular
_OWN = _WINDOW // 2  # a window with fewer characters of its own, beside open claims, is of no one in particular either
_SPARSE = 5  # of a wrapped secret a fifth of these: any 96 characters of it are found, should it repeat itself
_FOLD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", b"abcdefghijklmnopqrstuvwxyz+/")  # base64url is base64
_ESCAPE = re.compile(
    rb"\\+(?:u00([0-7][0-9a-f])|(/))|%(?:25)*([0-7][0-9a-f])|&#(?:x0*([0-7][0-9a-f])|0*([0-9]{2,3}));"
    rb"|[\r\n]+|\\+[rn]"  # a line's end, which base64 may have anywhere
)

_MARK = REDACTED.encode()
_NOT_OURS = b"[redacted by the target]"

Span = tuple[int, int]


class Secrets:
    """Every secret of a run, to be replaced wherever it might be written down."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._forms: list[bytes] = []
        self._windows: dict[bytes, tuple[int, int]] = {}
        self._short: list[bytes] = []
        self._hidden: set[str] = set()
        self._looked: dict[bytes, list[Span]] = {}

    def hide(self, header: str) -> None:
        """From now on the value of this header field is not written down, whatever it is."""
        self._hidden.add(header.lower())

    def hides(self, header: str) -> bool:
        """Whether the value of this header field is kept from what is written down."""
        return header.lower() in self._hidden

    def add(self, secret: str, name: str = "") -> str:
        """Remembers a secret, and what it is called where that is said; returns it."""
        new = secret not in self._known
        if new or name:
            self._known[secret] = name
        if new:
            self._looked.clear()
            whole = secret.encode("utf-8", "surrogatepass")
            start = _header(whole)
            known = open_claims(whole, start)
            self._remember(whole, known, start)
            self._remember(whole[start:][::-1], known[start:][::-1], 0)
            for form, same in _wrapped(whole[start:], known[start:]):
                self._remember(form, same, 0, _share(len(form)))
        return secret

    def _remember(self, form: bytes, known: bytes, start: int, share: int = 1) -> None:
        form = form.translate(_FOLD)
        if len(form) - start < 3 * _WINDOW and len(form) >= _SHORTEST:
            self._short.append(form[start:] if len(form) - start >= _SHORTEST else form)
        place = len(self._forms)
        self._forms.append(form)
        for offset in range(start, len(form) - _WINDOW + 1, share * _STRIDE):
            window = form[offset : offset + _WINDOW]
            if known.count(0, offset, offset + _WINDOW) >= _OWN and len(set(window)) >= _VARIED:
                self._windows.setdefault(window, (place, offset))

    def redact(self, data: bytes) -> bytes:
        """The same bytes with every known secret replaced."""
        spans = self._spans(data)
        return _replaced(data, spans) if spans else data

    def redact_answer(self, data: bytes) -> bytes:
        """The same of what a target sent: its own word for what stands in a secret's place is told from ours."""
        return self.redact(data.replace(_MARK, _NOT_OURS))

    def named(self, data: bytes) -> tuple[str, ...]:
        """What `redact` replaces in these bytes, piece by piece: which secret, all of it or which characters.

        A piece is called after nothing where its secret has no name, or stands there in another form.
        """
        return tuple(self._name(data[start:end]) for start, end in _merged(self._spans(data)))

    def _name(self, piece: bytes) -> str:
        text = piece.decode("utf-8", "surrogateescape")
        if text in self._known:
            return self._known[text]
        whole = next((secret for secret, name in self._known.items() if name and text in secret), None)
        if whole is None:
            return ""
        start = whole.index(text)
        return f"{self._known[whole]} {start}:{start + len(text)} of {len(whole)}"

    def _spans(self, data: bytes) -> list[Span]:
        """Where secrets stand, in no order, some perhaps in one another; the same until another secret is known."""
        spans = self._looked.get(data)
        if spans is None:
            spans = self._look(data)
            if len(self._looked) >= _LOOKED:
                self._looked.clear()
            if len(data) <= _LOOKED:
                self._looked[data] = spans
        return spans

    def _look(self, data: bytes) -> list[Span]:
        spans = list(self._found(data.translate(_FOLD)))
        if any(mark in data for mark in (b"\\", b"%", b"&#", b"\n")):
            plain, original = _unescaped(data.translate(_FOLD))
            spans += [original(span) for span in self._found(plain)]
        return spans

    def redact_text(self, text: str) -> str:
        """The same text with every known secret replaced."""
        data = text.encode("utf-8", "surrogatepass")
        redacted = self.redact(data)
        return text if redacted is data else redacted.decode("utf-8", "surrogatepass")

    def redact_answer_text(self, text: str) -> str:
        """`redact_answer` of a text."""
        return self.redact_text(text.replace(REDACTED, _NOT_OURS.decode()))

    def _found(self, folded: bytes) -> Iterator[Span]:
        """Where a run of a secret's characters stands in a folded text."""
        known = self._windows.keys()
        if not all(known.isdisjoint(_pieces(folded, place)) for place in _PLACES):  # mostly they are
            yield from self._runs(folded)
        for form in self._short:
            place = folded.find(form)
            while place >= 0:
                yield place, place + len(form)
                place = folded.find(form, place + len(form))

    def _runs(self, folded: bytes) -> Iterator[Span]:
        ended = 0
        blocks = range(0, len(folded) - _WINDOW + 1, _WINDOW)
        for place in (block + within for block in blocks for within in _PLACES):
            hit = self._windows.get(folded[place : place + _WINDOW])
            if hit is not None and place + _WINDOW > ended:
                span = _run(folded, place, self._forms[hit[0]], hit[1])
                ended = span[1]
                yield span


def _header(secret: bytes) -> int:
    """The length of a compact JWS's or JWE's header with its dot; 0 for what is none."""
    head, dot, rest = secret.partition(b".")
    return len(head) + 1 if dot and head.startswith(b"eyJ") and b"." in rest else 0


def _wrapped(secret: bytes, known: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The secret inside base64 at each of the three alignments, in hexadecimal, and as UTF-16, with its open claims."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + secret + b"\0\0")
        first, last = (8 * before + 5) // 6, 8 * (before + len(secret)) // 6
        yield text[first:last], in_base64(known, before, range(first, last))  # only what the secret alone decides
    twice = bytes(mark for mark in known for _ in range(2))
    yield secret.hex().encode(), twice
    yield b"\0".join(secret[place : place + 1] for place in range(len(secret))), twice[:-1]


def _pieces(text: bytes, place: int) -> Iterator[bytes]:
    """What stands at this place of each 16 characters."""
    whole = (len(text) - place) // _WINDOW * _WINDOW
    return map(itemgetter(0), _PIECES.iter_unpack(memoryview(text)[place : place + max(0, whole)]))


def _share(length: int) -> int:
    """One of so many windows, which yet find a whole form wherever it stands: odd, to meet the places looked at."""
    return min(_SPARSE, max(1, (length - _WINDOW) // _WINDOW - 1 | 1))


def _run(text: bytes, place: int, form: bytes, offset: int) -> Span:
    """How far a text goes along with a form, either way from where both are the same."""
    start, end = place, place + _WINDOW
    while start and offset and text[start - 1] == form[offset - 1]:
        start, offset = start - 1, offset - 1
    offset += end - start
    while end < len(text) and offset < len(form) and text[end] == form[offset]:
        end, offset = end + 1, offset + 1
    return start, end


class _Unescaping:
    """From places in an unescaped text to those of the original."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._plain: list[int] = [0]
        self._original: list[int] = [0]

    def add(self, piece: bytes, end: int) -> None:
        """A further piece of the unescaped text, which ends at this place of the original."""
        self.pieces.append(piece)
        self._plain.append(self._plain[-1] + len(piece))
        self._original.append(end)

    def __call__(self, span: Span) -> Span:
        return self._place(span[0]), self._place(span[1])

    def _place(self, plain: int) -> int:
        piece = bisect_right(self._plain, plain) - 1
        return self._original[piece] + plain - self._plain[piece]


def _unescaped(data: bytes) -> tuple[bytes, _Unescaping]:
    """The text with its escapes undone, and the way back."""
    ended = 0
    undone = _Unescaping()
    for escape in _ESCAPE.finditer(data):
        undone.add(data[ended : escape.start()], escape.start())
        undone.add(_meant(escape), escape.end())
        ended = escape.end()
    undone.add(data[ended:], len(data))
    return b"".join(undone.pieces), undone


def _meant(escape: re.Match[bytes]) -> bytes:
    """The character an escape stands for, if any."""
    json, slash, url, entity, number = escape.groups()
    if found := json or url or entity:
        return bytes([int(found, 16)]).translate(_FOLD)
    return bytes([int(number) & 0x7F]).translate(_FOLD) if number else slash or b""


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, overlapping and adjoining ones together."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _replaced(data: bytes, spans: Iterable[Span]) -> bytes:
    """The data with each span, overlapping ones together, replaced by `REDACTED`."""
    made: list[bytes] = []
    ended = 0
    for start, end in _merged(spans):
        made += [data[ended:start], REDACTED.encode()]
        ended = end
    return b"".join([*made, data[ended:]])
