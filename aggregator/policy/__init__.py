"""Whether and when: every rule of the service, as pure functions of state, `now` and jitter."""
