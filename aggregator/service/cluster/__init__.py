"""Nodes of a cluster: several processes that poll and answer for one PostgreSQL store, without a leader."""
