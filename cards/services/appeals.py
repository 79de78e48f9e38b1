"""A member appeals against a freeze, and the desk decides."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cards.errors import AppealNotFound, AppealOpen, NotFrozen
from cards.models import APPEAL_TEXT, AppealState, Card, CardAppeal, CardState
from cards.queries import open_appeal
from cards.services.lifecycle import lock_card, lock_card_of, restore_card
from cards.services.states import answer_appeal, note, said
from kernel.actors import Actor, ActorKind
from kernel.ids import new_id
from kernel.states import MoveNotAllowed


def appeal(session: Session, *, member_id: UUID, text: str, now: datetime) -> CardAppeal:
    """Keep what a member says against the freeze of their card; one at a time.

    Locks the card. Raises CardNotFound, NotFrozen, AppealOpen, ReasonMissing.
    """
    text = said(text)
    card = lock_card_of(session, member_id=member_id)
    if card.state is not CardState.FROZEN:
        raise NotFrozen
    if open_appeal(session, card_id=card.id) is not None:
        raise AppealOpen
    appeal_id = new_id()
    made = CardAppeal(
        id=appeal_id,
        card_id=card.id,
        text_sealed=APPEAL_TEXT.seal(appeal_id, text),
        created_at=now,
    )
    session.add(made)
    note(session, card, "appealed", actor=Actor(ActorKind.MEMBER, id=member_id), now=now)
    return made


def grant_appeal(
    session: Session, *, appeal_id: UUID, answer: str, actor: Actor, now: datetime
) -> Card:
    """Decide for the member: the card can be used again. Locks the card.

    Raises AppealNotFound, MoveNotAllowed if it was decided already, ReasonMissing.
    """
    card = _lock_appealed(session, appeal_id=appeal_id)
    return restore_card(session, card_id=card.id, reason=answer, actor=actor, now=now)


def reject_appeal(
    session: Session, *, appeal_id: UUID, answer: str, actor: Actor, now: datetime
) -> Card:
    """Decide against the member, who reads `answer`; the freeze goes on. Locks the card.

    Raises AppealNotFound, MoveNotAllowed if it was decided already, ReasonMissing.
    """
    answer = said(answer)
    card = _lock_appealed(session, appeal_id=appeal_id)
    rejected = AppealState.REJECTED
    answer_appeal(session, card=card, to=rejected, answer=answer, actor=actor, now=now)
    note(session, card, "appeal_rejected", actor=actor, now=now)
    return card


def _lock_appealed(session: Session, *, appeal_id: UUID) -> Card:
    """Return the card, locked, whose open appeal this is.

    A card that was lost meanwhile is no longer frozen, and its appeal waits until it is found.
    """
    made = session.get(CardAppeal, appeal_id)
    if made is None:
        raise AppealNotFound
    card = lock_card(session, card_id=made.card_id)
    still_open = open_appeal(session, card_id=card.id)
    if still_open is None or still_open.id != appeal_id or card.state is not CardState.FROZEN:
        raise MoveNotAllowed
    return card
