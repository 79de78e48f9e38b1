"""Finance at the desk."""
