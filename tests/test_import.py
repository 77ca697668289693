"""Importing the package brings in nothing that only some uses need."""

import subprocess
import sys

import pare_sklearn

HEAVY = {"openml", "pandas", "matplotlib", "transformers", "peft", "ot", "catboost"}


def test_the_package_imports_nothing_heavy():
    # openml and its like may be imported by torch or scikit-learn themselves; that does not count.
    program = "import torch, sklearn, sys; before = set(sys.modules); import pare_sklearn; "
    program += "print(*(set(sys.modules) - before))"
    imported = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    modules = set(imported.stdout.split())
    assert "pare_sklearn.classifier" in modules
    assert not HEAVY & modules


def test_the_public_names_are_estimators_ranking_and_version():
    public = {"PaReClassifier", "PaReEmbedding", "PaReRegressor", "__version__", "rank_sources"}
    assert set(pare_sklearn.__all__) == public
    assert all(hasattr(pare_sklearn, name) for name in pare_sklearn.__all__)
