"""Judging one record: taken in once, judged once, booked once.

Locks, in the house's order: the till that made the record, the replay row of its credential, the
limits by key, the period (shared). Each record is a transaction of its own, so that a file which is
cut off in the middle is judged as far as it came, and no limit is held while others are judged.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from audit.services import record as write_down
from cards.services.offline import KNOWN_AFTER, NotSeen, SeenOffline, see_offline, signed_at
from discounts.models import (
    RECORD_MOVES,
    BorneBy,
    Lease,
    OfflineRecord,
    RecordVerdict,
    Redemption,
    RedemptionState,
)
from discounts.queries import chain_around, offline_policy, seq_is_taken, sold_terms
from discounts.rules import is_linked, lease_reason, moment_reason
from discounts.services.offline.booking import Booked, OfflineSale, book_sale
from discounts.services.offline.reading import SentRecord
from kernel.actors import Actor, ActorKind, Till
from kernel.clock import shanghai_date
from kernel.db import TryAgain
from kernel.jws import base64url
from kernel.money import Fen
from kernel.states import move
from ledger.errors import PeriodClosed, PostingRuleMissing
from merchants.models import Terminal


@dataclass(frozen=True)
class _Refused:
    """What speaks against a sale, and the scan that had its presentation first."""

    reason: str
    replay_of: UUID | None = None


def judge_record(
    session: Session, *, sent: SentRecord, till: Till, is_suspended: bool, now: datetime
) -> OfflineRecord | None:
    """Take a record in and judge it; return it with its verdict, which is stored and final.

    The same id again hears the stored verdict; None where the id is that of another sale. A record
    waits while the merchant is suspended, and while it cannot be booked: sent again, it is judged
    as of its first coming. Raises TryAgain.
    """
    terminal = session.get_one(
        Terminal, sent.terminal_id, with_for_update={"key_share": True}, populate_existing=True
    )
    kept = session.get(OfflineRecord, sent.sale.id, populate_existing=True)
    if kept is None:
        kept = _take_in(session, sent=sent, terminal=terminal, till=till, now=now)
    elif (kept.terminal_id, kept.facts_digest) != (terminal.id, sent.facts_digest):
        return None
    if kept.verdict is not RecordVerdict.WAITING:
        return kept
    if is_suspended:
        return _wait(session, kept, "merchant_suspended")
    savepoint = session.begin_nested()
    try:
        outcome = _judge(session, sent=sent, kept=kept, terminal=terminal, now=now)
        savepoint.commit()
    except (PostingRuleMissing, PeriodClosed):
        savepoint.rollback()
        return _wait(session, kept, "books_not_ready")
    _keep(session, kept, outcome, till=till, now=now)
    return kept


def _take_in(
    session: Session, *, sent: SentRecord, terminal: Terminal, till: Till, now: datetime
) -> OfflineRecord:
    """Write what was sent, as a part of the chain or outside of it. Raises TryAgain."""
    sale = sent.sale
    chain = chain_around(session, terminal_id=terminal.id, seq=sale.seq)
    own_hash = base64url(sent.record_hash)
    in_chain = is_linked(seq=sale.seq, prev=sale.prev, own_hash=own_hash, chain=chain)
    in_chain = in_chain and not seq_is_taken(session, terminal_id=terminal.id, seq=sale.seq)
    facts = {
        "id": sale.id,
        "terminal_id": terminal.id,
        "sent_by": till.terminal_id,
        "lease_id": sent.lease_id,
        "seq": sale.seq,
        "prev": sale.prev,
        "record_hash": sent.record_hash,
        "facts_digest": sent.facts_digest,
        "jws": sent.jws,
        "in_chain": in_chain,
        "after_gap": sale.seq > 1 and chain.before is None,
        "offer_version_id": sale.offer_version,
        "gross_fen": sale.gross_fen,
        "occurred_at": sale.occurred_at,
        "signed_at": signed_at(sale.presentation),
        "received_at": now,
        "verdict": RecordVerdict.WAITING if in_chain else RecordVerdict.REFUSED,
        "reason": "books_not_ready" if in_chain else "chain_broken",
        "judged_at": None if in_chain else now,
        "borne_by": None if in_chain else BorneBy.MERCHANT,
        "cut_fen": Fen(0),
    }
    taken = session.scalar(
        insert(OfflineRecord)
        .values(facts)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(OfflineRecord.id)
    )
    if taken is None:
        raise TryAgain  # another till's record of this id came in this moment
    if in_chain:
        terminal.seq = max(terminal.seq, sale.seq)
        session.flush()
    return session.get_one(OfflineRecord, sale.id)


def _judge(
    session: Session, *, sent: SentRecord, kept: OfflineRecord, terminal: Terminal, now: datetime
) -> _Refused | Booked:
    """Return what becomes of a record: what the till could have seen by itself comes first."""
    lease = session.get(Lease, kept.lease_id) if kept.lease_id else None
    if lease is None:
        return _Refused("lease_unknown")
    sale = sent.sale
    known = session.get(Redemption, sale.id)
    if known is not None:
        return _answered_online(known, sent=sent, terminal=terminal)
    moment = kept.signed_at
    if moment is None:
        # Only what a phone signed has a moment; the codec says what is wrong with the rest.
        return _Refused(_without_moment(sale.presentation))
    late_after = timedelta(hours=offline_policy(session).late_hours)
    reason = moment_reason(
        signed_at=moment,
        occurred_at=kept.occurred_at,
        received_at=kept.received_at,
        late_after=late_after,
    ) or lease_reason(
        lease.offers,
        offer_version=sale.offer_version,
        signed_at=moment,
        starts_at=lease.issued_at,
        ends_at=lease.expires_at,
    )
    if reason is None and terminal.unpaired_at is not None and moment >= terminal.unpaired_at:
        reason = "till_unpaired"
    if reason is not None:
        return _Refused(reason)
    seen = see_offline(
        session,
        terminal_id=terminal.id,
        audience=terminal.code,
        presentation=sale.presentation,
        moment=moment,
        scan_id=sale.id,
        now=now,
    )
    if isinstance(seen, NotSeen):
        return _Refused(seen.reason, seen.replay_of)
    return _entitled(
        session, sent=sent, seen=seen, lease=lease, terminal=terminal, moment=moment, now=now
    )


def _entitled(
    session: Session,
    *,
    sent: SentRecord,
    seen: SeenOffline,
    lease: Lease,
    terminal: Terminal,
    moment: datetime,
    now: datetime,
) -> _Refused | Booked:
    risk = _ended_by(seen, moment)
    if risk is not None and _till_knew(seen, lease, moment):
        return _Refused(risk)
    booked = book_sale(
        session,
        sale=OfflineSale(
            sent=sent,
            terminal=terminal,
            lease=lease,
            seen=seen,
            sold=sold_terms(session, version_id=sent.sale.offer_version),
            moment=moment,
        ),
        risk=risk,
        now=now,
    )
    return _Refused(booked) if isinstance(booked, str) else booked


def _ended_by(seen: SeenOffline, moment: datetime) -> str | None:
    """Return why the card was of no use at `moment`; None where it ended later, or never."""
    ended = seen.ended
    if ended is None or (ended.at is not None and ended.at > moment):
        return None
    return ended.reason


def _till_knew(seen: SeenOffline, lease: Lease, moment: datetime) -> bool:
    """Say whether the status lists of the till's last contact before the sale had the card."""
    assert seen.ended is not None
    last_contact = lease.renewed_at if lease.renewed_at <= moment else lease.issued_at
    return seen.ended.at is not None and seen.ended.at + KNOWN_AFTER <= last_contact


def _answered_online(
    known: Redemption, *, sent: SentRecord, terminal: Terminal
) -> _Refused | Booked:
    """Say that the sale had been made online: the service took it, and its answer was lost."""
    sold = known.offer_version_id == sent.sale.offer_version
    same = known.terminal_id == terminal.id and known.gross_fen == sent.sale.gross_fen and sold
    if not same or known.state in {RedemptionState.HELD, RedemptionState.EXPIRED}:
        return _Refused("request_key_reused")
    return Booked(known, BorneBy.LIMIT, None, Fen(0), shanghai_date(known.received_at))


def _without_moment(presentation: str) -> str:
    """Return why a code that no phone signed in full is of no use without a network."""
    return "wrong_assurance" if presentation.startswith(("US1:", "UR1:")) else "malformed"


def _wait(session: Session, kept: OfflineRecord, reason: str) -> OfflineRecord:
    if kept.reason != reason:
        kept.reason = reason
        session.flush()
    return kept


def _keep(
    session: Session,
    kept: OfflineRecord,
    outcome: _Refused | Booked,
    *,
    till: Till,
    now: datetime,
) -> None:
    """Write the verdict, which nothing changes any more; tell of a code that was shown twice."""
    kept.judged_at = now
    if isinstance(outcome, Booked):
        kept.verdict = move(RECORD_MOVES, kept.verdict, RecordVerdict.CAPTURED)
        kept.reason, kept.borne_by = outcome.reason, outcome.borne_by
        kept.redemption_id, kept.sold_on = outcome.redemption.id, outcome.sold_on
        kept.cut_fen = outcome.cut_fen
    else:
        kept.verdict = move(RECORD_MOVES, kept.verdict, RecordVerdict.REFUSED)
        kept.reason, kept.borne_by = outcome.reason, BorneBy.MERCHANT
        kept.replay_of = outcome.replay_of
    session.flush()
    if kept.replay_of is not None:
        write_down(
            session,
            actor=Actor(ActorKind.TERMINAL, id=till.terminal_id, merchant_id=till.merchant_id),
            action="presentation.shown_twice",
            object_type="offline_record",
            object_id=kept.id,
            now=now,
            merchant_id=till.merchant_id,
            first_scan=kept.replay_of,
        )
