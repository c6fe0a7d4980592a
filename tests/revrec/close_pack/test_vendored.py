"""What is vendored is what its note says, and nothing in it reaches for the network."""

import hashlib
import re
from importlib import resources

import pytest

VENDOR = resources.files("revrec.close_pack") / "vendor"
NOTE = (VENDOR / "VENDORED.md").read_text(encoding="utf-8")
FILES = re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", NOTE, re.MULTILINE)


@pytest.mark.parametrize(("name", "sha256"), FILES)
def test_a_vendored_file_has_the_hash_of_its_note(name: str, sha256: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == sha256


def test_every_script_is_noted_and_has_its_licence_beside_it() -> None:
    names = {each.name for each in VENDOR.iterdir()}
    assert {name for name, _ in FILES} == {name for name in names if name.endswith(".js")}
    licences = re.findall(r"`([\w.]+\.(?:LICENSE|NOTICE)\.txt)`", NOTE)
    assert {"echarts.LICENSE.txt", "echarts.NOTICE.txt", "tablesort.LICENSE.txt"} <= set(licences) <= names


@pytest.mark.parametrize("name", [name for name, _ in FILES])
def test_a_vendored_script_neither_loads_nor_evaluates(name: str) -> None:
    text = (VENDOR / name).read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function|XMLHttpRequest|\bfetch\(|WebSocket|importScripts|sendBeacon", text)
    assert "</script" not in text.lower()
