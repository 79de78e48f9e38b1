"""A card's states: what each does to its codes, its phones and its member."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from audit.models import AuditEntry
from cards.errors import CardNotFound, CardNotUsable, FreezeEndInvalid, ReasonMissing
from cards.models import (
    CARD_MOVES,
    CardRecord,
    CardState,
    Credential,
    CredentialState,
    Device,
)
from cards.queries import cards_to_cancel, cards_to_unfreeze
from cards.services import (
    LostWhat,
    cancel_card,
    end_freeze,
    freeze_card,
    issue_slice,
    refresh_credential,
    report_lost,
    report_lost_at_desk,
    restore_card,
)
from cards.uc1.terms import Profile
from kernel.actors import SYSTEM, Role
from kernel.states import MoveNotAllowed, move
from members.models import MemberSession, MembershipStatus
from tests.make import NOW

WEEK = timedelta(days=7)


@pytest.fixture
def card(make):
    make.issuer_keys()
    return make.card()


@pytest.fixture
def phone(make, card):
    return make.phone(card)


@pytest.fixture
def signed_in(session, make, card, phone):
    return session.scalars(select(MemberSession)).one()


@pytest.fixture
def officer(make):
    return make.staff_actor(Role.REGISTER_OFFICER)


def lose(session, card, signed_in, what=LostWhat.ALL, now=NOW):
    return report_lost(
        session, member_id=card.member_id, session_id=signed_in.id, what=what, now=now
    )


def freeze(session, card, officer, *, until=NOW + WEEK, now=NOW, reason="核查中"):
    return freeze_card(session, card_id=card.id, reason=reason, until=until, actor=officer, now=now)


def restore(session, card, officer, *, now=NOW, reason="证件已核对"):
    return restore_card(session, card_id=card.id, reason=reason, actor=officer, now=now)


def states(session, card):
    query = select(Credential.state).where(Credential.card_id == card.id)
    return set(session.scalars(query))


def live(session, card):
    query = select(Device.id).where(Device.card_id == card.id, Device.retired_at.is_(None))
    return list(session.scalars(query))


def test_a_lost_card_suspends_every_code_at_once(session, card, phone, signed_in):
    issue_slice(session, member_id=card.member_id, now=NOW)

    lose(session, card, signed_in)

    assert card.state is CardState.LOST
    assert states(session, card) == {CredentialState.SUSPENDED}
    with pytest.raises(CardNotUsable):
        refresh_credential(session, member_id=card.member_id, device_id=phone.device_id, now=NOW)


def test_losing_ends_every_other_sign_in(session, make, card, signed_in):
    member = make.member()
    stranger = make.member_session(member)
    found_phone = make.save(
        MemberSession(
            member_id=card.member_id, token_hash=b"other", created_at=NOW, expires_at=NOW + WEEK
        )
    )

    lose(session, card, signed_in)

    assert found_phone.revoked_at == NOW
    assert signed_in.revoked_at is None
    assert stranger.revoked_at is None


def test_losing_twice_changes_nothing(session, card, signed_in):
    lose(session, card, signed_in)
    version = card.version

    lose(session, card, signed_in)

    assert card.version == version


def test_losing_the_paper_leaves_the_phone(session, card, phone, signed_in):
    session.add(
        Credential(
            cti=b"paperpap",
            card_id=card.id,
            profile=int(Profile.PAPER),
            kid=b"kid4",
            status_list=1,
            status_index=1,
            issued_at=NOW,
            expires_at=NOW + WEEK,
        )
    )
    session.flush()

    lose(session, card, signed_in, LostWhat.PAPER)

    found = dict(session.execute(select(Credential.profile, Credential.state)).all())
    assert found == {1: CredentialState.VALID, 2: CredentialState.INVALID}
    assert card.state is CardState.ACTIVE


def test_a_restored_card_starts_over_with_new_phones(session, card, phone, signed_in, officer):
    lose(session, card, signed_in)

    restore(session, card, officer)

    assert card.state is CardState.ACTIVE
    assert states(session, card) == {CredentialState.INVALID}
    assert live(session, card) == []


def test_a_frozen_card_keeps_its_phones_and_needs_new_credentials(session, card, phone, officer):
    freeze(session, card, officer)
    assert card.state is CardState.FROZEN
    assert (card.state_reason, card.frozen_until) == ("核查中", NOW + WEEK)
    assert states(session, card) == {CredentialState.SUSPENDED}

    restore(session, card, officer)

    assert states(session, card) == {CredentialState.INVALID}
    assert live(session, card) == [phone.device_id]
    assert refresh_credential(
        session, member_id=card.member_id, device_id=phone.device_id, now=NOW
    ).credential
    assert (card.state_reason, card.frozen_until) == ("证件已核对", None)


def test_a_card_lost_while_frozen_is_frozen_again_until_that_ends(
    session, card, signed_in, officer
):
    freeze(session, card, officer)
    lose(session, card, signed_in)

    restore(session, card, officer)
    assert card.state is CardState.FROZEN
    assert card.state_reason == "核查中"

    assert end_freeze(session, card_id=card.id, actor=SYSTEM, now=NOW + WEEK)
    assert card.state is CardState.ACTIVE


def test_a_freeze_over_before_the_restoring_is_over(session, card, signed_in, officer):
    freeze(session, card, officer)
    lose(session, card, signed_in)

    restore(session, card, officer, now=NOW + WEEK)

    assert card.state is CardState.ACTIVE


def test_a_freeze_ends_by_itself_and_not_before(session, card, phone, officer):
    freeze(session, card, officer)
    second_before = NOW + WEEK - timedelta(seconds=1)

    assert cards_to_unfreeze(session, now=second_before, rows=10) == []
    assert not end_freeze(session, card_id=card.id, actor=SYSTEM, now=second_before)
    assert cards_to_unfreeze(session, now=NOW + WEEK, rows=10) == [card.id]
    assert end_freeze(session, card_id=card.id, actor=SYSTEM, now=NOW + WEEK)
    assert card.state is CardState.ACTIVE


def test_a_freeze_can_be_prolonged(session, card, phone, officer):
    freeze(session, card, officer)

    freeze(session, card, officer, until=NOW + 2 * WEEK, reason="仍在核查")

    assert not end_freeze(session, card_id=card.id, actor=SYSTEM, now=NOW + WEEK)
    assert card.state_reason == "仍在核查"


def test_a_card_that_was_never_shown_goes_back_to_being_issued(session, card, officer):
    freeze(session, card, officer)

    restore(session, card, officer)

    assert card.state is CardState.ISSUED


@pytest.mark.parametrize("until", [NOW, NOW - WEEK, NOW + timedelta(days=367)])
def test_a_freeze_has_an_end_within_a_year(session, card, officer, until):
    with pytest.raises(FreezeEndInvalid):
        freeze(session, card, officer, until=until)


def test_staff_say_why(session, card, officer):
    with pytest.raises(ReasonMissing):
        freeze(session, card, officer, reason="  ")
    with pytest.raises(ReasonMissing):
        report_lost_at_desk(session, card_id=card.id, reason="", actor=officer, now=NOW)
    freeze(session, card, officer)
    with pytest.raises(ReasonMissing):
        restore(session, card, officer, reason=" ")


def test_a_loss_at_the_desk_ends_every_sign_in(session, card, signed_in, officer):
    report_lost_at_desk(session, card_id=card.id, reason="本人到场", actor=officer, now=NOW)

    assert card.state is CardState.LOST
    assert signed_in.revoked_at == NOW


def test_a_cancelled_card_is_over(session, card, phone, signed_in, officer):
    cancel_card(session, card_id=card.id, actor=officer, now=NOW)

    assert card.state is CardState.CANCELLED
    assert states(session, card) == {CredentialState.INVALID}
    assert live(session, card) == []
    with pytest.raises(CardNotFound):
        lose(session, card, signed_in)
    with pytest.raises(MoveNotAllowed):
        restore(session, card, officer)


def test_a_suspended_code_becomes_invalid_when_the_card_is_cancelled(
    session, card, signed_in, officer
):
    lose(session, card, signed_in)

    cancel_card(session, card_id=card.id, actor=officer, now=NOW)

    assert states(session, card) == {CredentialState.INVALID}


def test_cards_of_people_who_left_are_found_and_others_are_not(session, make, card):
    gone = make.card(member=make.member(status=MembershipStatus.DECEASED))
    make.card(member=make.member(status=MembershipStatus.RETURNED))

    assert cards_to_cancel(session, rows=10) == [gone.id]


def test_every_change_stands_in_the_record_and_in_the_audit_trail(
    session, card, phone, signed_in, officer
):
    freeze(session, card, officer)
    restore(session, card, officer)
    freeze(session, card, officer)
    lose(session, card, signed_in)

    events = session.scalars(select(CardRecord.event).where(CardRecord.card_id == card.id))
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.object_id == card.id))
    wanted = ["activated", "frozen", "frozen", "lost", "restored"]
    assert sorted(event for event in events if event != "device_enrolled") == wanted
    assert sorted(actions) == [f"card.{event}" for event in wanted]


@pytest.mark.parametrize(
    "statement", ["UPDATE card_records SET event = 'x'", "DELETE FROM card_records"]
)
def test_the_record_only_grows(session, card, phone, statement):
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(statement))


@given(st.lists(st.sampled_from(list(CardState)), max_size=12))
def test_nothing_leads_out_of_cancelled(targets):
    state = CardState.PENDING_VERIFY
    seen = [state]
    for target in targets:
        if target in CARD_MOVES[state]:
            state = move(CARD_MOVES, state, target)
            seen.append(state)

    after = seen[seen.index(CardState.CANCELLED) + 1 :] if CardState.CANCELLED in seen else []
    assert after == []
