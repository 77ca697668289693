"""The house: how long files and functions are, and what may import what."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pare_sklearn

PACKAGE = Path(pare_sklearn.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
FILE_LINES, FUNCTION_LINES, FIT_LINES = 400, 40, 25


def functions(path):
    return [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def n_lines(function):
    """Lines of a function, without its docstring."""
    n = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        n -= function.body[0].end_lineno - function.body[0].lineno + 1
    return n


def test_files_are_short():
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert len(lengths) > 100
    assert {path: n for path, n in lengths.items() if n > FILE_LINES} == {}


def test_functions_are_short():
    lengths = {
        f"{path}:{function.name}": n_lines(function)
        for path in FILES
        for function in functions(path)
    }
    assert len(lengths) > 500
    assert {name: n for name, n in lengths.items() if n > FUNCTION_LINES} == {}


def test_fit_reads_in_one_screen():
    (fit,) = [each for each in functions(PACKAGE / "base.py") if each.name == "_fit"]
    assert n_lines(fit) <= FIT_LINES


def test_no_function_imports_from_the_package():
    hidden = [
        f"{path}:{function.name}"
        for path in FILES
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pare_sklearn")
    ]
    assert hidden == []


@pytest.fixture
def project(tmp_path):
    """A copy of the package with the contracts of its imports."""
    root = PACKAGE.parent
    if not (root / "pyproject.toml").exists():
        pytest.skip("the contracts stand in the repository, not in the installed package")
    shutil.copytree(
        PACKAGE, tmp_path / "pare_sklearn", ignore=shutil.ignore_patterns("weights", "__pycache__")
    )
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def check_imports(project):
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=project, capture_output=True, text=True
    )
    return answer.returncode, answer.stdout


@pytest.mark.parametrize(
    ("path", "line", "contract"),
    [
        ("data/rows.py", "from pare_sklearn.training.plan import Plan", "Imports go down"),
        ("modules/gate.py", "from pare_sklearn.data.rows import Rows", "Imports go down"),
        ("training/plan.py", "from pare_sklearn.training.members import train_members", "No cycle"),
        ("modules/gate.py", "import skorch", "neither skorch nor pandas"),
    ],
)
def test_an_import_that_goes_up_is_found(project, path, line, contract):
    assert check_imports(project)[0] == 0
    file = project / "pare_sklearn" / path
    file.write_text(f"{file.read_text(encoding='utf-8')}\n\ndef late():\n    {line}\n", "utf-8")
    status, report = check_imports(project)
    assert status != 0
    (broken,) = {row for row in report.splitlines() if row.endswith("BROKEN") and contract in row}
    assert broken
