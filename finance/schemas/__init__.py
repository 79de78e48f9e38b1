"""What finance reads and says over the wire."""
