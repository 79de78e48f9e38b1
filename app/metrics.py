"""What /metrics tells beside the process's own numbers: read from the database at each scrape.

Every worker process answers alike, because none of it is counted in a process.
"""

import logging
from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from cards.queries import signing_keys
from cards.services import rotation_due
from cards.uc1.terms import KeyUse
from finance.queries.closing import residual_checks
from kernel.actors import NOBODY
from kernel.clock import unix, utc_now
from kernel.db import transaction
from members.queries import message_totals, messages_waiting
from proof.queries import log_size, newest_checkpoint, records_not_as_logged, watch_row

logger = logging.getLogger("union_card.metrics")


class ResidualsCollector(Collector):
    """The residuals that the hourly watch found last, and when: a watch that stopped shows too."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        residuals = GaugeMetricFamily(
            "union_card_residual",
            "What an identity of the books is off by, in fen or as a count. Always 0.",
            labels=["month", "name"],
        )
        checked = GaugeMetricFamily(
            "union_card_residuals_checked_timestamp_seconds",
            "When the residuals of an open month were last looked at.",
            labels=["month"],
        )
        try:
            with transaction() as session:
                checks = residual_checks(session)
        except SQLAlchemyError:
            # The rest of the page is worth having when the database is away; /readyz says so.
            logger.warning("residuals_unreadable")
            return []
        for check in checks:
            checked.add_metric([check.month], unix(check.checked_at))
            for name, residual in check.residuals.items():
                residuals.add_metric([check.month, name], residual)
        return [residuals, checked]


class MessagesCollector(Collector):
    """Text messages by what became of them, and how many still wait."""

    def collect(self) -> Iterable[Metric]:
        totals = CounterMetricFamily(
            "union_card_sms",
            "Text messages by outcome; `retried` counts tries that will be made again.",
            labels=["purpose", "outcome"],
        )
        waiting = GaugeMetricFamily("union_card_sms_waiting", "Text messages not handed over yet.")
        since = GaugeMetricFamily(
            "union_card_sms_waiting_since_timestamp_seconds",
            "When the oldest text message that still waits was written.",
        )
        try:
            with transaction() as session:
                counted = message_totals(session)
                count, oldest = messages_waiting(session)
        except SQLAlchemyError:
            logger.warning("messages_unreadable")
            return []
        for each in counted:
            totals.add_metric([each.purpose.value, each.outcome.value], each.total)
        waiting.add_metric([], count)
        if oldest is not None:
            since.add_metric([], unix(oldest))
        return [totals, waiting, since]


class IssuerKeysCollector(Collector):
    """Which keys are due for their successor, and when each ends: nobody rotates them by itself."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        due = GaugeMetricFamily(
            "union_card_issuer_key_rotation_due",
            "Whether it is time for flask cards keys rotate: 1 or 0.",
            labels=["use"],
        )
        ends = GaugeMetricFamily(
            "union_card_issuer_key_expires_timestamp_seconds",
            "When the key that signs now is trusted no more.",
            labels=["use"],
        )
        try:
            with transaction() as session:
                keys = signing_keys(session)
        except SQLAlchemyError:
            logger.warning("issuer_keys_unreadable")
            return []
        for key in keys:
            use = KeyUse(key.key_use).name.lower() if key.key_use else "root"
            due.add_metric([use], rotation_due(key, now=utc_now()))
            ends.add_metric([use], unix(key.expires_at))
        return [due, ends]


class ProofCollector(Collector):
    """The log of records: how long it is, when it was signed, what is not as it was logged."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        try:
            with transaction() as session:
                size, newest, watch = (
                    log_size(session),
                    newest_checkpoint(session),
                    watch_row(session),
                )
                wrong = records_not_as_logged(session, NOBODY)
        except SQLAlchemyError:
            logger.warning("proof_unreadable")
            return []
        numbers = [
            ("records", "Records in the log.", size),
            ("records_waiting", "Records without a leaf, at the hourly look.", watch.waiting),
            ("records_not_as_logged", "Records that were changed or are gone. Always 0.", wrong),
        ]
        moments = [
            ("checkpoint", "When the log was signed last.", newest.made_at if newest else None),
            ("looked_at", "When the hourly look came by last.", watch.looked_at),
            ("round_ended", "When all records had been looked at last.", watch.round_ended_at),
        ]
        gauges = [
            GaugeMetricFamily(f"union_card_proof_{name}", told, value=value)
            for name, told, value in numbers
        ]
        gauges += [
            GaugeMetricFamily(
                f"union_card_proof_{name}_timestamp_seconds", told, value=unix(moment)
            )
            for name, told, moment in moments
            if moment is not None
        ]
        return gauges


FROM_DATABASE = CollectorRegistry()
FROM_DATABASE.register(ResidualsCollector())
FROM_DATABASE.register(MessagesCollector())
FROM_DATABASE.register(ProofCollector())
FROM_DATABASE.register(IssuerKeysCollector())
