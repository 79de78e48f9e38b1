"""Ledger: every fen that moved, in double entry, append-only.

Owns `accounts` and `posting_rules` (editable data with shipped defaults), `periods`, `journals`,
`postings`, and `payables` (what is owed outside statements).
States: models.PERIOD_MOVES, models.PAYABLE_MOVES. The rules stand in the database:
docs/decisions/0008-ledger-in-the-database.md.
"""
