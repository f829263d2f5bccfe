"""What a conforming draft makes use of: the requirements that let it, so that its refusal breaks the right one.

The one rule: what `features` names, `without` takes away, and nothing else; a draft without any is the baseline's like.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from conformance.codec.der import tags
from conformance.generate.csr import common_name
from conformance.generate.join import MARKER

if TYPE_CHECKING:
    from conformance.generate.join import JoinDraft

PLAIN: Final = "device/join-endpoint"
_JOIN_TYPES: Final = {0: "join-request/join-type-join", 6: "join-request/join-type-hybrid-join"}
_ATTRIBUTES: Final = {
    "ReuseDevice": "join-request/attributes-reuse-device",
    "SharedDevice": "join-request/attributes-shared-device",
    "ReturnClientSid": "join-request/attributes-return-client-sid",
}
FEATURES: Final = (
    PLAIN,
    *_JOIN_TYPES.values(),
    *_ATTRIBUTES.values(),
    "join-request/attributes-optional",
    "join-request/display-name-unicode",
    "join-request/csr-cn-string-types",
    "processing/json-white-space",
    "processing/json-escapes",
    "processing/json-member-order",
)


def features(draft: JoinDraft) -> Iterator[str]:
    """The requirements by which a draft departs from the baseline, the deepest first; `PLAIN` where it does not."""
    if any(part.tag != tags.UTF8_STRING for rdn in draft.csr.subject for part in rdn):
        yield "join-request/csr-cn-string-types"
    if draft.join_type in _JOIN_TYPES:
        yield _JOIN_TYPES[draft.join_type]
    for name, _ in draft.attributes or ():
        if name in _ATTRIBUTES:
            yield _ATTRIBUTES[name]
    if draft.attributes is not None:
        yield "join-request/attributes-optional"
    if not str(draft.device_display_name).isascii():
        yield "join-request/display-name-unicode"
    if draft.spelling.gap:
        yield "processing/json-white-space"
    if draft.spelling.escape or draft.spelling.ascii:
        yield "processing/json-escapes"
    if draft.spelling.rotate:
        yield "processing/json-member-order"
    yield PLAIN


def without(draft: JoinDraft, feature: str) -> JoinDraft:
    """The draft that makes no use of this any more, in which all else is as it was."""
    spelling = draft.spelling
    changed = {
        "join-request/csr-cn-string-types": {"csr": replace(draft.csr, subject=common_name())},
        "join-request/attributes-optional": {"attributes": None},
        "join-request/display-name-unicode": {"device_display_name": f"{MARKER}ascii"},
        "processing/json-white-space": {"spelling": replace(spelling, gap="")},
        "processing/json-escapes": {"spelling": replace(spelling, escape=frozenset(), ascii=False)},
        "processing/json-member-order": {"spelling": replace(spelling, rotate=0)},
        **{id_: {"join_type": 4} for id_ in _JOIN_TYPES.values()},
        **{
            id_: {"attributes": tuple(pair for pair in draft.attributes or () if pair[0] != name)}
            for name, id_ in _ATTRIBUTES.items()
        },
    }
    return replace(draft, **changed[feature])  # type: ignore[arg-type]
