"""What can be done with merchants: register, agree, pair tills, import."""

from merchants.services.agreements import draft_agreement, end_agreement, sign_agreement
from merchants.services.files import (
    MERCHANT_FILE_LIMITS,
    keep_merchant_file,
    open_merchant_file,
    read_merchant_file,
    take_merchant_file,
)
from merchants.services.imports import (
    AgreementTerms,
    JudgedLine,
    Verdict,
    import_merchant_lines,
    judge_merchant_lines,
)
from merchants.services.pairing import (
    PAIRING_LIFETIME,
    Pairing,
    issue_pairing_code,
    note_terminal_seen,
    pair_terminal,
    unpair_terminal,
)
from merchants.services.register import (
    Account,
    MerchantFacts,
    activate_merchant,
    add_merchant,
    add_site,
    change_merchant,
    close_site,
    end_merchant,
    reopen_site,
    suspend_merchant,
)

__all__ = [
    "MERCHANT_FILE_LIMITS",
    "PAIRING_LIFETIME",
    "Account",
    "AgreementTerms",
    "JudgedLine",
    "MerchantFacts",
    "Pairing",
    "Verdict",
    "activate_merchant",
    "add_merchant",
    "add_site",
    "change_merchant",
    "close_site",
    "draft_agreement",
    "end_agreement",
    "end_merchant",
    "import_merchant_lines",
    "issue_pairing_code",
    "judge_merchant_lines",
    "keep_merchant_file",
    "note_terminal_seen",
    "open_merchant_file",
    "pair_terminal",
    "read_merchant_file",
    "reopen_site",
    "sign_agreement",
    "suspend_merchant",
    "take_merchant_file",
    "unpair_terminal",
]
