"""Confidences stand under the labels that they are of, in whatever order a task names these."""

import itertools

import numpy as np
import openml
import pandas as pd
import pytest
from openml.extensions.sklearn import SklearnExtension
from sklearn.linear_model import LogisticRegression

from benchmarks.openml_cc18.labels import labels_by_name
from examples.openml_cache import use_cache, write_task

NAMES = ("high", "low", "mid")


def write_in_order(root, names):
    """A task of three classes, whose file names them in this order."""
    rng = np.random.RandomState(0)
    X = pd.DataFrame(rng.randn(90, 2), columns=["a", "b"])
    y = np.array(NAMES)[np.digitize(X.a, [-0.5, 0.5])]
    write_task(
        root, X, y, task_id=1, data_id=1, name="toy", target="y", n_folds=3, random_state=0
    )  # fmt: skip
    folder = root / "org" / "openml" / "www" / "datasets" / "1"
    data, features = folder / "dataset.arff", folder / "features.xml"
    data.write_text(data.read_text().replace("{high, low, mid}", f"{{{', '.join(names)}}}"))
    text = features.read_text()
    for number, name in enumerate(NAMES):
        text = text.replace(f">{name}<", f">@{number}<")
    for number, name in enumerate(names):
        text = text.replace(f">@{number}<", f">{name}<")
    features.write_text(text)


@pytest.mark.parametrize("names", itertools.permutations(NAMES), ids="-".join)
def test_the_most_confident_label_is_the_predicted_one(tmp_path, names):
    write_in_order(tmp_path, names)
    before = SklearnExtension._run_model_on_fold
    with use_cache(tmp_path), labels_by_name():
        task = openml.tasks.get_task(1)
        assert tuple(task.class_labels) == names
        run = openml.runs.run_model_on_task(LogisticRegression(), task, avoid_duplicate_runs=False)
        rows = run.predictions
    assert SklearnExtension._run_model_on_fold is before
    confidences = rows[[f"confidence.{name}" for name in names]].to_numpy(dtype=float)
    most = np.array(names)[confidences.argmax(axis=1)]
    assert (most == rows["prediction"]).all()
    assert (rows["prediction"] == rows["correct"]).mean() > 0.8


def test_what_fails_leaves_the_client_as_it_was():
    before = SklearnExtension._run_model_on_fold
    with pytest.raises(KeyError), labels_by_name():
        raise KeyError
    assert SklearnExtension._run_model_on_fold is before
