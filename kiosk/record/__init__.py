"""A night's record: what a document and a table hold, and how they become files; no Qt, no line."""
