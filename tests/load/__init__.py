"""Many sources, most of them dead: what the few that live notice of it."""
