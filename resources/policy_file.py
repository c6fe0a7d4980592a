"""Finding and reading the policy file.

What belongs here: which file applies. What does not: what it may hold (`revrec.policy`).
"""

from pathlib import Path

from resources.object_store import ObjectNotFoundError, ObjectStore
from revrec.policy import Policy, PolicyError, parse_policy

STORE_POLICY_KEY = "policy.yaml"


def load_policy(path: str | None, store: ObjectStore | None) -> Policy:
    """The policy in force: the named file, else the store's own, else the defaults.

    Args:
        path: policy file, or None.
        store: store whose root may hold a policy.yaml, or None.

    Raises:
        PolicyError: the named file does not exist or cannot be read as text, or its settings are not allowed.
    """
    if path:
        try:
            return parse_policy(Path(path).read_text(encoding="utf-8"), path)
        except FileNotFoundError:
            raise PolicyError(
                f"there is no policy file {path}: create it (an empty one means the defaults) or leave the setting out"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise PolicyError(f"the policy file {path} cannot be read: {error}") from None
    if store is None:
        return Policy()
    try:
        text = store.read_bytes(STORE_POLICY_KEY).decode("utf-8")
    except ObjectNotFoundError:
        return Policy()
    except UnicodeDecodeError as error:
        raise PolicyError(f"{store.uri(STORE_POLICY_KEY)} is not UTF-8 text: {error}") from None
    return parse_policy(text, store.uri(STORE_POLICY_KEY))
