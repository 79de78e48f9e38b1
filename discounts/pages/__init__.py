"""Pages of discounts: a merchant's day; reports and sales without a network; receipts."""

from discounts.pages import manager_day
from discounts.pages.offline import pages as offline_pages
from discounts.pages.proposals import pages as proposals_pages
from discounts.pages.receipts import pages as receipts_pages
from discounts.pages.reports import pages as reports_pages

__all__ = ["manager_day", "offline_pages", "proposals_pages", "receipts_pages", "reports_pages"]
