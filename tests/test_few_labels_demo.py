"""The demo runs from its command to its picture."""

import sys

import matplotlib
import matplotlib.pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FunctionTransformer, make_pipeline

from examples import few_labels_demo
from pare_sklearn import PaReClassifier


def test_demo_runs_end_to_end(monkeypatch, tmp_path, capsys):
    matplotlib.use("Agg")
    flat = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    models = {
        "PaRe": PaReClassifier(n_estimators=1, max_epochs=8, linear_probe=False, random_state=0),
        "rival": make_pipeline(flat, LogisticRegression(max_iter=1000)),
    }
    output = tmp_path / "picture.png"
    monkeypatch.setattr(few_labels_demo, "N_DRAWS", 1)
    monkeypatch.setattr(few_labels_demo, "make_models", lambda: models)
    monkeypatch.setattr(sys, "argv", ["few_labels_demo", "--output", str(output)])
    few_labels_demo.main()
    plt.close("all")
    assert output.read_bytes().startswith(b"\x89PNG")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["accuracy", "lowest", "highest", "seconds"] in lines
    scores = {line[0]: float(line[1]) for line in lines if line and line[0] in models}
    assert scores.keys() == models.keys()
    assert all(0.3 < score < 1 for score in scores.values())


def test_all_models_get_the_same_few_labels_of_each_digit():
    X, y, X_test, y_test = few_labels_demo.draw_labels(0)
    assert X.shape == (50, 1, 8, 8)
    assert [sum(y == digit) for digit in range(10)] == [5] * 10
    assert len(X_test) == len(y_test) == 1747
    assert isinstance(few_labels_demo.make_models()["PaRe"], PaReClassifier)
