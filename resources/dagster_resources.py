"""Dagster resources that hand plain objects to assets.

What belongs here: building each object from the settings when a run starts. What does not: anything the objects do.
"""

import dagster as dg

from resources.books import Books
from resources.lake import Lake
from resources.lake_io_manager import LakeIOManager
from resources.mailer import Mailer
from resources.object_store import ObjectStore
from resources.opening import open_books, open_store
from resources.policy_file import load_policy
from resources.settings import settings_from
from resources.signed_links import SignedLinks
from revrec.policy import Policy


class StoreResource(dg.ConfigurableResource[ObjectStore]):
    """The object store that REVREC_STORE points to."""

    def create_resource(self, context: dg.InitResourceContext) -> ObjectStore:
        """Open the store."""
        return open_store(settings_from())


class LakeResource(dg.ConfigurableResource[Lake]):
    """The lake in the store."""

    store: dg.ResourceDependency[ObjectStore]

    def create_resource(self, context: dg.InitResourceContext) -> Lake:
        """Use the store."""
        return Lake(self.store)


class LakeIOManagerResource(dg.ConfigurableIOManagerFactory[LakeIOManager]):
    """The IO manager over the lake."""

    lake: dg.ResourceDependency[Lake]

    def create_io_manager(self, context: dg.InitResourceContext) -> LakeIOManager:
        """Use the lake."""
        return LakeIOManager(self.lake)


class PolicyResource(dg.ConfigurableResource[Policy]):
    """The policy: REVREC_POLICY, else the store's policy.yaml, else the defaults."""

    store: dg.ResourceDependency[ObjectStore]

    def create_resource(self, context: dg.InitResourceContext) -> Policy:
        """Read and validate it."""
        return load_policy(settings_from().policy, self.store)


class BooksResource(dg.ConfigurableResource[Books]):
    """The books that REVREC_DATABASE_URL points to."""

    def create_resource(self, context: dg.InitResourceContext) -> Books:
        """Open and migrate them."""
        return open_books(settings_from())


class MailerResource(dg.ConfigurableResource[Mailer]):
    """The mail server that REVREC_SMTP_URL points to."""

    def create_resource(self, context: dg.InitResourceContext) -> Mailer:
        """Take the settings; nothing is sent, and a missing server is no error yet."""
        settings = settings_from()
        return Mailer(settings.smtp_url, settings.mail_from)


class LinksResource(dg.ConfigurableResource[SignedLinks]):
    """Signed links to the store's exports."""

    store: dg.ResourceDependency[ObjectStore]

    def create_resource(self, context: dg.InitResourceContext) -> SignedLinks:
        """Use the store, and the settings' secret when a link is made."""
        return SignedLinks(self.store, settings_from())


def dagster_resources() -> dict[str, object]:
    """Every resource of the code location, by the name assets ask for it."""
    store = StoreResource()
    lake = LakeResource(store=store)
    return {
        "store": store,
        "lake": lake,
        "io_manager": LakeIOManagerResource(lake=lake),
        "policy": PolicyResource(store=store),
        "books": BooksResource(),
        "mailer": MailerResource(),
        "links": LinksResource(store=store),
    }
