from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.actors import Role
from staff import rules
from tests.make import NOW
from tests.make.staff import TOTP, code_at


@pytest.mark.parametrize(
    ("password", "is_enough"),
    [
        ("Correct-Horse", True),
        ("correct-horse7", True),
        ("correcthorse77", False),
        ("correct horse", False),
        ("correct horse battery", True),
        ("全深圳市的工会会员都有一张卡片啊朋友们", False),
    ],
)
def test_a_password_mixes_kinds_or_is_long(password, is_enough):
    assert rules.is_mixed_enough(password) is is_enough


def test_a_handed_out_password_is_good_enough_and_never_the_same():
    first, second = rules.new_password(), rules.new_password()

    assert first != second
    assert len(first) >= rules.PASSWORD_CHARACTERS_MIN
    assert rules.is_mixed_enough(first)
    assert not set("0O1lI") & set(first)


def test_a_password_matches_its_hash_only():
    made = rules.hash_password("Correct-Horse-7")

    assert rules.password_matches(made, "Correct-Horse-7")
    assert not rules.password_matches(made, "correct-horse-7")
    assert not rules.password_matches("not a hash", "Correct-Horse-7")
    assert not rules.needs_new_hash(made)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_is_taken_one_step_early_or_late(steps):
    code = code_at(NOW, steps=steps)

    assert rules.matching_step(TOTP, code, now=NOW, after=None) == rules.totp_step(NOW) + steps


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_is_not_taken_two_steps_away(steps):
    assert rules.matching_step(TOTP, code_at(NOW, steps=steps), now=NOW, after=None) is None


def test_a_code_works_once():
    code = code_at(NOW)
    step = rules.matching_step(TOTP, code, now=NOW, after=None)

    assert rules.matching_step(TOTP, code, now=NOW, after=step) is None
    assert rules.matching_step(TOTP, code_at(NOW, steps=1), now=NOW, after=step) == step + 1


def test_a_code_may_be_typed_in_two_groups():
    code = code_at(NOW)

    assert rules.matching_step(TOTP, f"{code[:3]} {code[3:]}", now=NOW, after=None)


@given(st.text(max_size=20))
def test_whatever_is_typed_as_a_code_is_answered(typed):
    step = rules.matching_step(TOTP, typed, now=NOW, after=None)

    assert step is None or "".join(typed.split()) in {code_at(NOW, steps=s) for s in (-1, 0, 1)}


@pytest.mark.parametrize("role", list(Role))
def test_an_administrator_and_an_auditor_hold_nothing_else(role):
    for alone in (Role.ADMINISTRATOR, Role.AUDITOR):
        assert rules.roles_mix(role, [alone]) is (role is alone)
        assert rules.roles_mix(alone, [role]) is (role is alone)


def test_who_designs_a_programme_does_not_scan_for_it():
    assert not rules.roles_mix(Role.SITE_WORKER, [Role.PROGRAMME_DESIGNER])
    assert not rules.roles_mix(Role.PROGRAMME_DESIGNER, [Role.SITE_WORKER])
    assert rules.roles_mix(Role.REGISTER_OFFICER, [Role.TRAINING_OFFICER, Role.CLAIMS_ASSESSOR])


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("nonsense", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_address_counts_as_its_customer(address, group):
    assert rules.address_group(address) == group


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150 Safari/537.36",
            "Chrome, Windows",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/150 Safari/537.36 Edg/150", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 12) Chrome/120 MicroMessenger/8.0", "WeChat, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Version/18 Safari/605", "Safari, macOS"),
        ("", "?, ?"),
    ],
)
def test_a_browser_has_a_name_its_owner_knows(agent, name):
    assert rules.browser_name(agent) == name


def test_the_window_of_failures_is_longer_than_a_code_lives():
    assert timedelta(seconds=90) < rules.FAILURE_WINDOW
