"""Ledger: every fen that moved, in double entry, append-only.

Owns `accounts` and `posting_rules` (editable data with shipped defaults), `budget_lines` with the
`budget_changes` and `budget_entries` that fill them, `programme_budgets` (whose costs a line
bears), `periods`, `journals`, `postings`, and `payables` (what is owed outside statements).
States: models.BUDGET_CHANGE_MOVES, models.PERIOD_MOVES, models.PAYABLE_MOVES. The rules stand in
the database: docs/decisions/0008-ledger-in-the-database.md.
"""
