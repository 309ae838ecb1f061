"""Load: many sources, most of them dead; very many, all of them alive."""
