"""Fewer samples of a source, no class being lost where it need not be."""

import numpy as np

SEED = 0
# As in the paper: so many samples stand for the source modality.
SOURCE_SAMPLES = 5000


def draw_samples(codes: np.ndarray, n: int = SOURCE_SAMPLES, *, evenly: bool = False) -> np.ndarray:
    """Draw samples at random with a fixed seed, stratified by class.

    Parameters
    ----------
    codes : int ndarray of shape (n_samples,)
        Codes of the classes, from 0.
    n : int, default=5000
        Samples to draw; all are taken where there are no more.
    evenly : bool, default=False
        Whether classes share the samples evenly, as far as the small ones have enough; otherwise
        in proportion to their sizes, but each has one, as long as there are no more than `n`.

    Returns
    -------
    int64 ndarray of shape (min(n, n_samples),)
        Rows in ascending order.

    Examples
    --------
    >>> codes = np.repeat([0, 1, 2], [96, 3, 1])
    >>> np.bincount(codes[draw_samples(codes, 10)]).tolist()
    [8, 1, 1]

    """
    n_samples = len(codes)
    if n_samples <= n:
        return np.arange(n_samples)
    order = np.random.RandomState(SEED).permutation(n_samples)
    sizes = np.bincount(codes)
    # Each sample's place in its class: the first places of all classes are the fairest choice.
    by_class = np.argsort(codes[order], kind="stable")
    places = np.empty(n_samples)
    places[by_class] = np.arange(n_samples) - np.repeat(sizes.cumsum() - sizes, sizes)
    if not evenly:
        shares = (places + 0.5) / sizes[codes[order]]
        places = np.where(places == 0, 0, shares)
    return np.sort(order[np.argsort(places, kind="stable")[:n]])
