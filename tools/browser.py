"""The browser of the browser tests: the system's Chromium, with a font that has Chinese."""

import os
import shutil
import subprocess

from tools.processes import must, say

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ["chromium", "fonts-droid-fallback"]


def ensure() -> None:
    """Install Chromium and the font where that is possible, else say what is missing."""
    if _found() and _has_chinese_font():
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        say(
            "The browser tests need Chromium and a Chinese font, and one of them is missing: "
            f"install {' and '.join(PACKAGES)} with your system's packages."
        )
        return
    say("Installing Chromium for the browser tests …")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    must(["apt-get", "update", "--quiet"], env=env)
    must(["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *PACKAGES], env=env)


def _found() -> bool:
    return any(shutil.which(name) for name in NAMES)


def _has_chinese_font() -> bool:
    """Fontconfig comes with Chromium; without it there is nobody to ask."""
    if shutil.which("fc-list") is None:
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh"], check=False, capture_output=True)
    return bool(fonts.stdout.strip())
