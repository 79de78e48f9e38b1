"""Audit: everything that staff, members, tills and the system did or looked at.

Owns `audit_entries`: append-only, written in the transaction of what it tells, free of personal
data; and `audit_keys`, with which the service signs what others are to hold it to: a new key
is proposed by one person and approved by another. Nothing here has states.
"""
