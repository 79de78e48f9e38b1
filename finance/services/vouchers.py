"""Vouchers: written when a month is closed, handed over as files that packages import."""

from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from audit.services import record
from finance.models import Voucher, VoucherLine
from finance.queries.closing import certificate
from finance.queries.vouchers import (
    VoucherShown,
    chart_codes,
    draft_vouchers,
    kept_vouchers,
    voucher_rows,
)
from finance.rules.voucher_checks import VoucherFault, voucher_faults
from finance.rules.vouchers import voucher_file, voucher_profiles
from kernel.actors import Actor
from kernel.errors import Refusal
from kernel.i18n import N_
from kernel.ids import new_id
from ledger.models import Book
from staff.queries import names_of


class VoucherFileInvalid(Refusal):
    """The fact `faults` names the rules and lines that the package would refuse."""

    status = 409
    code = "voucher_file_invalid"
    title = N_(
        "The accounting package would refuse these vouchers. Mend what is named, in the chart of"
        " accounts or the names, and save the file again."
    )


class NoVouchers(Refusal):
    status = 404
    code = "no_vouchers"
    title = N_("This month has no vouchers in this book. They are written when it is closed.")


def write_vouchers(session: Session, *, month: str, starts_on: date, ends_on: date) -> int:
    """Number the vouchers of a month that is being closed, once for ever; return how many."""
    drafts = draft_vouchers(session, starts_on=starts_on, ends_on=ends_on)
    ids = [new_id() for _ in drafts]
    vouchers = [
        {
            "id": key,
            "month": month,
            "book": each.book,
            "number": each.number,
            "book_date": each.book_date,
            "fund_source": each.fund_source,
            "source_type": each.source_type,
            "is_red": each.is_red,
            "journals": each.journals,
            "attachments": each.attachments,
            "summary": each.summary,
        }
        for key, each in zip(ids, drafts, strict=True)
    ]
    lines = [
        {
            "voucher_id": key,
            "line_no": number,
            "account_id": side.account_id,
            "debit_fen": side.debit_fen,
            "credit_fen": side.credit_fen,
        }
        for key, each in zip(ids, drafts, strict=True)
        for number, side in enumerate(each.sides, start=1)
    ]
    if vouchers:
        session.execute(insert(Voucher), vouchers)
        session.execute(insert(VoucherLine), lines)
    return len(vouchers)


def export_vouchers(
    session: Session, *, actor: Actor, month: str, book: Book, profile_name: str, now: datetime
) -> bytes:
    """Return the file of a closed month's vouchers of one book, as `profile_name` lays it out.

    The very bytes are read back and held against what the package refuses.

    Raises CertificateNotFound, NoVouchers, VoucherFileInvalid.
    """
    kept = certificate(session, month=month)
    found = [each for each in kept_vouchers(session, month=month) if each.book is book]
    if not found:
        raise NoVouchers(month=month)
    names = names_of(session, account_ids=[kept.maker_id, kept.approver_id])
    content, faults = _made(
        session,
        found,
        month=month,
        profile_name=profile_name,
        people=(names[kept.maker_id], names[kept.approver_id]),
    )
    if faults:
        raise VoucherFileInvalid(faults=[{"rule": each.rule, "line": each.line} for each in faults])
    record(
        session,
        actor=actor,
        action="vouchers.saved",
        object_type="period",
        object_id=None,
        now=now,
        month=month,
        book=book.value,
        profile=profile_name,
        count=len(found),
    )
    return content


def faults_before_closing(
    session: Session, *, month: str, starts_on: date, ends_on: date, people: tuple[str, str]
) -> dict[str, list[VoucherFault]]:
    """Return what each layout's package would refuse if the month were closed now, by layout."""
    drafts = draft_vouchers(session, starts_on=starts_on, ends_on=ends_on)
    found = {}
    for name in voucher_profiles():
        faults = [
            fault
            for book in Book
            for fault in _made(
                session,
                [each for each in drafts if each.book is book],
                month=month,
                profile_name=name,
                people=people,
            )[1]
        ]
        if faults:
            found[name] = faults
    return found


def _made(
    session: Session,
    vouchers: list[VoucherShown],
    *,
    month: str,
    profile_name: str,
    people: tuple[str, str],
) -> tuple[bytes, list[VoucherFault]]:
    profile = voucher_profiles()[profile_name]
    content = voucher_file(voucher_rows(vouchers), profile, preparer=people[0], checker=people[1])
    codes = chart_codes(session)
    return content, voucher_faults(content, profile, month=month, codes=codes)
