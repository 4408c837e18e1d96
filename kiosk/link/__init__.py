"""The kiosk's line to the server: connect, retry, and pump the pure session."""
