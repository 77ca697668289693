"""Search over k schedules, here or on a Dask cluster: ``python -m examples.grid_search``.

scikit-learn's searches go through joblib, so a cluster takes them as it takes the benchmarks::

    dask scheduler                              # on one machine
    dask worker tcp://ADDRESS:8786 --nthreads 1 # on each machine that shall help
    python -m examples.grid_search --backend dask --scheduler tcp://ADDRESS:8786

Set OMP_NUM_THREADS=1 where the workers run, so that fits side by side do not take each other's
cores. A worker that is lost is no loss but of time: its fits are done again elsewhere.
"""

from __future__ import annotations

import argparse
from typing import Any

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from benchmarks.cluster import workers
from pare_sklearn import PaReClassifier


def make_search(**settings: Any) -> GridSearchCV:
    """A search over schedules and where they start, by AUROC in three folds."""
    return GridSearchCV(
        PaReClassifier(n_estimators=1, random_state=0, **settings),
        {"k_schedule": ["linear", "exponential", "piecewise"], "k_start": [0.1, 0.5]},
        scoring="roc_auc",
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
    )


def main() -> None:
    """Search on scikit-learn's breast cancer data."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.grid_search",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--backend", choices=["loky", "dask"], default="loky")
    parser.add_argument("--scheduler", help="address of a Dask scheduler; else a local cluster")
    parser.add_argument("--jobs", type=int, default=1, help="fits at once")
    args = parser.parse_args()
    X, y = load_breast_cancer(return_X_y=True)
    with workers(args.backend, args.jobs, args.scheduler):
        search = make_search().fit(X, y)
    results = search.cv_results_
    for parameters, mean, sd in zip(
        results["params"], results["mean_test_score"], results["std_test_score"], strict=True
    ):
        print(f"AUROC {mean:.4f} (sd over folds {sd:.4f})  {parameters}")


if __name__ == "__main__":
    main()
