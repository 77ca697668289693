"""Half/half splits of OpenML tasks, AUROC one-vs-one: ``python -m benchmarks.openml_cc18``."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import openml
import pandas as pd
from joblib import Parallel, delayed
from scipy.stats import wilcoxon
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder

from pare_sklearn import PaReClassifier

MODELS: dict[str, dict[str, Any]] = {
    "pare": {},
    "pare-finetune": {"strategy": "finetune"},
    "pare-scratch": {"strategy": "scratch"},
    "pare-random-gate": {"gate": "random"},
    "pare-one-patch": {"patches_per_feature": 1},
}


def load_task(task_id: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Load a classification task as a DataFrame and label codes."""
    task: Any = openml.tasks.get_task(task_id)
    X, y, _, _ = task.get_dataset().get_data(target=task.target_name, dataset_format="dataframe")
    return X, LabelEncoder().fit_transform(y)


def fit_catboost(X: pd.DataFrame, y: np.ndarray, seed: int):
    """CatBoost with its defaults and its own handling of categories."""
    from catboost import CatBoostClassifier

    categorical = [name for name in X.columns if not pd.api.types.is_numeric_dtype(X[name])]
    model = CatBoostClassifier(
        cat_features=categorical,
        random_seed=seed,
        verbose=0,
        thread_count=1,
        allow_writing_files=False,
    )
    return model.fit(X, y)


def as_text(X: pd.DataFrame) -> pd.DataFrame:
    """Categories as text, missing ones too, because CatBoost takes no NaN among them."""
    return X.assign(
        **{
            name: X[name].astype(object).where(X[name].notna(), "missing").astype(str)
            for name in X.columns
            if not pd.api.types.is_numeric_dtype(X[name])
        }
    )


def auroc(y: np.ndarray, proba: np.ndarray) -> float:
    """AUROC, one-vs-one where there are more than two classes."""
    if proba.shape[1] == 2:
        return float(roc_auc_score(y, proba[:, 1]))
    return float(roc_auc_score(y, proba, multi_class="ovo"))


def run(task_id: int, X: pd.DataFrame, y: np.ndarray, seed: int, name: str) -> dict:
    """Fit a model on one half, score it on the other."""
    train, test = train_test_split(np.arange(len(y)), test_size=0.5, stratify=y, random_state=seed)
    start = time.perf_counter()
    if name == "catboost":
        X = as_text(X)
        model = fit_catboost(X.iloc[train], y[train], seed)
    else:
        model = PaReClassifier(random_state=seed, **MODELS[name]).fit(X.iloc[train], y[train])
    seconds = time.perf_counter() - start
    score = auroc(y[test], model.predict_proba(X.iloc[test]))
    return {"task": task_id, "seed": seed, "model": name, "auroc": score, "seconds": seconds}


def compare_to_first(results: pd.DataFrame, models: list[str]) -> None:
    """Print the first model's gain in AUROC over each other one, paired over the splits."""
    paired = results.pivot_table(index=["task", "seed"], columns="model", values="auroc")
    for other in models[1:]:
        gain = paired[models[0]] - paired[other]
        p = wilcoxon(gain).pvalue if gain.any() else 1.0
        print(
            f"{models[0]} minus {other}: {gain.mean():+.4f} (sd over splits {gain.std():.4f}), "
            f"{(gain > 0).sum()} wins, {(gain < 0).sum()} losses, Wilcoxon p {p:.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.openml_cc18", description=__doc__)
    parser.add_argument("--tasks", default="31,37,53,49,9946", help="OpenML task ids")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", default="pare,catboost", help=f"of {[*MODELS, 'catboost']}")
    parser.add_argument("--cache", type=Path, help="OpenML cache to read offline")
    parser.add_argument("--jobs", type=int, default=1, help="fits at once")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        if args.cache is not None:
            # The client writes into its cache, so it gets a copy.
            cache = Path(folder) / "cache"
            shutil.copytree(args.cache, cache, copy_function=shutil.copyfile)
            openml.config.set_root_cache_directory(str(cache))
        tasks = {int(t): load_task(int(t)) for t in args.tasks.split(",")}
        jobs = (
            delayed(run)(task_id, X, y, seed, model)
            for task_id, (X, y) in tasks.items()
            for seed in range(args.seeds)
            for model in args.models.split(",")
        )
        records = []
        for record in Parallel(args.jobs, return_as="generator_unordered")(jobs):
            records.append(record)
            print(record, file=sys.stderr, flush=True)
    results = pd.DataFrame(records)
    for value in ("auroc", "seconds"):
        table = results.pivot_table(index="task", columns="model", values=value)
        table.loc["mean"] = table.mean()
        print(f"\n{value}\n{table.round(4 if value == 'auroc' else 1).to_string()}")
    print()
    compare_to_first(results, args.models.split(","))


if __name__ == "__main__":
    main()
