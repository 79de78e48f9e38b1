"""The desk's pages for merchants, and those of their managers on their phones."""

from merchants.pages import agreements, managers, register, sanctions, sites
from merchants.pages.blueprint import pages
from merchants.pages.manager import MANAGER_COOKIE, manager_pages

__all__ = [
    "MANAGER_COOKIE",
    "agreements",
    "manager_pages",
    "managers",
    "pages",
    "register",
    "sanctions",
    "sites",
]
