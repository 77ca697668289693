"""The client reads what `write_task` writes, and runs the estimators on it without a network."""

import json
import os
import socket
import sys
from contextlib import nullcontext
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import openml
import pandas as pd
import pytest
from openml.extensions import get_extension_by_model
from sklearn.base import clone, is_classifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, ParameterGrid, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from examples import openml_demo
from examples.openml_cache import use_cache, write_task
from pare_sklearn import PaReClassifier, PaReRegressor

TASK_ID = 7
N = 60
N_FOLDS = 2
TINY = {"n_estimators": 1, "max_epochs": 2, "random_state": 0, "source": "digits"}
GRID = {"k_schedule": ["linear", "exponential"], "k_start": [0.25, 0.5]}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    def refuse(host, *args, **kwargs):
        raise AssertionError(f"{host} was asked for over the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def make_task(tmp_path):
    """Write a task into a cache of its own, and read it back with the client."""
    with use_cache(tmp_path):

        def make(X, y):
            write(tmp_path, X, y)
            return openml.tasks.get_task(TASK_ID)

        yield make


def write(root, X, y):
    write_task(
        root,
        X,
        y,
        task_id=TASK_ID,
        data_id=8,
        name="things",
        target="what is it?",
        n_folds=N_FOLDS,
        random_state=0,
    )


def numbers(n_columns):
    values = np.random.default_rng(0).normal(size=(N, n_columns))
    return pd.DataFrame(values).add_prefix("number ")


def categories(n_columns, levels=("a", "b", "c")):
    values = np.random.default_rng(1).choice(levels, size=(N, n_columns))
    return pd.DataFrame(values).add_prefix("category ").astype(pd.CategoricalDtype(levels))


def with_missing(X):
    return X.mask(np.random.default_rng(2).random(X.shape) < 0.2)


TABLES = {
    "numbers and 13 columns of categories": pd.concat([numbers(7), categories(13)], axis=1),
    "categories": categories(9, levels=("x", "o", "blank")),
    "missing values": with_missing(pd.concat([numbers(3), categories(3)], axis=1)),
    "booleans and counts": pd.DataFrame(
        {"yes": np.arange(N) % 3 > 0, "count": np.arange(N) % 7, "big": np.arange(N) * 1000}
    ),
}
ODD_NAMES = ["a,b", "it's", '5" disk', "100%", "{x y}", "Größe", "? ", "two  blanks", "<&>"]
LABELS = np.random.default_rng(3).permutation(np.repeat(["good", "bad", "so so"], [30, 18, 12]))
NUMBERS = 100 + 10 * np.random.default_rng(4).normal(size=N)


def read(task):
    return task.get_X_and_y(dataset_format="dataframe")


def run(model, task):
    return openml.runs.run_model_on_task(model, task, avoid_duplicate_runs=False, upload_flow=False)


def content(run, task):
    """Rows of a run's predictions, in the order of the data's rows."""
    labels = getattr(task, "class_labels", None)
    names = ["repeat", "fold", "sample", "row", "prediction", "truth", *(labels or [])]
    if labels is None:
        names.remove("sample")
    return pd.DataFrame(run.data_content, columns=names).set_index("row").sort_index()


@pytest.mark.parametrize("name", TABLES)
def test_client_reads_the_table_as_written(make_task, name):
    X = TABLES[name]
    X_read, y_read = read(make_task(X, LABELS))
    assert X_read.columns.tolist() == X.columns.tolist()
    assert y_read.tolist() == LABELS.tolist()
    for column in X:
        # To the last bit; the client may choose a smaller dtype.
        assert X_read[column].dropna().tolist() == X[column].dropna().tolist()
        assert X_read[column].isna().tolist() == X[column].isna().tolist()
        if X[column].dtype == "category":
            assert X_read[column].cat.categories.tolist() == X[column].cat.categories.tolist()


def test_client_reads_odd_names_of_columns_and_categories(make_task):
    X = pd.concat([numbers(len(ODD_NAMES)), categories(1, levels=ODD_NAMES)], axis=1)
    X.columns = [*ODD_NAMES, "odd"]
    X_read, _ = read(make_task(X, NUMBERS))
    assert X_read.columns.tolist() == X.columns.tolist()
    assert X_read["odd"].tolist() == X["odd"].tolist()
    assert X_read["odd"].cat.categories.tolist() == ODD_NAMES


@pytest.mark.parametrize(
    "y",
    [
        LABELS,
        LABELS.tolist(),
        pd.Series(LABELS, index=range(N, 2 * N)),
        pd.Series(LABELS).astype("category"),
        pd.Series(np.arange(N) % 11, dtype="category"),
        np.arange(N) % 2 == 0,
    ],
    ids=["text", "list", "series with an index", "category", "category of numbers", "bool"],
)
def test_labels_give_a_classification(make_task, y):
    task = make_task(numbers(1), y)
    assert task.task_type_id == openml.tasks.TaskType.SUPERVISED_CLASSIFICATION
    assert task.evaluation_measure == "area_under_roc_curve"
    assert task.class_labels == sorted({str(label) for label in y})
    _, y_read = read(task)
    assert [str(label) for label in y_read] == [str(label) for label in y]


@pytest.mark.parametrize(
    "y",
    [NUMBERS, NUMBERS.tolist(), np.arange(N), pd.Series(np.arange(N), dtype="Int64")],
    ids=["float", "list", "int", "Int64"],
)
def test_numbers_give_a_regression(make_task, y):
    task = make_task(numbers(1), y)
    assert task.task_type_id == openml.tasks.TaskType.SUPERVISED_REGRESSION
    assert task.evaluation_measure == "root_mean_squared_error"
    _, y_read = read(task)
    assert y_read.tolist() == list(y)


@pytest.mark.parametrize(
    ("y", "splitter"), [(LABELS, StratifiedKFold), (NUMBERS, KFold)], ids=["labels", "numbers"]
)
def test_client_splits_as_scikit_learn_does(make_task, y, splitter):
    task = make_task(numbers(1), y)
    assert task.get_split_dimensions() == (1, N_FOLDS, 1)
    expected = splitter(N_FOLDS, shuffle=True, random_state=0).split(y, y)
    for fold, parts in enumerate(expected):
        for rows, expected_rows in zip(
            task.get_train_test_split_indices(fold=fold), parts, strict=True
        ):
            assert rows.tolist() == expected_rows.tolist()


def test_folds_are_stratified(make_task):
    task = make_task(numbers(1), LABELS)
    for fold in range(N_FOLDS):
        _, test = task.get_train_test_split_indices(fold=fold)
        counts = pd.Series(LABELS[test]).value_counts()
        assert counts.to_dict() == {"good": 15, "bad": 9, "so so": 6}


@pytest.fixture
def configured(monkeypatch, tmp_path):
    """A configuration unlike the default."""
    for name, value in {
        "server": "https://server.invalid/api/v1/xml",
        "apikey": "key",
        "_root_cache_directory": tmp_path / "mine",
    }.items():
        monkeypatch.setattr(openml.config, name, value)
    return openml.config.get_config_as_dict()


@pytest.mark.parametrize("end", [nullcontext(), pytest.raises(KeyError)], ids=["normal", "error"])
def test_use_cache_gives_the_configuration_back(configured, tmp_path, end):
    environment = dict(os.environ)
    root = tmp_path / "cache"
    with end as error, use_cache(root):
        write(root, numbers(2), LABELS)
        run(LogisticRegression(), openml.tasks.get_task(TASK_ID))
        assert Path(openml.config.get_cache_directory()).is_relative_to(root)
        if error is not None:
            raise KeyError
    assert openml.config.get_config_as_dict() == configured
    assert dict(os.environ) == environment


@pytest.mark.parametrize("name", TABLES)
def test_classifier_runs_on_raw_tables(make_task, name):
    task = make_task(TABLES[name], LABELS)
    model = PaReClassifier(**TINY)
    result = run(model, task)
    rows = content(result, task)
    confidences = rows[task.class_labels]

    assert rows.index.tolist() == list(range(N))
    assert rows["truth"].tolist() == LABELS.tolist()
    assert rows["prediction"].tolist() == confidences.idxmax(axis=1).tolist()
    assert confidences.min(axis=None) >= 0
    np.testing.assert_allclose(confidences.sum(axis=1), 1, rtol=1e-12)

    accuracies = (rows["prediction"] == rows["truth"]).groupby(rows["fold"]).mean()
    assert result.fold_evaluations["predictive_accuracy"][0] == pytest.approx(accuracies.to_dict())

    # What the client did is what scikit-learn's own methods do.
    X, y = read(task)
    train, test = task.get_train_test_split_indices(fold=1)
    assert rows.index[rows["fold"] == 1].tolist() == sorted(test)
    expected = clone(model).fit(X.iloc[train], y.iloc[train]).predict_proba(X.iloc[test])
    np.testing.assert_allclose(confidences.loc[test], expected, rtol=1e-6)


@pytest.mark.parametrize("name", TABLES)
def test_regressor_runs_on_raw_tables(make_task, name):
    task = make_task(TABLES[name], NUMBERS)
    model = PaReRegressor(**TINY)
    result = run(model, task)
    rows = content(result, task)

    assert rows.index.tolist() == list(range(N))
    assert rows["truth"].tolist() == NUMBERS.tolist()
    errors = (rows["prediction"] - rows["truth"]).abs().groupby(rows["fold"]).mean()
    assert result.fold_evaluations["mean_absolute_error"][0] == pytest.approx(errors.to_dict())

    X, y = read(task)
    train, test = task.get_train_test_split_indices(fold=1)
    expected = clone(model).fit(X.iloc[train], y.iloc[train]).predict(X.iloc[test])
    np.testing.assert_allclose(rows["prediction"].loc[test], expected, rtol=1e-6)


def test_search_over_k_schedules_runs(make_task):
    task = make_task(TABLES["missing values"], LABELS)
    search = GridSearchCV(PaReClassifier(**TINY), GRID, cv=2)
    result = run(search, task)
    rows = content(result, task)
    np.testing.assert_allclose(rows[task.class_labels].sum(axis=1), 1, rtol=1e-12)
    assert rows["prediction"].isin(task.class_labels).all()

    trials = pd.DataFrame(
        {
            "fold": trial.fold,
            "selected": trial.selected,
            **{name: json.loads(value) for name, value in trial.get_parameters().items()},
        }
        for trial in result.trace
    )
    assert trials["fold"].nunique() == N_FOLDS
    for _, tried in trials.groupby("fold"):
        assert tried["selected"].sum() == 1
        assert tried[list(GRID)].to_dict("records") == list(ParameterGrid(GRID))


@pytest.mark.parametrize("search", [False, True], ids=["alone", "in a search"])
def test_pipeline_runs(make_task, search):
    task = make_task(numbers(4), LABELS)
    model = make_pipeline(StandardScaler(), PaReClassifier(**TINY))
    if search:
        model = GridSearchCV(model, {"pareclassifier__k_schedule": GRID["k_schedule"]}, cv=2)
    rows = content(run(model, task), task)
    assert rows.index.tolist() == list(range(N))
    np.testing.assert_allclose(rows[task.class_labels].sum(axis=1), 1, rtol=1e-12)


CHANGED = {
    "source": "digits",
    "strategy": "finetune",
    "k_schedule": "piecewise",
    "k_start": 0.25,
    "k_end": 0.125,
    "gate": "random",
    "mix_weight": 1,
    "finetune": "norm",
    "n_estimators": 3,
    "early_stopping": False,
    "lr": 3e-4,
    "patch_size": 0.5,
    "categorical_features": [0, 2],
    "random_state": 17,
    "verbose": True,
}


@pytest.mark.parametrize(
    "model",
    [
        PaReClassifier(),
        PaReRegressor(),
        PaReClassifier(**CHANGED, class_weight="balanced", label_smoothing=0),
        PaReClassifier(class_weight={"good": 1.0, "bad": 5.0}, categorical_features=["a", "b"]),
        PaReRegressor(**CHANGED),
    ],
    ids=["classifier", "regressor", "other classifier", "lists and dicts", "other regressor"],
)
def test_model_to_flow_to_model(model, tmp_path):
    extension = get_extension_by_model(model, raise_if_no_extension=True)
    flow = extension.model_to_flow(model)
    back = extension.flow_to_model(flow)
    assert type(back) is type(model)
    assert back.get_params() == model.get_params()

    # By way of a file, as a server gives it.
    flow.to_filesystem(tmp_path)
    stored = openml.flows.OpenMLFlow.from_filesystem(tmp_path)
    assert extension.flow_to_model(stored).get_params() == model.get_params()


def test_search_to_flow_to_search():
    search = GridSearchCV(PaReClassifier(**TINY), GRID)
    extension = get_extension_by_model(search, raise_if_no_extension=True)
    back = extension.flow_to_model(extension.model_to_flow(search))
    assert back.param_grid == GRID
    assert back.estimator.get_params() == search.estimator.get_params()


def test_score_agrees_with_its_definitions(make_task):
    labels = np.where(numbers(2)["number 0"] + NUMBERS / 10 > 10, "yes", "no")
    task = make_task(numbers(2), labels)
    result = run(LogisticRegression(), task)
    rows = content(result, task)
    aurocs = []
    for _, fold in rows.groupby("fold"):
        yes, no = (fold["yes"][fold["truth"] == label].to_numpy() for label in ("yes", "no"))
        pairs = np.sign(yes[:, None] - no)
        aurocs.append((pairs.mean() + 1) / 2)
    accuracies = (rows["prediction"] == rows["truth"]).groupby(rows["fold"]).mean()

    score = openml_demo.score(result, task)
    assert score["AUROC"] == pytest.approx(np.mean(aurocs))
    assert 0.6 < score["AUROC"] < 1
    assert score["accuracy"] == pytest.approx(accuracies.mean())
    seconds = result.fold_evaluations["wall_clock_time_millis"][0].values()
    assert score["seconds"] == pytest.approx(sum(seconds) / 1000)


def test_demo_runs_end_to_end(monkeypatch, tmp_path, capsys):
    models = {"PaRe": PaReClassifier(**TINY), "rival": LogisticRegression(max_iter=10_000)}
    output = tmp_path / "curriculum.png"
    monkeypatch.setattr(openml_demo, "make_models", lambda: models)
    monkeypatch.setattr(sys, "argv", ["openml_demo", "--output", str(output)])
    before = openml.config.get_config_as_dict()
    openml_demo.main()
    plt.close("all")

    assert output.read_bytes().startswith(b"\x89PNG")
    assert openml.config.get_config_as_dict() == before
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["AUROC", "accuracy", "seconds"] in lines
    scores = {line[0]: float(line[1]) for line in lines if line and line[0] in models}
    assert scores.keys() == models.keys()
    assert all(0.8 < auroc <= 1 for auroc in scores.values())


def test_demo_compares_classifiers():
    models = openml_demo.make_models()
    assert isinstance(models["PaRe"], PaReClassifier)
    assert all(is_classifier(model) for model in models.values())
