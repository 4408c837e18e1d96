"""Who may speak: devices, staff and their sessions."""
