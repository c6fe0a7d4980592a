"""What Alembic runs for every migration: use the connection and transaction that `upgrade` opened."""

from alembic import context

from resources.books.migrations import VERSION_TABLE
from resources.books.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
