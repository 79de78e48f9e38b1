"""Pages of discounts: members' reports and sales without a network at the desk; receipts."""

from discounts.pages.offline import pages as offline_pages
from discounts.pages.receipts import pages as receipts_pages
from discounts.pages.reports import pages as reports_pages

__all__ = ["offline_pages", "receipts_pages", "reports_pages"]
