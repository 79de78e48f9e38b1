"""What is owed is paid: batches by two people, files to the bank, the bank's own file back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stdnum import luhn

from app.demo.day.bank import (
    ACCOUNT,
    OPENING_FEN,
    Movement,
    Transfer,
    allocation,
    fee,
    paid_out,
    read_transfers,
    sent_back,
    statement_file,
)
from app.demo.day.desk import Desk
from app.demo.day.http import answered
from app.demo.day.phone import Phone
from app.demo.day.scene import Scene
from kernel.clock import utc_now
from kernel.money import Fen

_OWED = "/desk/finance/payments/owed"
_BANK = "/desk/finance/bank"
_BOOKS = re.compile(r'name="book" value="(\w+)"')
# Cards that begin so are nobody's (domain 3.7).
_NO_BANK = "629999"
_OWN_DIGITS = 9


@dataclass(frozen=True)
class Paid:
    """What went to the bank and came back: `owed_fen` once, in so many attempts (`payments`)."""

    batches: int
    payments: int
    owed_fen: int
    returned: int
    bank_lines: int


def give_accounts(phones: Sequence[Phone]) -> None:
    """Let each member name the account in their own name to which they are paid."""
    for phone in phones:
        phone.agree("payout_account")
        answered(
            phone.call(
                "PUT",
                "/members/me/payout-account",
                account_number=_account_of(phone),
                bank_name="演示银行深圳分行",
            ),
            200,
        )


def pay(scene: Scene) -> Paid:
    """Pay all that can be paid; the bank sends the first payment back, and it is paid again."""
    sent, batches = _send_all(scene)
    if not sent:
        return Paid(batches=0, payments=0, owed_fen=0, returned=0, bank_lines=0)
    first = [
        allocation(utc_now()),
        *paid_out(sent),
        sent_back(sent[0]),
        fee(),
    ]
    _import(scene, first)
    again, more = _send_all(scene)
    second = paid_out(again)
    _import(scene, second)
    return Paid(
        batches=batches + more,
        payments=len(sent) + len(again),
        owed_fen=sum(each.amount_fen for each in sent),
        returned=1,
        bank_lines=len(first) + len(second),
    )


def _send_all(scene: Scene) -> tuple[list[Transfer], int]:
    """Prepare, approve and send batches until nothing more can be paid; return the transfers."""
    maker, approver = scene.desk("finance_maker"), scene.desk("finance_approver")
    sent: list[Transfer] = []
    batches = 0
    while books := _BOOKS.findall(maker.open(_OWED)):
        page = maker.send(_OWED, book=books[0], everything="true")
        approver.send_current(f"{page}/approve", page=page)
        maker.send_current(f"{page}/send", page=page)
        sent += read_transfers(maker.download(f"{page}/file").content)
        batches += 1
    return sent, batches


def _import(scene: Scene, movements: Sequence[Movement]) -> None:
    """Let the bank make its file over `movements`, and finance take it in."""
    desk = scene.desk("finance_maker")
    now = utc_now()
    content = statement_file(movements, opening_fen=_balance(desk), now=now)
    desk.send(_BANK, files={"file": (f"bank-{now:%Y%m%d-%H%M%S}.csv", content, "text/csv")})


def _balance(desk: Desk) -> Fen:
    """Return what the account came to after the last file, as the desk shows it."""
    row = re.search(rf">{ACCOUNT}</a>.*?¥(-?[\d,]+)\.(\d\d)", desk.open(_BANK), re.DOTALL)
    return Fen(int(row[1].replace(",", "") + row[2])) if row else OPENING_FEN


def _account_of(phone: Phone) -> str:
    """Return a number of a bank that does not exist, the same for the same member."""
    digits = _NO_BANK + phone.person["phone"][-_OWN_DIGITS:]
    return digits + str(luhn.calc_check_digit(digits))
