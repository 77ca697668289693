"""Importing the package brings in nothing that only some uses need."""

import subprocess
import sys
from pathlib import Path

import pare_sklearn

HEAVY = {"openml", "pandas", "matplotlib", "transformers", "peft", "ot", "catboost"}
# What torch compiles with, which its optimizers and gradients import unless care is taken.
COMPILER = {"torch._dynamo", "sympy"}
FIT = """
import numpy as np
from pare_sklearn import PaReClassifier
X = np.arange(40.0).reshape(20, 2)
PaReClassifier(n_estimators=1, max_epochs=1, checkpoint="fit").fit(X, X[:, 0] > 20).predict(X)
"""


def test_the_package_imports_nothing_heavy():
    # openml and its like may be imported by torch or scikit-learn themselves; that does not count.
    modules = imported_by("import pare_sklearn")
    assert "pare_sklearn.classifier" in modules
    assert not HEAVY & modules


def test_a_fit_does_not_import_the_compiler(tmp_path):
    modules = imported_by(FIT, tmp_path)
    assert "pare_sklearn.training.adamw" in modules
    assert not COMPILER & modules


def imported_by(program: str, folder: Path | None = None) -> set[str]:
    """Modules that a program imports besides those of torch and scikit-learn."""
    program = f"import torch, sklearn, sys; before = set(sys.modules)\n{program}\n"
    program += "print(*(set(sys.modules) - before))"
    finished = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=folder
    )
    return set(finished.stdout.split())


def test_the_public_names_are_estimators_ranking_and_version():
    public = {"PaReClassifier", "PaReEmbedding", "PaReRegressor", "__version__", "rank_sources"}
    assert set(pare_sklearn.__all__) == public
    assert all(hasattr(pare_sklearn, name) for name in pare_sklearn.__all__)
