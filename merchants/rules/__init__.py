"""What is judged about merchants without asking the database. Pure: no session, no clock."""

from kernel.text import Refused
from merchants.rules.accounts import ACCOUNT_FIELD, read_account
from merchants.rules.lines import (
    MERCHANT_COLUMNS,
    REQUIRED_MERCHANT_COLUMNS,
    MerchantLine,
    read_merchant_line,
)
from merchants.rules.offers import OfferKind, OfferTerms, read_offer
from merchants.rules.pairing import (
    PAIRING_CODE_LENGTH,
    READABLE,
    TERMINAL_CODE_LENGTH,
    grouped_code,
    network_of,
    normal_pairing_code,
    public_key_point,
)
from merchants.rules.sanctions import APPEAL_WORDS, SANCTION_MEANINGS, SANCTION_WORDS
from merchants.rules.sentences import SENTENCES
from merchants.rules.settlement import (
    CYCLE_WORDS,
    USUAL_TERMS,
    SettlementTerms,
    last_period,
    period_of,
)
from merchants.rules.visits import OCCUPATION_WORDS

__all__ = [
    "ACCOUNT_FIELD",
    "APPEAL_WORDS",
    "CYCLE_WORDS",
    "MERCHANT_COLUMNS",
    "OCCUPATION_WORDS",
    "PAIRING_CODE_LENGTH",
    "READABLE",
    "REQUIRED_MERCHANT_COLUMNS",
    "SANCTION_MEANINGS",
    "SANCTION_WORDS",
    "SENTENCES",
    "TERMINAL_CODE_LENGTH",
    "USUAL_TERMS",
    "MerchantLine",
    "OfferKind",
    "OfferTerms",
    "Refused",
    "SettlementTerms",
    "grouped_code",
    "last_period",
    "network_of",
    "normal_pairing_code",
    "period_of",
    "public_key_point",
    "read_account",
    "read_merchant_line",
    "read_offer",
]
