"""Making the demo city, step by step through the services; safe to run again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.aid import seed_aid
from app.demo.approvals import approve_imported
from app.demo.coupons import seed_coupons
from app.demo.managers import seed_managers
from app.demo.offers import demo_offer, demo_programme, seed_kinds
from app.demo.offline import seed_offline
from app.demo.people import Person, people, roster_lines
from app.demo.risk import seed_risk
from app.demo.training import seed_training
from benefits.models import Offer, Programme
from benefits.services import import_merchants
from cards.services import ensure_issuer_keys, issue_next
from kernel.actors import SYSTEM
from kernel.clock import shanghai_date
from kernel.db import transaction
from kernel.persons import Mode
from kernel.sheets import read_table
from ledger.services import load_defaults
from members.models import Member, UnionOrg
from members.queries import root_paths
from members.services import (
    REQUIRED_UNION_COLUMNS,
    UNION_COLUMNS,
    Effect,
    FileMemory,
    apply_batch,
    batches,
    import_unions,
    judge_lines,
    known_unions,
)
from merchants.models import Merchant, MerchantKind
from merchants.services import (
    MerchantFacts,
    activate_merchant,
    add_merchant,
    add_site,
    read_merchant_file,
)

# The demo's birthdays are counted from here, so that they never move.
BIRTHDAYS_UNTIL = date(2026, 11, 23)


@dataclass(frozen=True)
class Seeded:
    """How much there is now, by noun."""

    unions: int
    members: int
    merchants: int
    cards: int


def demo_data() -> dict[str, Any]:
    """Return what the demo city is made of, as shipped."""
    data: dict[str, Any] = json.loads(_file("demo.json").decode())
    return data


def seed(*, size: str, base_url: str, now: datetime) -> Seeded:
    """Make the demo city of one of the sizes; what is there already stays as it is."""
    data = demo_data()
    _ground(base_url=base_url, now=now)
    _merchants(data, now=now)
    members = _members(data, count=data["sizes"][size], now=now)
    cards = _cards(now=now)
    with transaction() as session:
        _probe(session, data["probe"], now=now)
        seed_managers(session, now=now)
        seed_kinds(session, now=now)
        seed_coupons(session, now=now)
        seed_training(session, now=now)
        seed_aid(session, data, now=now)
    seed_risk(now=now)
    # The demo file hands out so many members; where there are no others, nobody sells offline.
    if members > data["members"]:
        seed_offline(now=now)
    with transaction() as session:
        return Seeded(
            unions=len(session.scalars(select(UnionOrg.id)).all()),
            members=members,
            merchants=len(session.scalars(select(Merchant.id)).all()),
            cards=cards,
        )


def demo_people(session: Session, data: dict[str, Any], *, count: int) -> Iterator[Person]:
    """Return the demo's people again: the same generator, the same unions."""
    return people(data, count=count, unions=_enterprises(session), today=BIRTHDAYS_UNTIL)


def probe_offer_id(session: Session, data: dict[str, Any]) -> UUID | None:
    query = (
        select(Offer.id)
        .join(Programme, Programme.id == Offer.programme_id)
        .where(Programme.code == data["probe"]["programme"]["code"])
    )
    return session.scalars(query).first()


def _ground(*, base_url: str, now: datetime) -> None:
    """Keys, chart of accounts and the tree of unions."""
    with transaction() as session:
        ensure_issuer_keys(session, base_url=base_url, actor=SYSTEM, now=now)
        load_defaults(session)
        table = read_table(
            _file("union-orgs.csv"),
            header_synonyms=UNION_COLUMNS,
            required_headers=REQUIRED_UNION_COLUMNS,
        )
        import_unions(session, lines=table)


def _merchants(data: dict[str, Any], *, now: datetime) -> None:
    with transaction() as session:
        lines = read_merchant_file(_file("merchants.csv"))
        import_merchants(session, lines=lines, actor=SYSTEM, now=now)
        approve_imported(session, now=now)
        known = set(session.scalars(select(Merchant.name)))
        for facts in data["service_sites"]:
            if facts["name"] not in known:
                _service_site(session, facts, now=now)


def _service_site(session: Session, facts: dict[str, Any], *, now: datetime) -> None:
    merchant = add_merchant(
        session,
        facts=MerchantFacts(
            kind=MerchantKind.SERVICE_SITE,
            name=facts["name"],
            uscc=None,
            category="服务站点",
            district=facts["district"],
            union_id=session.scalars(select(UnionOrg.id).where(UnionOrg.parent_id.is_(None))).one(),
        ),
        account=None,
        actor=SYSTEM,
        now=now,
    )
    activate_merchant(session, merchant_id=merchant.id, actor=SYSTEM, now=now)
    add_site(
        session,
        merchant_id=merchant.id,
        name=facts["site"],
        address=facts["address"],
        district=facts["district"],
        actor=SYSTEM,
        now=now,
    )


def _members(data: dict[str, Any], *, count: int, now: datetime) -> int:
    """Import the people as a roster, batch by batch, and return how many lines were taken."""
    today = shanghai_date(now)
    with transaction() as session:
        unions = known_unions(session)
        paths = root_paths(session)
        enterprises = _enterprises(session)
    memory = FileMemory()
    judged = judge_lines(
        roster_lines(
            people(data, count=count, unions=enterprises, today=BIRTHDAYS_UNTIL), today=today
        ),
        memory=memory,
        today=today,
        mode=Mode.DEMO,
        union_codes=unions,
    )
    taken = 0
    for batch in batches(judged):
        with transaction() as session:
            outcomes = apply_batch(
                session,
                batch=batch,
                memory=memory,
                unions=unions,
                paths=paths,
                write=True,
                now=now,
            )
        taken += sum(each.effect is not Effect.REFUSED for each in outcomes)
    return taken


def _cards(*, now: datetime) -> int:
    """Issue a card to everybody who has none, batch by batch; return how many there are."""
    after: UUID | None = None
    count = 0
    while True:
        with transaction() as session:
            step = issue_next(session, path=None, after=after, actor=SYSTEM, now=now)
        count += step.issued + step.already
        after = step.last_member_id
        if after is None:
            return count


def _enterprises(session: Session) -> list[str]:
    query = select(UnionOrg.code).where(UnionOrg.level == "enterprise").order_by(UnionOrg.code)
    return list(session.scalars(query))


def _probe(session: Session, facts: dict[str, Any], *, now: datetime) -> None:
    """Offer something limited at every merchant, so that anybody can race it."""
    programme = demo_programme(session, facts["programme"], now=now)
    offer = facts["offer"] | {"limits": [facts["limit"]]}
    demo_offer(session, programme, offer, merchant_id=None, now=now)


def has_members() -> bool:
    with transaction() as session:
        return session.scalars(select(Member.id).limit(1)).first() is not None


def _file(name: str) -> bytes:
    return (resources.files("app.demo") / "data" / name).read_bytes()
