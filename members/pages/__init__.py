"""The desk's pages of the register."""

from members.pages import imports, register
from members.pages.blueprint import pages

__all__ = ["imports", "pages", "register"]
