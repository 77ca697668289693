"""Averages of probabilities that are given by their logarithms."""

import numpy as np
from scipy.special import logsumexp


def log_mean_exp(log_proba: np.ndarray) -> np.ndarray:
    """Logarithms (n_samples, ...) of the mean over members, (n_members, n_samples, ...)."""
    return logsumexp(log_proba, axis=0) - np.log(len(log_proba))
