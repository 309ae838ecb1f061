"""Load of many sources, most of them dead."""
