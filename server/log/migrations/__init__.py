"""Where alembic finds the versions of the schema; `server.log.schema` is the way in."""
