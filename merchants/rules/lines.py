"""One line of a merchants file, judged without the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel.sheets import COVERED, Formula
from kernel.text import Refused, cell_text, single_spaced
from kernel.uscc import Uscc, read_uscc
from merchants.rules.accounts import read_account
from merchants.rules.offers import OfferTerms, read_offer

# The preferred spelling first: it is the one that a person is told is missing.
MERCHANT_COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("商户名称", "商家名称", "merchant"),
    "uscc": ("统一社会信用代码", "社会信用代码", "信用代码", "uscc"),
    "category": ("类别", "行业", "商户类别", "category"),
    "district": ("区", "所在区", "行政区", "district"),
    "site_name": ("门店名称", "网点名称", "site"),
    "site_address": ("门店地址", "网点地址", "地址", "address"),
    "account_number": ("结算账号", "结算账户", "银行账号", "account"),
    "account_holder": ("开户名", "户名", "账户名称", "account holder"),
    "offer_kind": ("优惠方式", "优惠类型", "offer kind"),
    "offer": ("优惠说明", "优惠内容", "offer"),
    "union_share": ("工会承担比例", "工会承担比例%", "union share"),
}
REQUIRED_MERCHANT_COLUMNS = tuple(MERCHANT_COLUMNS)

_NAME_LENGTH_MAX = 200
_WORD_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantLine:
    """A line that can be taken, if the database agrees. The account stays out of any `repr`."""

    name: str
    uscc: str
    category: str
    district: str
    site_name: str
    site_address: str
    account_number: str = field(repr=False)
    account_holder: str = field(repr=False)
    terms: OfferTerms


def read_merchant_line(cells: Mapping[str, object]) -> MerchantLine | Refused:
    """Judge one line, except what only the database knows (merchants already registered).

    `cells` is keyed like `MERCHANT_COLUMNS`. Where several reasons could be given, the first of
    name, credit code, category, district, site, account, offer is.
    """
    if any(cell is COVERED for cell in cells.values()):
        return Refused("merged_cells", "merged_cells")
    if any(isinstance(cell, Formula) for cell in cells.values()):
        return Refused("formula", "formula")
    text = {name: single_spaced(cell_text(cell)) for name, cell in cells.items()}
    uscc = read_uscc(text["uscc"])
    account = read_account(text["account_number"])
    terms = read_offer(
        kind=text["offer_kind"], description=text["offer"], union_share=text["union_share"]
    )
    for judged in (_name(text), uscc, _place(text), account, _holder(text), terms):
        if isinstance(judged, Refused):
            return judged
    assert isinstance(uscc, Uscc)
    assert isinstance(account, str)
    assert isinstance(terms, OfferTerms)
    return MerchantLine(
        name=text["name"],
        uscc=uscc.code,
        category=text["category"],
        district=text["district"],
        site_name=text["site_name"],
        site_address=text["site_address"],
        account_number=account,
        account_holder=text["account_holder"],
        terms=terms,
    )


def _name(text: Mapping[str, str]) -> Refused | None:
    if not text["name"]:
        return Refused("name_missing", "name_missing")
    if len(text["name"]) > _NAME_LENGTH_MAX:
        return Refused("name_invalid", "name_too_long")
    return None


def _place(text: Mapping[str, str]) -> Refused | None:
    if not 0 < len(text["category"]) <= _WORD_LENGTH_MAX:
        return Refused("category_missing", "category_missing")
    if not 0 < len(text["district"]) <= _WORD_LENGTH_MAX:
        return Refused("district_missing", "district_missing")
    for part in ("site_name", "site_address"):
        if not 0 < len(text[part]) <= _NAME_LENGTH_MAX:
            return Refused("site_missing", "site_missing")
    return None


def _holder(text: Mapping[str, str]) -> Refused | None:
    if not 0 < len(text["account_holder"]) <= _NAME_LENGTH_MAX:
        return Refused("account_invalid", "account_holder_missing")
    return None
