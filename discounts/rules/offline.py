"""What is computed about a sale that a till made without a network. Pure functions."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from benefits.rules import REASONS
from cards.rules import REFUSAL_SENTENCES
from kernel.i18n import N_
from kernel.money import BILL_FEN_MAX, Fen

RECORD_CHARACTERS_MAX = 2_000
SEQ_MAX = 2**53 - 1
_PRESENTATION_CHARACTERS_MAX = 600
_HASH = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_NAMES = frozenset(
    {
        "id",
        "seq",
        "prev",
        "presentation",
        "offer_version",
        "gross_fen",
        "occurred_at",
        "lease_id",
    }
)
# How far the till's clock may be from the moment that the member's phone signed. Wide, because
# nothing rests on it: a till that wanted to could sign any time. Both clocks are kept.
CLOCK_TOLERANCE = timedelta(hours=2)
# What two clocks that are set by the same service may differ by.
CLOCK_SLACK = timedelta(seconds=60)

_TELL_UNION = N_("Show the receipt and this line to the union that looks after you.")
_MERCHANT_BEARS = N_("The union pays nothing for this sale. Connect the till before the next one.")
_MERCHANT_REST = N_("The rest is the merchant's. Connect the till before the next big sale.")
_PAIR_ANEW = N_("Unpair this till and pair it anew before it sells without a network again.")

# code: (what is the case, what the merchant can do about it)
OFFLINE_SENTENCES: dict[str, tuple[str, str]] = {
    "record_malformed": (N_("This record cannot be read."), _TELL_UNION),
    "record_unsigned": (N_("This record was not signed by a till of yours."), _PAIR_ANEW),
    "request_key_reused": (
        N_("Another sale has this record's number."),
        N_("Look at the sale that has it; this record is not counted."),
    ),
    "chain_broken": (
        N_("This record does not follow the ones before it: the till was copied or set back."),
        _PAIR_ANEW,
    ),
    "lease_unknown": (N_("This till had no permission to sell without a network."), _PAIR_ANEW),
    "not_in_lease": (
        N_("This offer could not be sold without a network at this till."),
        _MERCHANT_BEARS,
    ),
    "outside_lease": (
        N_("This was sold before or after the time for which the till had permission."),
        N_("Connect the till at least once a day, so that its permission is renewed."),
    ),
    "offer_over": (N_("This offer had ended by then, and the till knew."), _MERCHANT_BEARS),
    "till_unpaired": (N_("This till had been unpaired by then."), _TELL_UNION),
    "clock_wrong": (
        N_("The till's clock and the member's phone are hours apart."),
        N_("Set the clock of this device by itself, then sell again."),
    ),
    "too_late": (
        N_("This came more than 72 hours after the sale."),
        N_("Connect the till within three days of selling without a network."),
    ),
    "over_lease": (
        N_("What this till may grant without a network in a day was used up."),
        N_("The union pays nothing for this sale. Connect the till: online there is no such end."),
    ),
    "risk_used_up": (
        N_("This card could not be used any more, and no more is borne for it this month."),
        _TELL_UNION,
    ),
    "replayed": (
        N_("The same code was used at another till first."),
        N_("The first sale stands. If the customer is known to you, tell the union."),
    ),
    "already_redeemed": (
        N_("This offer was redeemed with the same code already."),
        N_("Look at the first sale; this record is not counted a second time."),
    ),
    "below_threshold": (
        N_("The bill is below the amount from which this offer counts."),
        _MERCHANT_BEARS,
    ),
    "nothing_off": (N_("The bill is too small for anything to come off."), _MERCHANT_BEARS),
    "lease_cut": (
        N_("What this till may grant without a network covered only a part of the union's share."),
        _MERCHANT_REST,
    ),
    "merchant_suspended": (
        N_("This merchant's agreement is suspended; the sale is kept and not judged yet."),
        N_("Send it again once the agreement is in force. Nothing is lost meanwhile."),
    ),
    "books_not_ready": (
        N_("The sale is kept and cannot be booked yet."),
        N_("It is sent again by itself. If it still waits tomorrow, tell the union."),
    ),
}
# Above the sentence of a reason that the till could not know, where the programme bears the sale.
RISK_NEXT_STEP = N_("You are paid for this sale. Connect the till before the next one.")


def offline_sentence(reason: str, *, is_risk: bool) -> tuple[str, str]:
    """Return why a record was judged as it was, and what the merchant can do about it."""
    known = OFFLINE_SENTENCES.get(reason)
    text, next_step = known or REFUSAL_SENTENCES.get(reason) or REASONS[reason]
    if is_risk:
        return text, RISK_NEXT_STEP
    # The sentences of a scan tell a clerk what to do while the customer stands there.
    return text, next_step if known else _MERCHANT_BEARS


@dataclass(frozen=True)
class SignedSale:
    """What one record says. `prev` is empty for the first after pairing."""

    id: UUID
    seq: int
    prev: str
    presentation: str
    offer_version: UUID
    gross_fen: Fen
    occurred_at: datetime
    lease_id: UUID


def read_sale(payload: bytes) -> SignedSale | None:
    """Return what the payload of a record says; None if it is not exactly a record."""
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or said.keys() != _NAMES or not _is_in_range(said):
        return None
    ids = [_uuid(said[name]) for name in ("id", "offer_version", "lease_id")]
    occurred_at = _moment(said["occurred_at"])
    if None in ids or occurred_at is None:
        return None
    record_id, offer_version, lease_id = (each for each in ids if each is not None)
    return SignedSale(
        id=record_id,
        seq=said["seq"],
        prev=said["prev"],
        presentation=said["presentation"],
        offer_version=offer_version,
        gross_fen=Fen(said["gross_fen"]),
        occurred_at=occurred_at,
        lease_id=lease_id,
    )


def _is_in_range(said: Mapping[str, Any]) -> bool:
    presentation = said["presentation"]
    return (
        _is_whole(said["seq"], SEQ_MAX)
        and _is_whole(said["gross_fen"], BILL_FEN_MAX)
        and _is_hash(said["prev"])
        and isinstance(presentation, str)
        and 0 < len(presentation) <= _PRESENTATION_CHARACTERS_MAX
    )


def _is_whole(value: Any, maximum: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= maximum


def _is_hash(value: Any) -> bool:
    return value == "" or (isinstance(value, str) and _HASH.fullmatch(value) is not None)


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _moment(value: Any) -> datetime | None:
    """Return an RFC 3339 moment of a year that the database has; None for anything else."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    is_sane = moment is not None and moment.tzinfo is not None and 2000 < moment.year < 9000  # noqa: PLR2004
    return moment if is_sane else None


@dataclass(frozen=True)
class Chain:
    """What is known around a record: the hash of the one before, the `prev` of the one after.

    None where that one has not come.
    """

    before: str | None
    after: str | None


def is_linked(*, seq: int, prev: str, own_hash: str, chain: Chain) -> bool:
    """Say whether a record fits between its neighbours, as far as they are known."""
    if (seq == 1) != (prev == ""):
        return False
    if chain.before is not None and chain.before != prev:
        return False
    return chain.after is None or chain.after == own_hash


def gaps_of(seqs: Iterable[int]) -> list[tuple[int, int]]:
    """Return the numbers missing below the highest of ascending `seqs`, as first and last."""
    gaps = []
    expected = 1
    for seq in seqs:
        if seq > expected:
            gaps.append((expected, seq - 1))
        expected = seq + 1
    return gaps


def moment_reason(
    *, signed_at: datetime, occurred_at: datetime, received_at: datetime, late_after: timedelta
) -> str | None:
    """Return why the clocks of a sale make it one that is not judged any further."""
    if abs(occurred_at - signed_at) > CLOCK_TOLERANCE or signed_at > received_at + CLOCK_SLACK:
        return "clock_wrong"
    return "too_late" if received_at - signed_at > late_after else None


def lease_reason(
    offers: Mapping[str, int | None],
    *,
    offer_version: UUID,
    signed_at: datetime,
    starts_at: datetime,
    ends_at: datetime,
) -> str | None:
    """Return why a lease does not cover a sale, as the till could see by itself."""
    if not starts_at - CLOCK_SLACK <= signed_at < ends_at + CLOCK_SLACK:
        return "outside_lease"
    if str(offer_version) not in offers:
        return "not_in_lease"
    valid_to = offers[str(offer_version)]
    if valid_to is not None and signed_at.timestamp() >= valid_to:
        return "offer_over"
    return None


def union_room(union_fen: Fen, *, per_sale_fen: Fen, per_day_fen: Fen, day_fen: int) -> Fen:
    """Return how much of the union's part a lease still covers, given what the day has had."""
    return Fen(max(0, min(union_fen, per_sale_fen, per_day_fen - day_fen)))
