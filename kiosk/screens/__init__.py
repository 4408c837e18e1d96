"""Whole pages, composed of widgets and bound to view models."""
