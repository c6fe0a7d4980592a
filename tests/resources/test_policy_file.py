"""Which policy file applies, and what is said of one that cannot be read."""

from pathlib import Path

import pytest

from resources.object_store import ObjectStore
from resources.policy_file import STORE_POLICY_KEY, load_policy
from revrec.policy import JournalGrain, Policy, PolicyError

LEDGER = b"journal_grain: ledger\n"
PRODUCT = b"journal_grain: product\n"


def written(folder: Path, content: bytes) -> str:
    path = folder / "named.yaml"
    path.write_bytes(content)
    return str(path)


def test_without_a_file_anywhere_the_defaults_apply(object_store: ObjectStore) -> None:
    assert load_policy(None, object_store) == Policy()
    assert load_policy(None, None) == Policy()


def test_the_stores_own_file_applies(object_store: ObjectStore) -> None:
    object_store.write_bytes(STORE_POLICY_KEY, LEDGER)
    assert load_policy(None, object_store).journal_grain is JournalGrain.LEDGER


def test_a_named_file_comes_before_the_stores_own(object_store: ObjectStore, tmp_path: Path) -> None:
    object_store.write_bytes(STORE_POLICY_KEY, LEDGER)
    assert load_policy(written(tmp_path, PRODUCT), object_store).journal_grain is JournalGrain.PRODUCT
    assert load_policy(written(tmp_path, b""), object_store) == Policy()


@pytest.mark.parametrize("content", [LEDGER, b"\xef\xbb\xbf" + LEDGER, LEDGER.replace(b"\n", b"\r\n")])
def test_files_as_windows_writes_them_are_read(content: bytes, object_store: ObjectStore, tmp_path: Path) -> None:
    assert load_policy(written(tmp_path, content), None).journal_grain is JournalGrain.LEDGER
    object_store.write_bytes(STORE_POLICY_KEY, content)
    assert load_policy(None, object_store).journal_grain is JournalGrain.LEDGER


def test_a_named_file_that_does_not_exist_is_an_error_and_not_the_defaults(
    object_store: ObjectStore, tmp_path: Path
) -> None:
    object_store.write_bytes(STORE_POLICY_KEY, LEDGER)
    path = str(tmp_path / "missing.yaml")
    with pytest.raises(PolicyError, match=rf"there is no policy file {path}: create it"):
        load_policy(path, object_store)


def test_a_named_folder_is_no_policy_file(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=rf"the policy file {tmp_path} cannot be read"):
        load_policy(str(tmp_path), None)


def test_a_file_that_is_not_text_is_named(object_store: ObjectStore, tmp_path: Path) -> None:
    path = written(tmp_path, b"\xff\xfe")
    with pytest.raises(PolicyError, match=rf"the policy file {path} cannot be read"):
        load_policy(path, None)
    object_store.write_bytes(STORE_POLICY_KEY, b"\xff\xfe")
    with pytest.raises(PolicyError, match=r"policy\.yaml is not UTF-8 text"):
        load_policy(None, object_store)


def test_a_wrong_setting_is_named_with_the_file_it_stands_in(object_store: ObjectStore, tmp_path: Path) -> None:
    path = written(tmp_path, b"grain: ledger")
    with pytest.raises(PolicyError, match=rf"^{path}: unknown setting 'grain'"):
        load_policy(path, None)
    object_store.write_bytes(STORE_POLICY_KEY, b"grain: ledger")
    with pytest.raises(PolicyError, match=r"policy\.yaml: unknown setting 'grain'") as fault:
        load_policy(None, object_store)
    assert str(fault.value).startswith(object_store.uri(STORE_POLICY_KEY))
