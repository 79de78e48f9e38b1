"""What a merchant's managers see on their phones, at /scan/manager/.

Signing in and applying stand in `app`: their codes go out by the text messages of `members`.
"""

from merchants.pages.manager import account, home, measures, people, sites
from merchants.pages.manager.blueprint import MANAGER_COOKIE, manager_pages

__all__ = ["MANAGER_COOKIE", "account", "home", "manager_pages", "measures", "people", "sites"]
