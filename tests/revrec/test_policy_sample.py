"""The policy.yaml at the root of the repository says what the defaults are."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from revrec.policy import Policy, parse_policy

SAMPLE = Path(__file__).parents[2] / "policy.yaml"


@pytest.fixture(scope="module")
def text() -> str:
    return SAMPLE.read_text(encoding="utf-8")


def test_the_sample_policy_equals_the_built_in_defaults(text: str) -> None:
    assert parse_policy(text, SAMPLE.name) == Policy()


def test_the_sample_policy_has_the_hash_of_an_empty_one(text: str) -> None:
    assert parse_policy(text, SAMPLE.name).sha256 == parse_policy("", "empty.yaml").sha256


def test_the_sample_policy_spells_out_every_setting(text: str) -> None:
    """A setting that is missing from the file would still equal its default: a reader would never learn of it."""
    assert _settings_of(yaml.safe_load(text)) == _settings_of(Policy())


def _settings_of(given: Any, path: str = "") -> set[str]:
    """Dotted names of all settings, in a parsed file or in a model; a list's elements share one name."""
    if isinstance(given, BaseModel):
        return _settings_of({name: getattr(given, name) for name in type(given).model_fields}, path)
    if isinstance(given, dict) and given:
        return {name for key, value in given.items() for name in _settings_of(value, f"{path}.{key}")}
    if isinstance(given, (list, tuple)) and given:
        return {name for element in given for name in _settings_of(element, path)}
    return {path}
