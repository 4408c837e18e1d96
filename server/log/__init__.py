"""The event log: the only room besides identity and history that opens the database."""
