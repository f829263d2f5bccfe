"""Every quote of the catalogue stands in the document, its scan damage put right as corrections.md says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.spec import Source, catalogue

DOCUMENT = Path(__file__).parents[2].parent / "shared" / "spec" / "ms-drs.txt"
SCAN_DAMAGE = (
    ("equal7E980AD9 B86D-", "equal 7E980AD9-B86D-"),
    ("The BCRYPT RSAKEY BLOB", "The BCRYPT_RSAKEY_BLOB"),
    ("cbPodulus", "cbModulus"),
    ("the**tenantId**", "the tenantId"),
    ("thetenantld", "the tenantId"),
    ("n umber", "number"),
    ("( number", "(number"),
    ("traceld", "traceId"),
    ("tenantld", "tenantId"),
    ("Resourceld", "ResourceId"),
    ("Registration Endpoint", "RegistrationEndpoint"),
    ("{registration Server}", "{registrationServer}"),
    ("Enrollment Server", "EnrollmentServer"),
    ("Device Enrollment Web Service", "DeviceEnrollmentWebService"),
    ("UINBM", "UlNBM"),
    ("ZXIKaGJHY2IPaUpTVTBFdFQwRkZVQzB5TIRZaUxDSmxibU1pT2IK", "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZaUxDSmxibU1pT2lK"),
)


def plain(text: str) -> str:
    """The text without markup (emphasis, underlines, bullets, escapes), white space folded."""
    text = re.sub(r"</?u>", "", text).replace("**", "").replace("\\_", "_")
    return " ".join(re.sub(r"(?m)^\s*[-•#]+\s", "", text).split())


@pytest.fixture(scope="module")
def document() -> str:
    text = DOCUMENT.read_text(encoding="utf-8")
    for damaged, meant in SCAN_DAMAGE:
        assert damaged in text, f"{damaged!r} is no damage of this scan"
        text = text.replace(damaged, meant)
    return plain(text)


@pytest.mark.parametrize("damaged", [damaged for damaged, _ in SCAN_DAMAGE])
def test_no_quote_carries_the_damage_of_the_scan(damaged: str) -> None:
    carrying = {id_ for id_, entry in catalogue().requirements.items() if damaged in entry.quote}
    assert carrying == set()


class TestAgainstTheDocument:
    """The document is not part of the project: where it does not lie beside it, there is nothing to hold to."""

    __test__ = DOCUMENT.is_file()

    @pytest.mark.parametrize("id_", [id_ for id_, entry in catalogue().requirements.items() if entry.quote])
    def test_a_quote_stands_in_it(self, document: str, id_: str) -> None:
        assert plain(catalogue().requirements[id_].quote) in document

    def test_its_binding_words_are_all_quoted(self, document: str) -> None:
        """Each MUST, SHOULD, must, Required and Optional lies within a quote, so that no sentence was forgotten."""
        entries = catalogue().requirements.values()
        quotes = [plain(entry.quote) for entry in entries if entry.source is Source.DOCUMENT]
        spans = [match.span() for quote in quotes for match in re.finditer(re.escape(quote), document)]
        bare = [
            document[max(0, match.start() - 60) : match.end() + 20]
            for match in re.finditer(r"\b(MUST|SHOULD|must|Required|Optional)\b", document)
            if not any(start <= match.start() and match.end() <= end for start, end in spans)
        ]
        assert bare == []
