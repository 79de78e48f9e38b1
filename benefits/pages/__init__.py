"""The desk's pages for what is offered."""

from benefits.pages.merchant_files import pages as merchant_files_pages

__all__ = ["merchant_files_pages"]
