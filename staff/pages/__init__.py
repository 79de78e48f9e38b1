"""The desk's own pages: sign-in, one's own account, the administration of accounts."""

from staff.pages import accounts, own, sign_in
from staff.pages.blueprint import DESK_COOKIE, pages

__all__ = ["DESK_COOKIE", "accounts", "own", "pages", "sign_in"]
