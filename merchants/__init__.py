"""Merchants: who gives discounts and services, where, under which agreement, with which tills.

Owns `merchants` (a union's own service organisation is one too), `sites`, `agreements`,
`pairing_codes`, `pairing_failures` and `terminals`. What a merchant offers belongs to `benefits`.
States: models.MERCHANT_MOVES, models.SITE_MOVES, models.AGREEMENT_MOVES.
"""
