"""What the package imports is what it requires."""

import ast
import re
import sys
from pathlib import Path

import pytest

import pare_sklearn

tomllib = pytest.importorskip("tomllib")

PACKAGE = Path(pare_sklearn.__file__).parent
PROJECT = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Extras that users install; the others are for those who work on the package.
EXTRAS = ("plot", "huggingface")
DISTRIBUTIONS = {"ot": "pot", "sklearn": "scikit-learn"}


def names(requirements):
    return {
        re.match(r"[\w-]+", each)[0].lower().replace("_", "-")
        for each in requirements
        if "[" not in each
    }


def imports(path):
    """Names of third parties, and whether each is imported with the module itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module]
        else:
            continue
        for module in {each.partition(".")[0] for each in modules}:
            if module not in sys.stdlib_module_names | {"pare_sklearn"}:
                distribution = DISTRIBUTIONS.get(module, module).lower().replace("_", "-")
                yield distribution, node in tree.body


IMPORTS = {found for path in PACKAGE.rglob("*.py") for found in imports(path)}


def test_what_modules_import_is_required():
    required = names(PROJECT["dependencies"])
    assert {name for name, at_once in IMPORTS if at_once} <= required


def test_what_functions_import_is_required_or_in_an_extra():
    optional = PROJECT["optional-dependencies"]
    known = names(PROJECT["dependencies"]).union(*(names(optional[each]) for each in EXTRAS))
    assert {name for name, _ in IMPORTS} <= known


def test_what_is_required_is_imported():
    assert names(PROJECT["dependencies"]) <= {name for name, _ in IMPORTS}


def test_every_requirement_has_a_lower_bound():
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    assert [
        each for group in groups for each in group if ">=" not in each and "[" not in each
    ] == []
