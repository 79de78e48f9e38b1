"""Finance: what is owed becomes what is paid, and every residual is zero or named.

Owns merchant statements and disputes, payment batches and payments, bank accounts, files, lines,
matches and exceptions, members' payout accounts, and the closing of months: `rules` computes,
`queries.identities` says what must agree. What stands in the database: docs/decisions/0015.
"""
