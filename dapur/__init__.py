"""The kitchen's own language: pure rules and data, with no clock, no I/O and no randomness."""
