"""What a document month's recognition was computed from, and whether that still holds.

What belongs here: the note that the recognition tables keep in their metadata, and comparing it with what has landed
since. What does not: computing (`assets.recognition`), recomputing (`assets.up_to_date`).

The note is as narrow as what the month depends on: a new product or customer that a month does not mention leaves it up
to date, so that a late document re-materializes only what it touches.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from resources.lake import Lake
from resources.lake_table import LakeTable
from resources.landing import landed_months
from resources.object_store import ObjectStore
from resources.quarantine import read_quarantine
from resources.workspace import workspace
from revrec import ENGINE_VERSION
from revrec.credit_grant_lines import CreditGrantTerms
from revrec.document_months import VERSION_COLUMNS, superseded
from revrec.policy import Policy


@dataclass(frozen=True)
class ReferenceData:
    """What documents refer to.

    Attributes:
        customers: ids of all customers.
        methods: product id to recognition method.
        credit_grants: credit grant id to what its purchase and its use depend on.
    """

    customers: frozenset[str]
    methods: Mapping[str, str]
    credit_grants: Mapping[str, CreditGrantTerms]

    @classmethod
    def of(cls, customers: LakeTable, products: LakeTable, credit_grants: LakeTable) -> "ReferenceData":
        """Read the reference tables."""
        rows = products.read(["id", "recognition_method"])
        grants = credit_grants.read(["id", "effective_date", "currency", "customer_id"]).to_pylist()
        return cls(
            customers=frozenset(customers.read(["id"])["id"].to_pylist()),
            methods=dict(zip(rows["id"].to_pylist(), rows["recognition_method"].to_pylist(), strict=True)),
            credit_grants={grant.pop("id"): CreditGrantTerms(**grant) for grant in grants},
        )

    def of_grants(self, grants: Iterable[str]) -> dict[str, str]:
        """The terms of these credit grants as text; an empty text for one that is unknown."""
        return {grant: str(self.credit_grants.get(grant, "")) for grant in sorted(grants)}


def rules_digest(policy: Policy) -> str:
    """What recognition follows from besides documents: the engine and the recognition settings."""
    return digest([ENGINE_VERSION, policy.recognition_sha256])


def digest(value: object) -> str:
    """sha256 of a JSON-able value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def noted_inputs(
    invoices: LakeTable, lines: LakeTable, references: ReferenceData, newer: Mapping[str, str], policy: Policy
) -> dict[str, str]:
    """The note of a document month.

    Args:
        invoices: raw table of the month.
        lines: raw table of the month.
        references: customers, products and credit grants.
        newer: the month's invoices that another month has a later version of, to that month.
        policy: the rules.
    """
    mentioned = {
        name: pc.unique(lines.read([name])[name]).drop_null().to_pylist() for name in ("product_id", "credit_grant_id")
    }
    methods = {product: references.methods.get(product) for product in sorted(mentioned["product_id"])}
    return {
        "invoices": invoices.metadata["landed"],
        "invoice_line_items": lines.metadata["landed"],
        "products": json.dumps(methods),
        "credit_grants": json.dumps(references.of_grants(mentioned["credit_grant_id"])),
        "unknown_customers": _unknown_customers(invoices, references),
        "superseded": json.dumps(newer, sort_keys=True),
        "rules": rules_digest(policy),
    }


def _unknown_customers(invoices: LakeTable, references: ReferenceData) -> str:
    """The month's customers that do not exist; one that lands or is withdrawn changes what is recognized."""
    named = pc.unique(invoices.read(["customer_id"])["customer_id"]).to_pylist()
    return json.dumps(sorted(set(named) - references.customers))


def still_holds(
    note: Mapping[str, str],
    landed: Mapping[str, str],
    invoices: LakeTable,
    references: ReferenceData,
    newer: Mapping[str, str],
    policy: Policy,
) -> bool:
    """Whether recomputing the month would give the same tables.

    Args:
        note: metadata of a recognition table.
        landed: digest of what has landed now, per dataset (`resources.landing.digests`).
        invoices: raw table of the month, as it has landed now.
        references: as they are now.
        newer: as in `noted_inputs`, as it is now.
        policy: as it is now.
    """
    exact = {
        **landed,
        "unknown_customers": _unknown_customers(invoices, references),
        "superseded": json.dumps(newer, sort_keys=True),
        "rules": rules_digest(policy),
    }
    grants = json.loads(note.get("credit_grants", "{}"))
    return (
        "rows" in note
        and all(note.get(name) == value for name, value in exact.items())
        and all(references.methods.get(product) == method for product, method in json.loads(note["products"]).items())
        and references.of_grants(grants) == grants
    )


def superseded_invoices(lake: Lake) -> dict[str, dict[str, str]]:
    """Per landed document month that has been read, its invoices that another such month has a later version of, to
    that month."""
    months = landed_months(lake.store)
    tables = {month: lake.find("invoices", month) for month in months}
    sound = {month: table.batches(VERSION_COLUMNS) for month, table in tables.items() if table is not None}
    with workspace() as connection:
        return superseded(connection, sound, {month: _rejected_versions(lake.store, month) for month in months})


def _rejected_versions(store: ObjectStore, month: str) -> pa.RecordBatch:
    """Invoices in quarantine, as far as they say which version of which invoice they are; texts as they landed."""
    records = [rejection.record for rejection in read_quarantine(store, "invoices", month)]
    columns = {name: pa.array([record.get(name) for record in records], pa.string()) for name in VERSION_COLUMNS}
    return pa.RecordBatch.from_pydict(columns)
