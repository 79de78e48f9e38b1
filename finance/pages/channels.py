"""Payment channels at the desk: take a trade bill in, and see how far it agrees with our sales."""

from hashlib import sha256

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from finance.models import WorkKind
from finance.pages.bank import AT_ONCE_BYTES_MAX, bank_pages
from finance.pages.reach import city_actor, may
from finance.pages.work_words import KIND_WORDS
from finance.pages.works import begin
from finance.queries.trades import channel_accounts, trade_bills
from finance.queries.works import works_going_on
from finance.schemas.bank import TradeBillForm
from finance.services.trade_import import ImportedBill, import_trade_bill
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.forms import Form, blank_form, read_form
from kernel.i18n import N_
from kernel.pages import NoticeKind, accepts_upload, see_other
from kernel.sheets import Limits

_BILLS_SHOWN = 20
_NAME_MAX = 200
_REQUEST_BYTES_MAX = Limits().content_bytes + 64 * 1024


@bank_pages.get("/channels")
def channels() -> ResponseReturnValue:
    """Show the merchants' numbers at the channels and their last bills, and take a new bill."""
    return _show(blank_form())


@bank_pages.post("/channels")
@accepts_upload(bytes_max=_REQUEST_BYTES_MAX)
def upload_bill() -> ResponseReturnValue:
    """Take a trade bill in at once, or say what is wrong with it; a large one by a worker."""
    actor = city_actor(Role.FINANCE_MAKER)
    form = read_form(TradeBillForm())
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        form.fault("file", N_("Choose a file."))
    if not form.ok or sent is None:
        return _show(form)
    content, name = sent.read(), sent.filename or ""
    try:
        if len(content) > AT_ONCE_BYTES_MAX:
            bill_on = form.values.get("bill_on")
            return begin(
                actor=actor,
                kind=WorkKind.TRADE_BILL,
                subject=sha256(content).hexdigest(),
                asked={
                    "name": name[:_NAME_MAX],
                    "uscc": form.values.get("uscc"),
                    "bill_on": bill_on.isoformat() if bill_on else None,
                },
                content=content,
            )
        with transaction() as session:
            taken = import_trade_bill(
                session,
                content=content,
                name=name,
                uscc=form.values.get("uscc"),
                bill_on=form.values.get("bill_on"),
                staff_id=actor.staff_id,
                now=utc_now(),
            )
    except Refusal as refusal:
        form.refuse(refusal, "file")
        return _show(form, refusal)
    return _told(taken)


def _told(taken: ImportedBill) -> ResponseReturnValue:
    url = url_for("finance_bank_pages.channels")
    if taken.repeated:
        said = N_("This very bill was taken in before: none of its %(trades)s trades is new.")
        return see_other(url, said, kind=NoticeKind.WAIT, trades=taken.trades)
    return see_other(
        url,
        N_(
            "%(trades)s trades, %(new)s of them new: %(matched)s agree with our sales,"
            " %(named)s put down as exceptions."
        ),
        trades=taken.trades,
        new=taken.new,
        matched=taken.matched,
        named=taken.named,
    )


def _show(form: Form, refusal: Refusal | None = None) -> ResponseReturnValue:
    with transaction() as session:
        known = channel_accounts(session)
        going_on = works_going_on(session, kinds=[WorkKind.TRADE_BILL])
        last = trade_bills(session, limit=_BILLS_SHOWN)
    return render_template(
        "finance/channels.html",
        form=form,
        facts=refusal.facts if refusal else {},
        accounts=known,
        bills=last,
        works=going_on,
        kind_words=KIND_WORDS,
        may_import=may(Role.FINANCE_MAKER),
    ), form.status
