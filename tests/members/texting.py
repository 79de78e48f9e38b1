"""Text messages as the tests of the gateway write them, send them and look at them."""

from contextlib import contextmanager

from sqlalchemy import select

from kernel.clock import utc_now
from kernel.gateway import (
    HttpGateway,
    gateway,
    use_gateway,
)
from members.jobs import send_message
from members.models import SmsMessage
from members.queries import message_totals
from members.services import ask_for_code

PHONE = "+8615400007711"
TOKEN = "token-of-the-tests"


@contextmanager
def sending_through(way_out):
    before = gateway()
    use_gateway(way_out)
    yield way_out
    use_gateway(before)


def http_gateway(url, *, seconds=5.0, **facts):
    return HttpGateway(url, token=TOKEN, timeout_seconds=seconds, **facts)


def ask(session, *, phone=PHONE, code="246802", now=None, is_chinese=False):
    """Ask for a code, by default now: jobs read the clock. Return the message."""
    ask_for_code(session, phone=phone, code=code, is_chinese=is_chinese, now=now or utc_now())
    return newest(session)


def newest(session):
    return session.scalars(
        select(SmsMessage)
        .order_by(SmsMessage.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one()


def run(message):
    """Do the message's job as the worker does."""
    send_message(message_id=str(message.id))


def totals(session):
    return {(each.purpose, each.outcome): each.total for each in message_totals(session)}
