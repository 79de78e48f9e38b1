"""What every layout of a bank's statement file comes to."""

from dataclasses import dataclass
from datetime import date, time

from kernel.money import Fen


@dataclass(frozen=True, slots=True)
class FileLine:
    """One line of the file; `number` is the row that a spreadsheet program shows beside it."""

    number: int
    booked_on: date
    booked_at: time | None
    amount_fen: Fen
    balance_fen: Fen
    counterparty: str
    counterparty_account: str
    summary: str
    bank_reference: str

    @property
    def key(self) -> tuple[date, int, int]:
        """Return what every layout of the same statement says of the line."""
        return self.booked_on, self.amount_fen, self.balance_fen


@dataclass(frozen=True, slots=True)
class BankStatement:
    """A file that was understood: its lines oldest first, the balances before and after them."""

    profile: str
    account_number: str
    account_name: str | None
    opening_fen: Fen
    closing_fen: Fen
    lines: tuple[FileLine, ...]
