"""Imports point one way, and `revrec` is pure: it knows no orchestrator, files, clock, environment or chance (DESIGN).

Read off the syntax of every module, so that an import inside a function, under TYPE_CHECKING or by name counts too.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Each may import itself and those after it.
LAYERS = ("revrec_dagster", "assets", "resources", "revrec")
# What surrounds the project never serves it.
OUTSIDE = frozenset({"tests", "benchmarks", "examples", "generator"})

# The outside world, as modules: orchestrator, files, processes, network, environment, databases, clock, chance.
IMPURE_MODULES = frozenset(
    {
        *("dagster", "sqlalchemy", "alembic", "boto3", "botocore", "typer", "rich"),
        *("os", "pathlib", "shutil", "tempfile", "glob", "sys", "subprocess", "multiprocessing", "threading"),
        *("socket", "http", "requests", "smtplib", "getpass", "platform", "logging"),
        *("time", "random", "secrets", "uuid"),
    }
)
# The clock, as methods of datetime and date and of pandas' and numpy's likes, and chance, as numpy's module.
IMPURE_ATTRIBUTES = frozenset({"now", "utcnow", "today", "random", "environ", "getenv"})
IMPURE_BUILTINS = frozenset({"open", "print", "input", "__import__"})
# The clock and chance, in SQL.
IMPURE_SQL = re.compile(
    r"\b(?:now|today|random|setseed|uuid|gen_random_uuid|get_current_timestamp|getenv|read_\w+)\s*\(|"
    r"\b(?:current_date|current_timestamp|current_time|localtimestamp)\b",
    re.IGNORECASE,
)


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of every module that is imported, wherever and however."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = path.parts[: len(path.parts) - node.level] if node.level else ()
            yield node.lineno, ".".join([*base, *([node.module] if node.module else [])])
            # `from . import x` names the module only here
            yield from ((node.lineno, ".".join([*base, alias.name])) for alias in node.names if not node.module)
        elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__") and node.args:
            name = node.args[0]
            yield node.lineno, str(name.value) if isinstance(name, ast.Constant) else "(computed)"


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def wrong_imports(source: str, path: Path) -> list[str]:
    """Imports of a module that point back, or out of the project.

    Args:
        source: the module's text.
        path: its path from the root.
    """
    layer = LAYERS.index(path.parts[0])
    forbidden = {*LAYERS[:layer], *OUTSIDE, "(computed)"}
    found = imported(ast.parse(source), path)
    return [f"{path}:{line} imports {name}" for line, name in found if name.partition(".")[0] in forbidden]


def impurities(source: str, path: Path) -> list[str]:
    """What makes a module depend on more than its arguments."""
    tree = ast.parse(source)
    found = [(line, name) for line, name in imported(tree, path) if name.partition(".")[0] in IMPURE_MODULES]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in IMPURE_ATTRIBUTES:
            found.append((node.lineno, f".{node.attr}"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_BUILTINS:
            found.append((node.lineno, f"{node.func.id}()"))
        elif isinstance(node, ast.Global):
            found.append((node.lineno, "global"))
        elif isinstance(node, ast.Constant) and node.value in ("now", "today"):
            found.append((node.lineno, f"numpy's {node.value!r}"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and IMPURE_SQL.search(node.value):
            found.append((node.lineno, "SQL that reads the clock, chance, files or the environment"))
    return [f"{path}:{line} uses {what}" for line, what in sorted(found)]


@pytest.mark.parametrize("package", LAYERS)
def test_no_import_points_back_or_out_of_the_project(package: str) -> None:
    found = [
        wrong
        for path in modules(package)
        for wrong in wrong_imports(path.read_text(encoding="utf-8"), path.relative_to(ROOT))
    ]
    assert found == []


def test_revrec_is_pure() -> None:
    found = [
        impurity
        for path in modules("revrec")
        for impurity in impurities(path.read_text(encoding="utf-8"), path.relative_to(ROOT))
    ]
    assert found == []


@pytest.mark.parametrize("package", LAYERS)
def test_every_package_has_modules_to_look_at(package: str) -> None:
    assert ROOT / package / "__init__.py" in modules(package)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        pytest.param("revrec/x.py", "import resources.lake", id="plainly"),
        pytest.param("revrec/x.py", "import numpy, assets as a", id="among others, under another name"),
        pytest.param("revrec/x.py", "from resources.lake import Lake", id="from"),
        pytest.param("resources/x.py", "from assets import ledger", id="one layer back"),
        pytest.param("resources/x.py", "import revrec_dagster", id="two layers back"),
        pytest.param("assets/deep/x.py", "from revrec_dagster.jobs import JOBS", id="from a sub-package"),
        pytest.param("revrec/x.py", "def f():\n    from assets import ledger", id="inside a function"),
        pytest.param(
            "revrec/x.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from resources.lake import Lake",
            id="for types only",
        ),
        pytest.param("revrec/x.py", "try:\n    import assets\nexcept ImportError:\n    pass", id="in a try"),
        pytest.param("revrec/x.py", "import importlib\nimportlib.import_module('assets.ledger')", id="by name"),
        pytest.param(
            "revrec/x.py", "from importlib import import_module\nimport_module(name)", id="by a computed name"
        ),
        pytest.param("revrec/methods/x.py", "from ...assets import ledger", id="relatively"),
        pytest.param("revrec/x.py", "from .. import assets", id="relatively, without a module"),
        pytest.param("revrec_dagster/x.py", "from tests.builders import documents", id="tests"),
    ],
)
def test_a_planted_import_that_points_back_is_seen(module: str, source: str) -> None:
    assert len(wrong_imports(source, Path(module))) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("revrec_dagster/x.py", "from assets import ledger\nimport resources, revrec"),
        ("assets/x.py", "from resources.lake import Lake\nfrom assets.partitions import MONTHS"),
        ("resources/x.py", "import revrec.money\nfrom . import lake\nfrom .landing import files"),
        ("revrec/methods/x.py", "from ..money import to_text\nimport numpy\nimport assets_of_others"),
    ],
    ids=["revrec_dagster", "assets", "resources", "revrec"],
)
def test_imports_that_point_forward_are_fine(module: str, source: str) -> None:
    assert wrong_imports(source, Path(module)) == []


@pytest.mark.parametrize(
    "source",
    [
        "import dagster as dg",
        "from os import environ",
        "def f():\n    import pathlib",
        "import sqlalchemy.orm",
        "import boto3",
        "import time",
        "from random import choice",
        "from datetime import datetime\nx = datetime.now()",
        "import datetime as dt\nx = dt.datetime.now(dt.UTC)",
        "from datetime import date\nclock = date.today",
        "import pandas as pd\nx = pd.Timestamp.utcnow()",
        "import numpy as np\nx = np.random.default_rng(1)",
        "import numpy as np\nx = np.datetime64('today')",
        "x = open('a.csv')",
        "print('x')",
        "def f():\n    global X\n    X = 1",
        "QUERY = 'SELECT now()'",
        "QUERY = 'SELECT current_date'",
        "QUERY = f'SELECT random() FROM {table}'",
        "QUERY = \"FROM read_csv('a.csv')\"",
    ],
)
def test_a_planted_impurity_is_seen(source: str) -> None:
    assert len(impurities(source, Path("revrec/x.py"))) == 1


@pytest.mark.parametrize(
    "source",
    [
        '"""As of now, today\'s random files are opened elsewhere."""',
        "from datetime import UTC, date, datetime\nx = datetime.fromisoformat('2025-01-01')",
        "import numpy as np\nx = np.datetime64('2025-01', 'M')",
        "def parse(text):\n    return text.opened",
        "QUERY = 'SELECT known_to_date, effective_date FROM timeline'",
    ],
)
def test_pure_code_is_not_accused(source: str) -> None:
    assert impurities(source, Path("revrec/x.py")) == []
