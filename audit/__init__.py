"""Audit: everything that staff, members, tills and the system did or looked at.

Owns `audit_entries`: append-only, written in the transaction of what it tells, free of personal
data. Nothing here refuses; nothing here has states.
"""
