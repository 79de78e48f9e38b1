"""Text messages against a real HTTP gateway: sent once, tried again, given up, never in clear."""

import logging
import re
import socket
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from kernel.clock import utc_now
from kernel.db import transaction
from kernel.gateway import (
    LoggedGateway,
)
from kernel.persons import DocumentKind
from members.jobs import clear_messages
from members.models import NoticeKind, SmsMessage, SmsPurpose, SmsState
from members.queries import messages_waiting
from members.rules.messages import retry_seconds
from members.services import ask_for_code, notice_policy, notify
from members.services.sign_in import CODE_LIFE
from tests.make import NOW
from tests.members.texting import (
    PHONE,
    TOKEN,
    ask,
    http_gateway,
    newest,
    run,
    sending_through,
    totals,
)

CODE = re.compile(r"\b(\d{6})\b")


def jobs_of(session, message):
    """Return the jobs that are written for a message: (arguments, due)."""
    return session.execute(
        text(
            "SELECT args::text, scheduled_at FROM procrastinate_jobs"
            " WHERE task_name = 'members.send_message' AND args->>'message_id' = :id ORDER BY id"
        ),
        {"id": str(message.id)},
    ).all()


def test_a_code_goes_out_once_with_its_id_and_is_not_kept(session, server):
    message = ask(session)
    run(message)
    run(message)

    (asked,) = server.asked
    sent = newest(session)
    assert asked == {
        "to": PHONE,
        "text": "[Union Card] Your code is 246802, good for 5 minutes."
        " Tell it to nobody; our staff never ask for it.",
        "key": str(message.id),
        "token": f"Bearer {TOKEN}",
    }
    assert (sent.state, sent.attempts, sent.text_sealed) == (SmsState.SENT, 1, None)
    assert totals(session) == {(SmsPurpose.SIGN_IN_CODE, "sent"): 1}
    assert messages_waiting(session) == (0, None)


def test_neither_row_nor_job_nor_log_shows_phone_or_code(session, server, caplog):
    server.answers = [500]
    with caplog.at_level(logging.INFO):
        message = ask(session, code="135791")
        run(message)
        LoggedGateway().send(PHONE, "Your code is 135791", "id")

    ((arguments, _), _) = jobs_of(session, message)
    row = session.execute(
        text(
            "SELECT phone_index::text || phone_sealed::text || text_sealed::text FROM sms_messages"
        )
    ).scalar_one()
    assert arguments == f'{{"message_id": "{message.id}"}}'
    for secret in ("135791", "15400007711", b"135791".hex(), b"15400007711".hex()):
        assert secret not in row
        assert secret not in caplog.text
    assert repr(message).find(PHONE) == -1


@pytest.mark.parametrize("answer", [500, 503, 429, 401, 302])
def test_a_passing_failure_is_tried_again_later_under_the_same_id(session, server, answer):
    server.answers = [answer]
    message = ask(session)

    run(message)
    waiting = newest(session)
    assert (waiting.state, waiting.attempts) == (SmsState.WAITING, 1)
    assert waiting.last_error == f"answered_{answer}"
    (_, first), (_, again) = jobs_of(session, message)
    assert first is None
    assert timedelta(0) < again - utc_now() <= timedelta(seconds=retry_seconds(1))

    run(message)
    sent = newest(session)
    assert (sent.state, sent.attempts, sent.last_error) == (SmsState.SENT, 2, None)
    assert [each["key"] for each in server.asked] == [str(message.id)] * 2
    assert totals(session) == {
        (SmsPurpose.SIGN_IN_CODE, "retried"): 1,
        (SmsPurpose.SIGN_IN_CODE, "sent"): 1,
    }


@pytest.mark.parametrize("answer", [400, 422, 410])
def test_what_the_gateway_will_never_take_is_not_sent_again(session, server, answer):
    server.answers = [answer]
    message = ask(session)

    run(message)
    run(message)

    failed = newest(session)
    assert (failed.state, failed.last_error) == (SmsState.FAILED, f"answered_{answer}")
    assert failed.text_sealed is None
    assert len(server.asked) == 1
    assert len(jobs_of(session, message)) == 1


def test_a_gateway_that_says_nothing_is_not_waited_for(session, server):
    server.answers = ["silence"]
    with sending_through(http_gateway(server.url, seconds=0.2)):
        message = ask(session)
        run(message)

    assert (newest(session).state, newest(session).last_error) == (SmsState.WAITING, "timeout")


def test_a_gateway_that_is_not_there_is_tried_again(session):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with sending_through(http_gateway(f"http://127.0.0.1:{port}/")):
        message = ask(session)
        run(message)

    waiting = newest(session)
    assert (waiting.state, waiting.last_error) == (SmsState.WAITING, "unreachable")


def test_a_code_that_is_good_no_longer_is_not_sent(session, server):
    late = ask(session, now=utc_now() - CODE_LIFE)
    run(late)
    assert newest(session).state is SmsState.EXPIRED
    assert newest(session).text_sealed is None
    assert server.asked == []


def test_a_new_code_takes_the_place_of_one_that_still_waits(session, server):
    now = utc_now()
    old = ask(session, code="111111", now=now - timedelta(minutes=2))
    new = ask(session, code="222222", now=now)
    other = ask(session, code="333333", phone="+8615400007722", now=now)

    for each in (old, new, other):
        run(each)

    assert [CODE.search(each["text"])[1] for each in server.asked] == ["222222", "333333"]


def test_asking_too_often_sends_nothing_more(session, server):
    first = ask(session, code="111111")
    assert ask(session, code="222222").id == first.id
    assert session.scalars(select(SmsMessage)).all() == [first]


def test_what_waited_too_long_ends_and_what_is_old_is_forgotten(session, server, make):
    now = utc_now()
    member = make.member()
    late = ask(session, now=now - CODE_LIFE)
    notify_about(session, member, NoticeKind.CLAIM, now=now - timedelta(days=31))
    old = newest(session)
    fresh = ask(session, phone="+8615400007733", now=now)

    clear_messages(timestamp=0)
    clear_messages(timestamp=0)

    rows = session.scalars(select(SmsMessage).execution_options(populate_existing=True)).all()
    assert {each.id: each.state for each in rows} == {
        late.id: SmsState.EXPIRED,
        fresh.id: SmsState.WAITING,
    }
    assert old.id not in {each.id for each in rows}
    assert next(each for each in rows if each.id == late.id).text_sealed is None
    assert totals(session) == {
        (SmsPurpose.SIGN_IN_CODE, "expired"): 1,
        (SmsPurpose.NOTICE, "expired"): 1,
    }


def notify_about(session, member, kind, *, now=NOW):
    return notify(
        session,
        member_id=member.id,
        kind=kind,
        title_zh="您的申领已核准",
        title_en="Your claim was approved",
        place="aid",
        now=now,
    )


@pytest.mark.parametrize("kind", NoticeKind)
def test_policy_says_which_notices_go_out_and_none_says_what_happened(session, server, make, kind):
    member = make.member()
    notify_about(session, member, kind, now=utc_now())
    written = session.scalars(select(SmsMessage)).all()

    assert len(written) == int(notice_policy()[kind].sms)
    for message in written:
        run(message)
    assert [each["text"] for each in server.asked] == [notice_policy()[kind].text_zh] * len(written)
    assert "核准" not in "".join(each["text"] for each in server.asked)


def test_who_was_entered_by_a_passport_reads_english(session, server, make):
    member = make.member(document_kind=DocumentKind.PASSPORT)
    notify_about(session, member, NoticeKind.SEAT, now=utc_now())
    run(newest(session))
    assert server.asked[0]["text"] == notice_policy()[NoticeKind.SEAT].text_en


def test_without_a_phone_or_a_gateway_the_notice_is_written_and_no_message(session, make):
    without_phone = make.member(phone_sealed=None, phone_index=None)
    notify_about(session, without_phone, NoticeKind.CLAIM)
    with sending_through(None):
        notify_about(session, make.member(), NoticeKind.CLAIM)
    assert session.scalars(select(SmsMessage)).all() == []


def fail_after_asking():
    with transaction() as session:
        ask_for_code(session, phone=PHONE, code="123456", is_chinese=False, now=NOW)
        raise RuntimeError("the cause failed")


@pytest.mark.usefixtures("committed")
def test_the_message_and_its_job_go_with_the_transaction_of_their_cause():
    with pytest.raises(RuntimeError, match="cause"):
        fail_after_asking()
    with transaction() as session:
        assert session.scalars(select(SmsMessage)).all() == []
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_retries_wait_longer_and_longer_up_to_a_quarter_of_an_hour():
    waits = [retry_seconds(attempt) for attempt in range(1, 12)]
    assert waits[:4] == [5, 10, 20, 40]
    assert waits == sorted(waits)
    assert retry_seconds(10_000) == waits[-1] == 900


def test_metrics_tell_what_became_of_messages(client, session, server):
    server.answers = [500]
    message = ask(session)
    run(message)
    told = client.get("/metrics").text
    assert 'union_card_sms_total{outcome="retried",purpose="sign_in_code"} 1.0' in told
    assert "union_card_sms_waiting 1.0" in told
    assert "union_card_sms_waiting_since_timestamp_seconds" in told
