"""What the bank and a payment channel say in the generated quarter, faults among it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from uuid import UUID

from sqlalchemy import select

from app.demo.day.bank import Movement, statement_file
from bench.channel import bill_file, with_faults
from bench.held import Played
from bench.plan import Generator
from bench.town import Town
from finance.models import Payment, PaymentState
from finance.services.bank_import import import_bank_file
from finance.services.trade_import import import_trade_bill
from kernel.db import transaction
from kernel.money import Fen
from merchants.models import Merchant

RETURNS = 3
ABOUT_MIDNIGHT = 3  # so many payments are booked just before the midnight after which we sent them
CHANNELS = 6  # so many merchants are paid through a channel whose bills come in
HALF_A_DAY = timedelta(hours=12)
# What is planted each month, about payments and about nothing that we know.
_OF_PAYMENTS = ("platform_only", "amount_mismatch", "duplicate", "cross_day")
_OF_NOTHING = {
    "external_only": (-7_77, "往来款"),
    "refund_unpaired": (6_66, "退汇"),
    "bank_fee": (-3_50, "手续费"),
    "allocation": (50_000_00, "拨付普惠经费"),
}


class BankDays:
    """A part of Quarter, which keeps what is named here."""

    made: Generator
    played: Played
    town: Town
    balance: int
    again: list[Payment]

    def _bank(self, now: datetime, faults: int, *, midnight: datetime) -> None:
        """Let the bank pay what was sent, some of it before `midnight`, after which it was sent."""
        with transaction() as session:
            sent = session.scalars(
                select(Payment)
                .where(
                    Payment.state == PaymentState.SENT,
                    Payment.reference.not_in(self._known_faults()),
                )
                .order_by(Payment.id)
            ).all()
        movements = self._movements(sent, faults, midnight)
        content = statement_file(movements, opening_fen=Fen(self.balance), now=now)
        later = statement_file(
            movements, opening_fen=Fen(self.balance), now=now + timedelta(minutes=1)
        )
        self.balance += sum(each.amount_fen for each in movements)
        self.played.bank_lines += len(movements)
        # The file, the file again, and its lines in another file: taken in once.
        for take, (file, new) in enumerate(((content, len(movements)), (content, 0), (later, 0))):
            with transaction() as session:
                taken = import_bank_file(
                    session, content=file, name=f"bank-{take}.csv", staff_id=None, now=now
                )
                self.played.expect(f"new lines of {now:%Y-%m-%d}, {take}", taken.new, new)

    def _known_faults(self) -> list[str]:
        return [about for _, about in self.made.sums.planted]

    def _movements(
        self, sent: Sequence[Payment], faults: int, midnight: datetime
    ) -> list[Movement]:
        """Pay what was sent, with faults, each about a payment of its own; oldest first."""
        shuffled = self.made.random.sample(list(sent), len(sent))
        bad = {
            payment.id: code
            for place, code in enumerate(_OF_PAYMENTS)
            for payment in shuffled[place * faults : (place + 1) * faults]
        }
        fine = iter(shuffled[len(_OF_PAYMENTS) * faults :] if faults else ())
        back = {each.id for each in islice(fine, RETURNS)}
        early = {each.id: midnight - timedelta(seconds=30) for each in islice(fine, ABOUT_MIDNIGHT)}
        early |= {id_: midnight - HALF_A_DAY for id_, code in bad.items() if code == "cross_day"}
        movements: list[Movement] = []
        for payment in sent:
            code, at = bad.get(payment.id), early.get(payment.id)
            if code is not None:
                self._plant(code, payment.reference)
            elif at is not None:
                self.made.sums.tolerated[payment.reference] += 1
            lines = self._lines_of(payment, code, comes_back=payment.id in back)
            movements += [replace(each, at=at) for each in lines]
        for code, (fen, words) in _OF_NOTHING.items():
            for number in range(faults):
                about = f"{words} {self.balance + number}"
                self._plant(code, about)
                movements.append(Movement(Fen(fen), about))
        return sorted(movements, key=lambda each: each.at or midnight)

    def _lines_of(
        self, payment: Payment, code: str | None, *, comes_back: bool
    ) -> Iterable[Movement]:
        whole, words = payment.amount_fen, f"惠企付款 {payment.reference}"
        key = payment.payee_id, payment.fund_source.value
        if code == "platform_only":
            return
        if code in {"amount_mismatch", "cross_day"}:
            yield Movement(Fen(-whole + (code == "amount_mismatch")), words)
            return
        self.made.sums.paid[key] += whole
        yield Movement(Fen(-whole), words)
        if code == "duplicate":
            yield Movement(Fen(-whole), words)
        if comes_back:
            self.made.sums.paid[key] -= whole
            self.again.append(payment)
            yield Movement(whole, f"退汇 {payment.reference}")

    def _plant(self, code: str, about: str, *, side: str = "bank") -> None:
        self.made.sums.planted[code, about] += 1
        self.played.planted[f"{side} {code}"] += 1

    def _bills(self, month: date, now: datetime, faults: int) -> None:
        """Take in the channel's bills of the month, each twice; the faults are spread over them."""
        whole = {each.sold.id for each in self.made.left if each.whole == each.gross}
        merchants = [place.merchant_id for place in self.town.second[-CHANNELS:]]
        for number, merchant_id in enumerate(merchants):
            sold = self.made.sold[month]
            sales = [each for each in sold if each.place.merchant_id == merchant_id]
            share = faults // CHANNELS + (number < faults % CHANNELS)
            lines, planted, about = with_faults(sales, whole, faults=share, random=self.made.random)
            for code, what in planted:
                self._plant(code, what, side="channel")
            for sale_id in about:
                self.made.forget(sale_id)
            self._import_bill(merchant_id, bill_file(lines, account=f"19000{number:05d}"), now)

    def _import_bill(self, merchant_id: UUID, content: bytes, now: datetime) -> None:
        for take in range(2):
            with transaction() as session:
                taken = import_trade_bill(
                    session,
                    content=content,
                    name="bill.csv",
                    uscc=session.get_one(Merchant, merchant_id).uscc,
                    bill_on=None,
                    staff_id=None,
                    now=now,
                )
                self.played.expect("a bill taken in before", taken.repeated, bool(take))
