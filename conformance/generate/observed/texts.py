"""JSON texts and header fields that a service may take or refuse (A13, RFC 8259 4 and 9, and the field).

The one rule: what a lenient reader makes of them is the conforming request.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from conformance.generate.edits import DOCUMENT, Edit, Layer, text_edit
from conformance.generate.variants import Change, Variant, with_edit

if TYPE_CHECKING:
    from conformance.generate.join import JoinDraft


def _without(*names: str) -> Change:
    return lambda draft: replace(draft, headers=tuple(pair for pair in draft.headers if pair[0].lower() not in names))


def _as(media_type: str) -> Change:
    def changed(draft: JoinDraft) -> JoinDraft:
        rest = (pair for pair in draft.headers if pair[0].lower() != "content-type")
        return replace(draft, headers=(*rest, ("Content-Type", media_type)))

    return changed


def _text(requirement: str, name: str, title: str, change: Callable[[bytes], bytes]) -> Variant:
    return Variant(name, title, (requirement,), with_edit(text_edit(requirement, name, title, change)))


def _document(requirement: str, name: str, title: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Variant:
    return Variant(
        name, title, (requirement,), with_edit(Edit(requirement, name, title, Layer.JSON_VALUE, DOCUMENT, change))
    )


def _again(text: bytes) -> bytes:
    device_type = json.dumps(json.loads(text)["DeviceType"], ensure_ascii=False).encode()
    return text[:-1] + b',"DeviceType":' + device_type + b"}"


_JSON = (
    _text(
        "processing/json-duplicate-member",
        "same",
        "DeviceType is there twice, with the same value.",
        _again,
    ),
    _text("processing/json-extensions", "comment", "A comment precedes the object.", lambda t: b"/* join */" + t),
    _text("processing/json-extensions", "comma", "A comma follows the last member.", lambda t: t[:-1] + b",}"),
    _text(
        "processing/json-extensions", "single-quotes", "Texts are in single quotes.", lambda t: t.replace(b'"', b"'")
    ),
    _text("processing/json-extensions", "nan", "A further member is NaN.", lambda t: t[:-1] + b',"Remark":NaN}'),
    _text(
        "processing/json-extensions",
        "byte-order-mark",
        "A byte order mark precedes the object.",
        lambda t: b"\xef\xbb\xbf" + t,
    ),
    _document(
        "processing/member-case",
        "lower",
        "The names of all members are in lower-case letters.",
        lambda d: {name.lower(): value for name, value in d.items()},
    ),
    _document(
        "processing/member-case",
        "attributes",
        "Attributes is called attributes.",
        lambda d: {
            **{name: value for name, value in d.items() if name != "Attributes"},
            "attributes": {"ReuseDevice": True},
        },
    ),
)

_HTTP = (
    *(
        Variant(
            f"charset-{charset}",
            f"The media type says charset={charset} of a text in UTF-8.",
            ("processing/media-type-charset",),
            _as(f"application/json; charset={charset}"),
        )
        for charset in ("utf-16", "iso-8859-1", "nonsense")
    ),
    Variant(
        "content-type",
        "There is no Content-Type.",
        ("join-service/content-type-optional",),
        _without("content-type"),
        "A13",
        "optional",
        "required",
    ),
    Variant(
        "client-headers",
        "There is no ocp-adrs-client-name and no ocp-adrs-client-version.",
        ("join-service/client-headers-optional",),
        _without("ocp-adrs-client-name", "ocp-adrs-client-version"),
        "A13",
        "optional",
        "required",
    ),
)

VARIANTS: Final = (*_JSON, *_HTTP)
