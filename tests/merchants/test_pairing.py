from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from audit.models import AuditEntry
from kernel.actors import SYSTEM, ActorKind
from kernel.db import reading
from kernel.secrets import token_hash
from merchants.errors import (
    MerchantNotActive,
    PairingCodeInvalid,
    PublicKeyInvalid,
    SiteNotFound,
    SiteNotOpen,
    TerminalNotFound,
    TooManyTries,
)
from merchants.models import (
    Merchant,
    MerchantKind,
    MerchantState,
    PairingCode,
    PairingFailure,
    SiteState,
    Terminal,
)
from merchants.queries import pairing_code_is_usable, terminal_by_token
from merchants.rules import READABLE
from merchants.services import (
    PAIRING_LIFETIME,
    Pairing,
    issue_pairing_code,
    note_terminal_seen,
    pair_terminal,
    unpair_terminal,
)
from tests.make import NOW
from tests.make.merchants import new_jwk
from tests.merchants.conftest import dump

WINDOW = timedelta(minutes=15)


def issue(session, site, *, now=NOW, **facts):
    return issue_pairing_code(session, site_id=site.id, actor=SYSTEM, now=now, **facts)


def pair(session, code, *, now=NOW, address="192.0.2.1", public_key=None):
    return pair_terminal(
        session,
        pairing_code=code,
        name="收银台一",
        public_key=public_key or new_jwk(),
        address=address,
        now=now,
    )


def caller(token):
    with reading() as connection:
        return terminal_by_token(connection, token_hash=token_hash(token))


def test_a_code_makes_a_till_of_a_device(session, make):
    site = make.site()

    pairing = pair(session, issue(session, site))

    terminal = session.get(Terminal, pairing.terminal_id)
    assert (terminal.site_id, terminal.merchant_id) == (site.id, site.merchant_id)
    assert pairing.site == site.name
    assert pairing.kind is MerchantKind.MERCHANT
    assert len(pairing.code) == 8
    assert set(pairing.code) <= set(READABLE)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), terminal.public_key)
    assert key.curve.name == "secp256r1"


def test_the_token_opens_the_door_until_the_till_is_unpaired(session, make):
    site = make.site()
    pairing = pair(session, issue(session, site))

    actor = caller(pairing.token)
    assert actor.kind is ActorKind.TERMINAL
    assert (actor.id, actor.merchant_id) == (pairing.terminal_id, site.merchant_id)
    assert (actor.site_id, actor.code) == (site.id, pairing.code)

    unpair_terminal(session, terminal_id=pairing.terminal_id, actor=SYSTEM, now=NOW)
    assert caller(pairing.token) is None


def test_neither_code_nor_token_nor_address_is_stored(session, make):
    shown = issue(session, make.site())
    pairing = pair(session, shown, address="198.51.100.77")
    code = shown.replace("-", "")

    dumped = dump(session, "pairing_codes", "pairing_failures", "terminals", "audit_entries")
    for secret in (code, pairing.token, "198.51.100.77"):
        assert secret not in dumped
        assert secret.encode().hex() not in dumped
    assert pairing.token not in repr(pairing)


def test_the_trail_tells_who_issued_and_what_was_paired(session, make):
    site = make.site()

    pairing = pair(session, issue(session, site))

    entries = {entry.action: entry for entry in session.scalars(select(AuditEntry))}
    assert entries["site.pairing_code_issued"].object_id == site.id
    assert entries["terminal.paired"].object_id == pairing.terminal_id
    assert entries["terminal.paired"].actor_kind is ActorKind.TERMINAL


@pytest.mark.parametrize("kind", ["unknown", "expired", "used", "closed", "suspended"])
def test_every_useless_code_hears_the_same(session, make, kind):
    site = make.site()
    code = issue(session, site)
    if kind == "used":
        pair(session, code)
    if kind == "closed":
        site.state = SiteState.CLOSED
    if kind == "suspended":
        session.get(Merchant, site.merchant_id).state = MerchantState.SUSPENDED
    session.flush()

    tried = "AAAAA-AAAAA" if kind == "unknown" else code
    later = NOW + (PAIRING_LIFETIME if kind == "expired" else timedelta(0))
    refusal = pair(session, tried, now=later)

    assert isinstance(refusal, PairingCodeInvalid)
    assert refusal.facts == {}


def test_a_code_works_up_to_its_last_moment(session, make):
    code = issue(session, make.site(), lifetime=timedelta(days=1))

    almost = NOW + timedelta(days=1) - timedelta(microseconds=1)

    assert isinstance(pair(session, code, now=almost), Pairing)


def test_after_five_wrong_codes_even_the_right_one_waits(session, make):
    code = issue(session, make.site())

    guesses = [pair(session, "AAAAA-AAAAA", now=NOW) for _ in range(5)]

    assert all(isinstance(guess, PairingCodeInvalid) for guess in guesses)
    assert isinstance(pair(session, code), TooManyTries)
    # Another address is not held up, and the address itself not for ever.
    assert isinstance(pair(session, code, address="192.0.2.2"), Pairing)


def test_the_count_starts_anew_when_its_window_is_over(session, make):
    for _ in range(6):
        pair(session, "AAAAA-AAAAA")

    almost = NOW + WINDOW - timedelta(seconds=1)
    assert isinstance(pair(session, "AAAAA-AAAAA", now=almost), TooManyTries)
    assert isinstance(pair(session, "AAAAA-AAAAA", now=NOW + WINDOW), PairingCodeInvalid)
    assert session.scalars(select(PairingFailure.tries)).one() == 1


def test_addresses_of_one_customer_share_a_count(session, make):
    for last in range(5):
        pair(session, "AAAAA-AAAAA", address=f"2001:db8:1:2::{last}")

    assert isinstance(pair(session, "AAAAA-AAAAA", address="2001:db8:1:2:ffff::"), TooManyTries)
    assert isinstance(pair(session, "AAAAA-AAAAA", address="2001:db8:1:3::"), PairingCodeInvalid)


def test_pairing_a_whole_shop_from_one_address_is_no_guessing(session, make):
    site = make.site()

    pairings = [pair(session, issue(session, site)) for _ in range(8)]

    assert all(isinstance(pairing, Pairing) for pairing in pairings)
    assert len({pairing.code for pairing in pairings}) == 8


def test_a_right_code_does_not_forgive_earlier_guesses(session, make):
    site = make.site()
    for _ in range(4):
        pair(session, "AAAAA-AAAAA")
    assert isinstance(pair(session, issue(session, site)), Pairing)

    assert isinstance(pair(session, "AAAAA-AAAAA"), PairingCodeInvalid)
    assert isinstance(pair(session, issue(session, site)), TooManyTries)


def test_old_counts_are_forgotten_when_a_code_is_issued(session, make):
    pair(session, "AAAAA-AAAAA")

    issue(session, make.site(), now=NOW + WINDOW)

    assert session.scalars(select(PairingFailure)).all() == []


def test_a_bad_key_costs_no_try_and_leaves_the_code_usable(session, make):
    code = issue(session, make.site())

    with pytest.raises(PublicKeyInvalid):
        pair(session, code, public_key={"kty": "EC", "crv": "P-256", "x": "A", "y": "A"})

    assert isinstance(pair(session, code), Pairing)


def test_codes_are_issued_for_open_sites_of_active_merchants_only(session, make):
    with pytest.raises(SiteNotOpen):
        issue(session, make.site(state=SiteState.CLOSED))
    suspended = make.merchant(state=MerchantState.SUSPENDED)
    with pytest.raises(MerchantNotActive):
        issue(session, make.site(merchant_id=suspended.id))
    with pytest.raises(SiteNotFound):
        issue(session, make.merchant())


@pytest.mark.parametrize(
    ("merchant_state", "site_state", "is_somebody"),
    [
        (MerchantState.ACTIVE, SiteState.OPEN, True),
        (MerchantState.ACTIVE, SiteState.CLOSED, False),
        (MerchantState.SUSPENDED, SiteState.OPEN, True),
        (MerchantState.ENDED, SiteState.OPEN, False),
    ],
)
def test_who_a_token_is_depends_on_its_site_and_merchant(
    session, make, merchant_state, site_state, is_somebody
):
    merchant = make.merchant(state=merchant_state)
    site = make.site(merchant_id=merchant.id, state=site_state)
    make.terminal(site=site, token="uct_known")

    actor = caller("uct_known")

    assert (actor is not None) == is_somebody
    assert actor is None or actor.is_suspended == (merchant_state is MerchantState.SUSPENDED)


def test_a_stranger_is_nobody(session, make):
    make.terminal(token="uct_known")

    assert caller("uct_unknown") is None


def test_unpairing_twice_changes_nothing(session, make):
    terminal = make.terminal()
    unpair_terminal(session, terminal_id=terminal.id, actor=SYSTEM, now=NOW)

    later = NOW + timedelta(hours=1)
    unpair_terminal(session, terminal_id=terminal.id, actor=SYSTEM, now=later)

    assert terminal.unpaired_at == NOW
    actions = session.scalars(select(AuditEntry.action)).all()
    assert actions == ["terminal.unpaired"]


def test_only_a_till_that_is_there_can_be_unpaired(session, make):
    with pytest.raises(TerminalNotFound):
        unpair_terminal(session, terminal_id=make.site().id, actor=SYSTEM, now=NOW)


def test_the_last_contact_is_kept_to_the_minute(session, make):
    terminal = make.terminal()

    for seconds, expected in ((0, 0), (59, 0), (60, 60)):
        now = NOW + timedelta(seconds=seconds)
        note_terminal_seen(session, terminal_id=terminal.id, now=now)
        session.refresh(terminal)
        assert terminal.last_seen_at == NOW + timedelta(seconds=expected)


def test_a_used_code_remembers_its_till(session, make):
    pairing = pair(session, issue(session, make.site()))

    code = session.scalars(select(PairingCode)).one()

    assert (code.terminal_id, code.used_at) == (pairing.terminal_id, NOW)


def test_whoever_made_a_code_can_ask_whether_it_still_works(session, make):
    code = issue(session, make.site())

    assert pairing_code_is_usable(session, code=code, now=NOW)
    assert not pairing_code_is_usable(session, code=code, now=NOW + PAIRING_LIFETIME)
    assert not pairing_code_is_usable(session, code="AAAAA-AAAAA", now=NOW)
    pair(session, code)
    assert not pairing_code_is_usable(session, code=code, now=NOW)
