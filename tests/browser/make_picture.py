"""Takes docs/report.png, the picture in the README, of the report of a run with failures.

drs-conformance serve --defect allows-private-primes --defect rounds-bit-length-to-octets …
drs-conformance --target … --tenant … --token … --ca-file …
python tests/browser/make_picture.py reports/index.html
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "report.png"


def main(report: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1080, "height": 1130})
        page.goto(report.resolve().as_uri())
        page.locator("details.failed").first.evaluate("details => { details.open = true }")
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
