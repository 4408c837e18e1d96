"""A simulated crew that works the kitchen over the same line as a kiosk."""
