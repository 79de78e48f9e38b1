"""定点标识: the sign for the door of a site, printed by the merchant's manager."""

from http import HTTPStatus
from uuid import UUID

from flask import abort, current_app
from flask.typing import ResponseReturnValue

from benefits.services.site_sign import SignSize, draw_site_sign, site_sign
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.pages import attachment
from kernel.web import current_actor
from merchants.pages import manager_pages


@manager_pages.get("/sites/<uuid:site_id>/sign-<size>.pdf")
def sign_of_site(site_id: UUID, size: str) -> ResponseReturnValue:
    """Save the sign of one of my open sites, on A5 or A4."""
    try:
        sheet = SignSize(size)
    except ValueError:
        abort(HTTPStatus.NOT_FOUND)
    now = utc_now()
    with transaction() as session:
        sign = site_sign(
            session,
            site_id=site_id,
            merchant_id=current_actor().managed_merchant_id,
            address=f"{current_app.config['SETTINGS'].base_url}/card/#benefits",
            today=shanghai_date(now),
        )
    content = draw_site_sign(sign, made_at=now, size=sheet)
    return attachment(content, filename=f"site-sign-{size}.pdf", mimetype="application/pdf")
