"""A till scans a card: is it good, and what can be used here now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from benefits.queries import offer_lines, offers_parameters, offers_sql
from benefits.services.usable import CodeFacts, Usability
from cards.services.verify import Verdict, verify_presentation
from cards.services.verify_once import ACCEPTING, accepted, accepting_parameters, check_plain
from discounts.services.here import judged, usable_here
from kernel.actors import Till
from kernel.db import NotAtOnce, Statement


@dataclass(frozen=True)
class ScanAnswer:
    """The verdict on the card, and every offer of this till with its reasons."""

    verdict: Verdict
    offers: tuple[Usability, ...]


# The card and everything on offer to it in one statement, which also accepts the code: an offer
# appears once per limit rule, beside the same card; of a refused code the rows are thrown away.
_SCAN = Statement(
    f"""
    WITH {ACCEPTING},
    offer AS ({offers_sql(member_id="card.member_id", before="card CROSS JOIN")})
    SELECT card.*, offer.*
    FROM accepted CROSS JOIN card LEFT JOIN offer ON true
    ORDER BY offer_id, rule_id
    """  # noqa: S608 (literals of ours)
)


def scan_at_once(
    connection: Connection,
    *,
    till: Till,
    presentation: str,
    scan_id: UUID | None,
    now: datetime,
) -> ScanAnswer:
    """Accept a plain code and evaluate this till's offers, in one statement that needs no other.

    Raises NotAtOnce for whatever `scan_card` has to judge: a code that is refused, shown again, on
    paper, or answers a question.
    """
    checked = check_plain(connection, audience=till.code, presentation=presentation, now=now)
    if checked is None:
        raise NotAtOnce
    facts = accepting_parameters(checked, terminal_id=till.terminal_id, scan_id=scan_id, now=now)
    offered = offers_parameters(
        merchant_id=till.merchant_id,
        site_id=till.site_id,
        terminal_id=till.terminal_id,
        now=now,
    )
    rows = _SCAN.all(connection, facts | offered)
    if not rows:
        raise NotAtOnce
    offers = offer_lines(rows, day=offered["today"]) if rows[0].offer_id else ()
    verdict = accepted(rows[0], checked, facts)
    assert verdict.holder is not None
    code = CodeFacts(verdict.assurance or "", verdict.challenged)
    return ScanAnswer(verdict, tuple(judged(offers, holder=verdict.holder, code=code, now=now)))


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
    found = usable_here(session, till=till, holder=verdict.holder, code=code, now=now)
    return ScanAnswer(verdict, tuple(found))
