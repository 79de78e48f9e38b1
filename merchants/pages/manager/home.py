"""Where a manager begins: the merchant, how it stands, and what there is to do."""

from flask import render_template
from flask.typing import ResponseReturnValue

from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.web import current_actor
from merchants.pages.blueprint import STATE_WORDS
from merchants.pages.manager.blueprint import manager_pages
from merchants.queries import agreement_in_force, merchant_of, sites_of, terminals_of


@manager_pages.get("/")
def home() -> ResponseReturnValue:
    """Show the merchant that I look after and how it stands."""
    merchant_id = current_actor().managed_merchant_id
    with transaction() as session:
        merchant = merchant_of(session, merchant_id=merchant_id)
        sites = sites_of(session, merchant_id=merchant_id)
        tills = terminals_of(session, merchant_id=merchant_id)
        agreement = agreement_in_force(
            session, merchant_id=merchant_id, day=shanghai_date(utc_now())
        )
    return render_template(
        "merchants/manager/home.html",
        merchant=merchant,
        sites=sites,
        tills=[till for till in tills if till.unpaired_at is None],
        agreement=agreement,
        state_words=STATE_WORDS,
    )
