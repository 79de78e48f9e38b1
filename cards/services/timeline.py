"""What happens to a card itself, as its member reads it among the card's records."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cards.models import RecordKind
from cards.services.records import add_record


def add_card_event(
    session: Session,
    *,
    card_id: UUID,
    event: str,
    title: tuple[str, str],
    source_type: str,
    source_id: UUID,
    now: datetime,
) -> None:
    """Write one event of a card, with its title in Chinese and English. It moves no money."""
    title_zh, title_en = title
    add_record(
        session,
        card_id=card_id,
        kind=RecordKind.CARD,
        event=event,
        source_type=source_type,
        source_id=source_id,
        title_zh=title_zh,
        title_en=title_en,
        occurred_at=now,
        now=now,
    )
