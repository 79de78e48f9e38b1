"""The demo: a small believable city, made through the services like anybody's data.

Every person, number and merchant is synthetic: documents carry the address code 440399, which
does not exist, so that nobody can hold one.
"""
