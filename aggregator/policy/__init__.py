"""Rules of the service, as pure functions of state, `now` and jitter."""
