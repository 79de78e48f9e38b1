"""Schemes are loaded once for all; a member is covered once."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from aid.errors import (
    CoverOverlaps,
    NotEligible,
    SchemeFileWrong,
    SchemeNotFound,
    SchemeVersionChanged,
    SharesNotAllowed,
)
from aid.models import AidScheme, AidSchemeVersion
from aid.queries import scheme_by_code, terms_of, version_on
from aid.services import enrol_members, load_schemes
from bench.programmes import approve_all
from benefits.models import Programme
from kernel.actors import SYSTEM
from kernel.ids import new_id
from ledger.models import Family, FundSource
from members.errors import MemberNotFound
from members.models import MembershipStatus
from tests.aid.files import content
from tests.make import NOW
from tests.make.aid import COVERED_FROM, INPATIENT

A = "gd_inpt_2022.json"


def load(session, *contents):
    loaded = load_schemes(session, contents=contents, actor=SYSTEM, now=NOW)
    approve_all(session, now=NOW)
    return loaded


def newer(effective_from="2026-11-01", ratio="0.90"):
    """Return the file of scheme A with a second version that pays `ratio` for the first stay."""
    whole = content(A)
    version = content(A)["versions"][0] | {"effective_from": effective_from}
    version["benefits"][0]["formula"]["ratios"][0] = ratio
    whole["versions"].append(version)
    return whole


def test_the_shipped_schemes_are_loaded_once(session):
    first = load_schemes(session, actor=SYSTEM, now=NOW)
    again = load_schemes(session, actor=SYSTEM, now=NOW)

    assert (first.schemes, first.versions) == (2, 2)
    assert (again.schemes, again.versions) == (0, 0)
    programmes = session.scalars(select(Programme).join(AidScheme)).all()
    assert {each.family for each in programmes} == {Family.AID}
    assert {each.fund_source for each in programmes} == {FundSource.MUTUAL_AID}


def test_a_new_version_is_added_and_an_event_keeps_its_own(session):
    load(session, content(A))
    assert load(session, newer()).versions == 1

    scheme = scheme_by_code(session, code=INPATIENT)
    ratios = [
        str(terms_of(version_on(session, scheme_id=scheme.id, day=day)).benefits[0].formula.ratios)
        for day in (date(2022, 9, 26), date(2026, 10, 31), date(2026, 11, 1))
    ]
    assert ["0.80" in ratio for ratio in ratios] == [True, True, False]
    assert version_on(session, scheme_id=scheme.id, day=date(2022, 9, 25)) is None


def test_a_version_in_force_is_not_rewritten(session):
    load(session, content(A))
    changed = content(A)
    changed["versions"][0]["benefits"][0]["formula"]["ratios"][0] = "0.81"

    with pytest.raises(SchemeVersionChanged) as refusal:
        load(session, changed)

    assert refusal.value.facts == {"scheme": INPATIENT, "effective_from": "2022-09-26"}


def test_approval_levels_are_levels_of_unions(session):
    wrong = content(A)
    wrong["versions"][0]["approval_tiers"][1]["levels"] = ["galaxy"]

    with pytest.raises(SchemeFileWrong):
        load(session, wrong)
    assert session.scalars(select(AidSchemeVersion)).all() == []


def test_a_cover_lasts_the_schemes_period(make):
    make.aid_schemes()
    member = make.member(born_on=date(1990, 3, 7))

    cover = make.aid_cover(member, starts_on=date(2026, 6, 1))

    assert (cover.starts_on, cover.ends_on) == (date(2026, 6, 1), date(2027, 6, 1))


def test_the_first_cover_counts_and_the_next_begins_where_it_ends(make):
    member = make.covered_member()

    with pytest.raises(CoverOverlaps) as refusal:
        make.aid_cover(member, starts_on=COVERED_FROM + timedelta(days=364))

    assert refusal.value.facts["starts_on"] == COVERED_FROM.isoformat()
    assert make.aid_cover(member, starts_on=date(2027, 6, 1)).starts_on == date(2027, 6, 1)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"born_on": date(2012, 1, 1)}, "age"),
        ({"born_on": date(1960, 1, 1)}, "age"),
        ({"born_on": None}, "age"),
        ({"status": MembershipStatus.RETAINED}, "membership_status"),
    ],
)
def test_a_scheme_takes_whom_its_programme_takes(make, facts, reason):
    make.aid_schemes()
    member = make.member(**{"born_on": date(1990, 3, 7)} | facts)

    with pytest.raises(NotEligible) as refusal:
        make.aid_cover(member)

    assert refusal.value.facts["reason"] == reason


def test_what_cannot_be_enrolled_is_said(session, make):
    make.aid_schemes()
    member = make.member(born_on=date(1990, 3, 7))

    with pytest.raises(SchemeNotFound):
        make.aid_cover(member, scheme="NOTHING")
    with pytest.raises(SharesNotAllowed):
        make.aid_cover(member, shares=2)
    with pytest.raises(NotEligible):
        make.aid_cover(member, starts_on=date(2020, 1, 1))
    member.id = new_id()
    with pytest.raises(MemberNotFound), session.no_autoflush:
        make.aid_cover(member)


def test_a_union_is_enrolled_together_and_each_who_cannot_is_counted(session, make):
    make.aid_schemes()
    fit, old = make.member(born_on=date(1990, 3, 7)), make.member(born_on=date(1950, 1, 1))

    def enrol():
        return enrol_members(
            session,
            member_ids=[fit.id, old.id],
            scheme_code=INPATIENT,
            starts_on=COVERED_FROM,
            actor=SYSTEM,
            now=NOW,
        )

    first, again = enrol(), enrol()

    assert (first.enrolled, first.already, first.refused) == (1, 0, ("age",))
    assert (again.enrolled, again.already, again.refused) == (0, 1, ("age",))
