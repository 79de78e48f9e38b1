"""Ageing: what is owed, to whom, since when, and where it stands. It adds up to the books."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kernel.money import Fen
from ledger.models import FundSource, PartyType

# Days since it became owed begin at these: [0, 31), [31, 61), [61, 91), from 91 on.
AGE_STARTS = (31, 61, 91)
AGES = len(AGE_STARTS) + 1


class Stage(StrEnum):
    """Where something that is owed stands."""

    NOT_STATED = "not_stated"
    STATED = "stated"  # on a statement that its merchant has not agreed to
    AGREED = "agreed"  # and not approved yet
    TO_PAY = "to_pay"
    AT_THE_BANK = "at_the_bank"  # in a batch, and no bank line proves it yet
    CARRIED = "carried"  # more was taken back than sold: set off by the next statement


@dataclass(frozen=True)
class AgedSum:
    """What one payee is owed of one fund at one stage and age; members are one together."""

    party_type: PartyType
    merchant_id: UUID | None
    merchant: str | None
    stage: Stage
    fund_source: FundSource
    age: int  # which of the ages: 0 is the youngest
    oldest_on: date
    count: int
    amount_fen: Fen


# What a statement carried out into a later one is there; what nobody took over is still here.
_OWED = """
    SELECT 'merchant' AS party_type, p.party_id AS merchant_id, 'not_stated' AS stage,
        j.fund_source, j.book_date AS since, p.credit_fen - p.debit_fen AS fen
    FROM journals j JOIN postings p ON p.journal_id = j.id AND p.party_type = 'merchant'
    WHERE j.source_type IN ('redemption', 'redemption_reversal', 'adjustment')
        AND NOT EXISTS (SELECT FROM statement_lines l WHERE l.journal_id = j.id)
    UNION ALL
    SELECT 'merchant', s.merchant_id,
        CASE WHEN s.state IN ('open', 'issued', 'disputed') THEN 'stated'
            WHEN s.state = 'agreed' THEN 'agreed'
            WHEN y.is_live THEN 'at_the_bank' ELSE 'to_pay' END,
        f.fund_source, s.ends_on - 1, f.payable_fen - coalesce(y.fen, 0)
    FROM statement_funds f JOIN statements s ON s.id = f.statement_id
    LEFT JOIN (
        SELECT statement_id, fund_source, sum(matched_fen - returned_fen) AS fen,
            bool_or(state IN ('prepared', 'sent')) AS is_live
        FROM payments WHERE statement_id IS NOT NULL GROUP BY 1, 2
    ) AS y ON y.statement_id = f.statement_id AND y.fund_source = f.fund_source
    UNION ALL
    SELECT 'merchant', s.merchant_id, 'carried', f.fund_source, s.ends_on - 1, f.carried_out_fen
    FROM statement_funds f JOIN statements s ON s.id = f.statement_id
    WHERE NOT EXISTS (
        SELECT FROM statement_funds n
        WHERE n.carried_from_id = f.statement_id AND n.fund_source = f.fund_source)
    UNION ALL
    SELECT b.payee_type, CASE WHEN b.payee_type = 'merchant' THEN b.payee_id END,
        CASE WHEN y.is_live THEN 'at_the_bank' ELSE 'to_pay' END, b.fund_source,
        (b.owed_since AT TIME ZONE 'Asia/Shanghai')::date, b.amount_fen - coalesce(y.fen, 0)
    FROM payables b LEFT JOIN (
        SELECT payable_id, sum(matched_fen - returned_fen) AS fen,
            bool_or(state IN ('prepared', 'sent')) AS is_live
        FROM payments WHERE payable_id IS NOT NULL GROUP BY 1
    ) AS y ON y.payable_id = b.id
"""
_AGED = text(
    f"""
    SELECT o.party_type, o.merchant_id, m.name AS merchant, o.stage, o.fund_source,
        width_bucket(CAST(:today AS date) - o.since, CAST(:starts AS int[])) AS age,
        min(o.since) AS oldest_on, count(*) AS things, sum(o.fen) AS fen
    FROM ({_OWED}) AS o LEFT JOIN merchants m ON m.id = o.merchant_id
    WHERE o.fen <> 0 AND o.since < coalesce(CAST(:before AS date), 'infinity')
    GROUP BY o.party_type, o.merchant_id, m.name, o.stage, o.fund_source, age
    ORDER BY oldest_on, m.name, o.stage, o.fund_source, age
    """  # noqa: S608 (a literal of this file)
)


def aged_sums(session: Session, *, today: date, before: date | None = None) -> list[AgedSum]:
    """Return everything that is owed, what is owed longest first; or what was owed `before` a day.

    A statement is owed from its last day on.
    """
    given = {"today": today, "starts": list(AGE_STARTS), "before": before}
    rows = session.execute(_AGED, given)
    return [
        AgedSum(
            party_type=PartyType(row.party_type),
            merchant_id=row.merchant_id,
            merchant=row.merchant,
            stage=Stage(row.stage),
            fund_source=FundSource(row.fund_source),
            age=row.age,
            oldest_on=row.oldest_on,
            count=row.things,
            amount_fen=Fen(int(row.fen)),
        )
        for row in rows
    ]
