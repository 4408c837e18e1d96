"""The bell between server processes: it says that a kitchen has something new, never what."""
