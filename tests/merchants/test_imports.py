import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kernel.actors import SYSTEM
from kernel.sheets import ColumnsMissing
from members.models import UnionOrg
from merchants.models import (
    MERCHANT_ACCOUNT_NUMBER,
    AgreementState,
    Merchant,
    MerchantState,
    Site,
)
from merchants.queries import agreement_in_force, merchants_by_uscc
from merchants.rules import OfferKind
from merchants.services import (
    AgreementTerms,
    Verdict,
    import_merchant_lines,
    judge_merchant_lines,
    read_merchant_file,
    suspend_merchant,
)
from tests.make import NOW
from tests.merchants.conftest import dump

DATA = Path(__file__).parent.parent / "data"
FILE = (DATA / "merchants.csv").read_bytes()
EXPECTED = json.loads((DATA / "expected.json").read_text())["merchants"]
TERMS = AgreementTerms(date(2026, 11, 23), date(2027, 11, 23), "深圳市总工会(演示)")
FIRST_USCC = "91440399MA0100101A"


def take(session, content=FILE):
    return import_merchant_lines(
        session, lines=read_merchant_file(content), agreement=TERMS, actor=SYSTEM, now=NOW
    )


def rows_of(content=FILE):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def file_of(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def one_line(**changes):
    return file_of([rows_of()[0] | changes])


def verdicts(judged):
    return [each.verdict for each in judged]


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def test_the_file_is_taken_but_for_the_lines_that_are_wrong(session, unions):
    judged = take(session)

    refused = [
        {"line": each.number, "reason": each.refused.reason} for each in judged if each.refused
    ]
    assert len(judged) == EXPECTED["lines"]
    assert refused == EXPECTED["refused"]
    assert count(session, Merchant) == count(session, Site) == 39


def test_a_taken_merchant_works_at_once_under_a_signed_agreement(session, unions):
    take(session)

    merchant = merchants_by_uscc(session, usccs=[FIRST_USCC])[FIRST_USCC]
    assert merchant.state is MerchantState.ACTIVE
    opened = MERCHANT_ACCOUNT_NUMBER.open(merchant.id, merchant.account_number_sealed)
    assert opened == "6299992366649361"
    agreement = agreement_in_force(session, merchant_id=merchant.id, day=TERMS.starts_on)
    assert agreement.number == f"PH-2026-{FIRST_USCC}"
    assert agreement.state is AgreementState.ACTIVE


def test_no_account_of_the_file_is_readable_afterwards(session, unions):
    take(session)

    dumped = dump(session, "merchants", "sites", "agreements", "audit_entries")
    for row in rows_of():
        assert row["结算账号"] not in dumped
        assert row["结算账号"].encode().hex() not in dumped


def test_a_district_is_found_by_the_name_of_its_union(session, unions):
    take(session)

    by_district = dict(
        session.execute(
            select(Merchant.district, UnionOrg.code).outerjoin(
                UnionOrg, UnionOrg.id == Merchant.union_id
            )
        ).all()
    )
    assert by_district["宝安区"] == "SZ-BA"
    assert by_district["龙岗区"] == "SZ-LG"
    assert by_district["罗湖区"] is None  # no such union is planted here


def test_the_offers_come_back_with_their_merchants(session, unions):
    taken = {each.line.uscc: each for each in take(session) if each.line}

    cinema = taken["92440399MA0100301J"]
    assert cinema.line.terms.kind is OfferKind.FIXED_PRICE
    assert (cinema.line.terms.member_fen, cinema.line.terms.list_fen) == (100, 3000)
    assert session.get(Merchant, cinema.merchant_id).name == "演示影院商户03"
    assert session.get(Site, cinema.site_id).merchant_id == cinema.merchant_id
    pharmacy = taken["92440399MA0101001Q"].line.terms
    assert (pharmacy.member_pays_bp, pharmacy.union_share_bp) == (9000, 0)


def test_the_same_file_again_brings_nothing_new(session, unions):
    first = take(session)

    again = take(session)

    assert set(verdicts(again)) == {Verdict.UNCHANGED, Verdict.REFUSED}
    assert count(session, Merchant) == count(session, Site) == 39
    assert [each.merchant_id for each in again] == [each.merchant_id for each in first]
    assert [each.site_id for each in again] == [each.site_id for each in first]


def test_the_preview_says_what_the_import_does_and_writes_nothing(session, unions):
    preview = judge_merchant_lines(session, lines=read_merchant_file(FILE))

    assert count(session, Merchant) == 0
    assert verdicts(preview) == verdicts(take(session))


def test_a_second_site_joins_the_merchant_it_names(session, unions):
    first, second = rows_of()[:1] * 2
    second = second | {"门店名称": "演示超市福田店", "门店地址": "福田路2号", "区": "福田区"}

    judged = take(session, file_of([first, second]))

    assert verdicts(judged) == [Verdict.NEW_MERCHANT, Verdict.NEW_SITE]
    assert judged[0].merchant_id == judged[1].merchant_id
    assert session.get(Site, judged[1].site_id).district == "福田区"


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"结算账号": "6200000000000005"}, "merchant_differs", "merchant_differs"),
        ({"开户名": "别人"}, "merchant_differs", "merchant_differs"),
        ({"商户名称": "别名"}, "merchant_differs", "merchant_differs"),
        ({"门店地址": "别处"}, "merchant_differs", "site_differs"),
        ({"门店名称": "新店", "类别": "影院"}, "merchant_differs", "merchant_differs"),
    ],
)
def test_a_file_never_changes_a_registered_merchant(session, unions, changes, reason, detail):
    take(session, one_line())

    judged = take(session, one_line(**changes))

    assert [(each.refused.reason, each.refused.detail) for each in judged] == [(reason, detail)]
    assert set(changes.values()) <= set(judged[0].originals)
    assert count(session, Site) == 1


def test_lines_of_one_file_must_agree_with_each_other(session, unions):
    row = rows_of()[0]
    lines = [
        row,
        row,
        row | {"门店名称": "二店", "结算账号": "6200000000000005"},
        row | {"门店名称": "三店"},
    ]

    judged = take(session, file_of(lines))

    assert verdicts(judged) == [
        Verdict.NEW_MERCHANT,
        Verdict.REFUSED,
        Verdict.REFUSED,
        Verdict.NEW_SITE,
    ]
    assert judged[1].refused.reason == "duplicate_line"
    assert judged[2].refused.reason == "merchant_differs"


def test_a_suspended_merchant_gets_no_new_site_from_a_file(session, unions):
    merchant_id = take(session, one_line())[0].merchant_id
    suspend_merchant(session, merchant_id=merchant_id, reason="核查", actor=SYSTEM, now=NOW)

    new_site = take(session, one_line(门店名称="新店"))
    same = take(session, one_line())

    assert new_site[0].refused.reason == "merchant_not_active"
    assert verdicts(same) == [Verdict.UNCHANGED]


def test_a_file_without_the_columns_is_refused_by_name():
    with pytest.raises(ColumnsMissing) as refusal:
        read_merchant_file("商户名称,统一社会信用代码,类别\n甲,乙,丙\n".encode())

    assert "结算账号" in refusal.value.facts["columns"]


def test_a_file_in_gb18030_with_formulas_comes_back_line_by_line(session, unions):
    rows = [rows_of()[0], rows_of()[1] | {"优惠说明": "=HYPERLINK(1)"}]
    content = file_of(rows).decode("utf-8-sig").encode("gb18030")

    judged = take(session, content)

    assert verdicts(judged) == [Verdict.NEW_MERCHANT, Verdict.REFUSED]
    assert judged[1].refused.reason == "formula"
    assert "=HYPERLINK(1)" in judged[1].originals
