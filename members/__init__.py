"""Members: people and the unions they belong to.

Owns `union_orgs` (the tree), `members` (the real-name register), `roster_imports` and their
refused lines, how a member signs in (`sign_in_codes`, `member_sessions`, `consents`), what they say
is wrong (`correction_requests`), where they move (`membership_transfers`), and what they are told
(`notices`).
States: models.MEMBERSHIP_MOVES, models.IMPORT_MOVES.
"""
