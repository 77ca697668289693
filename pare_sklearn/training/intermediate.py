"""Difficulty of the intermediate modality: how far it is from source and target, along k."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import is_regressor
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from pare_sklearn.modules.replacement import replace_patches
from pare_sklearn.otdd.distance import otdd
from pare_sklearn.otdd.pseudo_classes import pseudo_classes
from pare_sklearn.sources import EmbeddedSource
from pare_sklearn.utils.randomness import kept_torch_rng, new_rng
from pare_sklearn.utils.validation import check_length, check_max_samples

N_GRID = 9
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
    modules = [net.module_ for net in estimator.estimators_]
    if modules[0].gate is None:
        raise ValueError(
            f"There is no intermediate modality with strategy={estimator.strategy!r}; fit with "
            "strategy='pare'."
        )
    check_max_samples(max_samples)
    rng = new_rng(random_state)
    rows = estimator._rows(X)
    targets = np.asarray(y)
    check_length(targets, len(rows))
    if is_regressor(estimator) or targets.ndim > 2:
        # As columns, whole numbers are clustered too.
        targets = targets.reshape(len(rows), -1)
    source = estimator._embed_source()
    ks = check_k(k, modules[0].n_patches, source.tokens.shape[1])
    chosen = rng.permutation(len(rows))[:max_samples]
    classes = pseudo_classes(targets[chosen], random_state=rng)
    inputs, paired = rows.take(chosen).inputs, sample_source(source, len(chosen), rng)
    members = [IntermediateModality(module, inputs, paired) for module in modules]
    to_source = np.array([[m.distance_to_source(k, inner) for k in ks] for m in members])
    to_target = np.array([[m.distance_to_target(k, classes, inner) for k in ks] for m in members])
    return OTDDCurve(ks, to_source.mean(0), to_target.mean(0), to_source.std(0), to_target.std(0))


class IntermediateModality:
    """The intermediate modality of paired samples for any k, embedded and scored once.

    Parameters
    ----------
    model : PaReModel
        Its mode makes no difference: neither embedder nor gate has dropout.
    inputs : dict of str to Tensor
        Target samples, as the embedder takes them.
    source : EmbeddedSource
        One sample for each of the target.
    """

    @torch.no_grad()
    def __init__(self, model: Any, inputs: dict[str, Tensor], source: EmbeddedSource) -> None:
        device = next(model.parameters()).device
        self.target = model.embedder(**{name: x.to(device) for name, x in inputs.items()})
        self.source = source.tokens.to(device)
        self.source_labels = source.labels
        # A random gate draws its scores; a measurement is to change no later draw.
        with kept_torch_rng():
            torch.manual_seed(0)
            self.scores = model.gate(self.target), model.gate(self.source)

    def mean_patches(self, k: int) -> Tensor:
        """Samples of E_m(k) as the mean of their patches, (n_samples, d)."""
        return replace_patches(self.target, self.source, *self.scores, int(k)).mean(dim=1)

    def distance_to_source(self, k: int, inner: str = "gaussian") -> float:
        """OTDD(E_m(k), E_s), both with the source's labels."""
        source = self.source.mean(dim=1)
        return _otdd_of_all(source, self.mean_patches(k), self.source_labels, inner)

    def distance_to_target(self, k: int, classes: np.ndarray, inner: str = "gaussian") -> float:
        """OTDD(E_m(k), E_t), both with the target's labels."""
        target = self.target.mean(dim=1)
        return _otdd_of_all(target, self.mean_patches(k), classes, inner)


def _otdd_of_all(X: Tensor, mixed: Tensor, y: Any, inner: str) -> float:
    """OTDD of two data sets with the same labels, without drawing from them."""
    return float(otdd(X, y, mixed, y, inner=inner, max_samples=None))


def check_k(k: Sequence[int] | None, n_patches: int, n_source_patches: int) -> np.ndarray:
    """Numbers of replaced patches (n_k,); by default evenly over what is possible."""
    most = min(n_patches, n_source_patches)
    if k is None:
        return np.unique(np.linspace(0, most, N_GRID).round().astype(int))
    ks = np.asarray(k)
    if ks.ndim != 1 or ks.size == 0 or ks.dtype.kind not in "iu" or ks.min() < 0 or ks.max() > most:
        raise ValueError(f"k={k!r} must be a sequence of whole numbers from 0 to {most}.")
    return ks


def sample_source(source: EmbeddedSource, n: int, rng: np.random.RandomState) -> EmbeddedSource:
    """Draw `n` source samples, none twice where there are enough."""
    n_source = len(source.labels)
    return source.take(torch.from_numpy(rng.choice(n_source, n, replace=n > n_source)))
