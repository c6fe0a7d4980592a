"""What docs/ says of fields, settings, columns and checks is what the program has, and its links lead somewhere.

The worked examples of docs/accounting are run by `test_documented_examples.py`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from pydantic import BaseModel

from revrec.accounts import Ledger
from revrec.exports import EXPORT_FORMATS
from revrec.policy import Exports, Policy, PolicyVersion
from revrec.report_rows import REPORT_ROWS
from revrec.reports.schemas import REPORTS
from revrec.schemas import DATASETS, Dataset, Field, FieldType

if TYPE_CHECKING:
    from tests.end_to_end.conftest import ParseTable

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("accounting/*.md")])


def section(page: str, heading: str) -> str:
    """Text from a line up to the next heading."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.findall(rf"^{re.escape(heading)}\n((?:(?!#|\*\*\w+\*\*$).*\n)*)", text, re.MULTILINE)
    assert len(found) == 1, f"{page} has {len(found)} times the line {heading!r}"
    return str(found[0])


def table(page: str, heading: str, parse_table: ParseTable) -> list[dict[str, str]]:
    (rows, *_) = re.findall(r"(?:^\|.*\n)+", section(page, heading), re.MULTILINE)
    return parse_table(rows)


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as hosts of git repositories make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(DOCS)) for page in PAGES])
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target, _, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#([^)]*))?\)", page.read_text(encoding="utf-8")):
        path = (page.parent / target) if target else page
        assert path.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(path), f"{page.name} links to {target}#{anchor}"


def documented_type(field: Field) -> str:
    """What the landing page calls it: decimals are amounts in the currency of another document, or percentages."""
    return "money" if field.type is FieldType.DECIMAL and field.name != "percent" else field.type.value


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.name)
def test_the_landing_page_lists_every_field_with_its_type(dataset: Dataset, parse_table: ParseTable) -> None:
    documented = table("landing.md", f"**{dataset.name}**", parse_table)
    assert [(row["Field"], row["Type"], row["Required"]) for row in documented] == [
        (field.name, documented_type(field), "yes" if field.required else "no") for field in dataset.fields
    ]
    for field, row in zip(dataset.fields, documented, strict=True):
        # What overrides another dataset's field has its choices.
        if field.required:
            assert set(field.choices) <= set(re.findall(r"[A-Z_]+", row["Meaning"]))


def settings_of(model: type[BaseModel], prefix: str = "") -> list[str]:
    return [f"{prefix}{name}" for name in model.model_fields]


def test_the_settings_page_lists_every_setting(parse_table: ParseTable) -> None:
    def documented(heading: str) -> list[str]:
        return [row["Setting"] for row in table("settings.md", heading, parse_table)]

    assert sorted(documented("## The policy")) == sorted(settings_of(Policy))
    assert sorted(documented("### Versions")) == sorted(settings_of(PolicyVersion))
    assert documented("### Exports") == [
        setting
        for name, field in Exports.model_fields.items()
        for setting in settings_of(type(field.default), f"exports.{name}.")
    ]


@pytest.mark.parametrize("export", EXPORT_FORMATS)
def test_the_exports_page_lists_every_column(export: str, parse_table: ParseTable) -> None:
    layout = EXPORT_FORMATS[export].layouts(Policy(), Ledger("default", "USD"))[-1]
    columns = [row["Column"] for row in table("exports.md", f"## {export}", parse_table)]
    assert columns == list(layout.header)
    limit = layout.caps.rows
    assert re.search(rf"^At most {limit:,} (rows|lines)", section("exports.md", f"## {export}"), re.MULTILINE)


def test_the_architecture_page_lists_every_check(parse_table: ParseTable) -> None:
    from revrec_dagster.build import build_defs  # Dagster takes seconds to import

    documented = {row["Check"].split("`")[1] for row in table("architecture.md", "## Checks", parse_table)}
    assert documented == {key.name for key in build_defs().resolve_asset_graph().asset_check_keys}


def test_the_explain_page_lists_every_report_whose_rows_it_explains(parse_table: ParseTable) -> None:
    documented = [row["Report"].strip("`") for row in table("explain.md", "## Rows of reports", parse_table)]
    assert documented == list(REPORTS)
    assert set(REPORT_ROWS) == set(REPORTS)


def test_the_settings_page_lists_every_command() -> None:
    from revrec_dagster.cli import app  # typer takes its time to import

    (block,) = re.findall(
        r"^```\n(revrec run .*?)^```", section("settings.md", "## The command"), re.MULTILINE | re.DOTALL
    )
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert {line.split()[1] for line in block.splitlines()} == commands | {
        group.name for group in app.registered_groups
    }


def test_the_closing_page_gives_every_closing_job_its_configuration(parse_table: ParseTable) -> None:
    import dagster as dg  # takes seconds

    from revrec_dagster.closing_jobs import CLOSING_JOBS

    documented = {
        row["Job"].strip("`"): yaml.safe_load(row["Configuration"].split("`")[1])["ops"]
        for row in table("closing.md", "## In Dagster", parse_table)
    }
    assert documented.keys() == {job.name for job in CLOSING_JOBS}
    for job in CLOSING_JOBS:
        for node in job.nodes:
            op = node.definition
            assert isinstance(op, dg.OpDefinition)
            shape = op.config_schema.as_field().config_type
            assert isinstance(shape, dg.Shape)
            assert documented[job.name][node.name]["config"].keys() == shape.fields.keys()
