"""One file a version of the schema, numbered; a released file is never changed."""
