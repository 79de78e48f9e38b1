"""Addresses that stand in answers: whole ones, since a phone prints them and another reads them."""

from flask import current_app


def receipt_url(path: str | None) -> str | None:
    """Return where anybody can check a receipt; never built from the request's own Host header."""
    return f"{current_app.config['SETTINGS'].base_url}{path}" if path else None
