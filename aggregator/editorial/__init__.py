"""Editorial rules for an item: include and exclude filters, the excerpt its rights allow, and the disclaimer.
Pure; never sanitises HTML and never writes a document."""
