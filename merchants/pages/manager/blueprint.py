"""The blueprint that the modules beside this one fill, and what they share.

Packages above `merchants` add pages of their own to it, before the application registers it.
"""

from flask import Blueprint

MANAGER_COOKIE = "uc_manager"

manager_pages = Blueprint(
    "merchants_manager",
    __name__,
    url_prefix="/scan/manager",
    template_folder="../../templates",
)
