"""Fills a world: the callers first, then what they own, most of it through the interface."""

from contextlib import contextmanager

from sqlalchemy import create_engine

from cards.services import forget_issuer_keys
from kernel import db
from tests.access.build.base import OWNERS, STRANGERS
from tests.access.build.money import Money
from tests.access.build.people import People
from tests.access.build.places import Places
from tests.access.build.sales import Sales
from tests.access.world import World


@contextmanager
def built_world(app, databases, *, template):
    """Yield the town of `template` with everybody and everything; none of it is ever committed.

    The application works on the one connection of it until the block ends.
    """
    name = databases.copy(template)
    own = create_engine(databases.urls.app.format(name=name))
    before = dict(db.session_factory.kw)
    forget_issuer_keys()
    try:
        with own.connect() as connection, connection.begin() as outer:
            db.session_factory.configure(bind=connection, join_transaction_mode="create_savepoint")
            world = World(app, connection)
            world.ids |= {"own_union": OWNERS, "foreign_union": STRANGERS}
            with db.session_factory() as session:
                Builder(world, session).build()
                session.commit()
            yield world
            outer.rollback()
    finally:
        db.session_factory.kw.clear()
        db.session_factory.configure(**before)
        forget_issuer_keys()
        own.dispose()
        databases.drop(name)


class Builder(People, Places, Sales, Money):
    def build(self):
        self.staff_callers()
        self.members()
        self.corrections_and_transfers()
        self.tills()
        self.merchants()
        self.managers()
        self.measures_and_flags()
        self.sales()
        self.coupons()
        self.notices()
        self.uploads()
        self.claims()
        self.courses()
        self.payments()
        self.statements()
        self.bank()
