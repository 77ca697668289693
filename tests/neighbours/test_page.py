"""The code in docs/guide/neighbours.md runs, where the library that it is about is installed."""

import re
from pathlib import Path

import pytest
from sklearn.datasets import make_classification

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "neighbours.md"
SECTIONS = {
    section.partition("\n")[0]: re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
}
NEEDS = {
    "FastAPI": "fastapi",
    "MAPIE": "mapie",
    "MLflow": "mlflow",
    "Optuna": "optuna",
    "SHAP": "shap",
    "imbalanced-learn": "imblearn",
    "skrub": "skrub",
}
X, Y = make_classification(90, 4, random_state=0)


@pytest.mark.parametrize("title", list(SECTIONS))
def test_code_runs(title, tmp_path, monkeypatch):
    if title in NEEDS:
        pytest.importorskip(NEEDS[title])
    monkeypatch.chdir(tmp_path)
    # Two epochs, and two trials, do all that more of them do.
    code = re.sub(r"(max_epochs|n_trials)=\d+", r"\1=2", SECTIONS[title])
    exec(code, {"X": X, "y": Y})


def test_what_is_needed_is_named_as_the_sections_are():
    assert set(NEEDS) == set(SECTIONS) - {"Halving searches"}
