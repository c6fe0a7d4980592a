"""The policy: defaults, overrides, versions, and every way a file can be wrong."""

import datetime as dt

import pytest

from revrec.accounts import Account
from revrec.errors import RevrecError
from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.policy import DiscountBasis, Granularity, JournalGrain, Policy, PolicyError, parse_policy

# The page on the design shows every setting with its default: this is its example, without the product's own code.
DOCUMENTED = """
first_month: 2023-01
time_zone: UTC
entities:
  default: {name: Acme Inc, subsidiary: Acme Inc}
posting_statuses: [SENT, PAID]
journal_grain: customer_product_invoice
versions:
  - effective_from: 2000-01-01
    allocation_strategy: daily_rate_even_months
    residue: last_month
    credit_note_mode: cancel
    credit_grant_policy: recognized_at_grant
    discount_basis: list_price
    lock_method: custom_lock_date
accounts:
  billed:     {name: Billed Revenue,     xero: "200", quickbooks: "Billed Revenue",     netsuite: "4000"}
  recognized: {name: Recognized Revenue, xero: "210", quickbooks: "Recognized Revenue", netsuite: "4010"}
  deferred:   {name: Deferred Revenue,   xero: "820", quickbooks: "Deferred Revenue",   netsuite: "2400"}
  unbilled:   {name: Unbilled Revenue,   xero: "620", quickbooks: "Unbilled Revenue",   netsuite: "1250"}
exports:
  generic:    {granularity: daily}
  xero:       {enabled: true, tax_rate: No Tax, date_format: "%d/%m/%Y", tracking: {}}
  quickbooks: {enabled: true, date_format: "%m/%d/%Y", granularity: monthly}
  netsuite:   {enabled: true, date_format: "%m/%d/%Y", granularity: monthly}
"""


def parse(text: str) -> Policy:
    return parse_policy(text, "policy.yaml")


def test_the_documented_defaults_are_the_defaults() -> None:
    assert parse(DOCUMENTED) == Policy()
    assert parse(DOCUMENTED).sha256 == Policy().sha256


@pytest.mark.parametrize("text", ["", "\n", "# nothing decided yet\n", "---\n", "{}"])
def test_an_empty_file_is_the_default_policy(text: str) -> None:
    assert parse(text) == Policy()


def test_a_file_sets_what_it_names_and_leaves_the_rest_at_its_default() -> None:
    policy = parse(
        """
        posting_statuses: [FINAL, PAID]
        journal_grain: ledger
        versions:
          - {effective_from: 2020-01-01, residue: last_full_month}
        accounts:
          billed: {xero: "201"}
          products:
            prod_platform: {recognized: {xero: "211"}}
        exports:
          netsuite: {granularity: daily}
        """
    )
    assert policy.posting_statuses == {"FINAL", "PAID"}
    assert policy.journal_grain is JournalGrain.LEDGER
    assert policy.versions[0].residue is Residue.LAST_FULL_MONTH
    assert policy.versions[0].allocation_strategy is AllocationStrategy.DAILY_RATE_EVEN_MONTHS
    assert policy.versions[0].discount_basis is DiscountBasis.LIST_PRICE
    assert policy.accounts.billed.xero == "201"
    assert policy.accounts.billed.name == "Billed Revenue"
    assert policy.accounts.deferred == Policy().accounts.deferred
    assert policy.exports.netsuite.granularity is Granularity.DAILY
    assert policy.exports.netsuite.date_format == "%m/%d/%Y"
    assert policy.entities == Policy().entities


def test_a_product_has_its_own_code_where_it_says_so_and_the_accounts_code_elsewhere() -> None:
    accounts = parse("accounts: {products: {platform: {recognized: {xero: '211'}}}}").accounts
    assert accounts.code(Account.RECOGNIZED, "platform", "xero") == "211"
    assert accounts.code(Account.RECOGNIZED, "platform", "netsuite") == "4010"
    assert accounts.code(Account.RECOGNIZED, "support", "xero") == "210"
    assert accounts.code(Account.DEFERRED, "platform", "xero") == "820"


def test_an_account_without_a_code_in_a_general_ledger_has_none_there() -> None:
    accounts = parse("accounts: {unbilled: {netsuite: null}, products: {p: {unbilled: {netsuite: '9'}}}}").accounts
    assert accounts.code(Account.UNBILLED, "other", "netsuite") is None
    assert accounts.code(Account.UNBILLED, "p", "netsuite") == "9"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("jornal_grain: ledger", r"unknown setting 'jornal_grain': remove it", id="unknown setting"),
        pytest.param(
            "versions: [{effective_from: 2025-01-01, strategy: exact_days}]",
            r"unknown setting 'versions\.0\.strategy'",
            id="unknown setting of a version",
        ),
        pytest.param("accounts: {refunds: {}}", r"unknown setting 'accounts\.refunds'", id="unknown account"),
        pytest.param("exports: {sage: {}}", r"unknown setting 'exports\.sage'", id="unknown export"),
        pytest.param("journal_grain: day", r"journal_grain: .*'customer_product_invoice'.*'day'", id="unknown choice"),
        pytest.param("posting_statuses: [DRAFT]", r"posting_statuses\.0: .*'DRAFT'", id="status that never posts"),
        pytest.param("first_month: 2025-13", r"first_month: '2025-13' is not a month", id="month 13"),
        pytest.param("first_month: 2025-01-15", r"first_month: .*valid string", id="a day for a month"),
        pytest.param('first_month: "2025-01\\n"', r"first_month: .* is not a month", id="month and line break"),
        pytest.param("time_zone: Mars/Olympus", r"time_zone: 'Mars/Olympus' is not an IANA time zone", id="time zone"),
        pytest.param("entities: {}", r"entities: .*at least 1", id="no entity"),
        pytest.param(
            "entities: {a/b: {name: X}}", r"entity id 'a/b' becomes part of file names", id="entity with slash"
        ),
        pytest.param('entities: {"a\\n": {name: X}}', r"entity id 'a\\n' becomes part", id="entity with line break"),
        pytest.param("entities: {us: {name: ''}}", r"entities\.us\.name: .*at least 1 character", id="nameless entity"),
        pytest.param("versions: []", r"versions: .*at least 1", id="no version"),
        pytest.param("versions: [{}]", r"versions\.0\.effective_from: Field required", id="version without date"),
        pytest.param(
            "versions: [{effective_from: 2025-01-01}, {effective_from: 2025-01-01}]",
            r"versions: two versions have the same effective_from",
            id="two versions from one day",
        ),
        pytest.param(
            "versions: [{effective_from: 2025-02-30}]", r"policy\.yaml is not valid YAML: day", id="no such day"
        ),
        pytest.param(
            "accounts: {billed: {name: ''}}", r"accounts\.billed\.name must not be empty", id="nameless account"
        ),
        pytest.param("accounts: {billed: {xero: 0200}}", r"accounts\.billed\.xero: .*valid string", id="unquoted code"),
        pytest.param(
            "exports: {xero: {tracking: {a: b, c: d, e: f}}}", r"exports\.xero\.tracking", id="three trackings"
        ),
        pytest.param(
            "first_month: 2025-01\nfirst_month: 2024-01", r"the key 'first_month' is given twice", id="given twice"
        ),
        pytest.param(
            "versions: [{residue: last_month, residue: last_full_month}]", r"'residue' is given twice", id="nested"
        ),
        pytest.param("a: [", r"policy\.yaml is not valid YAML", id="broken YAML"),
        pytest.param("!!python/object:os.system {}", r"policy\.yaml is not valid YAML", id="YAML that runs code"),
        pytest.param("- a\n- b", r"policy\.yaml must hold settings as `key: value`, not list", id="a list"),
        pytest.param("2025-01-01", r"policy\.yaml must hold settings", id="a date"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name_of_the_setting(text: str, says: str) -> None:
    with pytest.raises(PolicyError, match=says) as refusal:
        parse(text)
    assert str(refusal.value).startswith("policy.yaml")
    assert isinstance(refusal.value, ValueError)
    assert isinstance(refusal.value, RevrecError)


def test_every_fault_of_a_file_is_named_at_once() -> None:
    with pytest.raises(PolicyError, match=r"time_zone: .*; .*journal_grain: .*; .*'nonsense'"):
        parse("time_zone: X\njournal_grain: Y\nnonsense: Z")


def test_a_mapping_may_repeat_another_by_an_anchor() -> None:
    policy = parse("entities:\n  us: &us {name: Acme US}\n  eu: {<<: *us, name: Acme EU}")
    assert [entity.name for entity in policy.entities.values()] == ["Acme US", "Acme EU"]


def test_versions_are_put_in_the_order_of_their_dates() -> None:
    policy = parse(
        "versions: [{effective_from: 2025-01-01, residue: last_full_month}, {effective_from: 2020-01-01}]",
    )
    assert [version.effective_from for version in policy.versions] == [dt.date(2020, 1, 1), dt.date(2025, 1, 1)]
    assert policy.versions[1].residue is Residue.LAST_FULL_MONTH


def test_a_policy_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Policy().time_zone = "Europe/Berlin"  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("", DOCUMENTED, id="defaults left out or spelled out"),
        pytest.param(
            "time_zone: UTC\nfirst_month: 2024-01", "first_month: 2024-01\ntime_zone: UTC", id="order of keys"
        ),
        pytest.param("posting_statuses: [PAID, SENT]", "posting_statuses: [SENT, PAID]", id="order of statuses"),
        pytest.param(
            "entities: {us: {name: U}, eu: {name: E}}",
            "entities: {eu: {name: E}, us: {name: U}}",
            id="order of entities",
        ),
        pytest.param(
            "versions: [{effective_from: 2020-01-01}, {effective_from: 2021-01-01}]",
            "versions: [{effective_from: 2021-01-01}, {effective_from: 2020-01-01}]",
            id="order of versions",
        ),
    ],
)
def test_the_same_rules_have_the_same_hash_however_they_are_written(one: str, other: str) -> None:
    assert parse(one).sha256 == parse(other).sha256
    assert parse(one).recognition_sha256 == parse(other).recognition_sha256


@pytest.mark.parametrize(
    ("setting", "changes_recognition"),
    [
        pytest.param("versions: [{effective_from: 2000-01-01, discount_basis: net_price}]", True, id="version"),
        pytest.param("posting_statuses: [SENT, PAID, FINAL]", True, id="posting statuses"),
        pytest.param(
            "entities: {default: {name: Acme Inc, subsidiary: Acme Inc}, eu: {name: E}}", True, id="new entity"
        ),
        pytest.param("entities: {default: {name: Acme Corp}}", False, id="name of an entity"),
        pytest.param("accounts: {billed: {xero: '201'}}", False, id="account code"),
        pytest.param("exports: {xero: {enabled: false}}", False, id="export"),
        pytest.param("journal_grain: ledger", False, id="grain of journals"),
    ],
)
def test_every_setting_changes_the_hash_and_those_of_recognition_change_its_hash(
    setting: str, changes_recognition: bool
) -> None:
    assert parse(setting).sha256 != Policy().sha256
    assert (parse(setting).recognition_sha256 != Policy().recognition_sha256) is changes_recognition


def test_a_policy_that_was_stored_and_read_back_is_the_same() -> None:
    policy = parse(DOCUMENTED.replace("posting_statuses: [SENT, PAID]", "posting_statuses: [SENT, PAID, FINAL]"))
    stored = Policy.model_validate(policy.model_dump(mode="json"))
    assert stored == policy
    assert stored.sha256 == policy.sha256


@pytest.mark.parametrize(
    ("entities", "name"),
    [("{us: {name: Acme US, subsidiary: 'Parent : US'}}", "Parent : US"), ("{us: {name: Acme US}}", "Acme US")],
    ids=["its subsidiary", "else its name"],
)
def test_an_entity_is_called_by_its_subsidiary_in_netsuite(entities: str, name: str) -> None:
    assert parse(f"entities: {entities}").subsidiary("us") == name
