"""Takes the pictures of the close pack that README and docs show.

    make example STORE=store
    .venv/bin/python examples/close_pack_screenshots.py store/exports/close_pack/2025-12/default-USD.html

What belongs here: opening one pack in the installed Chromium, at desktop width and as it prints. What does not: making
the pack.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
# A4 at 96 dots per inch, and the margins that the page's own print style asks for.
A4_WIDTH, A4_HEIGHT = 794, 1123
MARGINS = "14mm 13mm 15mm"


def desktop(browser: Browser, pack: Path, picture: Path) -> None:
    """The top of the page in a window of 1440 pixels."""
    page = browser.new_page(viewport={"width": 1440, "height": 1270})
    page.goto(pack.as_uri())
    page.screenshot(path=picture)


def printed(browser: Browser, pack: Path, picture: Path) -> None:
    """The first sheet of paper."""
    page = browser.new_page(viewport={"width": A4_WIDTH, "height": A4_HEIGHT})
    page.emulate_media(media="print")
    page.goto(pack.as_uri())
    # the page's own policy lets no style in; a script of the browser's owner may still set one
    page.evaluate("margins => { document.body.style.padding = margins; }", MARGINS)
    page.evaluate("() => window.dispatchEvent(new Event('resize'))")
    # the second part begins another sheet
    page.evaluate("() => document.querySelectorAll('.part + .part').forEach((part) => { part.hidden = true; })")
    page.screenshot(path=picture)


def main() -> None:
    """Write both pictures into docs/images/."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("pack", type=Path, help="an HTML close pack")
    parser.add_argument("--browser", default=shutil.which("chromium") or shutil.which("google-chrome"))
    arguments = parser.parse_args()
    pack = arguments.pack.resolve(strict=True)
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.browser, args=["--no-sandbox"])
        desktop(browser, pack, IMAGES / "close-pack-desktop.png")
        printed(browser, pack, IMAGES / "close-pack-print.png")
        browser.close()


if __name__ == "__main__":
    main()
