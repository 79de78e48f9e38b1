"""Discounts: each use of an offer against a card, from the scan to the posting.

Owns `redemptions`, `redemption_reversals`, `receipt_counters` and the till's log of refusals,
`redemption_refusals`; and what members say afterwards, `redemption_ratings` and
`redemption_reports`. States: models.REDEMPTION_MOVES, models.REPORT_MOVES.
"""
