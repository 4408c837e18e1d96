"""The link as two state machines without a socket: one for the kiosk, one for the server."""
