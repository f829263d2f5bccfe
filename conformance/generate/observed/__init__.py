"""Variants whose acceptance is only observed: what the document leaves open, and what is done in the field.

The one rule: neither answer is a fault. Where the answer shows a reading of an ambiguity, the variant names it.
"""

from conformance.generate.observed import members, oddities, requests, texts

OBSERVED = (*requests.VARIANTS, *oddities.VARIANTS, *members.VARIANTS, *texts.VARIANTS)
