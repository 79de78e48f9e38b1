"""What finance computes: pure functions."""
