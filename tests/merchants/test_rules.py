import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import yuan
from kernel.sheets import COVERED, Formula
from kernel.text import Refused
from merchants.rules import (
    PAIRING_CODE_LENGTH,
    READABLE,
    SENTENCES,
    MerchantLine,
    OfferKind,
    OfferTerms,
    grouped_code,
    network_of,
    normal_pairing_code,
    public_key_point,
    read_account,
    read_merchant_line,
    read_offer,
)
from tests.make.merchants import new_jwk

LINE = {
    "name": "演示餐饮商户02",
    "uscc": "91440399MA01002010",
    "category": "餐饮",
    "district": "罗湖区",
    "site_name": "演示餐饮罗湖区店",
    "site_address": "深圳市罗湖区演示路2号",
    "account_number": "6299991799786840",
    "account_holder": "演示餐饮商户02",
    "offer_kind": "full_reduction",
    "offer": "满50减40",
    "union_share": "100",
}


def offer(kind, description, share="100"):
    return read_offer(kind=kind, description=description, union_share=share)


@pytest.mark.parametrize(
    ("kind", "description", "terms"),
    [
        ("percent", "95", {"member_pays_bp": 9500}),
        ("percent", "９５％", {"member_pays_bp": 9500}),
        ("折扣", "9.5折", {"member_pays_bp": 9500}),
        ("percent", "88.5", {"member_pays_bp": 8850}),
        ("full_reduction", "满50减40", {"threshold_fen": 5000, "reduction_fen": 4000}),
        ("满减", "满 200 元减 20.50 元", {"threshold_fen": 20000, "reduction_fen": 2050}),
        ("fixed_price", "1元(原价30元)", {"member_fen": 100, "list_fen": 3000}),
        ("fixed_price", "1元（原价30元）", {"member_fen": 100, "list_fen": 3000}),
        ("特价", "0元(市场价9.90元)", {"member_fen": 0, "list_fen": 990}),
    ],
)
def test_offers_are_read_as_offices_write_them(kind, description, terms):
    read = offer(kind, description)

    assert isinstance(read, OfferTerms)
    assert {name: getattr(read, name) for name in terms} == terms


def test_only_the_amounts_of_the_kind_are_there():
    assert offer("percent", "95", "75") == OfferTerms(
        kind=OfferKind.PERCENT, union_share_bp=7500, member_pays_bp=9500
    )


@pytest.mark.parametrize(
    ("kind", "description", "share", "detail"),
    [
        ("赠品", "95", "100", "offer_kind_unknown"),
        ("", "95", "100", "offer_kind_unknown"),
        ("percent", "0", "100", "offer_percent_unreadable"),
        ("percent", "100", "100", "offer_percent_unreadable"),
        ("percent", "-5", "100", "offer_percent_unreadable"),
        ("percent", "满50减40", "100", "offer_percent_unreadable"),
        ("full_reduction", "满50减51", "100", "offer_full_reduction_unreadable"),
        ("full_reduction", "满50减0", "100", "offer_full_reduction_unreadable"),
        ("full_reduction", "满100001减1", "100", "offer_full_reduction_unreadable"),
        ("fixed_price", "30元(原价30元)", "100", "offer_fixed_price_unreadable"),
        ("fixed_price", "1元", "100", "offer_fixed_price_unreadable"),
        ("percent", "95", "101", "union_share_unreadable"),
        ("percent", "95", "", "union_share_unreadable"),
        ("percent", "95", "half", "union_share_unreadable"),
    ],
)
def test_terms_that_are_no_offer_are_refused(kind, description, share, detail):
    assert offer(kind, description, share) == Refused("offer_unknown", detail)


@given(
    threshold=st.integers(1, 10_000_000), part=st.integers(1, 10_000), share=st.integers(0, 10_000)
)
def test_a_reduction_that_was_written_reads_back(threshold, part, share):
    reduction = max(1, threshold * part // 10_000)
    text = f"满{yuan(threshold)}减{yuan(reduction)}".replace(",", "")

    read = offer("full_reduction", text, f"{share / 100:.2f}")

    assert (read.threshold_fen, read.reduction_fen) == (threshold, reduction)
    assert read.union_share_bp == share


@given(kind=st.sampled_from([*OfferKind, "满减", "x"]), text=st.text(), share=st.text())
def test_any_text_is_an_offer_or_refused(kind, text, share):
    assert isinstance(offer(kind, text, share), OfferTerms | Refused)


@pytest.mark.parametrize(
    "typed",
    ["6200000000000005", "6212345678901265", "6212345678900000003", "6299 9900 0000 0017"],
)
def test_published_and_synthetic_accounts_are_taken(typed):
    assert read_account(typed) == typed.replace(" ", "")


@pytest.mark.parametrize(
    ("typed", "detail"),
    [
        ("", "account_missing"),
        ("６２99990000000017", None),
        ("62123456789002", "account_length"),
        ("4000056655665556", "account_prefix"),
        ("6299990000000018", "account_checksum"),
        ("62999900000000lO", "account_characters"),
        ("6.29999E+15", "account_characters"),
    ],
)
def test_what_is_wrong_with_an_account_is_said(typed, detail):
    expected = "6299990000000017" if detail is None else Refused("account_invalid", detail)
    assert read_account(typed) == expected


@given(position=st.integers(2, 15), digit=st.sampled_from("0123456789"))
def test_one_wrong_digit_of_an_account_is_found(position, digit):
    right = "6299990000000017"
    wrong = right[:position] + digit + right[position + 1 :]

    assert wrong == right or isinstance(read_account(wrong), Refused)


@given(st.text())
def test_any_text_is_an_account_or_refused(text):
    read = read_account(text)
    assert isinstance(read, Refused) or read.isdigit()


def test_a_good_line_is_taken_whole():
    line = read_merchant_line(LINE)

    assert isinstance(line, MerchantLine)
    assert line.site_name == LINE["site_name"]
    assert line.terms.reduction_fen == 4000


def test_neither_account_nor_holder_shows_in_a_repr():
    shown = repr(read_merchant_line(LINE | {"account_holder": "张三"}))

    assert LINE["account_number"] not in shown
    assert "张三" not in shown


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": " "}, "name_missing"),
        ({"name": None, "uscc": "x"}, "name_missing"),
        ({"name": "店" * 201}, "name_invalid"),
        ({"uscc": "91440399MA01002011", "account_number": "1"}, "uscc_checksum"),
        ({"uscc": ""}, "uscc_missing"),
        ({"category": ""}, "category_missing"),
        ({"district": None}, "district_missing"),
        ({"site_address": ""}, "site_missing"),
        ({"account_number": 6299991799786841, "offer": "?"}, "account_invalid"),
        ({"account_holder": ""}, "account_invalid"),
        ({"offer": "满50送40"}, "offer_unknown"),
        ({"offer": Formula("=1+1"), "name": ""}, "formula"),
        ({"district": COVERED}, "merged_cells"),
    ],
)
def test_a_line_is_refused_for_its_first_fault(changes, reason):
    refused = read_merchant_line(LINE | changes)

    assert refused.reason == reason
    assert refused.detail in SENTENCES


@given(
    st.fixed_dictionaries(
        {name: st.one_of(st.none(), st.text(), st.integers(), st.floats()) for name in LINE}
    )
)
def test_any_cells_are_a_line_or_refused_with_a_sentence(cells):
    read = read_merchant_line(cells)
    assert isinstance(read, MerchantLine) or read.detail in SENTENCES


@given(st.text(alphabet=READABLE, min_size=PAIRING_CODE_LENGTH, max_size=PAIRING_CODE_LENGTH))
def test_a_code_is_found_however_it_was_typed(code):
    shown = grouped_code(code)

    assert normal_pairing_code(shown) == code
    assert normal_pairing_code(f" {shown.lower().replace('-', ' – ')} ") == code


def test_no_two_letters_of_a_code_look_alike():
    for look_alikes in ("0O", "1IL", "2Z", "5S", "8B", "UV"):
        assert len(set(look_alikes) & set(READABLE)) <= 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
    ],
)
def test_wrong_codes_are_counted_by_customer_not_by_address(address, network):
    assert network_of(address) == network


def test_a_public_key_becomes_its_compressed_point():
    jwk = new_jwk()

    point = public_key_point(jwk | {"ext": True, "key_ops": ["verify"]})

    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    x = key.public_numbers().x.to_bytes(32)
    assert len(point) == 33
    assert base64.urlsafe_b64encode(x).decode().rstrip("=") == jwk["x"]


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"d": "A" * 43},
        {"x": "A" * 43},
        {"x": "A" * 42},
        {"y": "A" * 44},
        {"y": None},
        {"y": 7},
        {"x": "=" * 43},
    ],
)
def test_what_is_no_public_p256_key_is_refused(changes):
    assert public_key_point(new_jwk() | changes) is None
