"""The row of a sale, written with its receipt and its limits in one statement."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from benefits.services.limits import (
    Take,
    are_plain,
    raise_if_full,
    take_limits,
    taking_parameters,
    taking_sql,
)
from discounts.models import Redemption, RedemptionState
from kernel.db import Statement, TryAgain

# The counter's row belongs to one till and one day, so only that till's own sales wait for it.
# Its number is used in the same transaction: a sale that is rolled back leaves no gap.
_COUNTED = """
    counter AS (
        INSERT INTO receipt_counters AS k (terminal_id, receipt_on, last)
        VALUES (:terminal_id, :today, 1)
        ON CONFLICT (terminal_id, receipt_on) DO UPDATE SET last = k.last + 1
        RETURNING last
    ),
"""
_WRITTEN = """
    written AS (
        INSERT INTO redemptions (id, terminal_id, site_id, merchant_id, card_id, member_id,
            verification_id, offer_id, offer_version_id, programme_id, stack_group, facts_digest,
            terminal_seq, gross_fen, member_pays_fen, merchant_bears_fen, union_pays_fen,
            occurred_at, received_at, state, expires_at, captured_at, receipt_on, receipt_seq,
            back_member_fen, back_merchant_fen, back_union_fen)
        SELECT :id, :terminal_id, :site_id, :merchant_id, :card_id, :member_id, :verification_id,
            :offer_id, :offer_version_id, :programme_id, :stack_group, :facts_digest,
            :terminal_seq, :gross_fen, :member_pays_fen, :merchant_bears_fen, :union_pays_fen,
            :occurred_at, :received_at, :state, CAST(:expires_at AS timestamptz),
            CAST(:captured_at AS timestamptz), {receipt}, 0, 0, 0
        {counter}
        ON CONFLICT DO NOTHING
        RETURNING receipt_seq
    )
"""
CAPTURED = _COUNTED + _WRITTEN.format(
    receipt="CAST(:today AS date), counter.last", counter="FROM counter"
)
_HELD = _WRITTEN.format(receipt="NULL, NULL", counter="")
COLUMNS = (
    *("id", "terminal_id", "site_id", "merchant_id", "card_id", "member_id", "verification_id"),
    *("offer_id", "offer_version_id", "programme_id", "stack_group", "facts_digest"),
    *("terminal_seq", "gross_fen", "member_pays_fen", "merchant_bears_fen", "union_pays_fen"),
    *("occurred_at", "received_at", "state", "expires_at", "captured_at"),
)


def _alone(row: str) -> Statement:
    return Statement(f"WITH {row} SELECT receipt_seq FROM written")  # noqa: S608 (ours)


def _with_limits(row: str) -> Statement:
    """Return the statement that takes limits too, once the row is known to be the first."""
    taking = taking_sql(only="WHERE EXISTS (SELECT FROM written)")
    return Statement(
        f"""
        WITH {row}, {taking}
        SELECT w.receipt_seq, t.rule_id, t.scope_id, t.win, t.stripe
        FROM written w LEFT JOIN taken t ON true
        """  # noqa: S608 (literals of ours)
    )


_STATEMENTS = {
    (RedemptionState.CAPTURED, True): _with_limits(CAPTURED),
    (RedemptionState.CAPTURED, False): _alone(CAPTURED),
    (RedemptionState.HELD, True): _with_limits(_HELD),
    (RedemptionState.HELD, False): _alone(_HELD),
}


def write_sale(
    session: Session, *, redemption: Redemption, takes: Sequence[Take], day: date
) -> None:
    """Write the row, with the receipt of a capture, and take its limits.

    Locks the till's counter of the day, then the limits in the order of their keys. The caller
    lets a refusal roll its transaction back. Raises LimitReached; TryAgain if the id, or this
    verification's use of the offer or of its group, was taken while we were deciding.
    """
    merged = bool(takes) and are_plain(takes)
    is_held = redemption.state is RedemptionState.HELD
    facts: dict[str, Any] = {name: getattr(redemption, name) for name in COLUMNS}
    if merged:
        facts |= taking_parameters(source_id=redemption.id, takes=takes, is_held=is_held)
    facts["today"] = day
    rows = _STATEMENTS[redemption.state, merged].all(session, facts)
    if not rows:
        raise TryAgain
    if not is_held:
        redemption.receipt_on, redemption.receipt_seq = day, rows[0].receipt_seq
    if merged:
        raise_if_full(
            takes, {(row.rule_id, row.scope_id, row.win, row.stripe) for row in rows}, day
        )
    else:
        take_limits(session, source_id=redemption.id, takes=takes, is_held=is_held, day=day)
