"""PaRe beside two rivals on an OpenML task, without a network: ``python -m examples.openml_demo``.

The real OpenML client runs each model on the same folds. Its cache is written beforehand, from data
that ship with scikit-learn.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import openml
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from examples.openml_cache import use_cache, write_task
from pare_sklearn import PaReClassifier
from pare_sklearn.inspection import CurriculumDisplay

# Far above any id that OpenML has given out.
TASK_ID = DATA_ID = 900_000_001
N_FOLDS = 3

# The client types its tasks and runs as unions over all that they may be.
Task = Any
Run = Any


def write_breast_cancer(root: str) -> None:
    """Write scikit-learn's breast cancer data into a cache, as a task."""
    data = load_breast_cancer(as_frame=True)
    write_task(
        root,
        data.data,
        data.target_names[data.target],
        task_id=TASK_ID,
        data_id=DATA_ID,
        name="breast-cancer-wisconsin",
        target="diagnosis",
        n_folds=N_FOLDS,
        random_state=0,
    )


def make_models() -> dict[str, ClassifierMixin]:
    """PaRe and its rivals, by name."""
    return {
        # Fewer members than by default, so that the demo takes a minute.
        "PaRe": PaReClassifier(n_estimators=3, random_state=0),
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
        "gradient boosting": HistGradientBoostingClassifier(random_state=0),
    }


def score(run: Run, task: Task) -> dict[str, float]:
    """AUROC and accuracy, means over the folds of a run on two classes, and seconds in all."""
    positive = task.class_labels[1]
    fields = ["repeat", "fold", "sample", "row", "prediction", "truth", *task.class_labels]
    # Not run.get_metric_fn: it gives a metric the predicted labels, and AUROC needs confidences.
    folds = [fold for _, fold in pd.DataFrame(run.data_content, columns=fields).groupby("fold")]
    return {
        "AUROC": np.mean([roc_auc_score(f["truth"] == positive, f[positive]) for f in folds]),
        "accuracy": np.mean([accuracy_score(f["truth"], f["prediction"]) for f in folds]),
        "seconds": sum(run.fold_evaluations["wall_clock_time_millis"][0].values()) / 1000,
    }


def compare(models: dict[str, ClassifierMixin], task: Task) -> pd.DataFrame:
    """Run each model on the folds of a task, and score it."""
    scores = {}
    for name, model in models.items():
        print(f"Running {name} on {N_FOLDS} folds ...", flush=True)
        # Upload and the search for equal runs would need the server.
        run = openml.runs.run_model_on_task(
            model, task, avoid_duplicate_runs=False, upload_flow=False
        )
        scores[name] = score(run, task)
    return pd.DataFrame.from_dict(scores, orient="index")


def save_curriculum(model: PaReClassifier, task: Task, output: Path) -> None:
    """Plot the curriculum of a model that is fitted on the first fold's training rows."""
    X, y = task.get_X_and_y(dataset_format="dataframe")
    train, _ = task.get_train_test_split_indices(fold=0)
    display = CurriculumDisplay.from_estimator(model.fit(X.iloc[train], y.iloc[train]))
    display.figure_.savefig(output)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.openml_demo", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("curriculum.png"), help="of the plot")
    args = parser.parse_args()

    # It warns at each run that a docstring refers to no user guide.
    logging.getLogger("openml.extensions").setLevel(logging.ERROR)
    models = make_models()
    with tempfile.TemporaryDirectory() as root, use_cache(root):
        write_breast_cancer(root)
        task = openml.tasks.get_task(TASK_ID)
        table = compare(models, task)
        print(f"\n{table.to_string(float_format='{:.3f}'.format)}\n")
        print("Fitting PaRe on the first fold for its curriculum ...", flush=True)
        save_curriculum(models["PaRe"], task, args.output)
    print(f"Curriculum saved to {args.output}")


if __name__ == "__main__":
    main()
