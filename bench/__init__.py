"""Measures the product on real parts and prints figures; nothing of the product imports it."""
