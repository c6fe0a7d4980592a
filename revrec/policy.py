"""The policy: what a company decides about its revenue accounting, validated and effective-dated (DESIGN, Settings).

What belongs here: the settings, their defaults, their validation and their hash. What does not: where the file lies
(`resources.policy_file`), what a setting does (the module that applies it).
"""

import datetime as dt
import hashlib
import json
import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from revrec.accounts import Account
from revrec.calendar import parse_month
from revrec.errors import RevrecError
from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.strict_yaml import StrictLoader


class PolicyError(RevrecError, ValueError):
    """A policy that cannot be applied; the message names the settings at fault."""


class JournalGrain(StrEnum):
    """What one journal of a month covers (SPEC 7)."""

    CUSTOMER_PRODUCT_INVOICE = "customer_product_invoice"
    CUSTOMER = "customer"
    PRODUCT = "product"
    LEDGER = "ledger"


class DiscountBasis(StrEnum):
    """What an invoice-level discount is allocated in proportion to (SPEC 3, rule 2)."""

    LIST_PRICE = "list_price"
    NET_PRICE = "net_price"


class Granularity(StrEnum):
    """Whether an export lists each day's entries or a month's."""

    DAILY = "daily"
    MONTHLY = "monthly"


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Entity(_Settings):
    """A legal entity with ledgers of its own."""

    name: str = Field(min_length=1)
    subsidiary: str | None = None


class PolicyVersion(_Settings):
    """The rules in force for documents with an accounting date from `effective_from` on."""

    effective_from: dt.date
    allocation_strategy: AllocationStrategy = AllocationStrategy.DAILY_RATE_EVEN_MONTHS
    residue: Residue = Residue.LAST_MONTH
    credit_note_mode: Literal["cancel", "adjust"] = "cancel"
    credit_grant_policy: Literal["recognized_at_grant", "deferred_until_consumed"] = "recognized_at_grant"
    discount_basis: DiscountBasis = DiscountBasis.LIST_PRICE
    lock_method: Literal["custom_lock_date", "accounting_date"] = "custom_lock_date"


class AccountCodes(_Settings):
    """Name or code of an account in each general ledger; None where that ledger has no such account."""

    name: str | None = None
    xero: str | None = None
    quickbooks: str | None = None
    netsuite: str | None = None


_DEFAULT_ACCOUNTS: dict[str, dict[str, str]] = {
    "billed": {"name": "Billed Revenue", "xero": "200", "quickbooks": "Billed Revenue", "netsuite": "4000"},
    "recognized": {"name": "Recognized Revenue", "xero": "210", "quickbooks": "Recognized Revenue", "netsuite": "4010"},
    "deferred": {"name": "Deferred Revenue", "xero": "820", "quickbooks": "Deferred Revenue", "netsuite": "2400"},
    "unbilled": {"name": "Unbilled Revenue", "xero": "620", "quickbooks": "Unbilled Revenue", "netsuite": "1250"},
}


class ChartOfAccounts(_Settings):
    """The four accounts in each general ledger, overridable per product."""

    billed: AccountCodes
    recognized: AccountCodes
    deferred: AccountCodes
    unbilled: AccountCodes
    products: dict[str, dict[Account, AccountCodes]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _fill_in_defaults(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        filled = dict(given)
        for account, defaults in _DEFAULT_ACCOUNTS.items():
            override = given.get(account, {})
            if isinstance(override, dict):
                filled[account] = {**defaults, **override}
        return filled

    @model_validator(mode="after")
    def _every_account_has_a_report_name(self) -> Self:
        for account in Account:
            if not self._default(account).name:
                raise ValueError(f"accounts.{account}.name must not be empty")
        return self

    def _default(self, account: Account) -> AccountCodes:
        codes: AccountCodes = getattr(self, account.value)
        return codes

    def code(
        self, account: Account, product_id: str, target: Literal["name", "xero", "quickbooks", "netsuite"]
    ) -> str | None:
        """Name or code of an account in one general ledger: the product's own, else the default; None for neither."""
        override = self.products.get(product_id, {}).get(account)
        own: str | None = getattr(override, target) if override else None
        default: str | None = getattr(self._default(account), target)
        return own or default


class GenericExport(_Settings):
    """The generic CSV."""

    granularity: Granularity = Granularity.DAILY


class XeroExport(_Settings):
    """Xero: the journal report and the manual journal import."""

    enabled: bool = True
    tax_rate: str = "No Tax"
    date_format: str = "%d/%m/%Y"
    granularity: Granularity = Granularity.DAILY
    tracking: Annotated[dict[str, str], Field(max_length=2)] = Field(default_factory=dict)


class QuickBooksExport(_Settings):
    """QuickBooks Online's journal entry import."""

    enabled: bool = True
    date_format: str = "%m/%d/%Y"
    granularity: Granularity = Granularity.MONTHLY


class NetSuiteExport(_Settings):
    """NetSuite's journal entry CSV import."""

    enabled: bool = True
    date_format: str = "%m/%d/%Y"
    granularity: Granularity = Granularity.MONTHLY


class ClosePackExport(_Settings):
    """The page and the workbook of a month."""

    enabled: bool = True


class Exports(_Settings):
    """Settings of each export format, and of the close pack."""

    generic: GenericExport = GenericExport()
    xero: XeroExport = XeroExport()
    quickbooks: QuickBooksExport = QuickBooksExport()
    netsuite: NetSuiteExport = NetSuiteExport()
    close_pack: ClosePackExport = ClosePackExport()


# Entity ids become parts of file names.
_ENTITY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,62}")


class Policy(_Settings):
    """All settings. `Policy()` is the policy of an empty file."""

    first_month: str = "2023-01"
    time_zone: str = "UTC"
    entities: dict[str, Entity] = Field(
        default_factory=lambda: {"default": Entity(name="Acme Inc", subsidiary="Acme Inc")}, min_length=1
    )
    posting_statuses: frozenset[Literal["SENT", "PAID", "FINAL"]] = frozenset({"SENT", "PAID"})
    journal_grain: JournalGrain = JournalGrain.CUSTOMER_PRODUCT_INVOICE
    versions: tuple[PolicyVersion, ...] = Field(
        default=(PolicyVersion(effective_from=dt.date(2000, 1, 1)),), min_length=1
    )
    accounts: ChartOfAccounts = Field(default_factory=lambda: ChartOfAccounts.model_validate({}))
    exports: Exports = Exports()

    @field_validator("first_month")
    @classmethod
    def _first_month_is_a_month(cls, month: str) -> str:
        parse_month(month)
        return month

    @field_validator("time_zone")
    @classmethod
    def _known_time_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is not an IANA time zone such as Europe/Berlin")
        return name

    @field_validator("entities")
    @classmethod
    def _entity_ids_are_file_names(cls, entities: dict[str, Entity]) -> dict[str, Entity]:
        for entity_id in entities:
            if not _ENTITY_ID.fullmatch(entity_id):
                raise ValueError(
                    f"entity id {entity_id!r} becomes part of file names: use letters, digits and underscores"
                )
        return entities

    @field_validator("versions")
    @classmethod
    def _versions_in_order(cls, versions: tuple[PolicyVersion, ...]) -> tuple[PolicyVersion, ...]:
        ordered = tuple(sorted(versions, key=lambda version: version.effective_from))
        dates = [version.effective_from for version in ordered]
        if len(set(dates)) != len(dates):
            raise ValueError("two versions have the same effective_from")
        return ordered

    @property
    def sha256(self) -> str:
        """Hash of every setting, defaults included: the same rules give the same hash however the file is laid out."""
        return _digest(self._settings())

    @property
    def recognition_sha256(self) -> str:
        """Hash of the settings that obligations and schedules follow from.

        Names of entities, account codes and export formats are not among them: changing them recomputes no recognition.
        """
        chosen = self._settings()
        rules = {name: chosen[name] for name in ("versions", "posting_statuses", "time_zone")}
        return _digest(rules | {"entities": sorted(self.entities)})

    def _settings(self) -> dict[str, Any]:
        settings = self.model_dump(mode="json")
        settings["posting_statuses"].sort()
        return settings

    def subsidiary(self, entity: str) -> str:
        """Name of an entity in NetSuite: its subsidiary, else its name."""
        return self.entities[entity].subsidiary or self.entities[entity].name


def _digest(settings: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def parse_policy(text: str, source: str) -> Policy:
    """Read a policy file's text.

    Args:
        text: YAML; an empty text is the default policy.
        source: name of the file, for messages.

    Raises:
        PolicyError: not YAML, a key that is unknown or given twice, or a value that is not allowed; the message names
            file, setting and value.
    """
    try:
        given = yaml.load(text, StrictLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2025-02-30
        raise PolicyError(f"{source} is not valid YAML: {' '.join(str(error).split())}") from None
    if given is None:
        return Policy()
    if not isinstance(given, dict):
        raise PolicyError(f"{source} must hold settings as `key: value`, not {type(given).__name__}")
    try:
        return Policy.model_validate(given)
    except ValidationError as error:
        faults = "; ".join(_fault(detail) for detail in error.errors(include_url=False, include_context=False))
        raise PolicyError(f"{source}: {faults}") from None


def _fault(detail: Any) -> str:
    setting = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"unknown setting {setting!r}: remove it or correct its spelling"
    shown = "" if isinstance(detail["input"], (dict, list)) else f" (it is {detail['input']!r})"
    return f"{setting or 'policy'}: {detail['msg'].removeprefix('Value error, ')}{shown}"
