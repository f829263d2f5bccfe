"""Pages out of templates: one file each, readable offline and without script, in which nothing a target sent can act.

Rule 1: a page may load nothing and run nothing but its own sheet and script, held by their hashes (CSP).
Rule 2: whatever a template prints is made visible, cut to a length and escaped, here and for all of them; no template
says `safe`, and only what `markup` made is passed on as it is.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance import paths
from conformance.report.html.markup import Child, join, text
from conformance.report.html.words import COUNTED, SIGNS, bar
from conformance.report.text import clip, duration, moment, plural, visible
from conformance.spec import NEEDS

LONGEST = 4_000
"""How many characters of one value a page shows; the stream beside it has all."""


def page(template: str, title: str, **values: Any) -> str:
    """A page made of a template, which stands within `layout.html`."""
    return _environment().get_template(template).render(title=title, **_sheet_and_script(), **values)


def document(title: str, *body: Child) -> str:
    """A page around a body that code has laid out."""
    return page("layout.html", title, body=join(body))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(paths.TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"cut": clip, "duration": duration, "moment": moment, "said": _said}
    made.globals |= {"COUNTED": COUNTED, "NEEDS": NEEDS, "SIGNS": SIGNS, "bar": bar, "plural": plural}
    return made


def _printed(value: object) -> object:
    """What a template prints of a value, before it is escaped."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, str):
        return visible(clip(value, LONGEST))
    return "" if value is None else f"{value:,}" if type(value) is int else value


def _said(value: str, length: int = LONGEST) -> Markup:
    """Text that a target may have had a hand in, its unseen characters marked as what they are."""
    return text(clip(value, length))


@cache
def _sheet_and_script() -> dict[str, Markup | str]:
    """The sheet, the script, and the policy that allows these two and nothing else."""
    sheet, script = ((paths.TEMPLATES / name).read_text(encoding="utf-8").strip() for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; style-src {_hash(sheet)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    return {"sheet": Markup(sheet), "script": Markup(script), "policy": policy}  # noqa: S704 (files of ours)


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
