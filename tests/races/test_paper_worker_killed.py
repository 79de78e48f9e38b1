"""A worker that dies while it prints paper cards: another one ends the batch, nothing twice."""

import os
import signal
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from cards.jobs import print_paper
from cards.models import PaperBatch, PaperLayout, PaperState
from cards.queries import paper_content, paper_files
from cards.services import start_paper_batch
from cards.services.paper_batches import STEP_CARDS
from kernel.actors import Role
from kernel.clock import utc_now
from kernel.db import transaction
from kernel.jobs import defer
from tests.cards.paper import pages_of
from tests.make.maker import Maker
from tests.races.test_worker_killed import DEADLINE_SECONDS, Works, works
from tests.service import Service

CARDS = STEP_CARDS + 10
SHEETS = CARDS // 10


@pytest.fixture
def batch_id(works):  # noqa: F811 (the fixture)
    """A batch of a union's members, seen at a desk before, that waits for a worker."""
    now = utc_now()
    with transaction() as session:
        make = Maker(session)
        make.issuer_keys(now=now)
        union = make.union(code="SZ")
        officer = make.staff_actor(Role.REGISTER_OFFICER, union=union)
        for _ in range(CARDS):
            member = make.member(union=union)
            make.consent(member)
            make.card(member=member)
        batch = start_paper_batch(
            session,
            union_code="SZ",
            layout=PaperLayout.SHEET,
            paths=[union.path],
            actor=officer,
            now=now,
        )
        defer(session, print_paper, batch_id=str(batch.id))
        return batch.id


@contextmanager
def in_the_middle(works, worker):  # noqa: F811 (the fixture)
    """Wait until some cards are issued and keep the worker from the next; lend how many."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        assert worker.poll() is None, works.service.log.read_text()
        with works.engine.begin() as connection:
            done = connection.execute(
                text("SELECT done FROM paper_batches FOR UPDATE")
            ).scalar_one()
            if done:
                yield done
                return
        Service.process_yield()
    raise AssertionError(works.service.log.read_text())


@pytest.mark.service
def test_a_worker_killed_in_the_middle_of_a_batch_is_followed_by_one_that_ends_it(
    works: Works,  # noqa: F811 (the fixture)
    batch_id,
):
    worker = works.start_worker()
    with in_the_middle(works, worker) as done:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert 0 < done < CARDS

    works.let_the_dead_grow_cold()
    works.work_until_idle()

    with transaction() as session:
        batch = session.get_one(PaperBatch, batch_id)
        assert (batch.state, batch.done, batch.printed) == (PaperState.DONE, CARDS, CARDS)
        [file] = paper_files(session, batch_id=batch_id)
        assert file.cards == CARDS
        pages = pages_of(paper_content(session, batch_id=batch_id, number=0))
    assert len({code.text for _, _, codes in pages for code in codes}) == CARDS
    assert len(pages) == SHEETS
    assert works.ask("SELECT count(*), count(DISTINCT card_id) FROM credentials") == (CARDS, CARDS)
    assert works.ask("SELECT count(*) FROM paper_lines WHERE text_sealed IS NOT NULL") == (0,)
