"""Difficulty of the intermediate modality of a fitted estimator, along k."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import is_regressor
from sklearn.utils.validation import check_is_fitted

from pare_sklearn.otdd.pseudo_classes import pseudo_classes
from pare_sklearn.sources.choice import load_frozen
from pare_sklearn.training.intermediate import IntermediateModality, check_k, sample_source
from pare_sklearn.utils.randomness import new_rng
from pare_sklearn.utils.surroundings import undisturbed
from pare_sklearn.utils.validation import check_length, check_max_samples

MAX_SAMPLES = 500


class OTDDCurve(NamedTuple):
    """Distances of the intermediate modality along k, averaged over the members.

    Towards the source its samples carry the source's labels, towards the target the target's: in
    each case those that they are trained with on that side.
    """

    k: np.ndarray
    """(n_k,), numbers of replaced patches"""
    to_source: np.ndarray
    """(n_k,), OTDD(E_m(k), E_s), in squared units of the embedding"""
    to_target: np.ndarray
    """(n_k,), OTDD(E_m(k), E_t)"""
    to_source_std: np.ndarray
    """(n_k,), standard deviation over the members"""
    to_target_std: np.ndarray
    """(n_k,)"""


@undisturbed
def otdd_curve(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    *,
    k: Sequence[int] | None = None,
    inner: str = "gaussian",
    max_samples: int = MAX_SAMPLES,
    random_state: int | np.random.RandomState | None = None,
) -> OTDDCurve:
    """Measure how difficult the intermediate modality is (paper, figure 1b).

    Each target sample is paired with a random source sample, and its k patches with the lowest
    scores replaced as in training. Samples are measured as the mean of their patches.

    Parameters
    ----------
    estimator : PaReClassifier or PaReRegressor
        Fitted with ``strategy="pare"``.
    X : DataFrame or array-like of shape (n_samples, ...)
        Target samples.
    y : array-like of shape (n_samples,), (n_samples, n_outputs) or (n_samples, *field)
        Their labels or targets.
    k : sequence of int or None, default=None
        Numbers of replaced patches, each in [0, min(n, n_s)]; None takes 9 evenly over this range.
    inner : {"gaussian", "exact"}, default="gaussian"
        Distance of two classes, see `otdd`.
    max_samples : int, default=500
        Samples drawn at random where there are more.
    random_state : int, RandomState or None, default=None
        Draws and pairs the samples.

    Returns
    -------
    OTDDCurve

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If it has no gate, `k` is out of its range, or X and y do not fit.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from pare_sklearn import PaReClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = PaReClassifier(n_estimators=1, max_epochs=3, random_state=0).fit(X, y)
    >>> curve = otdd_curve(clf, X, y, k=[0, 8, 16], random_state=0)
    >>> bool(curve.to_source[0] > curve.to_source[2])
    True
    """
    check_is_fitted(estimator)
    ensemble = estimator.ensemble_
    modules = [net.module_ for net in ensemble.nets]
    if modules[0].gate is None:
        raise ValueError(
            "There is no intermediate modality: the estimator was fitted with strategy="
            f"{ensemble.recipe.strategy!r}; fit with strategy='pare'."
        )
    check_max_samples(max_samples)
    rng = new_rng(random_state)
    rows = estimator._rows(X)
    targets = np.asarray(y)
    check_length(targets, len(rows))
    if is_regressor(estimator) or targets.ndim > 2:
        # As columns, whole numbers are clustered too.
        targets = targets.reshape(len(rows), -1)
    backbone = load_frozen(ensemble.recipe)
    backbone.arrange(ensemble.modality.grid)
    source = ensemble.source.embed(backbone)
    ks = check_k(k, modules[0].n_patches, source.tokens.shape[1])
    chosen = rng.permutation(len(rows))[:max_samples]
    classes = pseudo_classes(targets[chosen], random_state=rng)
    inputs, paired = rows.take(chosen).read_inputs(), sample_source(source, len(chosen), rng)
    members = [IntermediateModality(module, inputs, paired) for module in modules]
    to_source = np.array([[m.distance_to_source(k, inner) for k in ks] for m in members])
    to_target = np.array([[m.distance_to_target(k, classes, inner) for k in ks] for m in members])
    return OTDDCurve(ks, to_source.mean(0), to_target.mean(0), to_source.std(0), to_target.std(0))
