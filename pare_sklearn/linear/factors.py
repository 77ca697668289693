"""Blend the outputs of several models by what they say of held-out samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize, nnls
from scipy.special import expit, log_expit, log_softmax

# None is quite 0, so that where no model helps classes still have an order.
BOUNDS = (0.01, 10.0)
# What it costs that factors differ, beside the summed loss of the held-out samples. For two it is a
# normal prior on their difference, of standard deviation 0.35.
SAMENESS = 8.0


def blend_logits(logits: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    r"""Find the factors by which held-out logits are to be added up.

    They minimise the log loss of :math:`\operatorname{softmax}(\sum_j a_j z_j)` for targets that
    are as sure as n samples allow [2]_: :math:`(n + 1) / (n + 2)` for the class of a sample, the
    rest for the others. So a few samples, all told right, ask for no certainty. Nor do they tell
    which model is better: :math:`8 \sum_j (a_j - \bar a)^2 / n` is added to the mean loss.
    For a single model :math:`1 / a` is the temperature of [1]_.

    Parameters
    ----------
    logits : ndarray of shape (n_models, n_samples, n_classes)
        Logits of samples that were not trained on.
    y : int ndarray of shape (n_samples,)
        Codes of their classes.
    weights : ndarray of shape (n_samples,)
        Their weights.

    Returns
    -------
    ndarray of shape (n_models,)
        Factors from 0.01 to 10.

    References
    ----------
    .. [1] Guo, Pleiss, Sun & Weinberger (2017), "On Calibration of Modern Neural Networks", ICML,
       section 4.2.
    .. [2] Platt (1999), "Probabilistic Outputs for Support Vector Machines and Comparisons to
       Regularized Likelihood Methods", section 2.

    Examples
    --------
    >>> logits = np.array([[[4.0, 0.0]] * 4])
    >>> (factor,) = blend_logits(logits, np.zeros(4, int), np.ones(4))
    >>> bool(np.isclose(4 * factor, np.log(5), atol=1e-3))
    True
    """
    n_classes, doubt = logits.shape[2], _doubt(weights)
    targets = np.full((len(y), n_classes), doubt / (n_classes - 1))
    targets[np.arange(len(y)), y] = 1 - doubt
    shares = weights / weights.sum()

    def log_loss(factors: np.ndarray) -> tuple[float, np.ndarray]:
        log_proba = log_softmax(np.tensordot(factors, logits, 1), axis=1)
        gradient = np.einsum("jnc,nc->jn", logits, np.exp(log_proba) - targets) @ shares
        return float(-(shares @ (targets * log_proba).sum(axis=1))), gradient

    return _minimise(log_loss, len(logits), _count(weights))


def blend_labels(logits: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    r"""Find the factors by which held-out logits of present labels are to be added up.

    They minimise the binary log loss of :math:`\operatorname{expit}(\sum_j a_j z_j)`, with what
    `blend_logits` adds for classes.

    Parameters
    ----------
    logits : ndarray of shape (n_models, n_samples, n_labels)
        Logits of samples that were not trained on.
    y : ndarray of shape (n_samples, n_labels)
        Zeros and ones.
    weights : ndarray of shape (n_samples, n_labels)
        Weights of the entries of y.

    Returns
    -------
    ndarray of shape (n_models,)
        Factors from 0.01 to 10.

    Examples
    --------
    >>> (factor,) = blend_labels(np.full((1, 4, 1), 2.0), np.ones((4, 1)), np.ones((4, 1)))
    >>> bool(np.isclose(2 * factor, np.log(5), atol=1e-3))
    True
    """
    shares = weights / weights.sum()
    targets = np.where(y > 0, 1 - _doubt(weights.mean(axis=1)), _doubt(weights.mean(axis=1)))

    def log_loss(factors: np.ndarray) -> tuple[float, np.ndarray]:
        margins = np.tensordot(factors, logits, 1)
        each = targets * log_expit(margins) + (1 - targets) * log_expit(-margins)
        gradient = np.tensordot(logits, shares * (expit(margins) - targets), 2)
        return float(-(shares * each).sum()), gradient

    return _minimise(log_loss, len(logits), _count(weights.mean(axis=1)))


def blend_targets(outputs: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Find the factors, not negative, whose sum of held-out outputs has the least squared error.

    Parameters
    ----------
    outputs : ndarray of shape (n_models, n_samples, n_outputs)
        Outputs for samples that were not trained on.
    y : ndarray of shape (n_samples, n_outputs)
        Their targets.
    weights : ndarray of shape (n_samples,)
        Their weights.

    Returns
    -------
    ndarray of shape (n_models,)

    Examples
    --------
    >>> first, second = np.eye(2)[:, :, None]
    >>> blend_targets(np.stack([first, second]), 2 * first, np.ones(2))
    array([2., 0.])
    """
    roots = np.sqrt(weights)[:, None]
    return nnls((outputs * roots).reshape(len(outputs), -1).T, (y * roots).ravel())[0]


def _doubt(weights: np.ndarray) -> float:
    """Chance to leave to what was not seen, of samples with these weights: 1 / (n + 2)."""
    return 1 / (_count(weights) + 2)


def _count(weights: np.ndarray) -> float:
    """How many samples of one weight say as much as these."""
    return float(np.square(weights.sum()) / np.square(weights).sum())


def _minimise(
    loss: Callable[[np.ndarray], tuple[float, np.ndarray]], n_factors: int, n_samples: float
) -> np.ndarray:
    """Factors of the least mean loss, which comes with its gradient, and nearly the same."""

    def penalised(factors: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = loss(factors)
        apart = factors - factors.mean()
        cost = SAMENESS / n_samples
        return value + cost * float(apart @ apart), gradient + 2 * cost * apart

    start = np.full(n_factors, 1 / n_factors)
    bounds = [BOUNDS] * n_factors
    return minimize(penalised, start, jac=True, bounds=bounds, method="L-BFGS-B").x
