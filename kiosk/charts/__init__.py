"""The only door to the plotting library, loaded after the first paint."""
