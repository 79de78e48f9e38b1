"""The desk's pages for what is offered: programmes, limits, offers and their terms."""

from benefits.pages import coupon_plans, manager_offers, manager_sign, terms
from benefits.pages.approvals import pages as approvals_pages
from benefits.pages.coupons import pages as coupons_pages
from benefits.pages.draws import pages as draws_pages
from benefits.pages.limits import pages as limits_pages
from benefits.pages.merchant_files import pages as merchant_files_pages
from benefits.pages.offers import pages as offers_pages
from benefits.pages.programmes import pages as programmes_pages
from benefits.pages.spending import pages as spending_pages

__all__ = [
    "approvals_pages",
    "coupon_plans",
    "coupons_pages",
    "draws_pages",
    "limits_pages",
    "manager_offers",
    "manager_sign",
    "merchant_files_pages",
    "offers_pages",
    "programmes_pages",
    "spending_pages",
    "terms",
]
