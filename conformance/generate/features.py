"""What a conforming draft makes use of: the requirements that let it, so that its refusal breaks the right one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from conformance.codec.der import tags

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
