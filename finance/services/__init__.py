"""What finance does: verbs that flush and never commit."""
