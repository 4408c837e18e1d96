"""The kiosk's look: colours, sizes, fonts and icons; it knows no widget and no kitchen."""
