"""Payments at the desk: what can be paid now, batches, two people, the file for the bank."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from benefits.pages.words import FUND_WORDS
from finance.errors import PaymentBatchNotFound
from finance.models import PaymentState
from finance.pages.owed_list import owed_columns
from finance.pages.payment_steps import Turn, chain_of, turn_of
from finance.pages.payment_words import (
    BATCH_KINDS,
    BATCH_WORDS,
    BOOK_WORDS,
    MISSING_WORDS,
    PAYEE_ACCOUNT_WORDS,
    PAYMENT_KINDS,
    PAYMENT_WORDS,
    source_words,
)
from finance.pages.reach import READERS, city_actor, insist_on_the_city, may
from finance.queries.payment_batches import (
    BatchLine,
    batch_by_id,
    batches,
    runs_going_on,
)
from finance.queries.payments import (
    Owed,
    PaymentLine,
    changed_accounts,
    owed,
    payees_of_batch,
    payments_of_batch,
    returned_payments,
)
from finance.rules.payment_files import payment_profiles
from finance.schemas.payments import (
    CHOICES_MAX,
    BatchFilter,
    BatchForm,
    PrepareForm,
    SendForm,
)
from finance.services.payments import (
    PreparedBatch,
    approve_batch,
    cancel_batch,
    check_batch,
    download_batch,
    prepare_batch,
    send_batch,
)
from kernel.actors import Role
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.errors import Refusal
from kernel.exports import EXPORT_ROWS_MAX, CellKind, Column, list_file, wanted_format
from kernel.forms import Form, blank_form, read_form, read_query
from kernel.i18n import N_
from kernel.listing import listing, rows_wanted
from kernel.money import Fen, yuan
from kernel.pages import LIST_ROWS, attachment, cursor_id, cursor_place, page_of, see_other
from ledger.models import Book

pages = Blueprint(
    "finance_payments_pages",
    __name__,
    url_prefix="/desk/finance/payments",
    template_folder="../templates",
)
pages.before_request(insist_on_the_city)

SENDERS = (Role.FINANCE_MAKER,)
CHECKERS = (Role.FINANCE_CHECKER,)
APPROVERS = (Role.FINANCE_APPROVER,)
CANCELLERS = (Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_APPROVER)

# So many payments a bank's channel takes in one file, as a rule.
RUN_BATCH_PAYMENTS = 1_000

Verb = Callable[..., object]


@pages.get("")
def payments() -> ResponseReturnValue:
    """List the batches, newest first, or save the list as a file."""
    form = read_query(BatchFilter())
    place = cursor_place(parts=1)
    with transaction() as session:
        rows = batches(
            session,
            state=form.values.get("state"),
            before=_read_number(place[0]) if place else None,
            rows=rows_wanted(),
        )
    return listing(
        "finance/payments.html",
        rows,
        columns=_batch_columns(),
        name="payment-batches",
        place=lambda row: (str(row.batch.number),),
        form=form,
        may_prepare=may(*SENDERS),
        batch_words=BATCH_WORDS,
        batch_kinds=BATCH_KINDS,
        book_words=BOOK_WORDS,
    )


@pages.get("/owed")
def owed_now() -> ResponseReturnValue:
    """Show what can be paid now, and what cannot be yet and why."""
    return show_owed(blank_form())


@pages.post("/owed")
def prepare() -> ResponseReturnValue:
    """Put what was chosen, or all that can be paid in a book, into a batch."""
    actor = city_actor(*SENDERS)
    form = read_form(PrepareForm())
    if form.ok and not form.values["chosen"] and not form.values["everything"]:
        form.fault("chosen", N_("Choose at least one thing to pay."))
    if form.ok:
        only = None if form.values["everything"] else set(form.values["chosen"])
        try:
            with transaction() as session:
                prepared = prepare_batch(
                    session, actor=actor, book=form.values["book"], only=only, now=utc_now()
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _to_batch(prepared.batch.id, _prepared_sentence(prepared))
    return show_owed(form)


@pages.get("/returned")
def returned() -> ResponseReturnValue:
    """List the payments that the bank sent back, each with what came after it."""
    file_format = wanted_format()
    with transaction() as session:
        rows = returned_payments(
            session,
            after=cursor_id(),
            rows=EXPORT_ROWS_MAX if file_format else LIST_ROWS + 1,
        )
    if file_format:
        columns = _payment_columns()
        return list_file(rows, columns, name="returned-payments", file_format=file_format)
    return render_template(
        "finance/returned_payments.html",
        page=page_of(rows, place=lambda row: (str(row.payment.id),)),
        source_words=source_words,
        fund_words=FUND_WORDS,
        payment_words=PAYMENT_WORDS,
        payment_kinds=PAYMENT_KINDS,
    )


@pages.get("/<uuid:batch_id>")
def batch(batch_id: UUID) -> ResponseReturnValue:
    """Show a batch with its payments, and what may be done with it."""
    return _show_batch(batch_id, blank_form())


@pages.post("/<uuid:batch_id>/check")
def check(batch_id: UUID) -> ResponseReturnValue:
    """Sign that a batch was compared with what is owed."""
    said = N_("Checked. Somebody else must confirm it now.")
    return _do(batch_id, check_batch, CHECKERS, said)


@pages.post("/<uuid:batch_id>/approve")
def approve(batch_id: UUID) -> ResponseReturnValue:
    """Confirm a batch that somebody else prepared."""
    said = N_("Confirmed. What comes next stands above.")
    return _do(batch_id, approve_batch, APPROVERS, said)


@pages.post("/<uuid:batch_id>/cancel")
def cancel(batch_id: UUID) -> ResponseReturnValue:
    """Give a batch up: what it would have paid is owed again."""
    said = N_("Cancelled. What it would have paid is owed again.")
    return _do(batch_id, cancel_batch, CANCELLERS, said)


@pages.post("/<uuid:batch_id>/send")
def send(batch_id: UUID) -> ResponseReturnValue:
    """Make the bank file; from now on the payments are at the bank."""
    said = N_("The bank file is made. Download it here and upload it at the bank.")
    return _do(batch_id, send_batch, SENDERS, said, schema=SendForm())


@pages.get("/<uuid:batch_id>/file")
def bank_file(batch_id: UUID) -> Response:
    """Save the file of a batch that was sent: the same bytes each time, and on the record."""
    actor = city_actor(*SENDERS)
    with transaction() as session:
        content = download_batch(session, actor=actor, batch_id=batch_id, now=utc_now())
        line = batch_by_id(session, batch_id=batch_id)
    assert line is not None
    profile = payment_profiles()[line.batch.profile]
    name = f"payments-{line.batch.number}.{profile.suffix}"
    return attachment(content, filename=name, mimetype=profile.mimetype)


def _do(
    batch_id: UUID,
    verb: Verb,
    roles: tuple[Role, ...],
    sentence: str,
    schema: BatchForm | None = None,
) -> ResponseReturnValue:
    """Carry a decision out, or show the batch again with what is wrong."""
    actor = city_actor(*roles)
    form = read_form(schema or BatchForm())
    if form.ok:
        try:
            with transaction() as session:
                verb(session, actor=actor, batch_id=batch_id, now=utc_now(), **form.values)
        except PaymentBatchNotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
    if not form.ok:
        return _show_batch(batch_id, form)
    return _to_batch(batch_id, sentence)


def _to_batch(batch_id: UUID, sentence: str) -> Response:
    return see_other(url_for("finance_payments_pages.batch", batch_id=batch_id), sentence)


def _prepared_sentence(prepared: PreparedBatch) -> str:
    if prepared.for_next:
        return N_("Prepared. More is owed than one batch holds: prepare the next one after this.")
    if prepared.left_out:
        return N_("Prepared. What cannot be paid yet was left out and says what it needs.")
    return N_("Prepared. Somebody else must confirm it.")


def show_owed(form: Form) -> ResponseReturnValue:
    """Show what can be paid, with what is wrong with a form about it."""
    now = utc_now()
    with transaction() as session:
        lines = {book: owed(session, book=book, day=shanghai_date(now)) for book in Book}
        runs = runs_going_on(session)
    file_format = wanted_format()
    if file_format:
        every = [line for book in Book for line in lines[book]]
        return list_file(every, owed_columns(), name="owed", file_format=file_format)
    return render_template(
        "finance/owed.html",
        form=form,
        books=[_owed_book(book, lines[book], now) for book in Book if lines[book]],
        runs=runs,
        per_batch=RUN_BATCH_PAYMENTS,
        may_prepare=may(*SENDERS),
        may_set_accounts=may(Role.FINANCE_MAKER),
        book_words=BOOK_WORDS,
        fund_words=FUND_WORDS,
        missing_words=MISSING_WORDS,
        source_words=source_words,
    ), form.status


def _owed_book(book: Book, lines: list[Owed], now: datetime) -> dict[str, object]:
    """Return one book as the page shows it: what can be paid, the oldest first, and the rest."""
    ready = [line for line in lines if not line.missing]
    return {
        "book": book,
        "ready": ready[:CHOICES_MAX],
        "ready_count": len(ready),
        "ready_fen": Fen(sum(line.amount_fen for line in ready)),
        "waiting": [line for line in lines if line.missing][:CHOICES_MAX],
        "waiting_count": len(lines) - len(ready),
        "days": {line.id: _days_since(line.owed_since, now) for line in lines},
        "everything": _count_sentence(len(ready), ready),
    }


def _count_sentence(count: int, lines: list[Owed]) -> str:
    return str(
        ngettext(
            "Prepare the payment of ¥%(yuan)s: %(num)s thing",
            "Prepare the payment of ¥%(yuan)s: %(num)s things",
            count,
            yuan=yuan(Fen(sum(line.amount_fen for line in lines))),
        )
    )


def _show_batch(batch_id: UUID, form: Form) -> ResponseReturnValue:
    actor = city_actor(*READERS)
    file_format = wanted_format()
    with transaction() as session:
        line = batch_by_id(session, batch_id=batch_id)
        if line is None:
            raise PaymentBatchNotFound
        rows = payments_of_batch(
            session,
            batch_id=batch_id,
            after=cursor_id(),
            rows=EXPORT_ROWS_MAX if file_format else LIST_ROWS + 1,
        )
        payees = payees_of_batch(session, batch_id=batch_id)
        changed = changed_accounts(session, batch_id=batch_id)
    if file_format:
        name = f"payments-{line.batch.number}"
        return list_file(rows, _payment_columns(), name=name, file_format=file_format)
    signers = (
        line.batch.maker_id,
        line.batch.checker_id,
        line.batch.first_approver_id,
    )
    has_signed = actor.staff_id in signers
    turn = turn_of(line.batch)
    return render_template(
        "finance/payment_batch.html",
        form=form,
        line=line,
        batch=line.batch,
        page=page_of(rows, place=lambda row: (str(row.payment.id),)),
        chain=chain_of(line.batch),
        turn=turn,
        is_maker=line.batch.maker_id == actor.staff_id,
        has_signed=has_signed,
        confirm=_confirm_sentence(line, payees),
        changed=changed,
        account_words=PAYEE_ACCOUNT_WORDS,
        may_check=turn is Turn.CHECK and may(*CHECKERS) and not has_signed,
        may_approve=turn is Turn.APPROVE and may(*APPROVERS) and not has_signed,
        profiles=[(each.name, each.title) for each in payment_profiles().values()],
        may_cancel=may(*CANCELLERS),
        may_send=may(*SENDERS),
        batch_words=BATCH_WORDS,
        batch_kinds=BATCH_KINDS,
        book_words=BOOK_WORDS,
        fund_words=FUND_WORDS,
        payment_words=PAYMENT_WORDS,
        payment_kinds=PAYMENT_KINDS,
        source_words=source_words,
    ), form.status


def _confirm_sentence(line: BatchLine, payees: int) -> str:
    return str(
        ngettext(
            "Confirm payment of ¥%(yuan)s to %(num)s payee",
            "Confirm payment of ¥%(yuan)s to %(num)s payees",
            payees,
            yuan=yuan(line.batch.total_fen),
        )
    )


def _read_number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > len("2147483647"):
        abort(HTTPStatus.BAD_REQUEST)
    return int(text)


def _days_since(moment: datetime, now: datetime) -> int:
    return (shanghai_date(now) - shanghai_date(moment)).days


def _batch_columns() -> list[Column[BatchLine]]:
    return [
        Column(gettext("Batch"), lambda row: row.batch.number, CellKind.NUMBER),
        Column(gettext("Book"), lambda row: gettext(BOOK_WORDS[row.batch.book])),
        Column(gettext("Payments"), lambda row: row.batch.payments, CellKind.NUMBER),
        Column(gettext("Amount"), lambda row: row.batch.total_fen, CellKind.MONEY),
        Column(gettext("State"), lambda row: gettext(BATCH_WORDS[row.batch.state])),
        Column(gettext("Prepared by"), lambda row: row.maker),
        Column(gettext("Prepared at"), lambda row: row.batch.prepared_at, CellKind.MOMENT),
        Column(gettext("Checked by"), lambda row: row.checker),
        Column(gettext("First confirmed by"), lambda row: row.first_approver),
        Column(gettext("Confirmed by"), lambda row: row.approver),
        Column(gettext("Confirmed at"), lambda row: row.batch.approved_at, CellKind.MOMENT),
        Column(gettext("Sent at"), lambda row: row.batch.sent_at, CellKind.MOMENT),
    ]


def _payment_columns() -> list[Column[PaymentLine]]:
    def state(row: PaymentLine) -> str:
        return str(gettext(PAYMENT_WORDS[PaymentState(row.payment.state)]))

    return [
        Column(gettext("Batch"), lambda row: row.batch_number, CellKind.NUMBER),
        Column(gettext("Reference"), lambda row: row.payment.reference),
        Column(gettext("For"), lambda row: source_words(row.source, row.statement_number)),
        Column(gettext("Payee"), lambda row: row.payment.payee_shown),
        Column(gettext("Account"), lambda row: row.payment.account_masked),
        Column(gettext("Account since the last payment"), _account_is),
        Column(gettext("Name of the bank"), lambda row: row.payment.payee_bank),
        Column(gettext("Code of the branch"), lambda row: row.payment.payee_bank_code),
        Column(gettext("Fund"), lambda row: gettext(FUND_WORDS[row.payment.fund_source])),
        Column(gettext("Attempt"), lambda row: row.payment.attempt, CellKind.NUMBER),
        Column(gettext("Amount"), lambda row: row.payment.amount_fen, CellKind.MONEY),
        Column(gettext("State"), state),
    ]


def _account_is(row: PaymentLine) -> str:
    known = row.payment.payee_account_is
    return str(gettext(PAYEE_ACCOUNT_WORDS[known])) if known else ""
