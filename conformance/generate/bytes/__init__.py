"""Byte-level families: what becomes of a join request when its octets are walked, one by one or element by element.

The one rule: a family is made by walking what a conforming request is, never by listing what might be wrong; whether a
change is a fault at all is for the oracle to say (`generate.oracle`), once the request stands as it would be sent.
"""

from conformance.generate.bytes.mutation import OPEN, Family, Judged, Mutation, judged

__all__ = ["OPEN", "Family", "Judged", "Mutation", "judged"]
