"""The kiosk's side of the wire: a Qt client that works without the network."""
