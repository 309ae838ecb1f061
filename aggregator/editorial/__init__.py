"""What an editor decides of an item: whether it is kept, when it goes live, how much of it is shown and
under which disclaimer. Never sanitises HTML and never writes a document."""
