"""The desk's pages of cards."""

from cards.pages import appeals, batches, cards, membership
from cards.pages.blueprint import pages

__all__ = ["appeals", "batches", "cards", "membership", "pages"]
