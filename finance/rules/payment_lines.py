"""What a file for the bank is made of, whatever its layout."""

from dataclasses import dataclass, field
from datetime import datetime

from kernel.money import Fen, yuan


class UnfitError(Exception):
    """Something of a batch does not fit a layout: what, and of which payment, if it is one."""

    def __init__(self, detail: str, reference: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reference = reference


@dataclass(frozen=True)
class PaymentFileLine:
    """One transfer, unsealed; stays out of any `repr`. `source` is what it is for.

    `payee_bank_code` is the branch's 联行号; both of the bank are empty where nobody has said them.
    """

    payee_account: str = field(repr=False)
    payee_name: str = field(repr=False)
    amount_fen: Fen
    reference: str
    source: str
    payee_bank: str = ""
    payee_bank_code: str = ""


@dataclass(frozen=True)
class Payer:
    """The union's account that pays; `bank_code` is its branch's (联行号)."""

    holder: str
    account: str
    bank_name: str
    bank_code: str


@dataclass(frozen=True)
class FileHead:
    """The batch's `number`, and when the file was made, by the wall clock of Shanghai."""

    number: int
    made_at: datetime
    payer: Payer | None


def plain_yuan(fen: int) -> str:
    return yuan(Fen(fen)).replace(",", "")
