"""Background work of benefits: what time does to coupons."""

from benefits.queries import draws_to_list, releases_to_look_after
from benefits.services import (
    end_due_coupons,
    end_release_if_over,
    pass_on_pieces,
    publish_entrants,
)
from kernel.actors import SYSTEM
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import job

_COUPONS_A_STEP = 200
_RELEASES_A_RUN = 100


@job("benefits.look_after_coupons", cron="* * * * *")
def look_after_coupons(timestamp: int) -> None:  # noqa: ARG001 (the queue passes its minute)
    """Publish lists of draws, end what was not claimed or used in time, pass pieces on."""
    with transaction() as session:
        listed = draws_to_list(session, now=utc_now(), rows=_RELEASES_A_RUN)
    for release_id in listed:
        with transaction() as session:
            publish_entrants(session, actor=SYSTEM, release_id=release_id, now=utc_now())
    ended = _COUPONS_A_STEP
    while ended == _COUPONS_A_STEP:
        with transaction() as session:
            ended = end_due_coupons(session, now=utc_now(), rows=_COUPONS_A_STEP)
    with transaction() as session:
        closed = releases_to_look_after(session, now=utc_now(), rows=_RELEASES_A_RUN)
    for release_id in closed:
        with transaction() as session:
            pass_on_pieces(session, release_id=release_id, now=utc_now())
        with transaction() as session:
            end_release_if_over(session, release_id=release_id, now=utc_now())
