"""The values that travel from stage to stage: Entry, Item, Changes, Stored, Release.

All are frozen, all times are aware UTC, all collections tuples. Nothing here reads a clock or a file.
The package imports none of its modules: a frozen dataclass takes 0.5 ms to make, and a worker needs a third
of them.
"""
