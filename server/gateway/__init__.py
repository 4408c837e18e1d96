"""The edge: listens, admits, bounds every queue, fans out; it decides nothing."""
