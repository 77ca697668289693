"""The curves of OTDD along k on OpenML tasks: what is fitted, drawn and said."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from benchmarks.otdd_curves import __main__ as otdd_curves
from examples.openml_cache import write_task
from pare_sklearn import PaReClassifier
from pare_sklearn.inspection import OTDDCurve


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    root = tmp_path_factory.mktemp("cache")
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
    y = np.where(X["a"] > 0, "high", "low")
    names = {"task_id": 1, "data_id": 2, "name": "toy", "target": "y"}
    write_task(root, X, y, n_folds=2, random_state=0, **names)
    return root


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_a_curve_is_drawn_and_told(cache, tmp_path, capsys, monkeypatch):
    fitted = []

    def build(X, kind, seed):
        fitted.append(PaReClassifier(n_estimators=1, max_epochs=2, random_state=seed))
        return fitted[-1]

    monkeypatch.setattr(otdd_curves.pare, "build", build)
    path = tmp_path / "curves.png"
    status = otdd_curves.main(["--tasks", "1", "--cache", str(cache), "--figure", str(path)])
    assert status == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    told = capsys.readouterr().out
    assert told.startswith(f"toy, source {fitted[0].source_}: ")
    assert [line.split()[1] for line in told.splitlines()[4:13]] == [
        str(k) for k in np.linspace(0, 16, 9).round().astype(int)
    ]


@pytest.mark.parametrize(
    ("to_source", "to_target", "said"),
    [
        ([3, 2, 1], [0, 1, 2], "both monotone"),
        ([3, 3.5, 1], [0, 1, 2], "against the trend 0.500"),
        ([3, 2, 1], [0, 1, 0.25], "against the trend 0.750"),
    ],
)
def test_steps_against_the_trend_are_told(to_source, to_target, said):
    curves = np.array([to_source, to_target, [0] * 3, [0] * 3], dtype=float)
    assert said in otdd_curves.describe("toy", OTDDCurve(np.arange(3), *curves))


def test_a_lacking_task_is_a_line(cache, tmp_path, capsys):
    out = tmp_path / "curves.png"
    assert otdd_curves.main(["--tasks", "7", "--cache", str(cache), "--figure", str(out)]) == 1
    assert "task 7 is not in the cache" in capsys.readouterr().err
    assert not out.exists()
