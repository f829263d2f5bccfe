"""Which mutations run, and in which order: each alone, then two of different members at once, then any at random.

The one rule: a later stage finds only what an earlier one cannot (a check that another member's fault switches off, a
value that no walk comes by); how many of each run is the profile's affair.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from hypothesis import strategies as st

from conformance.codec.rsakey import HEADER_SIZE
from conformance.generate.bytes import blob_body, blob_header, csr_elements, csr_octets, json_text
from conformance.generate.bytes.mutation import Build, Family, Mutation
from conformance.generate.edits import TRANSPORT_KEY, Edit, Layer
from conformance.generate.faults import faults
from conformance.generate.join import Rendering

BLOB: Final[tuple[Build, ...]] = (
    blob_body.cuts,
    blob_header.magics,
    blob_header.octets,
    blob_header.boundaries,
    blob_header.pairs,
    blob_header.sums,
    blob_body.octets,
    blob_body.numbers,
    blob_body.tails,
    blob_body.private,
    blob_body.others,
)
REQUEST: Final[tuple[Build, ...]] = (
    csr_octets.edges,
    csr_octets.cuts,
    csr_elements.retagged,
    csr_elements.longer_lengths,
    csr_elements.lying_lengths,
    csr_elements.contents,
    csr_octets.info_octets,
    csr_octets.signature_bits,
    csr_octets.tails,
    csr_octets.others,
)
TEXT: Final[tuple[Build, ...]] = (json_text.cuts,)
ALONE: Final = (*BLOB, *REQUEST, *TEXT)
"""The first stage, from the families that say most by the fewest requests."""

_BESIDE: Final = ("/JoinType", "/DeviceType", "/OSVersion", "/AikCertificate", "/AttestationData", "/Attributes")
_ROUNDS: Final = 4
_STEPS: Final = (7_919, 104_729)  # primes, so that the rounds meet other members of every family

BLOB_OCTETS: Final = st.tuples(st.integers(0, 282), st.integers(0, 255))
"""An offset of the usual 283, and what stands there instead; the smallest is the first octet as zero."""

REQUEST_OCTETS: Final = st.tuples(st.integers(0, 4_095), st.integers(1, 255))
"""An offset, counted from the start again behind the end, and the bits turned there."""


def spread(family: Family, count: int | None, seed: int) -> Iterator[Mutation]:
    """So many of a family (all when None), one by one: by chance, the same for a seed, but as many from each stretch.

    Families are in the order of what they walk, so that no field or element is left out by chance alone.
    """
    size = len(family)
    if count is None or count >= size:
        yield from family
        return
    chance = random.Random(f"{seed}/{family.name}")  # noqa: S311 - sampling, no secret
    for stretch in range(count):
        first, behind = stretch * size // count, (stretch + 1) * size // count
        yield family[chance.randrange(first, behind)]


def crossed(model: Rendering) -> Family:
    """The second stage: every family of the one member with every family of the other, several members of each."""
    left, right = [build(model) for build in BLOB], [build(model) for build in REQUEST]

    def make(index: int) -> Mutation:
        rest, first = divmod(index, len(left))
        turn, second = divmod(rest, len(right))
        one, other = left[first], right[second]
        return one[turn * _STEPS[0] % len(one)].and_also(other[(index + turn) * _STEPS[1] % len(other)])

    return Family("two-members", len(left) * len(right) * _ROUNDS, make)


def beside(model: Rendering) -> Family:
    """The second stage too: every family of either member with faults of the members beside them."""
    families = [build(model) for build in (*BLOB, *REQUEST)]
    others = member_faults()

    def make(index: int) -> Mutation:
        one, other = families[index % len(families)], others[index * _STEPS[1] % len(others)]
        return one[index * _STEPS[0] % len(one)].and_also(Mutation((other,)))

    return Family("member-beside", len(families) * len(others), make)


def member_faults() -> tuple[Edit, ...]:
    """The faults of the members that are neither transport key nor certificate request."""
    return tuple(edit for edit in faults() if edit.path.startswith(_BESIDE))


def blob_octet(offset: int, value: int) -> Mutation:
    """The third stage, transport key: one octet becomes this value, or the next where it has this one already."""
    layer = Layer.BLOB_HEADER if offset < HEADER_SIZE else Layer.BLOB_BODY

    def change(blob: bytes) -> bytes:
        other = value if blob[offset] != value else (value + 1) % 256
        return blob[:offset] + bytes([other]) + blob[offset + 1 :]

    title = f"The octet of the transport key at offset {offset} is 0x{value:02x}, or the next where it was that."
    return Mutation.of(layer, TRANSPORT_KEY, f"octet-{offset}-is-{value:02x}", title, change)


def request_octet(model: Rendering, offset: int, mask: int) -> Mutation:
    """The third stage, certificate request: some bits of one octet turned, anywhere in it."""
    return csr_octets.octet(offset % len(model.csr_der), mask)
