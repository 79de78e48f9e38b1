"""The sentences of the phone pages, by the keys under which the scripts ask for them (`t("…")`).

They stand in the one catalogue of server and phone, and travel in the page as data; a journey
compares keys and scripts.
"""

from app.sentences.aid import AID
from app.sentences.benefits import BENEFITS
from app.sentences.card import CARD as _CARD
from app.sentences.card import CARD_DEMO
from app.sentences.coupons import COUPONS
from app.sentences.live import LIVE
from app.sentences.me import ME
from app.sentences.notices import NOTICES
from app.sentences.phones import PHONES
from app.sentences.receipts import CARD_RECEIPTS, SCAN_RECEIPTS
from app.sentences.records import RECORDS
from app.sentences.scan import SCAN as _SCAN
from app.sentences.shared import SHARED
from app.sentences.till import TILL
from app.sentences.till_offline import TILL_OFFLINE
from app.sentences.training import TRAINING

CARD = (
    _CARD
    | LIVE
    | ME
    | AID
    | TRAINING
    | NOTICES
    | BENEFITS
    | COUPONS
    | RECORDS
    | PHONES
    | CARD_RECEIPTS
)
SCAN = _SCAN | SCAN_RECEIPTS | TILL | TILL_OFFLINE

__all__ = ["CARD", "CARD_DEMO", "SCAN", "SHARED"]
