"""What happens to cards without anybody asking. Each job begins anew at whatever it finds."""

from uuid import UUID

from flask import current_app

from cards.errors import IssuerKeysMissing
from cards.queries import (
    batch_path,
    cards_to_ask,
    cards_to_cancel,
    cards_to_expire,
    cards_to_unfreeze,
)
from cards.services import (
    ask_for_confirmation,
    cancel_card,
    close_full_lists,
    draw_cards,
    end_credentials_of_key,
    end_freeze,
    expire_card,
    finish_paper_batch,
    forget_paper,
    keep_paper,
    lists_to_build,
    next_paper_to_draw,
    note_credentials_ended,
    promote_due_keys,
    purge_short_lived,
    renew_trust_list,
    status_token,
    step_batch,
    step_paper_batch,
)
from cards.services.transfers import escalate_transfer
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import job
from members.queries import transfers_asked_before
from members.services.transfers import ESCALATED_AFTER

# More than this waits for the next run, minutes later.
_CARDS_A_RUN = 1_000


@job("cards.issue_batch")
def issue_batch(batch_id: str) -> None:
    """Issue cards to a union's members, each step a transaction that counts itself."""
    with transaction() as session:
        path = batch_path(session, batch_id=UUID(batch_id))
    going_on = path is not None
    while going_on:
        assert path is not None
        with transaction() as session:
            going_on = step_batch(session, batch_id=UUID(batch_id), path=path, now=utc_now())


@job("cards.print_paper")
def print_paper(batch_id: str) -> None:
    """Issue and draw a batch of paper cards; each step a transaction that counts itself."""
    going_on = True
    while going_on:
        with transaction() as session:
            going_on = step_paper_batch(session, batch_id=UUID(batch_id), now=utc_now())
        _draw_what_is_ready(UUID(batch_id))
    with transaction() as session:
        finish_paper_batch(session, batch_id=UUID(batch_id), now=utc_now())


def _draw_what_is_ready(batch_id: UUID) -> None:
    """Draw each file to which no card can be added any more, between two transactions."""
    while True:
        with transaction() as session:
            drawn = next_paper_to_draw(session, batch_id=batch_id)
        if drawn is None:
            return
        content = draw_cards(drawn.faces, layout=drawn.layout, made_at=utc_now())
        with transaction() as session:
            keep_paper(session, batch_id=batch_id, drawn=drawn, content=content, now=utc_now())


@job("cards.forget_paper", cron="41 * * * *")
def forget_printed(**_: int) -> None:
    """Delete printed files that policy keeps no longer."""
    with transaction() as session:
        forget_paper(session, now=utc_now())


@job("cards.build_status_lists", cron="*/5 * * * *")
def build_status_lists(**_: int) -> None:
    """Close lists that are full and sign anew those that have changed or grown old."""
    with transaction() as session:
        close_full_lists(session, now=utc_now())
        numbers = lists_to_build(session, now=utc_now())
    for number in numbers:
        with transaction() as session:
            status_token(session, number=number, now=utc_now())


@job("cards.renew_trust_list", cron="*/5 * * * *")
def renew_trust(**_: int) -> None:
    """Publish the trust list again when it is a day old or the service has a new address."""
    base_url = current_app.config["SETTINGS"].base_url
    try:
        with transaction() as session:
            renew_trust_list(session, base_url=base_url, actor=SYSTEM, now=utc_now())
    except IssuerKeysMissing:
        return  # nothing to publish before `flask cards keys init`


@job("cards.promote_keys", cron="*/5 * * * *")
def promote_keys(**_: int) -> None:
    """Let published keys sign whose turn has come."""
    base_url = current_app.config["SETTINGS"].base_url
    with transaction() as session:
        promote_due_keys(session, base_url=base_url, actor=SYSTEM, now=utc_now())


@job("cards.end_credentials_of_key")
def end_credentials(kid: str) -> None:
    """Make invalid what a compromised key signed, each step a transaction."""
    name, after, count = bytes.fromhex(kid), b"", 0
    while True:
        with transaction() as session:
            step = end_credentials_of_key(session, kid=name, after=after, now=utc_now())
        count += step.count
        if step.last_cti is None:
            break
        after = step.last_cti
    with transaction() as session:
        note_credentials_ended(session, kid=name, count=count, actor=SYSTEM, now=utc_now())


@job("cards.follow_time_and_register", cron="*/5 * * * *")
def follow_time_and_register(**_: int) -> None:
    """End freezes that are over, and cancel the cards of people who are no members any more."""
    with transaction() as session:
        over = cards_to_unfreeze(session, now=utc_now(), rows=_CARDS_A_RUN)
        ended = cards_to_cancel(session, rows=_CARDS_A_RUN)
    for card_id in over:
        with transaction() as session:
            end_freeze(session, card_id=card_id, actor=SYSTEM, now=utc_now())
    for card_id in ended:
        with transaction() as session:
            cancel_card(session, card_id=card_id, actor=SYSTEM, now=utc_now())


@job("cards.ask_for_confirmation", cron="41 * * * *")
def ask_and_expire(**_: int) -> None:
    """Ask members to confirm where a deployment wants it, and stop the cards of who did not."""
    for found, step in ((cards_to_ask, ask_for_confirmation), (cards_to_expire, expire_card)):
        is_moving = True
        while is_moving:
            is_moving = False
            with transaction() as session:
                card_ids = found(session, now=utc_now(), rows=_CARDS_A_RUN)
            for card_id in card_ids:
                with transaction() as session:
                    is_moving |= step(session, card_id=card_id, actor=SYSTEM, now=utc_now())


@job("cards.escalate_transfers", cron="41 * * * *")
def escalate_transfers(**_: int) -> None:
    """Bring before the city the transfers that a union left undecided for thirty days."""
    with transaction() as session:
        waiting = transfers_asked_before(
            session, moment=utc_now() - ESCALATED_AFTER, rows=_CARDS_A_RUN
        )
    for transfer_id, member_id in waiting:
        with transaction() as session:
            escalate_transfer(session, transfer_id=transfer_id, member_id=member_id, now=utc_now())


@job("cards.purge_short_lived", cron="17 * * * *")
def purge(**_: int) -> None:
    """Forget slices and questions of more than a day ago."""
    with transaction() as session:
        purge_short_lived(session, now=utc_now())
