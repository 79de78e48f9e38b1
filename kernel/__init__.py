"""Building blocks every package shares: database, errors, money, time, ids, states, secrets, web.

Imports nothing from this project. A helper that needs to know what a card is does not belong here.
"""
