"""What PaRe costs over plain fine-tuning."""

from __future__ import annotations

import resource
from functools import partial

from joblib.externals.loky import get_reusable_executor
from sklearn.datasets import make_classification

from benchmarks.speed.timing import clock, interleave, spread
from pare_sklearn import PaReClassifier


def fit_cost(n_samples: int = 500, n_features: int = 20) -> None:
    """Fit with PaRe over fit with plain fine-tuning, both with the defaults, and peak memory."""
    X, y = make_classification(n_samples, n_features, n_informative=10, random_state=0)
    took, epochs = {}, {}
    for strategy in ("finetune", "pare"):
        clf = PaReClassifier(strategy=strategy, n_jobs=1, random_state=0)
        took[strategy] = clock(partial(clf.fit, X, y))
        epochs[strategy] = len(clf.history_)
    ratio = took["pare"] / took["finetune"]
    an_epoch = ratio * epochs["finetune"] / epochs["pare"]
    print(
        f"fit of {n_samples} x {n_features}: pare {took['pare']:.1f} s ({epochs['pare']} epochs) / "
        f"finetune {took['finetune']:.1f} s ({epochs['finetune']} epochs) = {ratio:.2f}; "
        f"an epoch {an_epoch:.2f}"
    )
    print(f"peak memory of this process: {_peak(resource.RUSAGE_SELF):.2f} GiB")


def side_by_side_cost(n_samples: int = 1_000, n_features: int = 20, repeats: int = 3) -> None:
    """Fit with members one by one over members side by side, processes already started or not."""
    X, y = make_classification(n_samples, n_features, n_informative=10, random_state=0)
    clf = PaReClassifier(random_state=0)
    cold = clock(partial(clf.fit, X, y))
    n_jobs = clf.budget_.n_jobs
    one_by_one = PaReClassifier(n_jobs=1, random_state=0)
    fits = [partial(clock, partial(model.fit, X, y)) for model in (one_by_one, clf)]
    serial, parallel = interleave(fits, repeats, warm_up=False).T
    print(
        f"fit of {n_samples} x {n_features}: one by one {spread(serial, 1)} s / {n_jobs} side by "
        f"side {spread(parallel, 1)} s = {spread(serial / parallel, 2)}; the first {cold:.1f} s"
    )
    get_reusable_executor().shutdown()
    largest = _peak(resource.RUSAGE_CHILDREN)
    print(f"peak memory: {_peak(resource.RUSAGE_SELF):.2f} GiB and {n_jobs} x {largest:.2f} GiB")


def _peak(whose: int) -> float:
    """Peak memory in GiB; of children that of the largest."""
    return resource.getrusage(whose).ru_maxrss / 2**20


def epoch_cost(
    n_samples: int = 500, n_features: int = 20, epochs: int = 10, repeats: int = 7
) -> None:
    """An epoch of PaRe over one of plain fine-tuning, while k falls and where it is 0."""
    X, y = make_classification(n_samples, n_features, n_informative=10, random_state=0)
    single = partial(PaReClassifier, n_estimators=1, max_epochs=epochs, random_state=0)
    fits = [
        partial(clock, partial(clf.fit, X, y))
        for clf in (single(), single(k_start=0.0), single(strategy="finetune"))
    ]
    pare, without_source, finetune = interleave(fits, repeats).T / epochs
    print(
        f"epoch on {n_samples} x {n_features}: pare {spread(pare)} s / finetune "
        f"{spread(finetune)} s = {spread(pare / finetune, 2)}; "
        f"with k = 0 throughout {spread(without_source / finetune, 2)}"
    )
