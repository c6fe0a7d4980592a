"""Opening what the settings point to.

What belongs here: the object store and the books of a `Settings`. What does not: Dagster
(`resources.dagster_resources`), which takes seconds to import and is not needed to say that an address is wrong.
"""

from pathlib import Path

from resources.books import Books, open_engine, upgrade
from resources.object_store import ObjectStore, open_object_store
from resources.settings import DEFAULT_STORE, Settings


def open_store(settings: Settings) -> ObjectStore:
    """The object store; the default folder is made when it is missing, any other must exist."""
    if settings.store == DEFAULT_STORE:
        Path(DEFAULT_STORE).mkdir(exist_ok=True)
    return open_object_store(settings.store, settings.s3_endpoint_url)


def open_books(settings: Settings) -> Books:
    """The books, migrated to the present version."""
    engine = open_engine(settings.database_url)
    upgrade(engine)
    return Books(engine)
