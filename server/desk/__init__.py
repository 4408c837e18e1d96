"""What the shop does with a command: load, decide, append, publish; names ports, not drivers."""
