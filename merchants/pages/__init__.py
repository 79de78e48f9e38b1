"""The desk's pages for merchants: the register, sites and their tills, agreements."""

from merchants.pages import agreements, register, sites
from merchants.pages.blueprint import pages

__all__ = ["agreements", "pages", "register", "sites"]
