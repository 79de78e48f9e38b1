"""Draws the icons of the member's page from the logo: `python -m tools.icons`, after a new logo.

Phones take PNG only. The maskable one fills its square: whatever shape a phone cuts from it, the
mark lies within the middle circle of 80 % (W3C Web Application Manifest, "maskable").
"""

import re
from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parent.parent / "app" / "static"
_BRAND = "#b3191e"
# Name, side in pixels, how much of the side the logo takes, what is behind it.
_ICONS = (
    ("any-192", 192, 1.0, "transparent"),
    ("any-512", 512, 1.0, "transparent"),
    ("maskable-512", 512, 0.7, _BRAND),
    ("apple-180", 180, 0.8, _BRAND),
)
_PAGE = """<style>
  body {{ margin: 0; display: grid; place-items: center; height: 100vh; background: {behind}; }}
  svg {{ width: {share}%; height: {share}% }}
</style>{logo}"""


def draw_icons(folder: Path) -> list[Path]:
    """Write the icons into `folder` and return their files."""
    logo = re.sub(r"<\?.*?\?>", "", (STATIC / "icon.svg").read_text())
    files = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        for name, side, share, behind in _ICONS:
            page = browser.new_page(viewport={"width": side, "height": side})
            page.set_content(_PAGE.format(logo=logo, share=share * 100, behind=behind))
            file = folder / f"{name}.png"
            page.screenshot(path=file, omit_background=behind == "transparent")
            files.append(file)
        browser.close()
    return files


if __name__ == "__main__":
    for drawn in draw_icons(STATIC / "icons"):
        print(drawn.name)
