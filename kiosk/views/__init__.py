"""View models: what a screen says, as plain properties and a few signals; no widgets."""
