"""Members hear in time that a benefit they use is about to end.

A city has millions of members and hundreds of offers: only who used an offer in the last 90 days is
told, once for each day on which it ends. By no text message (members/data/notices.json).
"""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from members.models import STANDING

TOLD_BEFORE = timedelta(days=3)
USED_WITHIN = timedelta(days=90)
ROWS_A_STEP = 20_000

# An offer ends when its last terms do, or with its programme, whose days are half open.
# Ids are UUIDv7 as from kernel.ids, so that the inbox keeps its order. Who was told is found by
# the row that told them: the statement again finds nobody, and two at once write no row twice.
_TELL = text("""
    WITH endings AS (
        SELECT offer.id, offer.title_zh, offer.title_en,
               LEAST(
                   CASE WHEN bool_or(terms.valid_to IS NULL) THEN NULL
                        ELSE max(terms.valid_to) END,
                   programme.ends_on::timestamp AT TIME ZONE 'Asia/Shanghai'
               ) AS ends_at
          FROM offers AS offer
          JOIN programmes AS programme ON programme.id = offer.programme_id
          JOIN offer_versions AS terms ON terms.offer_id = offer.id
         WHERE offer.state = 'active' AND programme.state = 'running'
         GROUP BY offer.id, programme.ends_on
    ), soon AS (
        SELECT id, title_zh, title_en,
               to_char(
                   (ends_at - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'
               ) AS last_day
          FROM endings
         WHERE ends_at > :now AND ends_at <= :until
    ), told AS (
        SELECT DISTINCT soon.id AS offer_id, sale.member_id, soon.title_zh, soon.title_en,
               soon.last_day, 'offer:' || soon.id || ':' || soon.last_day AS subject
          FROM soon
          JOIN redemptions AS sale ON sale.offer_id = soon.id
          JOIN members AS member ON member.id = sale.member_id
         WHERE sale.received_at >= :used_since
           AND sale.state IN ('captured', 'partly_reversed')
           AND member.status = ANY(:standing)
           AND NOT EXISTS (
               SELECT FROM notices
                WHERE notices.member_id = sale.member_id AND notices.kind = 'benefit'
                  AND notices.subject = 'offer:' || soon.id || ':' || soon.last_day)
         LIMIT :rows
    )
    INSERT INTO notices (id, member_id, kind, title_zh, title_en, place, subject, created_at)
    SELECT encode(
               set_bit(set_bit(
                   overlay(uuid_send(gen_random_uuid())
                           PLACING substring(int8send(:milliseconds) FROM 3) FROM 1 FOR 6),
               52, 1), 53, 1), 'hex')::uuid,
           member_id, 'benefit',
           '您用过的优惠即将结束：' || title_zh || '，最后一天 ' || last_day,
           'A benefit you use ends soon: ' || title_en || ', last day ' || last_day,
           'benefits', subject, :now
      FROM told
        ON CONFLICT DO NOTHING
""")


def tell_of_endings(session: Session, *, now: datetime, rows: int = ROWS_A_STEP) -> int:
    """Tell up to `rows` members of offers that end within three days; return how many were told.

    Zero when everybody knows: whoever calls it repeats it until then. Locks nothing.
    """
    written = session.execute(
        _TELL,
        {
            "now": now,
            "until": now + TOLD_BEFORE,
            "used_since": now - USED_WITHIN,
            "standing": sorted(STANDING),
            "milliseconds": int(now.timestamp() * 1000),
            "rows": rows,
        },
    )
    return written.rowcount  # type: ignore[attr-defined,no-any-return]
