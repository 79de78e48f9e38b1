"""Finance at the desk."""

from finance.pages import (
    channels,
    exceptions,
    invoices,
    manager_invoices,
    manager_statements,
    matching,
)
from finance.pages.bank import bank_pages

__all__ = [
    "bank_pages",
    "channels",
    "exceptions",
    "invoices",
    "manager_invoices",
    "manager_statements",
    "matching",
]
