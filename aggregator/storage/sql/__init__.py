"""SQL statements of the store; each function runs inside a transaction opened by its engine."""
