"""What `./dev` runs inside the virtual environment: database, supervisor, checks, docs.

Not part of the product: nothing outside `tools/` and `tests/` imports it, and production
runs without it.
"""
