"""The official metrics, lower is better; each as the benchmark's code takes it.

`y_true` is ``y`` of a test part.

References
----------
Tu et al. (2022), "NAS-Bench-360: benchmarking neural architecture search on diverse tasks".
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from benchmarks.nasbench360.data import Samples

CONTACT = 8.0  # Angstrom
APART = 24  # residues in the sequence
CLOSEST = 0.01  # Angstrom that a prediction may be
MARGIN = 5  # of a protein's map


def error_percent(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Percentage of wrong classes.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
    """
    return 100 * float(np.mean(np.asarray(y_true) != np.asarray(y_pred)))


def mae8(y_true: Samples, y_pred: Samples) -> float:
    """Mean absolute error of a protein's distances up to 8 Angstrom, mean over the proteins.

    Pairs count that are at least 24 residues apart in the sequence; proteins without such a pair
    don't count. The two predictions for a pair are averaged as in PDNET's code, which averages
    twice: 3/4 of the lower triangle's and 1/4 of the upper's. Predictions below 0.01 are raised.

    Parameters
    ----------
    y_true, y_pred : array of shape (n, 512, 512)

    Raises
    ------
    ValueError
        If no protein has such a pair.

    References
    ----------
    Adhikari (2020), "A fully open-source framework for deep learning protein real-valued
    distances", MAE_8 of long-range pairs.
    """
    errors = []
    for true, pred in zip(y_true, y_pred, strict=True):
        true, pred = (np.asarray(one)[MARGIN:-MARGIN, MARGIN:-MARGIN] for one in (true, pred))
        counts = np.triu(true <= CONTACT, APART)
        lower, upper = pred.T[counts], pred[counts]
        mean = np.maximum((lower + upper) / 2, CLOSEST)
        if counts.any():
            errors.append(np.abs((np.maximum(lower, CLOSEST) + mean) / 2 - true[counts]).mean())
    if not errors:
        raise ValueError("no protein has a long-range contact")
    return float(np.mean(errors))


def inverse_auroc_of_pixels(
    y_true: Samples,
    score: ArrayLike,
    ignored: Samples | None = None,
    threshold: float | None = 0.5,
) -> float:
    """One minus the area under the ROC curve over all pixels.

    The published figures are those of the mask that a threshold makes of the scores, whose curve
    has one corner. Ignored pixels count as rightly left empty, as in deepCR's code.

    Parameters
    ----------
    y_true : array of shape (n, 128, 128)
        1 where a cosmic ray hit.
    score : array-like of shape (n, 128, 128)
        Probability of a hit.
    ignored : array of shape (n, 128, 128) or None, default=None
        1 where a pixel is ignored.
    threshold : float or None, default=0.5
        Scores above it make the mask; None takes the scores themselves.

    Raises
    ------
    ValueError
        If all pixels are hit, or none is.
    """
    true, score = np.asarray(y_true, dtype=bool), np.asarray(score)
    if ignored is not None:
        keep = ~np.asarray(ignored, dtype=bool)
        empty = score.min() if threshold is None else threshold
        true, score = true & keep, np.where(keep, score, empty)
    if threshold is not None:
        score = score > threshold
    if true.all() or not true.any():
        raise ValueError("the pixels are all hit, or none is")
    return 1 - float(roc_auc_score(true.ravel(), score.ravel()))


def inverse_map(y_true: ArrayLike, score: ArrayLike, groups: ArrayLike) -> float:
    """One minus the mean average precision of the labels, of a sound's mean over its chunks.

    Parameters
    ----------
    y_true : array-like of shape (n, n_labels)
        The same for all chunks of a sound.
    score : array-like of shape (n, n_labels)
        Scores of chunks; the benchmark's code averages logits.
    groups : array-like of shape (n,)
        The sound of a chunk.
    """
    _, first, sound = np.unique(groups, return_index=True, return_inverse=True)
    means = np.zeros((len(first), np.shape(score)[1]))
    np.add.at(means, sound, np.asarray(score))
    means /= np.bincount(sound)[:, None]
    return 1 - float(average_precision_score(np.asarray(y_true)[first], means, average="macro"))


def inverse_f1(y_true: ArrayLike, y_pred: ArrayLike, groups: ArrayLike | None = None) -> float:
    """One minus the mean F1 of the four rhythms.

    F1 of a rhythm is twice the hits over the number predicted and the number there, as in the
    2017 PhysioNet challenge. The challenge's score leaves the noisy rhythm out of the mean; the
    benchmark's takes all four.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
        Rhythms of windows, from 0 to 3.
    groups : array-like of shape (n,) or None, default=None
        The recording of a window. Its windows vote, as in the benchmark's code; the first of the
        rhythms wins a tie. Without, each window counts, as in the experiments of ORCA and PaRe.
    """
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    if groups is not None:
        members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
        true = np.array([true[rows[0]] for rows in members])
        pred = np.array([Counter(pred[rows]).most_common(1)[0][0] for rows in members])
    return 1 - float(f1_score(true, pred, labels=range(4), average="macro", zero_division=0))


def inverse_auroc_of_labels(y_true: ArrayLike, score: ArrayLike) -> float:
    """One minus the area under the ROC curve, mean over the labels.

    Labels that all samples have, or none has, don't count.

    Parameters
    ----------
    y_true, score : array-like of shape (n, n_labels)

    Raises
    ------
    ValueError
        If no label counts.
    """
    true, score = np.asarray(y_true), np.asarray(score)
    varied = np.flatnonzero(true.any(axis=0) & ~true.all(axis=0))
    if not len(varied):
        raise ValueError("no label tells the samples apart")
    return 1 - float(np.mean([roc_auc_score(true[:, k], score[:, k]) for k in varied]))
