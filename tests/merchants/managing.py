"""What tests about managers of merchants do again and again."""

from datetime import timedelta

from sqlalchemy import select

from audit.models import AuditEntry
from kernel.actors import Actor, ActorKind
from kernel.db import reading
from kernel.secrets import token_hash
from merchants.queries import terminal_by_token
from merchants.services import (
    Application,
    apply_as_merchant,
    finish_manager_sign_in,
    invite_clerk,
    pair_terminal,
    start_manager_sign_in,
)
from tests.make import NOW
from tests.make.merchants import new_jwk, synthetic_uscc

PHONE = "+8615400090001"
MINUTE = timedelta(minutes=1)
_BROWSER = "Chrome, Android"


def sign_in(session, *, phone=PHONE, code="123456", now=NOW):
    return finish_manager_sign_in(session, phone=phone, code=code, browser=_BROWSER, now=now)


def ask(session, *, phone=PHONE, code="123456", now=NOW):
    return start_manager_sign_in(session, phone=phone, code=code, now=now)


def acting(manager):
    return Actor(ActorKind.MANAGER, id=manager.id, merchant_id=manager.merchant_id)


def actions(session):
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def application(**facts):
    defaults = {
        "name": "演示小馆",
        "uscc": synthetic_uscc(7001),
        "category": "餐饮",
        "district": "龙岗区",
        "site_name": "龙岗店",
        "address": "龙岗区演示路3号",
        "manager_name": "慕容店长",
        "phone": PHONE,
    }
    return Application(**defaults | facts)


def apply(session, *, code="123456", now=NOW, address="192.0.2.7", **facts):
    return apply_as_merchant(
        session, application=application(**facts), code=code, address=address, now=now
    )


def invite(session, place, *, name="司马店员", now=NOW):
    site, manager = place
    return invite_clerk(
        session,
        merchant_id=site.merchant_id,
        site_id=site.id,
        name=name,
        actor=acting(manager),
        now=now,
    )


def pair(session, code, *, now=NOW):
    return pair_terminal(
        session,
        pairing_code=code,
        name="收银一号",
        public_key=new_jwk(),
        address="192.0.2.1",
        now=now,
    )


def till_of(session, token):
    with reading() as connection:
        return terminal_by_token(connection, token_hash=token_hash(token))
