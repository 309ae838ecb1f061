"""SQL statements of the store: functions that run inside a transaction, classes that open it."""
