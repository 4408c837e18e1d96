"""The kiosk's own disk: outbox, replica and review inbox in one file; it knows no widget."""
