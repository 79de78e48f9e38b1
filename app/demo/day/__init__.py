"""A business day over HTTP: members, tills and staff do what they do, each as themselves.

Nothing here reaches the database or a service function: phones sign with keys of their own, tills
hold tokens of their own, staff sign in with password and one-time code and send forms. Tests drive
the service with the same phones, tills and desks.
"""
