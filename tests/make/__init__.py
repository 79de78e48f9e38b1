"""Makers build the smallest valid row. A test states only the facts it is about."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # noon in Shanghai, a Monday
