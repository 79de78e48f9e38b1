"""My data: what is held about a member, who looked at it, all of it as a file, and moving unions.

It stands in `app` because it asks every package, and none below may import the others
(docs/decisions/0024).
"""
