"""The words of books, ageing and vouchers, in English; the catalogue holds the translation."""

from flask_babel import get_locale

from finance.queries.ageing import Stage
from finance.queries.vouchers import VoucherSide
from kernel.i18n import N_
from ledger.models import Account, PartyType

STAGE_WORDS = {
    Stage.NOT_STATED: N_("Not on a statement yet"),
    Stage.STATED: N_("On a statement, not agreed"),
    Stage.AGREED: N_("Agreed, to be approved"),
    Stage.TO_PAY: N_("Approved, to be paid"),
    Stage.AT_THE_BANK: N_("In a batch, not proven by the bank"),
    Stage.CARRIED: N_("Carried into the next statement"),
}
PARTY_WORDS = {PartyType.MERCHANT: N_("Merchants"), PartyType.MEMBER: N_("Members")}
OWED_AGE_WORDS = (N_("0–30 days"), N_("31–60 days"), N_("61–90 days"), N_("Over 90 days"))
SOURCE_OF_ENTRY_WORDS = {
    "redemption": N_("Sales"),
    "redemption_reversal": N_("Sales taken back"),
    "adjustment": N_("Disputes adjusted"),
    "aid_claim": N_("Mutual-aid claims"),
    "enrolment": N_("Course subsidies"),
    "match": N_("Payments proven by the bank"),
}
PROFILE_NAMES = {
    "general": N_("General table (XLSX)"),
    "yonyou": N_("Yonyou text (TXT)"),
    "kingdee": N_("Kingdee table (CSV)"),
}


def name_of(account: Account | VoucherSide) -> str:
    return account.name_zh if str(get_locale()).startswith("zh") else account.name_en
