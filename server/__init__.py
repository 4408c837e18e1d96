"""The server's side of the wire: admits kiosks, decides commands, keeps the event log."""
