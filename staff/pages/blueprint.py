"""The blueprint that the modules beside this one fill, and what they share."""

import io
from base64 import b64encode

import qrcode
from flask import Blueprint
from qrcode.image.svg import SvgPathImage

from kernel.actors import Role
from kernel.i18n import N_
from staff.models import AccountState
from staff.rules import totp_uri

DESK_COOKIE = "uc_desk"

pages = Blueprint("staff_pages", __name__, url_prefix="/desk", template_folder="../templates")

ROLE_WORDS = {
    Role.REGISTER_OFFICER: N_("Register officer"),
    Role.CLAIMS_ASSESSOR: N_("Claims assessor"),
    Role.CLAIMS_APPROVER: N_("Claims approver"),
    Role.TRAINING_OFFICER: N_("Training officer"),
    Role.PROGRAMME_DESIGNER: N_("Programme designer"),
    Role.SITE_WORKER: N_("Site worker"),
    Role.FINANCE_MAKER: N_("Finance: prepares"),
    Role.FINANCE_CHECKER: N_("Finance: checks"),
    Role.FINANCE_APPROVER: N_("Finance: approves"),
    Role.AUDITOR: N_("Auditor (reads only)"),
    Role.ADMINISTRATOR: N_("Administrator"),
}
STATE_WORDS = {
    AccountState.ACTIVE: N_("In use"),
    AccountState.DISABLED: N_("Disabled"),
}


def factor_image(secret: str, *, username: str) -> str:
    """Return the QR code for an authenticator app as a data: address, so no file ever holds it."""
    drawn = io.BytesIO()
    qrcode.make(totp_uri(secret, username=username), image_factory=SvgPathImage).save(drawn)
    return f"data:image/svg+xml;base64,{b64encode(drawn.getvalue()).decode()}"
