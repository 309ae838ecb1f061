"""Published documents: rendered on demand, cached in memory until their channel or the settings change."""
