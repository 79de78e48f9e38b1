"""Mutual aid: schemes as data, who is covered, and claims from the papers to what is owed.

Owns `aid_schemes` and their versions, `aid_covers`, `aid_claims` with their lines, calculations,
occurrences and decisions, and `aid_documents` (the papers). Health facts are sealed. States:
models.AID_CLAIM_MOVES. A scheme is a file in `data/schemes`; no amount, ratio or article of one is
in code (docs/decisions/0013, docs/how-to/add-an-aid-scheme.md).
"""
