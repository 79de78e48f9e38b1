"""The sentences of the phone pages, by the keys under which the scripts ask for them (`t("…")`).

They stand in the one catalogue of server and phone, and travel in the page as data; a journey
compares keys and scripts.
"""

from app.sentences.card import CARD, CARD_DEMO
from app.sentences.scan import SCAN
from app.sentences.shared import SHARED

__all__ = ["CARD", "CARD_DEMO", "SCAN", "SHARED"]
