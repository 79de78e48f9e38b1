"""The bank's part of the day: it pays what it was sent, sends one back, and says so in a file.

The file is in the layout of two columns, oldest first, such as a bank's portal gives it.
"""

import csv
import io
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from finance.rules.payment_files import payment_profiles
from kernel.clock import SHANGHAI
from kernel.masks import mask_bank_account, mask_name
from kernel.money import Fen, yuan

ACCOUNT = "6299990000000090"
ACCOUNT_NAME = "深圳市职工服务中心(演示)"
OPENING_FEN = Fen(200_000_00)
FEE_FEN = Fen(3_50)
ALLOCATION_FEN = Fen(50_000_00)
_ALLOCATES = "深圳市总工会(演示)"
_HEADING = (
    *("交易日期", "交易时间", "借方发生额(支取)", "贷方发生额(收入)", "余额"),
    *("对方户名", "对方账号", "摘要", "交易流水号"),
)
# A name of so many characters is a person's, and banks do not show those in full.
_PERSON_CHARACTERS_MAX = 4


@dataclass(frozen=True)
class Transfer:
    """One payment as the union's file asks for it."""

    name: str
    account: str
    amount_fen: Fen
    purpose: str
    reference: str


@dataclass(frozen=True)
class Movement:
    """One line of the account: negative went out. Booked `at`, where it was not now."""

    amount_fen: Fen
    summary: str
    name: str = ""
    account: str = ""
    at: datetime | None = None


def read_transfers(content: bytes) -> list[Transfer]:
    """Read the file of a batch as the bank does."""
    profile = payment_profiles()["csv"]
    heading = {column.value: column.heading for column in profile.columns}
    rows = csv.DictReader(io.StringIO(content.decode(profile.encoding), newline=""))
    return [
        Transfer(
            name=row[heading["payee_name"]],
            account=row[heading["payee_account"]],
            amount_fen=_fen(row[heading["amount_yuan"]]),
            purpose=row[heading["purpose"]],
            reference=row[heading["reference"]],
        )
        for row in rows
    ]


def paid_out(transfers: Iterable[Transfer]) -> list[Movement]:
    return [
        Movement(Fen(-each.amount_fen), each.purpose, each.name, each.account) for each in transfers
    ]


def sent_back(transfer: Transfer) -> Movement:
    return Movement(
        transfer.amount_fen,
        f"退汇 {transfer.reference} 账号户名不符",
        transfer.name,
        transfer.account,
    )


def fee() -> Movement:
    return Movement(Fen(-FEE_FEN), "手续费")


def allocation(now: datetime) -> Movement:
    """Return what the higher union sends for the month's benefits."""
    month = now.astimezone(SHANGHAI).month
    return Movement(ALLOCATION_FEN, f"拨付{month}月普惠经费", _ALLOCATES, "6299990000000001")


def statement_file(movements: Sequence[Movement], *, opening_fen: Fen, now: datetime) -> bytes:
    """Return the bank's statement over `movements`, booked now, its balances from `opening_fen`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(
        ("账号", ACCOUNT, "户名", ACCOUNT_NAME, "币种", "CNY", "期初余额", yuan(opening_fen))
    )
    writer.writerow(_HEADING)
    balance = opening_fen
    for each in movements:
        moment = (each.at or now).astimezone(SHANGHAI)
        balance = Fen(balance + each.amount_fen)
        writer.writerow(
            (
                f"{moment:%Y-%m-%d}",
                f"{moment:%H:%M:%S}",
                yuan(Fen(-each.amount_fen)) if each.amount_fen < 0 else "",
                yuan(each.amount_fen) if each.amount_fen > 0 else "",
                yuan(balance),
                _shown_name(each.name),
                mask_bank_account(each.account) if each.account else "",
                each.summary,
                f"FT{moment:%y%m%d}{secrets.randbelow(10**8):08d}",
            )
        )
    paid = Fen(-sum(each.amount_fen for each in movements if each.amount_fen < 0))
    came = Fen(sum(each.amount_fen for each in movements if each.amount_fen > 0))
    writer.writerow(("合计", "", yuan(paid), yuan(came), yuan(balance), "", "", "", ""))
    return text.getvalue().encode("utf-8-sig")


def _shown_name(name: str) -> str:
    return mask_name(name) if 0 < len(name) <= _PERSON_CHARACTERS_MAX else name


def _fen(text: str) -> Fen:
    """Return yuan with two decimals, as the file of a batch writes them, as fen."""
    whole, _, cents = text.partition(".")
    return Fen(int(whole) * 100 + int(cents))
