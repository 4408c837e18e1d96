"""What a kiosk lets be heard, and by what player; every sound has a twin that is seen."""
