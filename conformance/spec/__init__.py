"""The document as data: the catalogue of requirements and ambiguities, and the schemas of what is sent and answered.

The one rule: everything said of the document is said here once; whoever speaks of a requirement speaks of its id.
"""

from conformance.spec.book import Catalogue, catalogue
from conformance.spec.model import Ambiguity, Level, Party, Reading, Requirement, Section, Source
from conformance.spec.needs import NEEDS, OFFERED

__all__ = [
    "NEEDS",
    "OFFERED",
    "Ambiguity",
    "Catalogue",
    "Level",
    "Party",
    "Reading",
    "Requirement",
    "Section",
    "Source",
    "catalogue",
]
