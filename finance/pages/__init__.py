"""Finance at the desk."""

from finance.pages import exceptions, matching
from finance.pages.bank import bank_pages

__all__ = ["bank_pages", "exceptions", "matching"]
