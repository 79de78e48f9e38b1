"""The browser of the browser tests: the system's Chromium, with a font that has Chinese."""

import os
import shutil
import subprocess

from tools.errors import TaskError
from tools.processes import must, say

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ["chromium", "fonts-droid-fallback"]


def ensure() -> None:
    """Install Chromium and the font where that is possible, else say what is missing.

    Their absence stops nobody from running the other tests: the browser's own fail by themselves.
    """
    if _found() and _has_chinese_font():
        return
    try:
        _install()
    except TaskError as error:
        say(
            f"{error}\nThe browser tests need Chromium and a Chinese font, and one of them is "
            f"missing: install {' and '.join(PACKAGES)} with your system's packages."
        )


def _install() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise TaskError("Packages are installed by root only, and with apt-get only.")
    say("Installing Chromium for the browser tests …")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-qq", "--yes", "--no-install-recommends"]
    must(["apt-get", "update", "-qq"], env=env, quietly=True)
    must([*install, *PACKAGES], env=env, quietly=True)


def _found() -> bool:
    return any(shutil.which(name) for name in NAMES)


def _has_chinese_font() -> bool:
    """Fontconfig comes with Chromium; without it there is nobody to ask."""
    if shutil.which("fc-list") is None:
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh"], check=False, capture_output=True)
    return bool(fonts.stdout.strip())
