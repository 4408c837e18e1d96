"""Every widget in every state, for people and for tests; loaded only when it is asked for."""
