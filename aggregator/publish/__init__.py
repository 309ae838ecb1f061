"""Published documents, rendered on demand and cached."""
