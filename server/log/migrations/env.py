"""Runs the migrations inside the transaction that `server.log.schema` opened; opens none."""

from alembic import context

from server.log.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    # SQLite can roll back DDL too, now that the transaction is ours and not the driver's.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
