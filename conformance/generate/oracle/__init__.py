"""What changed octets are, whoever changed them: the strict reading that decides what a target owes them.

The one rule: octets are judged as they stand and never by how they came about. What no entry of the catalogue covers is
left open, so that no target is ever failed for an answer that the document allows.
"""

from conformance.generate.oracle.blob import blob
from conformance.generate.oracle.csr import csr
from conformance.generate.oracle.document import document
from conformance.generate.oracle.reading import Reading

__all__ = ["Reading", "blob", "csr", "document"]
