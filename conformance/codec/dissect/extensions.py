"""What the extensions this protocol knows say, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.codec import NONCE_OID, der, extension, guid
from conformance.codec.der import tags
from conformance.codec.dissect.oids import NAMES
from conformance.codec.dissect.text import quoted, quoted_octets
from conformance.codec.extension import Extension
from conformance.codec.x509 import PRIVATE_ARC
from conformance.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

_SHOWN: Final = 48


def in_words(oid: str, element: der.Element) -> str:
    """What an extension's value says; nothing where its type is not known or its octets are not of that type."""
    value = Extension(oid, critical=False, value=element.content, offset=element.start)
    words = _WORDS.get(oid) or (_private if oid.startswith(PRIVATE_ARC) else None)
    if words is None:
        return ""
    try:
        return words(value)
    except DecodeError:
        return ""


def _basic_constraints(value: Extension) -> str:
    read = extension.basic_constraints(value, strict=False)
    depth = "" if read.path_length is None else f", at most {read.path_length} below"
    return f"a CA{depth}" if read.ca else "no CA"


def _usages(value: Extension) -> str:
    return ", ".join(sorted(extension.key_usage(value, strict=False))) or "no usage"


def _purposes(value: Extension) -> str:
    return ", ".join(NAMES.get(oid, oid) for oid in extension.extended_key_usage(value, strict=False)) or "no purpose"


def _nonce(value: Extension) -> str:
    inner = der.exact(value.value, strict=False)
    text = der.decode_string(inner.tag, inner.content)
    return (
        f"nonce of {len(text)} character{'s' * (len(text) != 1)}, {tags.describe(inner.tag)}: {quoted(text[:_SHOWN])}"
        + (" and on" if len(text) > _SHOWN else "")
    )


def _private(value: Extension) -> str:
    """An inner OCTET STRING: a GUID in Microsoft's byte order where it has that many octets, text otherwise."""
    content = der.exact(value.value, tag=tags.OCTET_STRING, strict=False).content
    if len(content) == guid.SIZE:
        return f"GUID {guid.decode_bytes(content)}"
    return quoted_octets(content)


_WORDS: Final[dict[str, Callable[[Extension], str]]] = {
    extension.BASIC_CONSTRAINTS: _basic_constraints,
    extension.KEY_USAGE: _usages,
    extension.EXTENDED_KEY_USAGE: _purposes,
    NONCE_OID: _nonce,
}
