"""The public code of a receipt, and what anybody who holds it may read: no name, no card.

A code is the till, the Shanghai day and the number of its receipt, and a keyed mark over them.
Nothing of it is stored, so a sale writes nothing for it, and a code that nobody was given is known
as wrong without asking the database. docs/decisions/0025.
"""

import hmac
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from benefits.models import Offer, OfferVersion
from discounts.models import Redemption, RedemptionReversal
from discounts.queries.till import reversals_of
from discounts.rules import ReceiptName, read_receipt_code, receipt_body, receipt_mark
from kernel.money import Fen
from kernel.secrets import blind_index
from merchants.models import Merchant, Site, Terminal

_FIELD = "receipt"


@dataclass(frozen=True)
class PublicReceipt:
    """A sale as anybody who holds its receipt may see it: who sold, when, who paid what."""

    merchant: str
    site: str
    address: str
    terminal_code: str
    offer_version: int
    title_zh: str
    title_en: str
    state: str
    gross_fen: Fen
    member_pays_fen: Fen
    merchant_bears_fen: Fen
    union_pays_fen: Fen
    back_member_fen: Fen
    back_merchant_fen: Fen
    back_union_fen: Fen
    captured_at: datetime
    receipt_on: date
    receipt_seq: int
    taken_back: tuple[RedemptionReversal, ...]

    @property
    def left_fen(self) -> Fen:
        """What of the bill has not been taken back."""
        back = self.back_member_fen + self.back_merchant_fen + self.back_union_fen
        return Fen(self.gross_fen - back)


def receipt_code(terminal_code: str, day: date, seq: int) -> str:
    """Return the code under which anybody can check a receipt, 25 letters and digits."""
    body = receipt_body(ReceiptName(terminal_code, day, seq))
    return body + receipt_mark(blind_index(_FIELD, body))


def receipt_path_of(redemption: Redemption, terminal_code: str) -> str | None:
    """Return the public address of a sale's receipt; None while it is held and has none."""
    if redemption.receipt_on is None or redemption.receipt_seq is None:
        return None
    return f"/r/{receipt_code(terminal_code, redemption.receipt_on, redemption.receipt_seq)}"


def receipt_by_code(session: Session, *, typed: str) -> PublicReceipt | None:
    """Return the receipt of a code, however it was typed; None for any other text."""
    read = read_receipt_code(typed)
    if read is None:
        return None
    name, body, mark = read
    if not hmac.compare_digest(mark, receipt_mark(blind_index(_FIELD, body))):
        return None
    return _receipt(session, name)


def _receipt(session: Session, name: ReceiptName) -> PublicReceipt | None:
    row: Any = session.execute(
        select(
            Redemption,
            Merchant.name.label("merchant"),
            Site.name.label("site"),
            Site.address,
            Terminal.code,
            OfferVersion.number,
            Offer.title_zh,
            Offer.title_en,
        )
        .join(Terminal, Terminal.id == Redemption.terminal_id)
        .join(Merchant, Merchant.id == Redemption.merchant_id)
        .join(Site, Site.id == Redemption.site_id)
        .join(OfferVersion, OfferVersion.id == Redemption.offer_version_id)
        .join(Offer, Offer.id == Redemption.offer_id)
        .where(
            Terminal.code == name.terminal_code,
            Redemption.receipt_on == name.day,
            Redemption.receipt_seq == name.seq,
        )
    ).one_or_none()
    if row is None:
        return None
    sale: Redemption = row.Redemption
    assert sale.captured_at is not None  # CHECK receipt_at_capture
    return PublicReceipt(
        merchant=row.merchant,
        site=row.site,
        address=row.address,
        terminal_code=row.code,
        offer_version=row.number,
        title_zh=row.title_zh,
        title_en=row.title_en,
        state=sale.state.value,
        gross_fen=sale.gross_fen,
        member_pays_fen=sale.member_pays_fen,
        merchant_bears_fen=sale.merchant_bears_fen,
        union_pays_fen=sale.union_pays_fen,
        back_member_fen=sale.back_member_fen,
        back_merchant_fen=sale.back_merchant_fen,
        back_union_fen=sale.back_union_fen,
        captured_at=sale.captured_at,
        receipt_on=name.day,
        receipt_seq=name.seq,
        taken_back=tuple(reversals_of(session, redemption_id=sale.id)),
    )
