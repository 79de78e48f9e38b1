"""A till scans a card: is it good, and what can be used here now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from benefits.services.usable import CodeFacts, Usability
from cards.services.verify import Verdict, verify_presentation
from discounts.services.here import usable_here
from kernel.actors import Till


@dataclass(frozen=True)
class ScanAnswer:
    """The verdict on the card, and every offer of this till with its reasons."""

    verdict: Verdict
    offers: tuple[Usability, ...]


def scan_card(
    session: Session, *, till: Till, presentation: str, scan_id: UUID | None, now: datetime
) -> ScanAnswer:
    """Verify a presentation and evaluate this till's offers for its holder.

    A refused card is an answer like any other: nothing is raised.
    """
    verdict = verify_presentation(
        session,
        terminal_id=till.terminal_id,
        audience=till.code,
        presentation=presentation,
        scan_id=scan_id,
        now=now,
    )
    if verdict.holder is None:
        return ScanAnswer(verdict, ())
    code = CodeFacts(verdict.assurance or "", verdict.challenged)
    judged = usable_here(session, till=till, holder=verdict.holder, code=code, now=now)
    return ScanAnswer(verdict, tuple(judged))
