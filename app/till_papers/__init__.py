"""Papers that a till saves for its merchant."""
