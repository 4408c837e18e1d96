"""Retention, backup, restore and verification of what the other rooms keep."""
