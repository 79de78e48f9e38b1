"""Finance over JSON."""
