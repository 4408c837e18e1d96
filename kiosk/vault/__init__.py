"""Where the kiosk keeps its secrets: the system's keyring, or a private file."""
