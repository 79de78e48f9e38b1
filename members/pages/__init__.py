"""The desk's pages of the register."""

from members.pages import corrections, imports, register
from members.pages.blueprint import pages

__all__ = ["corrections", "imports", "pages", "register"]
