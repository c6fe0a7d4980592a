"""YAML as people's input: nothing given twice, nothing read as something it does not look like.

What belongs here: the loaders. What does not: what a file may hold.
"""

from collections.abc import Hashable
from typing import Any

import yaml

# `<<: *anchor`, which repeats another mapping's keys
_MERGE_KEY = "tag:yaml.org,2002:merge"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that is given twice; YAML's own loaders silently let the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Make a mapping of the node.

        Raises:
            yaml.constructor.ConstructorError: A key is given twice; the error marks the second one.
        """
        given = [key for key, _ in node.value if key.tag != _MERGE_KEY]
        names = [self.construct_object(key, deep=True) for key in given]
        for place, name in enumerate(names):
            if name in names[:place]:
                problem = f"the key {name!r} is given twice"
                raise yaml.constructor.ConstructorError(None, None, problem, given[place].start_mark)
        return super().construct_mapping(node, deep)


class TextDateLoader(StrictLoader):
    """Leaves dates as text, so that a date that does not exist is a fault of its field and not of the whole file."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - where YAML's loaders look for it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
