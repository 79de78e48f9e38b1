"""A bank file of 100,000 lines: taken in, matched and booked in one transaction, then once more.

The floor is COPY: the rows that the import wrote, once more, into tables with the same columns and
indexes, and nothing that looks at them.
"""

import csv
import io
import resource
import time
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from bench.fresh import fresh_database
from bench.town import plant_town
from bench.work import took
from finance.models import PaymentBatch
from finance.rules.references import new_reference
from finance.services.bank_import import ImportedFile, import_bank_file
from kernel.clock import shanghai_date, utc_now
from kernel.db import transaction
from kernel.ids import new_id
from kernel.money import Fen, yuan
from ledger.models import Book, Family, FundSource, PartyType, PostingEvent
from ledger.services import Entry, post_many
from members.models import Member, UnionOrg
from staff.models import StaffAccount

LINES = 100_000
SECONDS_MAX = 60
# Of a hundred lines: one brings a payment back, one is a fee; the others pay.
_RETURNS, _FEES = 100, 100
_DAYS = 20
_PAYEES = 1_000
_OPENING_FEN = Fen(10_000_000_000_00)
_HEADING = (
    *("交易日期", "交易时间", "借方发生额", "贷方发生额", "余额"),
    *("对方户名", "对方账号", "摘要", "交易流水号"),
)
_KINDS = (
    ("aid_claim", "approved", Family.AID, FundSource.MUTUAL_AID, Book.MUTUAL_AID),
    ("enrolment", "completed", Family.TRAINING, FundSource.UNION_FUND, Book.UNION),
)


def bank_file(lines: int = LINES) -> list[dict[str, Any]]:
    """Measure the import of a file that pays all of a made batch, and of the same lines again."""
    payments = lines - lines // _RETURNS - lines // _FEES
    with fresh_database("bank") as owner:
        with transaction() as session:
            opens_at = utc_now() - timedelta(days=60)
            plant_town(session, merchants=1, sites_each=1, members=_PAYEES, opens_at=opens_at)
            sent = _payments(session, payments)
        # Let the planner know the tables, as autovacuum does in the course of a month.
        with owner.connect() as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
        content = _file(sent, lines=lines)
        first, first_took = took(lambda: _take_in(content))
        second, again_took = took(lambda: _take_in(content + b"\r\n"))
        floor = _copied(owner)
    expected = payments + lines // _RETURNS
    line = {
        "case": "bank_file",
        "lines": lines,
        "seconds": first_took.seconds,
        "cpu_seconds": first_took.cpu_seconds,
        "copy_seconds": round(floor, 2),
        "ratio": {"copy": round(first_took.seconds / floor, 1)},
        "lines_per_second": round(lines / first_took.seconds),
        "matched": first.matched,
        "named": first.named,
        "again_seconds": again_took.seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "too_slow": int(first_took.seconds > SECONDS_MAX),
        "lost": expected - first.matched,
        "double": second.new + second.matched + second.named,
    }
    return [line]


def _take_in(content: bytes) -> ImportedFile:
    with transaction() as session:
        return import_bank_file(
            session, content=content, name="bench.csv", staff_id=None, now=utc_now()
        )


# What an import writes, and which rows of it.
_WRITTEN = {
    "bank_lines": "bank_lines",
    "matches": "matches",
    "journals": "journals WHERE source_type = 'match'",
    "postings": "postings WHERE journal_id IN (SELECT id FROM journals"
    " WHERE source_type = 'match')",
    "notices": "notices",
    "discrepancies": "discrepancies",
}


def _copied(owner: Engine) -> float:
    """Return the seconds that COPY takes to write the same rows into the same indexes."""
    url = owner.url.set(drivername="postgresql").render_as_string(hide_password=False)
    seconds = 0.0
    with psycopg.connect(url) as connection:
        for table, rows in _WRITTEN.items():
            with connection.cursor().copy(
                f"COPY (SELECT * FROM {rows}) TO STDOUT (FORMAT binary)"  # noqa: S608 (ours)
            ) as out:
                kept = [bytes(part) for part in out]
            connection.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING INDEXES)")
            started = time.perf_counter()
            with connection.cursor().copy(f"COPY floor_{table} FROM STDIN (FORMAT binary)") as to:
                for part in kept:
                    to.write(part)
            connection.commit()
            seconds += time.perf_counter() - started
    return seconds


def _payments(session: Session, count: int) -> list[tuple[str, int]]:
    """Owe, pay and send so many; return each reference with its amount. Not part of the timing."""
    found: list[tuple[str, int]] = []
    for number, kind in enumerate(_KINDS):
        share = count // 2 if number else count - count // 2
        found += _sent_batch(session, kind, [1_00 + place % 50_000 for place in range(share)])
    return found


def _sent_batch(
    session: Session, kind: tuple[str, str, Family, FundSource, Book], amounts: list[int]
) -> list[tuple[str, int]]:
    source, happened, family, fund, book = kind
    now = utc_now() - timedelta(days=_DAYS + 2)
    payees = session.scalars(select(Member.id).limit(_PAYEES)).all()
    entries = [
        Entry(
            source_id=new_id(),
            family=family,
            fund_source=fund,
            amount_fen=Fen(fen),
            party_type=PartyType.MEMBER,
            party_id=payees[place % len(payees)],
            programme_id=None,
            occurred_at=now,
            book_date=shanghai_date(now),
        )
        for place, fen in enumerate(amounts)
    ]
    event = PostingEvent(happened)
    post_many(session, source_type=source, kind=happened, event=event, entries=entries, now=now)
    maker, checker, first, approver = (_officer(session) for _ in range(4))
    batch = PaymentBatch(
        book=book,
        payments=len(entries),
        total_fen=Fen(sum(amounts)),
        maker_id=maker,
        prepared_at=now,
    )
    session.add(batch)
    session.flush()
    references = [new_reference() for _ in entries]
    facts: dict[str, Any] = {
        "payables": [new_id() for _ in entries],
        "payments": [new_id() for _ in entries],
        "sources": [each.source_id for each in entries],
        "references": references,
        "source": source,
        "batch": batch.id,
        "checker": checker,
        "first": first,
        "approver": approver,
        "now": now,
    }
    for statement in _SENT:
        session.execute(text(statement), facts)
    return list(zip(references, amounts, strict=True))


def _officer(session: Session) -> UUID:
    """Return somebody who can be named, and cannot sign in."""
    now, number = utc_now(), new_id()
    account = StaffAccount(
        id=number,
        username=f"bench-{number.hex[-12:]}",
        display_name="Bench",
        union_id=session.scalars(select(UnionOrg.id).limit(1)).one(),
        password_hash="",
        password_set_at=now,
        password_is_temporary=True,
        totp_secret_sealed=b"",
        totp_is_temporary=True,
        created_at=now,
        updated_at=now,
    )
    session.add(account)
    session.flush()
    return account.id


_SENT = (
    """
    INSERT INTO payables (id, source_type, source_id, payee_type, payee_id, amount_fen,
        fund_source, journal_id, owed_since, state)
    SELECT g.id, j.source_type, j.source_id, p.party_type, p.party_id, p.credit_fen,
        j.fund_source, j.id, :now, 'paying'
    FROM unnest(CAST(:payables AS uuid[]), CAST(:sources AS uuid[])) AS g (id, source_id)
    JOIN journals j ON j.source_type = :source AND j.source_id = g.source_id
    JOIN postings p ON p.journal_id = j.id AND p.party_id IS NOT NULL
    """,
    """
    INSERT INTO payments (id, reference, batch_id, payable_id, attempt, fund_source, amount_fen,
        payee_type, payee_id, payee_name_sealed, payee_account_sealed, payee_shown,
        account_masked, state, matched_fen, returned_fen)
    SELECT g.id, g.reference, :batch, y.id, 1, y.fund_source, y.amount_fen, y.payee_type,
        y.payee_id, '', '', '演示*', '629999****0017', 'prepared', 0, 0
    FROM unnest(CAST(:payments AS uuid[]), CAST(:payables AS uuid[]), CAST(:references AS text[]))
        AS g (id, payable_id, reference)
    JOIN payables y ON y.id = g.payable_id
    """,
    # As large a total asks for it: a check, and two who approve.
    """
    UPDATE payment_batches SET state = 'checked', checker_id = :checker, checked_at = :now
    WHERE id = :batch
    """,
    """
    UPDATE payment_batches
    SET state = 'approved_once', first_approver_id = :first, first_approved_at = :now
    WHERE id = :batch
    """,
    """
    UPDATE payment_batches SET state = 'approved', approver_id = :approver, approved_at = :now
    WHERE id = :batch
    """,
    "UPDATE payments SET state = 'sent' WHERE batch_id = :batch",
    "UPDATE payment_batches SET state = 'sent', sent_at = :now, file_sha256 = '' WHERE id = :batch",
)


def _file(sent: list[tuple[str, int]], *, lines: int) -> bytes:
    """Return the bank's file: a line for each payment, then returns and fees, over the days."""
    account = f"629999{time.time_ns() // 1_000_000_000}"
    said = [(-fen, f"结算 {reference}") for reference, fen in sent]
    said += [(fen, f"退汇 {reference}") for reference, fen in sent[: lines // _RETURNS]]
    said += [(-50, "手续费")] * (lines // _FEES)
    first = shanghai_date(utc_now()) - timedelta(days=_DAYS)
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(["账号", account, "币种", "CNY"])
    rows.writerow(_HEADING)
    balance = _OPENING_FEN
    for place, (fen, summary) in enumerate(said):
        balance = Fen(balance + fen)
        paid, came = (yuan(Fen(-fen)), "") if fen < 0 else ("", yuan(Fen(fen)))
        day: date = first + timedelta(days=place * _DAYS // len(said))
        row = [
            day.isoformat(),
            "10:15:00",
            paid,
            came,
            yuan(balance),
            "演示收款人",
            "",
            summary,
            "",
        ]
        rows.writerow(row)
    return written.getvalue().encode("utf-8-sig")
