"""Pages of discounts: what members say of their purchases, at the desk; receipts, for anybody."""

from discounts.pages.receipts import pages as receipts_pages
from discounts.pages.reports import pages as reports_pages

__all__ = ["receipts_pages", "reports_pages"]
