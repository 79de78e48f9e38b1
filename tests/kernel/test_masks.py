"""The masks of domain.md 4.2: every row of its table, and that none shows more than it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.masks import (
    mask_address,
    mask_bank_account,
    mask_document,
    mask_email,
    mask_name,
    mask_phone,
)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("", ""),
        ("明", "*"),
        ("张明", "张*"),
        ("张小明", "张*明"),
        ("欧阳小明", "欧**明"),
        ("阿不都·买买提", "阿*****提"),
        ("郑𬭎", "郑*"),
        ("JOHN SMITH", "J*** S****"),
        ("J. R. O'NEIL", "J* R* O*****"),
        ("A", "*"),
    ],
)
def test_names(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("440399199003070022", "4403**********0022"),
        ("44039919880808008X", "4403**********008X"),
        ("H00000000", "H******00"),
        ("M0000000000", "M********00"),
        ("00000000", "0*****00"),
        ("USA440099010101", "U************01"),
        ("E00000000", "E******00"),
        ("A1234", "*****"),
        ("", ""),
    ],
)
def test_documents(number, masked):
    assert mask_document(number) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("+8615400000001", "154****0001"),
        ("15400000001", "154****0001"),
        ("+85251234567", "****4567"),
        ("+85361234567", "****4567"),
        ("+886912345678", "****5678"),
        ("0755-88881234", "****1234"),
        ("1234", "****"),
        ("", ""),
    ],
)
def test_phones(phone, masked):
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("6299990000000017", "**** **** **** 0017"),
        ("6212345678900000003", "**** **** **** 0003"),
        ("6299 9900 0000 0017", "**** **** **** 0017"),
        ("12345678", "********"),
        ("", ""),
    ],
)
def test_bank_accounts(number, masked):
    assert mask_bank_account(number) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("深圳市南山区粤海街道科技路1号", "深圳市南山区粤海街道***"),
        ("深圳市龙华区演示路1号", "深圳市龙华区***"),
        ("广东省深圳市大鹏新区葵涌街道1号", "广东省深圳市大鹏新区葵涌街道***"),
        ("东莞市长安镇某路2号", "东莞市长安镇***"),
        ("新疆维吾尔自治区乌鲁木齐市天山区解放路", "新疆维吾尔自治区乌鲁木齐市天山区***"),
        ("演示路平安超市3楼", "***"),
        ("12 Example Road", "***"),
        (" ", ""),
    ],
)
def test_addresses(address, masked):
    assert mask_address(address) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("someone@example.org", "s***@example.org"),
        ("a@example.org", "a***@example.org"),
        ('"a@b"@example.org', '"***@example.org'),
        ("nobody", "***"),
        ("@example.org", "***"),
        ("", ""),
    ],
)
def test_emails(address, masked):
    assert mask_email(address) == masked


@given(st.text(max_size=60))
def test_a_masked_name_keeps_its_length_and_shows_two_characters_at_most(text):
    masked = mask_name(text)

    if " " not in masked:
        assert len(masked.replace("*", "")) <= 2
    assert len(masked) <= len(text)


@given(st.text(max_size=60))
def test_other_masks_take_any_text_and_show_at_most_what_their_table_says(text):
    secret = text.replace("*", "")

    assert len(mask_document(secret).replace("*", "")) <= (8 if len(secret) == 18 else 3)
    assert len(mask_phone(secret).replace("*", "")) <= 7
    assert len(mask_bank_account(secret).replace("*", "").strip()) <= 4
    assert mask_address(secret).endswith("***") or not secret.strip()
    assert "***" in mask_email(secret) or not secret.strip()
