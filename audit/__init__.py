"""Audit: everything that staff, members, tills and the system did or looked at.

Owns `audit_entries`: append-only, written in the transaction of what it tells, free of personal
data; and `audit_keys`, with which the service signs what others are to hold it to. Nothing here
refuses; nothing here has states.
"""
