"""A card is reported lost by somebody who has not signed in, since the phone is gone."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cards.errors import LostReportsTooMany
from cards.models import CARD_MOVES, Card, CardState, LostReportTries
from cards.queries import card_of_member
from cards.rules import LOST_REPORTS_FROM_NETWORK_MAX, LOST_REPORTS_MAX
from cards.services.lifecycle import lock_card, lose
from kernel.actors import NOBODY
from kernel.clock import shanghai_date
from kernel.errors import Refusal
from kernel.secrets import blind_index
from members.queries import member_by_phone_index
from members.rules import PHONE_FIELD
from members.services import end_other_sessions, matches_register
from merchants.rules import network_of


def report_lost_elsewhere(
    session: Session, *, phone: str, name: str, document_tail: str, address: str, now: datetime
) -> Refusal | None:
    """Stop the card of whoever has this number (normalised), name and document, if anybody has.

    Answers nothing about what was found. Five reports a Shanghai day for one number, fifty from
    one network: the next is returned as a refusal, so that the count before it is committed. Locks
    both counts, then the card, whose member is signed out everywhere.
    """
    phone_index = blind_index(PHONE_FIELD, phone)
    network_index = blind_index("lost_report_address", network_of(address))
    limits = {network_index: LOST_REPORTS_FROM_NETWORK_MAX, phone_index: LOST_REPORTS_MAX}
    if not all(
        _take_try(session, subject=subject, tries_max=tries_max, now=now)
        for subject, tries_max in limits.items()
    ):
        return LostReportsTooMany()
    member = member_by_phone_index(session, phone_index=phone_index)
    if member is None or not matches_register(member, name, document_tail):
        return None
    card = _locked(session, card_of_member(session, member_id=member.id))
    if card is not None and CardState.LOST in CARD_MOVES[card.state]:
        end_other_sessions(session, member_id=member.id, but=None, now=now)
        lose(session, card, reason=None, in_hand=None, actor=NOBODY, now=now)
    return None


def _locked(session: Session, card: Card | None) -> Card | None:
    return None if card is None else lock_card(session, card_id=card.id)


def _take_try(session: Session, *, subject: bytes, tries_max: int, now: datetime) -> bool:
    """Count one report; False when those of the day are used up.

    One conditional statement, so that reports at the same moment cannot share a try.
    """
    taken = (
        insert(LostReportTries)
        .values(subject=subject, day=shanghai_date(now), tries=1)
        .on_conflict_do_update(
            index_elements=[LostReportTries.subject, LostReportTries.day],
            set_={"tries": LostReportTries.tries + 1},
            where=LostReportTries.tries < tries_max,
        )
        .returning(LostReportTries.tries)
    )
    return session.execute(taken).first() is not None
