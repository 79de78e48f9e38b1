"""Staff: who works at the desk, how they sign in, and which role they hold for which union.

Owns `staff_accounts`, `staff_grants` (a role for the subtree of one union), `staff_sessions` and
`sign_in_failures`. States: models.ACCOUNT_MOVES, models.SESSION_MOVES. docs/decisions/0009.
"""
